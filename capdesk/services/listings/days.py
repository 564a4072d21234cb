"""Where in a long list a page lies: counted by business date, so that only its days are read, however far it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.dates import day_start
from capdesk.services.listings.model import Ask, Listing
from capdesk.services.listings.spans import desk_calendar


@dataclass(frozen=True)
class Stretch:
    """The page's days as moments, the second after the last of them, and the page's offset within these days."""

    first: datetime
    after: datetime
    offset: int


def known(listing: Listing, ask: Ask) -> str | None:
    """The query for the days of what is asked for; None where it is filtered or the list keeps none."""
    return None if ask.filter.strip() else listing.days.get(ask.scope[0] if ask.scope else "")


def total(session: Session, query: str, scope: dict[str, Any]) -> int:
    return sum(rows for _, rows in _counts(session, query, scope))


def stretch(
    session: Session, query: str, scope: dict[str, Any], page: tuple[int, int], *, descending: bool
) -> Stretch | None:
    """Where the page's (offset, limit) rows lie; None where there are none."""
    offset, limit = page
    before, first = 0, None
    for day, rows in sorted(_counts(session, query, scope), reverse=descending):
        if first is None and offset < before + rows:
            first, skipped = day, before
        before += rows
        if first is not None and offset + limit <= before:
            break
    else:
        if first is None:
            return None
    return _between(session, min(first, day), max(first, day), offset - skipped)


def _between(session: Session, first: date, last: date, offset: int) -> Stretch:
    zone = desk_calendar(session).zone
    return Stretch(day_start(first, zone), day_start(last + timedelta(days=1), zone), offset)


def _counts(session: Session, query: str, scope: dict[str, Any]) -> list[tuple[date, int]]:
    return [(row[0], row[1]) for row in session.execute(text(query), scope)]
