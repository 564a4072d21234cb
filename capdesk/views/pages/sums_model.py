"""The model of summed costs: held rows, and what they add up to at the end."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject

from capdesk.models.base import CostSource
from capdesk.services.cost_sums import CostSums, SumRow, total_of
from capdesk.services.listings.model import Column, Kind, Listing
from capdesk.services.money import ZERO
from capdesk.services.reports.names import source_name
from capdesk.views.records.held import Held, HeldModel

SHARES = "shares"
"""The key of the column that is a bar: what a row is made of, as long as it is large."""
_WHAT, _CAMPAIGN = 0, 1


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


class SumsModel(HeldModel):
    """`show_sums` and `set_words` are the ways in; a row stands for its SumRow."""

    def __init__(self, zone: ZoneInfo, parent: QObject | None = None) -> None:
        super().__init__(LISTING, zone, parent)
        self.sums: CostSums | None = None

    def show_sums(self, sums: CostSums) -> None:
        if self.sums is not None and self.sums.by != sums.by:
            self.order = None
        self.sums = sums
        self.set_rows([_held(row) for row in sums.rows])

    @property
    def largest(self) -> Decimal:
        """What the longest bar stands for."""
        return max((row.what.spent_usd for row in self.rows[:-1]), default=ZERO)

    @property
    def provisional(self) -> bool:
        """Whether something on show may still be restated."""
        return any(row.what.provisional_usd for row in self.rows)

    @property
    def shown(self) -> list[int]:
        by = self.sums.by if self.sums is not None else "experiment"
        hidden = set() if by == "experiment" else {"campaign"}
        if by == "source":
            hidden |= {SHARES, *(key.value for key in CostSource)}
        return [number for number, column in enumerate(COLUMNS) if column.key not in hidden]

    @property
    def written(self) -> list[int]:
        return [number for number in self.shown if COLUMNS[number].key != SHARES]

    def closing(self, rows: Sequence[Held]) -> Held | None:
        return _held(total_of([row.what for row in rows]))

    def column_of(self, row: Held, number: int) -> Column:
        """Days are dates, other names texts."""
        return _DAY if number == _WHAT and isinstance(row.values[_WHAT], date) else COLUMNS[number]

    def in_file(self, number: int) -> Column:
        by_day = self.sums is not None and self.sums.by == "day"
        return _DAY if number == _WHAT and by_day else COLUMNS[number]

    def words_of(self, row: Held, number: int) -> str:
        if number == _WHAT and self.sums is not None and self.sums.by == "source":
            return source_name(str(row.values[_WHAT]))
        return "" if row.values[number] is None and number == _CAMPAIGN else super().words_of(row, number)

    def told(self, row: Held) -> str:
        return f"{self.words_of(row, _WHAT)} {row.values[_WHAT]} {row.values[_CAMPAIGN] or ''}"


def _held(row: SumRow) -> Held:
    """Sources of what is unassigned are unknown."""
    of_sources = (row.by_source.get(key.value) or None for key in CostSource)
    return Held(row, (row.what, row.campaign, row.spent_usd, *of_sources, row.spent_usd, row.provisional_usd or None))
