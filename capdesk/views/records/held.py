"""Rows that are all here: sorted by their own values, filtered by words, painted and copied like every list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent

from capdesk.services.listings.model import Column, Listing
from capdesk.views.look.theme import Theme
from capdesk.views.records.calm import CalmView, shared_out
from capdesk.views.records.delegates import Cell, RecordDelegate
from capdesk.views.records.display import NEWEST_FIRST, NUMERIC, copied, shown
from capdesk.views.records.states import StatePanel

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
WIDEST = 340
"""Pixels at 100 percent; longer texts are cut short where they stand."""
LOOKED_AT = 60
"""Rows that are measured to find how wide a column should be."""


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
        self._closed = False

    # For subclasses

    @property
    def shown(self) -> list[int]:
        """Numbers of the columns on show."""
        return list(range(len(self.listing.columns)))

    @property
    def written(self) -> list[int]:
        """Numbers of the columns that are copied and exported."""
        return self.shown

    def closing(self, rows: Sequence[Held]) -> Held | None:  # noqa: ARG002 - for subclasses
        """What stays last however rows are sorted: what they add up to."""
        return None

    def column_of(self, row: Held, number: int) -> Column:  # noqa: ARG002 - for subclasses
        """The column as it is for a row."""
        return self.listing.columns[number]

    def in_file(self, number: int) -> Column:
        """The column as it is written."""
        return self.listing.columns[number]

    def words_of(self, row: Held, number: int) -> str:
        """A value as it is shown."""
        return shown(self.column_of(row, number), row.values[number], self.zone)

    def told(self, row: Held) -> str:
        """What words are looked for in."""
        return " ".join(self.words_of(row, number) for number in range(len(self.listing.columns)))

    # What it holds

    @property
    def whole(self) -> int:
        """Rows there are without the filter."""
        return len(self._all)

    def set_rows(self, rows: Sequence[Held]) -> None:
        self._change(lambda: setattr(self, "_all", tuple(rows)))

    def set_words(self, typed: str) -> None:
        """Shows rows in which all the words are found."""
        self._change(lambda: setattr(self, "_words", typed.casefold().split()))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._change(lambda: setattr(self, "order", (column, order == Qt.SortOrder.DescendingOrder)))

    def is_total(self, row: int) -> bool:
        """Whether the row is what the others add up to."""
        return self._closed and row == len(self.rows) - 1

    def cell(self, row: int, column: int) -> Cell:
        """What is painted there."""
        held = self.rows[row]
        manner = "total" if self.is_total(row) else ""
        return Cell(self.column_of(held, column), held.values[column], self.words_of(held, column), manner)

    def as_text(self, rows: Sequence[int]) -> str:
        """Rows as tab-separated lines below the titles, for a spreadsheet."""
        numbers = self.written
        lines = ["\t".join(self.listing.columns[number].title for number in numbers)]
        for row in (self.rows[at] for at in rows):
            lines.append("\t".join(copied(self.column_of(row, at), row.values[at], self.zone) for at in numbers))
        return "\n".join(lines) + "\n"

    def as_file(self) -> tuple[list[Column], list[list[Any]]]:
        """Columns and all rows but the total, to be written."""
        numbers, rows = self.written, self.rows[: len(self.rows) - self._closed]
        return [self.in_file(at) for at in numbers], [[row.values[at] for at in numbers] for row in rows]

    # Qt's side

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.listing.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, number = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.UserRole:
            return row.values[number]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(number)
        return self.words_of(row, number) if role == Qt.ItemDataRole.DisplayRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.listing.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.listing.columns[section].title
        return self._side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _side(self, number: int) -> int:
        return _RIGHT if self.listing.columns[number].kind in NUMERIC else _LEFT

    def _change(self, change: Callable[[], None]) -> None:
        self.beginResetModel()
        change()
        rows = [row for row in self._all if self._matches(row)]
        if self.order is not None:
            at, descending = self.order
            known = [row for row in rows if row.values[at] is not None]
            known.sort(key=lambda row: _sortable(row.values[at]), reverse=descending)
            rows = [*known, *(row for row in rows if row.values[at] is None)]
        last = self.closing(rows) if rows else None
        self.rows, self._closed = [*rows, *([last] if last else [])], last is not None
        self.endResetModel()

    def _matches(self, row: Held) -> bool:
        if not self._words:
            return True
        told = self.told(row).casefold()
        return all(word in told for word in self._words)


class HeldView(CalmView):
    """Enter or a double click opens a row."""

    entered_row = Signal(object)
    """What the row stands for; the total stands for nothing."""
    copy_wanted = Signal()

    def __init__(self, theme: Theme, model: HeldModel, painted: type[RecordDelegate] = RecordDelegate) -> None:
        super().__init__(theme, model.listing)
        self.held = model
        self.head.setSectionsMovable(False)
        if painted is not RecordDelegate:
            self.painted = painted(theme, self)
            self.setItemDelegate(self.painted)
        self.setModel(model)
        self.nothing = StatePanel(self)
        self._fitting = False
        self._by_hand = False
        """Whether somebody has chosen how wide a column is."""
        self.head.sectionClicked.connect(self._sort)
        self.head.sectionResized.connect(self._resized)
        self.doubleClicked.connect(lambda index: self._enter(index.row()))
        model.modelReset.connect(self.fit)
        theme.changed.connect(self._follow_theme)

    def rows_to_copy(self) -> list[int]:
        """The chosen rows, or all of them."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return chosen or list(range(self.held.rowCount()))

    def fit(self) -> None:
        """Rows as high, and columns as wide, as what is in them needs."""
        self.follow_text_size()
        model, columns = self.held, self.held.listing.columns
        self.head.sorted_by = None if model.order is None else (columns[model.order[0]].key, model.order[1])
        self.head.viewport().update()
        on_show = model.shown
        for number in range(len(columns)):
            self.setColumnHidden(number, number not in on_show)
        if self._by_hand:
            return
        wanted = {columns[number].key: self.wanted(number) for number in on_show}
        texts = frozenset(columns[number].key for number in on_show if columns[number].kind == "text")
        widths = shared_out(wanted, texts, self.room(), self._theme.scale)
        self._fitting = True
        for number in on_show:
            self.head.resizeSection(number, widths[columns[number].key])
        self._fitting = False

    def wanted(self, number: int) -> int:
        """How wide a column would like to be."""
        rows = self.held.rowCount()
        looked_at = [*range(min(rows, LOOKED_AT)), *([rows - 1] if rows else [])]
        widest = max((self.painted.wanted_width(self.held.cell(row, number)) for row in looked_at), default=0)
        return max(min(widest, round(WIDEST * self._theme.scale / 100)), self.head.wanted_width(number))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex().row())
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not go to a row: the filter above finds it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _follow_theme(self) -> None:
        self._by_hand = False
        self.fit()

    def _resized(self, number: int, _before: int, _width: int) -> None:
        if not self._fitting and self.head.isVisible() and number != self.held.shown[-1]:
            self._by_hand = True

    def _sort(self, number: int) -> None:
        order = self.held.order
        same = order is not None and order[0] == number
        first = self.held.listing.columns[number].kind in NEWEST_FIRST
        descending = not order[1] if same and order is not None else first
        self.held.sort(number, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def _enter(self, row: int) -> None:
        if 0 <= row < self.held.rowCount() and not self.held.is_total(row):
            self.entered_row.emit(self.held.rows[row].what)


def _sortable(value: Any) -> tuple[bool, Any]:
    """Texts stand behind days where a column has both."""
    return (True, value.casefold()) if isinstance(value, str) else (False, value)
