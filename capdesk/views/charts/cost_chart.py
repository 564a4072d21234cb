"""Cumulative cost by source against the cap and its tranches, drawn by pyqtgraph.

Its import takes half a second: `load` is called in the background first.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.services.money import ZERO, dollars
from capdesk.services.reports.history import DayCost, History
from capdesk.services.reports.model import SOURCES
from capdesk.services.reports.names import source_name
from capdesk.services.reports.wording import long_day, percent
from capdesk.views.charts.days import axis_day, day_ticks, room_for
from capdesk.views.look.fonts import sized
from capdesk.views.look.roles import is_picture
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named

MOST_TRANCHE_LINES = 40
"""More would be a grey ground."""


def load() -> Any:
    """Imports what draws. Slow the first time: never in the window's own thread."""
    return import_module("capdesk.views.charts.plot")


@dataclass(frozen=True)
class DayTotal:
    """A date with what it cost, what had been spent by its end, and the cap in force then."""

    cost: DayCost
    by_source: dict[str, Decimal]
    cap_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        return sum(self.by_source.values(), ZERO)


def totals(history: History) -> list[DayTotal]:
    """The days with cost, each with the sums up to it."""
    running, made = dict.fromkeys(SOURCES, ZERO), []
    starts = [step.day for step in history.caps]
    for one in history.days:
        running = {source: running[source] + one.by_source[source] for source in SOURCES}
        step = max(bisect_right(starts, one.day) - 1, 0)
        made.append(DayTotal(one, running, history.caps[step].caps.capital_usd))
    return made


def day_words(one: DayTotal) -> str:
    """What the chart says of a day."""
    parts = ", ".join(f"{source_name(source)} {dollars(usd)}" for source, usd in one.cost.by_source.items() if usd)
    marked = f"; {dollars(one.cost.provisional_usd)} of the day is provisional" if one.cost.provisional_usd else ""
    of_cap = f"{percent(one.total_usd, one.cap_usd)} of the cap {dollars(one.cap_usd)}"
    day = f"{long_day(one.cost.day)}: {dollars(one.cost.total_usd)} ({parts})"
    return f"{day}. {dollars(one.total_usd)} in all, {of_cap}{marked}."


