"""Time rows: who worked how long on which business date."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import parse_date, parse_hours
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.rows import Cells, member_of

TimeRow: TypeAlias = tuple[int, str | None, int, date, Decimal]
"""(line, source id, member id, business date, hours)."""


def parse_time_logs(
    records: Iterable[Record | Reject], profile: Profile, *, members: Mapping[str, int], today: date
) -> Iterator[TimeRow | Reject]:
    """One row or reject per record. `today` is the date in the desk zone."""
    cells = Cells(profile)
    for record in records:
        if isinstance(record, Reject):
            yield record
            continue
        line, values = record
        cells.take(values)
        try:
            member = member_of(cells["email"], members)
            if member is None:
                raise UsageRefused("the e-mail is empty; say whose hours they are.")
            day = parse_date(cells["date"])
            if day > today:
                raise UsageRefused(f"{day} lies in the future; log hours once they have been worked.")
            hours = parse_hours(cells["hours"])
        except UsageRefused as refusal:
            yield Reject(line, cells.column, str(refusal), values)
            continue
        yield line, cells["entry_id"] or None, member, day, hours
