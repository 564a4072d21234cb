"""What facts entered by hand share: each is a batch of one, a reversal says why, and lists run from date to date."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Function, Table, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services.dates import day_start

# The days around them may lie outside the calendar in another zone.
_FIRST_DAY, _LAST_DAY = date(1, 1, 2), date(9999, 12, 30)


@dataclass(frozen=True)
class Entry:
    """One row for a staging table; `record` is the function that records it, given the batch.

    `refusal` makes a sentence of the reason the database gives, `unknown_lead` is the warning for a number of no lead.
    """

    kind: str
    table: Table
    row: Mapping[str, Any]
    record: Callable[[int], Function[Any]]
    refusal: Callable[[str], str]
    user_id: int
    campaign_id: int | None = None
    unknown_lead: str = ""


@dataclass(frozen=True)
class Recorded:
    """`landed` is False where just this was recorded before."""

    batch: int
    landed: bool
    warnings: list[str]


def record_entry(session: Session, entry: Entry) -> Recorded:
    """Records the row as a batch of one. Raises RuleRefused where the database rejects it."""
    batch = session.scalars(select(func.next_batch())).one()
    session.execute(insert(entry.table).values(batch_id=batch, line=1, **entry.row))
    answers = entry.record(batch).table_valued("line", "status", "field", "reason")
    said = {row.status: row.reason for row in session.execute(select(answers.c.status, answers.c.reason))}
    if "rejected" in said:
        raise RuleRefused(entry.refusal(said["rejected"]))
    landed = "duplicate" not in said
    warnings = [entry.unknown_lead] if "unknown_lead" in said else []
    counts = (1, int(landed), int(not landed), 0)
    about = (entry.kind, None, None, None, entry.campaign_id)
    session.execute(select(func.record_batch(batch, *about, *counts, literal(warnings, JSONB), entry.user_id)))
    return Recorded(batch, landed, warnings)


def why(reason: str) -> str:
    """The reason of a reversal as it is kept. Raises UsageRefused for an empty one."""
    if not reason.strip():
        raise UsageRefused('A reversal says why: give a reason, like --reason "typed twice".')
    return reason.strip()


@dataclass(frozen=True)
class Span:
    """Business dates in the zone, both inclusive; None is open. Raises UsageRefused where `first` lies after `last`."""

    zone: ZoneInfo
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.first > self.last:
            raise UsageRefused(f"--from {self.first} lies after --to {self.last}: exchange them.")

    def dates(self, column: Any) -> list[ColumnElement[bool]]:
        """The criteria on a column of dates."""
        first = [] if self.first is None else [column >= self.first]
        return first if self.last is None else [*first, column <= self.last]

    def moments(self, column: Any) -> list[ColumnElement[bool]]:
        """The criteria on a column of moments; a day ends where the next one starts."""
        first = [] if self.first is None else [column >= day_start(max(self.first, _FIRST_DAY), self.zone)]
        if self.last is None:
            return first
        return [*first, column < day_start(min(self.last, _LAST_DAY) + timedelta(days=1), self.zone)]