class CostChart(QWidget):
    """Make it only after `load` has run. The arrow keys and the mouse go from day to day; `said` tells of each."""

    said = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._history: History | None = None
        self._days: list[DayTotal] = []
        self.at = -1
        named(self, "cost-chart", "Cumulative cost by source")
        is_picture(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plot = load().Plot(self.point_near)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.addWidget(self._plot)
        self._cursor: Any = None
        theme.changed.connect(self._draw)

    def show_history(self, history: History, last_day: date) -> None:
        """`last_day` is the business date up to which the chart reaches at least."""
        self._history, self._last = history, last_day
        self._days = totals(history)
        self.at = -1
        self._summary = self._summarised(history)
        self.setAccessibleDescription(self._summary)
        self._draw()

    def point(self, at: int) -> None:
        """Points at a day with cost; -1 at none."""
        if at == self.at:
            return
        self.at = at
        words = day_words(self._days[at]) if at >= 0 else ""
        if self._cursor is not None:
            self._cursor.setVisible(at >= 0)
            if at >= 0:
                self._cursor.setPos(self._days[at].cost.day.toordinal())
        self.setAccessibleDescription(words or self._summary)
        self.said.emit(words)

    def point_near(self, where: QPointF) -> None:
        """Points at the day nearest to a place in the widget of the plot."""
        if not self._days:
            return
        wanted = self._plot.getViewBox().mapSceneToView(where).x()
        distances = [abs(one.cost.day.toordinal() - wanted) for one in self._days]
        self.point(distances.index(min(distances)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last, key = len(self._days) - 1, event.key()
        moves = {
            Qt.Key.Key_Left: max(self.at - 1, 0) if self.at >= 0 else last,
            Qt.Key.Key_Right: min(self.at + 1, last),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if last >= 0 and key in moves:
            self.point(moves[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.point(-1)
        super().leaveEvent(event)

    def _summarised(self, history: History) -> str:
        if not self._days:
            return "Nothing has been spent yet."
        newest = self._days[-1]
        parts = ", ".join(f"{source_name(source)} {dollars(usd)}" for source, usd in newest.by_source.items())
        return (
            f"From {long_day(self._days[0].cost.day)} to {long_day(newest.cost.day)}: {dollars(newest.total_usd)} of "
            f"{dollars(history.caps[-1].caps.capital_usd)} spent; {parts}."
        )

    def _draw(self) -> None:
        history = self._history
        if history is None:
            return
        plot, colors = self._plot, self.theme.colors
        plot.clear()
        plot.setBackground(colors.surface)
        self._frame(history)
        self._draw_provisional(history)
        self._draw_tranches(history)
        self._draw_bars()
        self._draw_cap(history)
        pen = load().pg.mkPen(colors.text, width=1, style=Qt.PenStyle.DotLine)
        self._cursor = load().pg.InfiniteLine(angle=90, pen=pen)
        self._cursor.setVisible(False)
        plot.addItem(self._cursor)
        self.at = -1

    def _range(self, history: History) -> tuple[int, int, float]:
        first = self._days[0].cost.day if self._days else self._last
        if history.caps:
            first = min(first, history.caps[0].day)
        last = max(self._last, self._days[-1].cost.day) if self._days else self._last
        cap = max([history.rules.capital_cap_usd, *(step.caps.capital_usd for step in history.caps)])
        spent = max([ZERO, *(one.total_usd for one in self._days)])
        return first.toordinal(), last.toordinal(), float(max(cap, spent)) * 1.06

    def _frame(self, history: History) -> None:
        first, last, top = self._range(history)
        colors, plot = self.theme.colors, self._plot
        low = min([0.0, *(float(min(one.by_source.values())) for one in self._days)])
        plot.setXRange(first - 0.6, last + 0.6, padding=0)
        plot.setYRange(low, top, padding=0)
        font = sized(self.font(), 0.9)
        measure = QFontMetricsF(font)
        for name in ("left", "bottom"):
            axis = plot.getAxis(name)
            axis.setTickFont(font)
            axis.setPen(colors.border)
            axis.setTextPen(colors.muted)
        days = plot.getAxis("bottom")
        begin, end = date.fromordinal(first), date.fromordinal(last)
        ticks = day_ticks(begin, end, room_for(max(self.width() - 80, 200), measure.horizontalAdvance))
        days.setTicks([[(day.toordinal(), axis_day(day, last - first)) for day in ticks]])
        days.setHeight(round(measure.lineSpacing() * 1.6))
        plot.getAxis("left").setWidth(round(measure.horizontalAdvance(load().axis_dollars(top)) + 14))

    def _draw_bars(self) -> None:
        """A day's bar stands until the next day with cost, so that the sum has no holes."""
        pg, colors = load().pg, self.theme.colors
        if not self._days:
            return
        lefts, ends = self._sides()
        base = [0.0] * len(lefts)
        for source in SOURCES:
            heights = [float(one.by_source[source]) for one in self._days]
            if any(heights):
                brush = QColor(colors.source(source))
                self._plot.addItem(pg.BarGraphItem(x0=lefts, x1=ends, y0=base, height=heights, brush=brush, pen=None))
            base = [below + height for below, height in zip(base, heights, strict=True)]

    def _sides(self) -> tuple[list[float], list[float]]:
        """Where the bars of the days begin and end."""
        lefts = [one.cost.day.toordinal() - 0.5 for one in self._days]
        return lefts, [*lefts[1:], max(lefts[-1] + 1, self._last.toordinal() + 0.5)]

    def _draw_provisional(self, history: History) -> None:
        """A hatched ground behind the days of which a part may be restated; that part itself is often too small."""
        if not any(one.cost.provisional_usd for one in self._days):
            return
        colors, top = self.theme.colors, self._range(history)[2]
        sides = zip(*self._sides(), self._days, strict=True)
        spans = [(left, right) for left, right, one in sides if one.cost.provisional_usd]
        left, right = ([span[side] for span in spans] for side in (0, 1))
        ground, lines = QColor(colors.warn_soft), QColor(colors.warn)
        ground.setAlphaF(0.35)
        lines.setAlphaF(0.2)
        height = [top] * len(spans)
        for brush in (QBrush(ground), QBrush(lines, Qt.BrushStyle.BDiagPattern)):
            self._plot.addItem(load().pg.BarGraphItem(x0=left, x1=right, y0=0, height=height, brush=brush, pen=None))

    def _draw_tranches(self, history: History) -> None:
        size, top = float(history.rules.tranche_size_usd), self._range(history)[2]
        count = int(top / size)
        pen = load().pg.mkPen(self.theme.colors.border, width=1)
        for number in range(1, count + 1 if count <= MOST_TRANCHE_LINES else 1):
            self._plot.addItem(load().pg.InfiniteLine(pos=number * size, angle=0, pen=pen))

    def _draw_cap(self, history: History) -> None:
        """A line that steps where an evaluation changed the cap."""
        first, last, _ = self._range(history)
        caps = [float(step.caps.capital_usd) for step in history.caps] or [float(history.rules.capital_cap_usd)]
        starts = [step.day.toordinal() for step in history.caps] or [first]
        xs, ys = [first - 0.6], [caps[0]]
        for start, cap in list(zip(starts, caps, strict=True))[1:]:
            xs += [start, start]
            ys += [ys[-1], cap]
        pen = load().pg.mkPen(self.theme.colors.bad, width=2, style=Qt.PenStyle.DashLine)
        self._plot.addItem(load().pg.PlotCurveItem([*xs, last + 0.6], [*ys, ys[-1]], pen=pen))

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self._history is not None:
            self._frame(self._history)
