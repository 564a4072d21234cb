"""Layouts cut nothing off, however narrow their room."""

import pytest
from PySide6.QtWidgets import QFrame
from pytestqt.qtbot import QtBot

from capdesk.views.layouts import Columns
from capdesk.views.page import scrolled
from capdesk.views.widgets import card, text

LONG = "A sentence that takes many lines where it is narrow, and has all of them. " * 6


@pytest.mark.parametrize("width", [400, 900, 1600])
def test_that_text_in_a_column_has_all_its_lines(qtbot: QtBot, width: int) -> None:
    columns = Columns()
    long, short = text(LONG, wrap=True), text("Short", wrap=True)
    frames: list[QFrame] = [card(long), card(short)]
    columns.right.addWidget(frames[0])
    columns.left.addWidget(frames[1])
    area = scrolled(columns)
    qtbot.addWidget(area)
    area.resize(width, 300)
    area.show()
    qtbot.waitUntil(lambda: long.height() >= long.heightForWidth(long.width()))
    assert short.height() <= 2 * short.heightForWidth(short.width())
