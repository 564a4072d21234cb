"""Team rows: who works, as what, at which hourly rate."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import parse_email, parse_rate
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.rows import Cells

TeamRow: TypeAlias = tuple[int, str, str, str, Decimal]
"""(line, name, e-mail, role or "", dollars per hour)."""


def parse_team(records: Iterable[Record | Reject], profile: Profile) -> Iterator[TeamRow | Reject]:
    """One row or reject per record."""
    cells = Cells(profile)
    for record in records:
        if isinstance(record, Reject):
            yield record
            continue
        line, values = record
        cells.take(values)
        try:
            name = cells["name"]
            if not name:
                raise UsageRefused("the name is empty; say who it is.")
            email = parse_email(cells["email"])
            rate = parse_rate(cells["rate"])
        except UsageRefused as refusal:
            yield Reject(line, cells.column, str(refusal), values)
            continue
        yield line, name, email, cells["role"], rate
