"""Business dates in the desk zone, and ISO weeks."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from capdesk.errors import UsageRefused

FIRST_YEAR = 1970
"""What is typed with an earlier year is a slip, and would leave no room for the weeks before it."""


def zone_named(name: str) -> ZoneInfo:
    """An IANA zone. Raises UsageRefused for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageRefused(f"'{name}' is no time zone; write an IANA name like America/New_York.") from None


def business_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day in the zone, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def last_daily_moment(now: datetime, zone: ZoneInfo, at: time) -> datetime:
    """The newest moment not after `now` at which the zone's clocks showed `at`, in UTC: one for each day.

    Where the clocks skip that time it is as much later; where they show it twice it is the first.
    """
    today = business_date(now, zone)
    days = (today - timedelta(days=back) for back in range(-1, 3))
    moments = (datetime.combine(day, at, zone).astimezone(UTC) for day in days)
    return next(moment for moment in moments if moment <= now)


@dataclass(frozen=True, order=True)
class Week:
    """An ISO week, Monday to Sunday."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Week":
        iso = day.isocalendar()
        return cls(iso.year, iso.week)

    @classmethod
    def parse(cls, text: str) -> "Week":
        match = re.fullmatch(r"(\d{4})-W(\d{2})", text)
        try:
            if match is None or int(match[1]) < FIRST_YEAR:
                raise ValueError
            date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            raise UsageRefused(f"'{text}' is no week; write it like 2026-W47.") from None
        return cls(int(match[1]), int(match[2]))

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def previous(self) -> "Week":
        return Week.of(self.monday - timedelta(days=1))

    def end(self, zone: ZoneInfo) -> datetime:
        """The moment the week is over, in UTC."""
        return day_start(self.monday + timedelta(days=7), zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment as a person types it: ISO 8601 with its offset, or a date (that day starts in the desk zone).

    Raises UsageRefused where the offset is missing: it is never guessed.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            moment = day_start(date.fromisoformat(text), zone)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise UsageRefused(f"'{text}' has no time zone; add its offset, like {text}+00:00.")
        if moment.year < FIRST_YEAR:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageRefused(f"'{text}' is no moment; write it like 2026-10-26T09:00:00-04:00.") from None


def parse_moment_in(text: str, zone: ZoneInfo) -> datetime:
    """A moment as typed where the zone is named beside the field: like `parse_moment`, but a time may stand alone.

    Raises UsageRefused for a time that the clocks of the zone skip or show twice: which one is never guessed.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return parse_moment(text, zone)
    if local.tzinfo is not None or re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return parse_moment(text, zone)
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return parse_moment(first.isoformat(), zone)
    happens = (
        "is skipped by" if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local else "comes twice on"
    )
    raise UsageRefused(f"{text} {happens} the clocks of {zone.key}; add its offset, like {first.isoformat(' ')}.")
