"""Cumulative cost: the chart, its legend, what the day pointed at says, and the same as a table."""

from datetime import date
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from capdesk.services.dates import business_date
from capdesk.services.money import dollars
from capdesk.services.reports.history import History
from capdesk.services.reports.model import SOURCES
from capdesk.services.reports.names import source_name
from capdesk.services.reports.wording import long_day
from capdesk.views.charts.cost_chart import CostChart, load, totals
from capdesk.views.charts.figures_table import FiguresTable
from capdesk.views.layouts import Flow
from capdesk.views.look.theme import Theme
from capdesk.views.pages.experiment.reading import Figures
from capdesk.views.widgets import button, card, named, text
from capdesk.views.workspace import Workspace

_HEADERS = ("Day", *map(source_name, SOURCES), "Of the day", "In all", "Cap", "Provisional")


class Swatch(QWidget):
    """How something looks in the chart: `cap`, `tranche`, `provisional`, or a source."""

    def __init__(self, theme: Theme, what: str) -> None:
        super().__init__()
        self._theme, self._what = theme, what
        side = round(self.fontMetrics().height() * 0.75)
        self.setFixedSize(side * 2 if what in ("cap", "tranche") else side, side)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, colors, room = QPainter(self), self._theme.colors, QRectF(self.rect())
        if self._what in ("cap", "tranche"):
            cap = QPen(QColor(colors.bad), 2, Qt.PenStyle.DashLine)
            painter.setPen(cap if self._what == "cap" else QPen(QColor(colors.strong_border), 1))
            middle = QPointF(0, room.center().y())
            painter.drawLine(room.topLeft() + middle, room.topRight() + middle)
            return
        open_days = self._what == "provisional"
        painter.fillRect(room, QColor(colors.warn_soft if open_days else colors.source(self._what)))
        if open_days:
            painter.fillRect(room, QBrush(QColor(colors.warn), Qt.BrushStyle.BDiagPattern))


class CostSection(QWidget):
    """The chart is made once what draws it is loaded; until then its place is kept."""

    def __init__(self, workspace: Workspace, zone: ZoneInfo) -> None:
        super().__init__()
        self._workspace, self._zone = workspace, zone
        self._figures: Figures | None = None
        self.chart: CostChart | None = None
        self._legend = {key: named(text(""), f"legend-{key}") for key in SOURCES}
        self._tranche = text("tranche")
        self._provisional = _entry(Swatch(workspace.theme, "provisional"), text("provisional days"))
        self._read_out = named(text("", "small", wrap=True), "cost-read-out")
        self._table = FiguresTable("cost-table", "Cost by day", _HEADERS, most_rows=9)
        self._room = QWidget()
        self._inside = QVBoxLayout(self._room)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._room)
        self._stack.addWidget(self._table)
        self._switch = button("Show as table", self.switch, kind="quiet")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(text("Cumulative cost", "heading"), 1)
        row.addWidget(self._switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card(head, self._legend_row(), self._stack, self._read_out))
        self._room.setFixedHeight(self.fontMetrics().lineSpacing() * 17)
        self._stack.setFixedHeight(self._room.height())
        workspace.read(self, "pyqtgraph", lambda _desk: load(), self._loaded)

    def show_figures(self, figures: Figures) -> None:
        self._figures = figures
        report, history = figures.report, figures.history
        for key, label in self._legend.items():
            label.setText(f"{source_name(key)} {dollars(report.by_source[key])}")
        self._provisional.setVisible(any(one.provisional_usd for one in history.days))
        if self._stack.currentIndex() == 1:
            self._fill_table(history)
        if self.chart is not None:
            self.chart.show_history(history, self._last_day(history))
        self._say("")

    def switch(self) -> None:
        """To the table, or back to the chart."""
        table = self._stack.currentIndex() == 0
        if table and self._figures is not None:
            self._fill_table(self._figures.history)
        self._stack.setCurrentIndex(int(table))
        self._switch.setText("Show as chart" if table else "Show as table")
        self._switch.setAccessibleName(self._switch.text())
        self._read_out.setVisible(not table)
        self._stack.setFixedHeight((self._table if table else self._room).height())

    def _loaded(self, _module: object) -> None:
        self.chart = CostChart(self._workspace.theme)
        self.chart.said.connect(self._say)
        self._inside.addWidget(self.chart)
        if self._figures is not None:
            self.show_figures(self._figures)

    def _last_day(self, history: History) -> date:
        return business_date(history.ended_at or history.as_of, self._zone)

    def _legend_row(self) -> QWidget:
        theme, row = self._workspace.theme, QWidget()
        flow = Flow(row, gap=16, row_gap=4)
        for key, label in self._legend.items():
            flow.addWidget(_entry(Swatch(theme, key), label))
        flow.addWidget(_entry(Swatch(theme, "cap"), text("cap in force")))
        flow.addWidget(_entry(Swatch(theme, "tranche"), self._tranche))
        flow.addWidget(self._provisional)
        return row

    def _fill_table(self, history: History) -> None:
        self._table.show_rows(
            [
                (
                    long_day(one.cost.day),
                    *(dollars(one.cost.by_source[key]) for key in SOURCES),
                    dollars(one.cost.total_usd),
                    dollars(one.total_usd),
                    dollars(one.cap_usd),
                    dollars(one.cost.provisional_usd) if one.cost.provisional_usd else "",
                )
                for one in reversed(totals(history))
            ]
        )

    def _say(self, words: str) -> None:
        self._read_out.setText(words or "Point at a day, or press the arrow keys, to read it day by day.")


def _entry(swatch: Swatch, label: QWidget) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(swatch)
    row.addWidget(label, 1)
    return whole
