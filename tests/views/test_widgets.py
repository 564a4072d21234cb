"""Small pieces: how they are drawn."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from capdesk.views.look.theme import Theme
from capdesk.views.widgets import button


def drawn(made: QPushButton) -> list[bool]:
    """Which columns of pixels hold something besides the ground, in the middle of the button."""
    image = made.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    ground = image.pixel(image.width() // 2, 4)
    rows = range(image.height() // 4, image.height() * 3 // 4)
    return [any(image.pixel(x, y) != ground for y in rows) for x in range(4, image.width() - 4)]


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_an_icon_keeps_its_distance_from_the_words(qtbot: QtBot, theme: Theme, scale: int, scheme: str) -> None:
    theme.choose("light" if scheme == "light" else "dark", scale)
    made = button("Hours", lambda: None)
    made.setIcon(theme.icon("columns-3"))
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    made.show()
    columns = "".join("#" if one else "." for one in drawn(made)).strip(".")
    icon, *_ = columns.split("." * 5)
    gap = len(columns[len(icon) :]) - len(columns[len(icon) :].lstrip("."))
    assert gap >= 7 * scale // 100


def test_that_a_button_of_an_icon_alone_is_no_wider_for_it(qtbot: QtBot, theme: Theme) -> None:
    made = button("", lambda: None)
    made.setIcon(theme.icon("check"))
    qtbot.addWidget(made)
    plain = QPushButton()
    plain.setIcon(theme.icon("check"))
    qtbot.addWidget(plain)
    assert made.sizeHint() == plain.sizeHint()
