"""How far each account of a source was pulled, what to ask for next, and whether that is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from capdesk.services.providers.pull import Span
from capdesk.services.sync.report import SourceName

_DAY = timedelta(days=1)
_CALLS_LOOK_BACK = 3 * _DAY
"""Twilio states a call's price, and sometimes the call itself, late."""
_UNRATED_LOOK_BACK = 7 * _DAY

_WATERMARKS = text("""
SELECT DISTINCT ON (s.account) s.account, s.through, r.recorded_at,
       min(s.first_day) OVER (PARTITION BY s.account)
FROM sync_step s JOIN sync_run r ON r.id = s.run_id
WHERE r.connection_id = :connection AND r.source = :source
  AND NOT (s.rows = 0 AND s.through < s.first_day)  -- known only: its history has not begun
ORDER BY s.account, s.run_id DESC, s.id DESC
""")
Standing = Literal["due", "done", "given up"]
MOST_TRIES = 4
"""How often a source that fails is pulled by itself between two daily moments: its provider may bill each time."""
_STANDING = text("""
SELECT CASE WHEN count(*) FILTER (WHERE o.outcome = 'done') > 0 THEN 'done'
            WHEN count(*) >= :most THEN 'given up' ELSE 'due' END
FROM sync_run r JOIN sync_outcome o ON o.run_id = r.id
WHERE r.connection_id = :connection AND r.source = :source AND r.recorded_at >= :moment
""")
_BEGINNING = text("""
SELECT least((SELECT min(start_date) FROM campaign WHERE isfinite(start_date)),
             (SELECT min(started_at AT TIME ZONE 'UTC')::date FROM experiment_run),
             (SELECT min(date) FROM event_tally), (SELECT min(date) FROM time_log),
             (SELECT min(usage_date) FROM provider_charge))
""")
_UNRATED = text("""
SELECT min(started_at) FROM (
  SELECT DISTINCT ON (sid) status, price_usd, started_at FROM twilio_call
  WHERE account = :account AND started_at >= :since ORDER BY sid, id DESC) newest
WHERE price_usd IS NULL AND status = 'completed'
""")


@dataclass(frozen=True, slots=True)
class Watermark:
    """Nothing is missing from `origin` to `through`, as the provider stated it to a run that began at `pulled_at`."""

    origin: date
    through: date
    pulled_at: datetime


def watermarks(session: Session, connection_id: int, source: SourceName) -> dict[str, Watermark]:
    """By account. The newest step holds, even where it lies before an older one: a day it could not take is missing."""
    rows = session.execute(_WATERMARKS, {"connection": connection_id, "source": source})
    return {account: Watermark(origin, through, at) for account, through, at, origin in rows}


def standing(session: Session, connection_id: int, source: SourceName, moment: datetime) -> Standing:
    """Whether a pull that began at or after the moment was done, too many failed, or one is due."""
    values = {"connection": connection_id, "source": source, "moment": moment, "most": MOST_TRIES}
    found: Standing = session.scalars(_STANDING, values).one()
    return found


def last_ended_day(session: Session, now: datetime) -> tuple[date, str | None]:
    """The newest usage day (UTC) that has ended by this computer's clock and by the database's.

    And a sentence where the two differ about it.
    """
    database: datetime = session.scalars(select(func.clock_timestamp())).one()
    here, there = (moment.astimezone(UTC).date() for moment in (now, database))
    note = None
    if here > there:
        note = f"This computer's clock is ahead of the database's: {there} has not ended there and is pulled later."
    return min(here, there) - _DAY, note


def beginning(session: Session, last: date) -> date:
    """Where a first pull begins: the month before the one in which anything here began, at the latest last month."""
    known: date | None = session.scalar(_BEGINNING)
    today = last + _DAY
    return _month_before(min(known or today, today))


def next_span(mark: Watermark | None, *, last: date, look_back: date, since: date | None, begin: date) -> Span | None:
    """What to ask an account for; None where every day of it is known for good.

    `since` is where the history of an account that was never pulled begins; later it can only widen what is asked,
    because a gap would be left otherwise. `look_back` is the first day that may have changed since the last pull; it
    never reaches before the history.
    """
    if mark is None:
        first = since or begin
        return Span(first, last) if first <= last else None
    first = max(min(mark.through + _DAY, look_back), mark.origin)
    if since is not None:
        first = min(first, since)
    return Span(first, last, mark.pulled_at) if first <= last else None


def calls_look_back(session: Session, account: str, pulled_on: date) -> date:
    """The first day whose calls may have changed since: three days, and up to a week where a price was missing."""
    since = datetime.combine(pulled_on - _UNRATED_LOOK_BACK, datetime.min.time(), UTC)
    unrated: datetime | None = session.scalar(_UNRATED, {"account": account, "since": since})
    first = pulled_on - _CALLS_LOOK_BACK
    return first if unrated is None else min(first, unrated.astimezone(UTC).date())


def _month_before(day: date) -> date:
    return (day.replace(day=1) - _DAY).replace(day=1)
