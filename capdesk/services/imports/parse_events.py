"""Event rows: what a person records explicitly. Dials, conversations and QPCs come from calls alone."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import parse_event_type, parse_metadata
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.rows import Cells, extras_of, json_or_none, member_of, past_moment

EventRow: TypeAlias = tuple[int, str | None, str, datetime, UUID | None, str | None, int | None, str | None]
"""(line, source id, event type, moment in UTC, phone key, E.164, member id, metadata JSON)."""


def parse_events(
    records: Iterable[Record | Reject],
    profile: Profile,
    *,
    members: Mapping[str, int],
    phones: PhoneBook,
    now: datetime,
) -> Iterator[EventRow | Reject]:
    """One row or reject per record. `members` maps lower-case e-mails to ids; `profile` is bound to the header."""
    cells = Cells(profile)
    extras = profile.extras()
    for record in records:
        if isinstance(record, Reject):
            yield record
            continue
        line, values = record
        cells.take(values)
        try:
            event_type = parse_event_type(cells["event_type"])
            moment = past_moment(cells["event_timestamp"], now, profile.zones)
            member = member_of(cells["member_email"], members)
            number = cells["lead_phone"]
            e164, key = phones.look_up(number) if number else (None, None)
            metadata = _with_extras(parse_metadata(cells["metadata"]), extras_of(values, extras))
        except UsageRefused as refusal:
            yield Reject(line, cells.column, str(refusal), values)
            continue
        source_id = cells["event_id"] or None
        yield line, source_id, event_type, moment, key, e164, member, json_or_none(metadata)


def _with_extras(metadata: dict[str, object], extras: dict[str, object]) -> dict[str, object]:
    both = metadata.keys() & extras.keys()
    if both:
        raise UsageRefused(f"metadata and a column are both named '{min(both)}'; rename one.")
    return {**metadata, **extras}
