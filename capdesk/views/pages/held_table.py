"""A list whose rows are all here: sorted by their own values, filtered by words, copied, painted like every list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QTableView

from capdesk.services.listings.model import Column, Listing
from capdesk.views.look.theme import Theme
from capdesk.views.records.delegates import PADDING, RecordDelegate
from capdesk.views.records.display import NEWEST_FIRST, NUMERIC, copied, shown
from capdesk.views.records.header import RecordHeader
from capdesk.views.records.states import StatePanel
from capdesk.views.widgets import named

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_WIDEST = 260


@dataclass(frozen=True)
class Held:
    """A row: what it stands for, and a value for each column."""

    what: Any
    values: tuple[Any, ...]


class HeldModel(QAbstractTableModel):
    """`set_rows` and `set_words` are the ways in."""

    def __init__(self, listing: Listing, zone: ZoneInfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing, self.zone = listing, zone
        self.rows: list[Held] = []
        self.order: tuple[int, bool] | None = None
        """Column and whether descending; None in the order the rows came."""
        self._all: tuple[Held, ...] = ()
        self._words: list[str] = []

    @property
    def whole(self) -> int:
        """Rows there are without the filter."""
        return len(self._all)

    def set_rows(self, rows: Sequence[Held]) -> None:
        self.beginResetModel()
        self._all = tuple(rows)
        self._arrange()
        self.endResetModel()

    def set_words(self, typed: str) -> None:
        """Shows rows in which all the words are found."""
        self.beginResetModel()
        self._words = typed.casefold().split()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.beginResetModel()
        self.order = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.listing.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, value = self.listing.columns[index.column()], self.rows[index.row()].values[index.column()]
        if role == Qt.ItemDataRole.UserRole:
            return value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.kind in NUMERIC else _LEFT
        return shown(column, value, self.zone) if role == Qt.ItemDataRole.DisplayRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.listing.columns):
            return None
        column = self.listing.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.kind in NUMERIC else _LEFT
        return None

    def as_text(self, rows: Sequence[int]) -> str:
        """Rows as tab-separated lines below the titles, for a spreadsheet."""
        columns = self.listing.columns
        lines = ["\t".join(column.title for column in columns)]
        for held in (self.rows[at] for at in rows):
            lines.append(
                "\t".join(copied(one, value, self.zone) for one, value in zip(columns, held.values, strict=True))
            )
        return "\n".join(lines) + "\n"

    def _arrange(self) -> None:
        rows = [row for row in self._all if self._matches(row)]
        if self.order is not None:
            at, descending = self.order
            known = [row for row in rows if row.values[at] is not None]
            known.sort(key=lambda row: _sortable(row.values[at]), reverse=descending)
            rows = [*known, *(row for row in rows if row.values[at] is None)]
        self.rows = rows

    def _matches(self, row: Held) -> bool:
        if not self._words:
            return True
        pairs = zip(self.listing.columns, row.values, strict=True)
        told = " ".join(shown(column, value, self.zone) for column, value in pairs).casefold()
        return all(word in told for word in self._words)


class HeldDelegate(RecordDelegate):
    """Paints held rows as records are painted."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if isinstance(model, HeldModel):
            rect: Any = option.rect
            self._paint_ground(painter, rect, index)
            column, value = model.listing.columns[index.column()], model.rows[index.row()].values[index.column()]
            self._paint_value(painter, rect.adjusted(PADDING, 0, -PADDING, -1), column, value, cast(Any, model))


class HeldView(QTableView):
    """Enter or a double click opens a row, Ctrl+C copies."""

    entered_row = Signal(object)
    """What the row stands for."""

    def __init__(self, theme: Theme, model: HeldModel) -> None:
        super().__init__()
        named(self, f"records-{model.listing.key}", model.listing.title)
        self._theme, self.held = theme, model
        self.head = RecordHeader(theme, model.listing, self)
        self.head.setStretchLastSection(True)
        self.setHorizontalHeader(self.head)
        self.painted = HeldDelegate(theme, self)
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
        theme.changed.connect(self.fit)

    def copy(self) -> int:
        """The chosen rows, or all of them; returns how many."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = chosen or list(range(self.held.rowCount()))
        QGuiApplication.clipboard().setText(self.held.as_text(rows))
        return len(rows)

    def fit(self) -> None:
        """Rows as high, and columns as wide, as what is in them needs."""
        height, model = self.fontMetrics().height() + 13, self.held
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.head.setFixedHeight(height + 4)
        self.head.sorted_by = None if model.order is None else (self._column(model.order[0]).key, model.order[1])
        widest = round(_WIDEST * self._theme.scale / 100)
        for at, column in enumerate(model.listing.columns):
            values = (row.values[at] for row in model.rows[:60])
            wanted = max((self.painted.wanted_width(column, one, cast(Any, model)) for one in values), default=0)
            self.head.resizeSection(at, max(min(wanted, widest), self.head.wanted_width(at)))
        self.head.viewport().update()

    def _column(self, number: int) -> Column:
        return self.held.listing.columns[number]

    def _sort(self, number: int) -> None:
        order = self.held.order
        same = order is not None and order[0] == number
        descending = not order[1] if same and order is not None else self._column(number).kind in NEWEST_FIRST
        self.held.sort(number, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def _enter(self, row: int) -> None:
        if 0 <= row < self.held.rowCount():
            self.entered_row.emit(self.held.rows[row].what)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


def _sortable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
