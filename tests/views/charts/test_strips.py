"""Legends, strips of days and counts: figures, not colors alone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from capdesk.views.charts.sparks import DayStrip, paint_days
from capdesk.views.charts.strips import SourceLegend, WeekCount, change
from capdesk.views.layouts import Tiles
from capdesk.views.look.colors import LIGHT
from capdesk.views.look.theme import Theme

SUNDAY = date(2026, 11, 22)


def days(*amounts: str) -> list[tuple[date, Decimal]]:
    first = SUNDAY - timedelta(days=len(amounts) - 1)
    return [(first + timedelta(days=number), Decimal(usd)) for number, usd in enumerate(amounts)]


def labels(widget: QWidget) -> list[str]:
    return [one.text() for one in widget.findChildren(QLabel)]


def test_that_a_legend_names_only_what_there_is(qtbot: QtBot, theme: Theme) -> None:
    legend = SourceLegend(theme, {"labor": Decimal(640), "gcp": Decimal("-3.1"), "bonus": Decimal(0)}, Decimal(2))
    qtbot.addWidget(legend)
    assert legend.accessibleDescription() == "Labor $640.00, Google Cloud -$3.10, provisional $2.00"
    legend.set_sources({})
    assert legend.accessibleDescription() == "Nothing is spent yet."
    legend.resize(200, 40)
    assert not legend.grab().isNull()


def test_that_a_legend_wraps_where_it_is_narrow(qtbot: QtBot, theme: Theme) -> None:
    legend = SourceLegend(theme, {"labor": Decimal(640), "bonus": Decimal(1), "twilio": Decimal(1), "gcp": Decimal(1)})
    qtbot.addWidget(legend)
    assert legend.heightForWidth(2000) < legend.heightForWidth(250) < legend.heightForWidth(60)


@given(amounts=st.lists(st.decimals(Decimal(-9_000_000), Decimal(9_000_000), places=2), max_size=20))
def test_that_any_days_can_be_drawn(qapp: QApplication, amounts: list[Decimal]) -> None:
    image = QImage(140, 30, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_days(painter, QRectF(0, 0, 140, 30), days(*map(str, amounts)), LIGHT)
    painter.end()


def test_that_only_the_present_week_is_in_the_accent(qapp: QApplication) -> None:
    image = QImage(140, 31, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    paint_days(painter, QRectF(0, 0, 140, 31), days(*["100"] * 14), LIGHT)
    painter.end()
    colors = [image.pixelColor(number * 10 + 5, 15).name() for number in range(14)]
    assert colors == [LIGHT.strong_border] * 7 + [LIGHT.accent] * 7


def test_that_a_strip_of_days_is_told_as_text_and_day_by_day(qtbot: QtBot, theme: Theme) -> None:
    strip = DayStrip(theme, days("10", "30", "5"))
    qtbot.addWidget(strip)
    strip.resize(300, 30)
    assert strip.accessibleDescription() == (
        "$45.00 in the last 3 days, $5.00 of it today; the most was $30.00 on Sat 21 Nov 2026."
    )
    assert strip.told_at(150, 5) == "Sat 21 Nov 2026: $30.00"
    assert strip.told_at(-3, 5) == "Fri 20 Nov 2026: $10.00"
    assert strip.told_at(900, 5) == "Sun 22 Nov 2026: $5.00"
    strip.set_days([])
    assert strip.told_at(150, 5) == strip.accessibleDescription() == "No day yet."
    assert not strip.grab().isNull()


@given(now=st.integers(-99, 10**9), before=st.integers(-99, 10**9))
def test_that_a_change_tells_its_direction_by_its_sign(now: int, before: int) -> None:
    words = change(now, before)
    assert words[0] == ("±" if now == before else "+" if now > before else "−")
    assert int(words[1:].replace(",", "")) == abs(now - before)


@pytest.mark.parametrize(
    ("week", "before", "words"),
    [(12, 9, "+3 from 9"), (1, 1200, "−1,199 from 1,200"), (4, 4, "as last week"), (0, 0, "none last week")],
)
def test_that_a_count_stands_beside_the_week_before(qtbot: QtBot, week: int, before: int, words: str) -> None:
    count = WeekCount("QPC", week, before, strong=True)
    qtbot.addWidget(count)
    assert labels(count) == [f"{week:,}", "QPC", words]
    assert count.accessibleDescription() == f"QPC: {week:,} this week, {before:,} the week before."


def test_that_tiles_take_as_many_columns_as_there_is_room_for(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    tiles = Tiles(10, most=3, gap=10)
    whole.setLayout(tiles)
    for number in range(4):
        tiles.addWidget(QLabel(f"Tile {number}"))
    least = 10 * whole.fontMetrics().averageCharWidth()
    assert [tiles.columns(width) for width in (5, least, 2 * least + 10, 99 * least)] == [1, 1, 2, 3]
    assert tiles.heightForWidth(99 * least) < tiles.heightForWidth(least)
    whole.resize(3 * least + 20, 200)
    whole.show()
    tops = [one.geometry().top() for one in whole.findChildren(QLabel)]
    assert tops[0] == tops[1] == tops[2] < tops[3]
    assert tiles.itemAt(4) is None
    assert tiles.takeAt(4) is None
