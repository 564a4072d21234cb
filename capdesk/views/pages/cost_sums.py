"""Costs summed by what one asks for: the choices, the table, and what can be taken out of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, UsageRefused
from capdesk.services.cost_sums import CostSums, SumRow, cost_sums, write_sums
from capdesk.services.costs import By, CostFilter
from capdesk.services.money import ZERO
from capdesk.services.reports.wording import counted, local_moment
from capdesk.views.charts.bars import Capital, paint_capital
from capdesk.views.forms.fields import ChoiceField, DateField, Field, MomentField
from capdesk.views.layouts import Tiles
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.pages.sums_model import COLUMNS, LISTING, SHARES, SumsModel, value
from capdesk.views.records.delegates import PADDING, RecordDelegate
from capdesk.views.records.display import NUMERIC
from capdesk.views.records.header import RecordHeader
from capdesk.views.records.states import StatePanel
from capdesk.views.records.taking import CSV, XLSX, open_folder
from capdesk.views.widgets import button, named, text
from capdesk.views.workspace import Workspace, sentence

Index = QModelIndex | QPersistentModelIndex
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
    """Paints sums like records, the total in bold, and what a row is made of as a bar."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, SumsModel):
            return
        rect: Any = option.rect
        self._paint_ground(painter, rect, index)
        row, column = model.rows[index.row()], COLUMNS[index.column()]
        inner = rect.adjusted(PADDING, 0, -PADDING, -1)
        if column.key == SHARES:
            if not model.is_total(index.row()):
                self._paint_shares(painter, QRectF(inner), row, model)
            return
        self._write(painter, inner, model.words(row, index.column()), index, model.is_total(index.row()))

    def _write(self, painter: QPainter, rect: Any, words: str, index: Index, total: bool) -> None:
        view, colors = self._view, self._theme.colors
        font = sized(view.font(), 1.0, view.font().Weight.DemiBold) if total else view.font()
        painter.setFont(font)
        painter.setPen(QColor(colors.muted if words == "—" else colors.text))
        side = Qt.AlignmentFlag.AlignRight if COLUMNS[index.column()].kind in NUMERIC else Qt.AlignmentFlag.AlignLeft
        fitting = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), fitting)

    def _paint_shares(self, painter: QPainter, room: QRectF, row: SumRow, model: SumsModel) -> None:
        largest = model.largest
        if row.spent_usd <= ZERO or largest <= ZERO:
            return
        height = room.height() * 0.36
        width = max(room.width() * float(row.spent_usd / largest), 2.0)
        area = QRectF(room.left(), room.center().y() - height / 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = row.spent_usd
        paint_capital(painter, area, Capital(whole, whole, whole, row.by_source), self._theme.colors)


class SumsView(QTableView):
    """Rows all there at once. Enter or a double click opens what a row is made of; Ctrl+C copies."""

    entered_row = Signal(object)
    """SumRow."""

    def __init__(self, theme: Theme, model: SumsModel) -> None:
        super().__init__()
        named(self, "costs-sums", "Sums of costs")
        self._theme, self.sums = theme, model
        self.head = RecordHeader(theme, LISTING, self)
        self.head.setSectionsMovable(False)
        self.head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalHeader(self.head)
        self.painted = SumsDelegate(theme, self)
        self.setItemDelegate(self.painted)
        self.setModel(model)
        self.setProperty("records", True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.nothing = StatePanel(self)
        self.head.sectionClicked.connect(self._sort)
        self.doubleClicked.connect(lambda index: self._enter(index.row()))
        model.modelReset.connect(self.fit)

    def copy(self) -> int:
        """The chosen rows, or all of them, for a spreadsheet; returns how many."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = chosen or list(range(self.sums.rowCount()))
        QGuiApplication.clipboard().setText(self.sums.as_text(rows))
        return len(rows)

    def fit(self) -> None:
        """Each column as wide as it needs; names and bars get what is left."""
        model, head = self.sums, self.head
        height = self.fontMetrics().height() + 13
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        head.setFixedHeight(height + 4)
        head.sorted_by = None if model.order is None else (COLUMNS[model.order[0]].key, model.order[1])
        shown = model.columns
        widths = {number: self._wanted(number) for number in shown}
        growing = [number for number in shown if COLUMNS[number].kind == "text" or COLUMNS[number].key == SHARES]
        spare = max(self.viewport().width() - sum(widths.values()), 0) // max(len(growing), 1)
        for number in range(len(COLUMNS)):
            self.setColumnHidden(number, number not in widths)
            if number in widths:
                head.resizeSection(number, widths[number] + (spare if number in growing else 0))
        head.viewport().update()

    def _wanted(self, number: int) -> int:
        if COLUMNS[number].key == SHARES:
            return round(_BAR * self._theme.scale / 100)
        metrics = QFontMetrics(sized(self.font(), 1.0, self.font().Weight.DemiBold))
        words = (self.sums.words(row, number) for row in self.sums.rows)
        widest = max((metrics.horizontalAdvance(one) for one in words), default=0) + 2 * PADDING + 2
        return max(min(widest, round(340 * self._theme.scale / 100)), self.head.wanted_width(number))

    def _sort(self, number: int) -> None:
        order = self.sums.order
        first = COLUMNS[number].kind in NUMERIC or COLUMNS[number].key == SHARES
        descending = not order[1] if order is not None and order[0] == number else first
        self.sums.sort(number, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def _enter(self, row: int) -> None:
        if 0 <= row < self.sums.rowCount() and not self.sums.is_total(row):
            self.entered_row.emit(self.sums.rows[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


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
        self.table = SumsView(workspace.theme, self.model)
        self.table.entered_row.connect(self.wanted_rows)
        self.words = named(QLineEdit(), "sums-filter", "Filter by words")
        self.words.setPlaceholderText("Filter by words")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self._filter)
        self.foot = named(text("", "small", wrap=True), "sums-foot")
        self._soon = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._soon.timeout.connect(self.reload)
        self.dialog: QFileDialog | None = None
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
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        copy = button("Copy", self.copy, kind="quiet")
        copy.setToolTip("Copies the chosen rows, or all (Ctrl+C)")
        row.addWidget(copy)
        row.addWidget(button("Export…", self.export, kind="quiet"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(10)
        column.addWidget(choices)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.foot)
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

    def copy(self) -> None:
        self.foot.setText(f"Copied {counted(self.table.copy(), 'row')}.")

    def export(self) -> None:
        """Asks for a file and writes the rows on show."""
        dialog = named(QFileDialog(self), "export-dialog", "Export")
        dialog.setWindowTitle("Export sums of costs")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([CSV, XLSX])
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("xlsx" if chosen == XLSX else "csv"))
        dialog.selectFile("sums-of-costs.csv")
        dialog.fileSelected.connect(lambda file: self.write(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def write(self, file: Path) -> None:
        """Writes the rows on show in the background, without their total."""
        columns, rows = self.model.as_file()

        def told(count: int) -> None:
            words = f"Exported {counted(count, 'row')} to {file.name}."
            self.workspace.say(words, "good", "Open folder", lambda: open_folder(file))

        work: Callable[[Desk, object], int] = lambda desk, _report: write_sums(file, columns, rows, desk.zone)  # noqa: E731
        self.workspace.run(f"Exporting sums to {file.name}", work, owner=self, then=told, cancellable=False)

    def _filter(self, typed: str) -> None:
        self.model.set_words(typed)
        self._draw_state()

    def _show(self, sums: CostSums) -> None:
        self.as_of.complain("")
        self.model.show_sums(sums)
        self._draw_state()

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
        provisional = any(value(row, len(COLUMNS) - 1) for row in self.model.rows)
        self.foot.setText(f"{told} What is provisional, its provider may still restate." if provisional else told)
        self.table.head.setHidden(not self.model.rows)
        if self.model.rows:
            state.hide()
        elif sums.rows:
            state.say("Nothing matches", "No row has these words.", "Clear filter", self.words.clear)
        elif self.first.value() or self.last.value() or self.as_of.value():
            state.say("Nothing was spent", "No cost is dated in these days, as far as was known then.")
        else:
            words = "Nothing was spent yet: log time, or connect Twilio and Google Cloud."
            state.say("No costs yet", words, "Log hours", lambda: self.workspace.go("time"), primary=True)
