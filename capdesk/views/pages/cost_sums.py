"""Costs summed by what one asks for: the choices, and the sums."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.errors import CapdeskError, UsageRefused
from capdesk.services.cost_sums import CostSums, SumRow, cost_sums
from capdesk.services.costs import By, CostFilter
from capdesk.services.money import ZERO
from capdesk.services.reports.wording import local_moment
from capdesk.views.charts.bars import Capital, paint_capital
from capdesk.views.forms.fields import ChoiceField, DateField, Field, MomentField
from capdesk.views.layouts import Tiles
from capdesk.views.pages.sums_model import SHARES, SumsModel
from capdesk.views.records.delegates import Cell, RecordDelegate
from capdesk.views.records.held import HeldView
from capdesk.views.records.held_list import HeldList
from capdesk.views.workspace import Workspace, sentence

WAYS: tuple[tuple[By, str], ...] = (
    ("experiment", "by experiment"),
    ("campaign", "by campaign"),
    ("source", "by source"),
    ("day", "by day"),
)
_TYPING_MS = 300
_BAR = 104
"""Pixels of a row's bar at 100 percent."""


class SumsDelegate(RecordDelegate):
    """Paints sums like records, and what a row is made of as a bar."""

    def paint_cell(self, painter: QPainter, rect: QRect, cell: Cell, row: int) -> None:
        model = self._view.model()
        if cell.column.key != SHARES:
            super().paint_cell(painter, rect, cell, row)
        elif isinstance(model, SumsModel) and cell.manner != "total":
            self._paint_shares(painter, QRectF(rect), model.rows[row].what, model.largest)

    def wanted_width(self, cell: Cell) -> int:
        is_bar = cell.column.key == SHARES
        return round(_BAR * self._theme.scale / 100) if is_bar else super().wanted_width(cell)

    def _paint_shares(self, painter: QPainter, room: QRectF, row: SumRow, largest: Decimal) -> None:
        if row.spent_usd <= ZERO or largest <= ZERO:
            return
        height = room.height() * 0.36
        width = max(room.width() * float(row.spent_usd / largest), 2.0)
        area = QRectF(room.left(), room.center().y() - height / 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = row.spent_usd
        paint_capital(painter, area, Capital(whole, whole, whole, row.by_source), self._theme.colors)


class SumsTab(QWidget):
    """What is to be summed, and the sums."""

    wanted_rows = Signal(object)
    """SumRow: the ledger's rows it is made of are wanted."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        zone = workspace.desk.zone
        self.by = ChoiceField("by", "Sum up", WAYS)
        self.first = DateField("first", "First day", required=False)
        self.last = DateField("last", "Last day", required=False)
        self.as_of = MomentField("as_of", "As known at", zone, required=False)
        self.model = SumsModel(zone, self)
        self.table = HeldView(workspace.theme, self.model, SumsDelegate)
        self.table.entered_row.connect(self.wanted_rows)
        self.list = HeldList(workspace, self.table)
        self.model.modelReset.connect(self._draw_state)
        self._soon = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._soon.timeout.connect(self.reload)
        self._lay_out()

    def _lay_out(self) -> None:
        choices = QWidget()
        tiles = Tiles(26, most=4, parent=choices)
        fields: tuple[Field[Any], ...] = (self.by, self.first, self.last, self.as_of)
        for field in fields:
            field.label.setText(field.label.text().removesuffix(" (optional)"))
            field.changed.connect(self._soon.start)
            tiles.addWidget(field)
        self.as_of.set_hint("")
        self.as_of.line.setPlaceholderText("Now, or YYYY-MM-DD HH:MM")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(10)
        column.addWidget(choices)
        column.addWidget(self.list, 1)
        self.table.setMinimumHeight(self.fontMetrics().lineSpacing() * 9)

    def reload(self) -> None:
        """Reads the sums anew, if what is asked for can be understood."""
        self._soon.stop()
        try:
            first, last, moment = self.first.value(), self.last.value(), self.as_of.value()
        except UsageRefused:
            return
        if first is not None and last is not None and first > last:
            self.last.complain("It lies before the first day.")
            return
        self.last.complain("")
        by, wanted = self.by.value(), CostFilter(first, last)
        self.workspace.read(
            self,
            "sums",
            lambda desk: cost_sums(desk, by, wanted, moment),
            self._show,
            lambda one: self._failed(one, moment),
        )

    def _show(self, sums: CostSums) -> None:
        self.as_of.complain("")
        self.model.show_sums(sums)

    def _failed(self, error: Exception, moment: datetime | None) -> None:
        if isinstance(error, CapdeskError) and moment is not None:
            self.as_of.complain(sentence(error))
        else:
            self.workspace.complain(error)

    def _draw_state(self) -> None:
        sums, state = self.model.sums, self.table.nothing
        if sums is None:
            return
        told = f"As of {local_moment(sums.as_of, self.workspace.desk.zone.key)}."
        more = " What is provisional, its provider may still restate." if self.model.provisional else ""
        self.list.foot.setText(told + more)
        self.table.head.setHidden(not self.model.rows)
        if self.model.rows:
            state.hide()
        elif sums.rows:
            state.say("Nothing matches", "No row has these words.", "Clear filter", self.list.words.clear)
        elif self.first.value() or self.last.value() or self.as_of.value():
            state.say("Nothing was spent", "No cost is dated in these days, as far as was known then.")
        else:
            words = "Nothing was spent yet: log time, or connect Twilio and Google Cloud."
            state.say("No costs yet", words, "Log hours", lambda: self.workspace.go("time"), primary=True)
