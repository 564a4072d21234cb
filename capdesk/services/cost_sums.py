"""Sums of costs with what each is made of, as the window shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models.base import CostSource
from capdesk.services.costs import By, CostFilter, CostTable, costs_at, shares_at
from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import resolve_as_of

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

OVERHEAD, UNASSIGNED = "overhead", "unassigned spend"


@dataclass(frozen=True)
class SumRow:
    """`what` is a name, or a day; `by_source` adds up to `spent_usd`, but of unassigned spend nothing is known."""

    what: str | date
    campaign: str | None
    spent_usd: Decimal
    provisional_usd: Decimal
    by_source: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class CostSums:
    """Rows, unassigned spend last among them where it is asked for, and the total of all."""

    by: By
    as_of: datetime
    rows: tuple[SumRow, ...]
    total: SumRow


def cost_sums(desk: "Desk", by: By, wanted: CostFilter | None = None, as_of: datetime | None = None) -> CostSums:
    """Raises UsageRefused for dates the wrong way round, RuleRefused for too late an `as_of`."""
    asked = wanted or CostFilter()
    if asked.first_day and asked.last_day and asked.first_day > asked.last_day:
        raise UsageRefused(f"The first day, {asked.first_day}, lies after the last, {asked.last_day}: exchange them.")
    moment = resolve_as_of(desk, as_of)

    def read(session: Session) -> CostSums:
        table = costs_at(session, by, asked, moment)
        return _sums(table, shares_at(session, by, asked, moment))

    return desk.read(read)


def _sums(table: CostTable, shares: dict[tuple[str | None, str | None], dict[str, Decimal]]) -> CostSums:
    rows = [
        SumRow(
            _what(table.by, row.key), row.campaign, row.spent_usd, row.provisional_usd, shares[row.key, row.campaign]
        )
        for row in table.rows
    ]
    if table.unassigned_usd:
        assigned = sum((row.provisional_usd for row in rows), ZERO)
        rows.append(SumRow(UNASSIGNED, None, table.unassigned_usd, table.provisional_usd - assigned))
    return CostSums(table.by, table.as_of, tuple(rows), total_of(rows))


def total_of(rows: Sequence[SumRow]) -> SumRow:
    """The rows together."""
    sources = {key.value: sum((row.by_source.get(key.value, ZERO) for row in rows), ZERO) for key in CostSource}
    spent = sum((row.spent_usd for row in rows), ZERO)
    return SumRow("together", None, spent, sum((row.provisional_usd for row in rows), ZERO), sources)


def _what(by: By, key: str | None) -> str | date:
    if key is None:
        return OVERHEAD
    return date.fromisoformat(key) if by == "day" else key
