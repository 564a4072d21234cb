"""Lead rows: a number, and what is known of who answers it."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias
from uuid import UUID

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import parse_email
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.rows import Cells, extras_of, json_or_none

LeadRow: TypeAlias = tuple[int, str, UUID, str, str | None, str | None]
"""(line, name or "", phone key, E.164, e-mail, JSON of the other columns)."""


def parse_leads(
    records: Iterable[Record | Reject], profile: Profile, *, phones: PhoneBook
) -> Iterator[LeadRow | Reject]:
    """One row or reject per record; a lead is its number, so a row without one is rejected."""
    cells = Cells(profile)
    extras = profile.extras()
    for record in records:
        if isinstance(record, Reject):
            yield record
            continue
        line, values = record
        cells.take(values)
        try:
            email = parse_email(cells["email"]) if cells["email"] else None
            number = cells["phone"]
            if not number:
                raise UsageRefused("the phone number is empty; a lead needs one.")
            e164, key = phones.look_up(number)
        except UsageRefused as refusal:
            yield Reject(line, cells.column, str(refusal), values)
            continue
        yield line, cells["name"], key, e164, email, json_or_none(extras_of(values, extras))
