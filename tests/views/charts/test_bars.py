"""Bars say in words what they draw, and draw whatever there is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRectF
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from capdesk.services.money import ZERO
from capdesk.services.reports.model import SOURCES
from capdesk.views.charts.bars import Capital, CapitalBar, TimeBar, paint_capital, paint_time, time_words
from capdesk.views.look.colors import DARK, LIGHT
from capdesk.views.look.theme import Theme

MONEY = st.decimals(Decimal(-500_000), Decimal(99_000_000), places=6)
POSITIVE = st.decimals(Decimal("0.01"), Decimal(99_000_000), places=2)
CAPITALS = st.builds(
    lambda cap, part, sources, provisional: Capital(
        sum(sources.values(), ZERO), cap, cap / part, sources, provisional
    ),
    POSITIVE, st.integers(1, 5000), st.fixed_dictionaries(dict.fromkeys(SOURCES, MONEY)), MONEY,
)  # fmt: skip


def capital(spent: str, **sources: str) -> Capital:
    named = {key: Decimal(usd) for key, usd in sources.items()}
    return Capital(Decimal(spent), Decimal(1500), Decimal(500), named or {"labor": Decimal(spent)})


def drawn(shown: Capital) -> QImage:
    image = QImage(300, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.surface))
    painter = QPainter(image)
    paint_capital(painter, QRectF(0, 0, 300, 20), shown, LIGHT)
    painter.end()
    return image


def color_at(image: QImage, x: int) -> str:
    return image.pixelColor(x, 10).name()


@given(shown=CAPITALS)
def test_that_shares_follow_each_other_and_end_where_the_spend_does(shown: Capital) -> None:
    shares = shown.shares()
    edge = 0.0
    for _, start, end in shares:
        assert start == pytest.approx(edge)
        assert start <= end <= 1.0001
        edge = end
    expected = float(max(shown.spent, ZERO) / max(shown.cap, shown.spent))
    assert edge == pytest.approx(expected, abs=1e-9)


@given(shown=CAPITALS)
def test_that_any_capital_can_be_drawn_and_told(qapp: QApplication, shown: Capital) -> None:
    assert not drawn(shown).isNull()
    assert ("over the cap" in shown.words()) == (shown.spent > shown.cap)


def test_that_a_source_is_drawn_in_its_color_and_what_is_left_is_not(qapp: QApplication) -> None:
    image = drawn(capital("900", labor="600", twilio="300"))
    assert color_at(image, 60) == LIGHT.labor
    assert color_at(image, 150) == LIGHT.twilio
    assert color_at(image, 250) == LIGHT.hover


def test_that_tranche_marks_stand_where_a_tranche_ends(qapp: QApplication) -> None:
    image = drawn(capital("0"))
    assert color_at(image, 100) == LIGHT.surface
    assert color_at(image, 200) == LIGHT.surface
    assert color_at(image, 150) == LIGHT.hover


def test_that_a_passed_cap_is_marked_where_it_stands(qapp: QApplication) -> None:
    image = drawn(capital("3000"))
    assert color_at(image, 150) == LIGHT.bad
    assert color_at(image, 75) == LIGHT.labor


def test_that_credits_shorten_the_bar(qapp: QApplication) -> None:
    image = drawn(capital("750", labor="1000", gcp="-250"))
    assert color_at(image, 140) == LIGHT.labor
    assert color_at(image, 160) == LIGHT.hover


def test_that_a_provisional_part_is_hatched(qapp: QApplication) -> None:
    shown = Capital(Decimal(900), Decimal(1500), Decimal(1500), {"twilio": Decimal(900)}, Decimal(300))
    row = [drawn(shown).pixelColor(x, 10).name() for x in range(180)]
    assert set(row[5:115]) == {LIGHT.twilio}
    assert set(row[125:178]) >= {LIGHT.twilio, LIGHT.surface}


def test_that_the_capital_bar_tells_all_of_it_as_text(qtbot: QtBot, theme: Theme) -> None:
    bar = CapitalBar(theme, capital("1024.10", labor="640", bonus="384.10"))
    qtbot.addWidget(bar)
    assert bar.accessibleDescription() == (
        "$1,024.10 of $1,500.00 spent (68.2 %), 2 of 3 tranches; Labor $640.00; Bonuses $384.10."
    )
    bar.set_capital(capital("1600"))
    assert "$100.00 over the cap" in bar.accessibleDescription()


def test_that_a_tip_tells_of_the_source_under_the_mouse(qtbot: QtBot, theme: Theme) -> None:
    bar = CapitalBar(theme, capital("900", labor="600", twilio="300"))
    qtbot.addWidget(bar)
    bar.resize(302, 30)
    bar.show()
    assert bar.told_at(60, 10) == "Labor: $600.00, 66.6 % of what is spent"
    assert bar.told_at(290, 10) == bar.accessibleDescription()
    QApplication.sendEvent(bar, QHelpEvent(QEvent.Type.ToolTip, QPoint(150, 10), bar.mapToGlobal(QPoint(150, 10))))
    assert "Twilio: $300.00, 33.3 % of what is spent" in QToolTip.text()
    QToolTip.hideText()


@pytest.mark.parametrize(
    ("used", "cap", "words"),
    [
        (None, 10, "not started, time cap 10 days"),
        (0, 1, "0 of 1 day used, 1 left"),
        (27, 30, "27 of 30 days used, 3 left"),
        (31, 30, "31 of 30 days used, 1 day over"),
    ],
)
def test_that_time_is_told_with_what_is_left(used: int | None, cap: int, words: str) -> None:
    assert time_words(used, cap) == words


@pytest.mark.parametrize(("used", "color"), [(5, "muted"), (8, "warn"), (11, "bad")])
def test_that_the_time_bar_warns_from_the_threshold_on(qapp: QApplication, used: int, color: str) -> None:
    image = QImage(100, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_time(painter, QRectF(0, 0, 100, 8), used, 10, DARK)
    painter.end()
    assert image.pixelColor(30, 4).name() == getattr(DARK, color)


def test_that_bars_follow_the_theme(qtbot: QtBot, theme: Theme) -> None:
    bar = TimeBar(theme, 5, 10)
    qtbot.addWidget(bar)
    bar.resize(200, 24)
    light = bar.grab().toImage()
    theme.choose("dark")
    assert bar.grab().toImage() != light
