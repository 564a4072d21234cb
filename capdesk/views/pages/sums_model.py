"""The model of summed costs: all rows are here, sorted by their own values; what they add up to stays at the end."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from capdesk.models.base import CostSource
from capdesk.services.cost_sums import CostSums, SumRow, total_of
from capdesk.services.listings.model import Column, Kind, Listing
from capdesk.services.money import ZERO
from capdesk.views.charts.words import source_name
from capdesk.views.records.display import NUMERIC, copied, shown

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
SHARES = "shares"
"""The key of the column that is a bar: what a row is made of, as long as it is large."""


def _column(key: str, title: str, kind: Kind) -> Column:
    return Column(key, title, kind, "")


COLUMNS = (
    _column("what", "What", "text"),
    _column("campaign", "Campaign", "text"),
    _column(SHARES, "By source", "choice"),
    *(_column(key.value, source_name(key.value), "money") for key in CostSource),
    _column("spent", "Spent", "money"),
    _column("provisional", "Provisional", "money"),
)
LISTING = Listing("sums", "Sums of costs", COLUMNS, "", "", "what")
"""For the head of the table; no row of it is in the database."""
_DAY = Column("what", "What", "date", "")


class SumsModel(QAbstractTableModel):
    """`show_sums` and `set_words` are the ways in; the last row is the total, if there is any row."""

    def __init__(self, zone: ZoneInfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zone = zone
        self.sums: CostSums | None = None
        self.rows: list[SumRow] = []
        self._words: list[str] = []
        self._order: tuple[int, bool] | None = None

    def show_sums(self, sums: CostSums) -> None:
        self.beginResetModel()
        if self.sums is not None and self.sums.by != sums.by:
            self._order = None
        self.sums = sums
        self._arrange()
        self.endResetModel()

    def set_words(self, typed: str) -> None:
        """Shows rows in whose names all the words are found; the total is theirs."""
        self.beginResetModel()
        self._words = typed.casefold().split()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.beginResetModel()
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()
        self.endResetModel()

    @property
    def order(self) -> tuple[int, bool] | None:
        """Column and whether descending; None in the order the rows came."""
        return self._order

    @property
    def largest(self) -> Decimal:
        return max((row.spent_usd for row in self.rows[:-1]), default=ZERO)

    @property
    def columns(self) -> list[int]:
        """Numbers of the columns that say something of these sums."""
        by = self.sums.by if self.sums is not None else "experiment"
        hidden = set() if by == "experiment" else {"campaign"}
        if by == "source":
            hidden |= {SHARES, *(key.value for key in CostSource)}
        return [number for number, column in enumerate(COLUMNS) if column.key not in hidden]

    def column_of(self, row: SumRow, number: int) -> Column:
        """The column as it is for a row: days are dates."""
        return _DAY if number == 0 and isinstance(row.what, date) else COLUMNS[number]

    def is_total(self, row: int) -> bool:
        return bool(self.rows) and row == len(self.rows) - 1

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, number = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.UserRole:
            return value(row, number)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if COLUMNS[number].kind in NUMERIC else _LEFT
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(row, number)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if COLUMNS[section].kind in NUMERIC else _LEFT
        return None

    def words(self, row: SumRow, number: int) -> str:
        """A value as it is shown."""
        found = value(row, number)
        if number == 0 and self.sums is not None and self.sums.by == "source":
            return source_name(str(found))
        return "" if found is None and number == 1 else shown(self.column_of(row, number), found, self.zone)

    def as_text(self, rows: Sequence[int]) -> str:
        """Rows as tab-separated lines below the titles, for a spreadsheet."""
        numbers = [number for number in self.columns if COLUMNS[number].key != SHARES]
        lines = ["\t".join(COLUMNS[number].title for number in numbers)]
        for row in (self.rows[at] for at in rows):
            lines.append("\t".join(copied(self.column_of(row, at), value(row, at), self.zone) for at in numbers))
        return "\n".join(lines) + "\n"

    def as_file(self) -> tuple[list[Column], list[list[Any]]]:
        """Columns and all rows but the total, to be written."""
        numbers = [number for number in self.columns if COLUMNS[number].key != SHARES]
        by_day = self.sums is not None and self.sums.by == "day"
        columns = [_DAY if number == 0 and by_day else COLUMNS[number] for number in numbers]
        return columns, [[value(row, at) for at in numbers] for row in self.rows[:-1]]

    def _arrange(self) -> None:
        rows = [row for row in (self.sums.rows if self.sums is not None else ()) if self._matches(row)]
        if self._order is not None:
            number, descending = self._order
            rows.sort(key=lambda row: _sortable(value(row, number)), reverse=descending)
        self.rows = [*rows, total_of(rows)] if rows else []

    def _matches(self, row: SumRow) -> bool:
        told = f"{self.words(row, 0)} {row.what} {row.campaign or ''}".casefold()
        return all(word in told for word in self._words)


def value(row: SumRow, number: int) -> str | date | Decimal | None:
    """A row's own value; sources of what is unassigned are unknown."""
    key = COLUMNS[number].key
    match key:
        case "what":
            return row.what
        case "campaign":
            return row.campaign
        case "provisional":
            return row.provisional_usd or None
        case "spent" | "shares":
            return row.spent_usd
    return row.by_source.get(key) or None


def _sortable(found: str | date | Decimal | None) -> tuple[bool, str, Decimal]:
    """Words after days and before figures never meet: a column has one of them, besides `unassigned spend`."""
    if isinstance(found, Decimal):
        return (True, "", found)
    if isinstance(found, date):
        return (False, found.isoformat(), ZERO)
    return (found is not None, (found or "").casefold(), ZERO)
