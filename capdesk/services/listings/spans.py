"""Stretches of time as a person types them: a day, an ISO week, a month, a year, `today`, a minute."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.services.dates import FIRST_YEAR, Week, business_date, day_start

_DAY = timedelta(days=1)
_LAST_YEAR = 9998
_MINUTE = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2})")


@dataclass(frozen=True)
class Calendar:
    """The desk zone, and the business date."""

    zone: ZoneInfo
    today: date


def desk_calendar(session: Session) -> Calendar:
    """The desk's, at the moment the transaction began."""
    name, now = session.execute(sql("SELECT zone, now() FROM desk")).one()
    return Calendar(ZoneInfo(name), business_date(now, ZoneInfo(name)))


Days = tuple[date, date]
"""The first day, and the day after the last."""


def days(text: str, today: date) -> Days | None:
    """None for what is no stretch of days."""
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word](today)
    try:
        found = _written(word)
    except (ValueError, UsageRefused):
        return None
    return found if found and FIRST_YEAR <= found[0].year <= _LAST_YEAR else None


def moments(text: str, calendar: Calendar) -> tuple[datetime, datetime] | None:
    """The stretch in the desk zone, as its first moment and the first one after it."""
    if found := days(text, calendar.today):
        return day_start(found[0], calendar.zone), day_start(found[1], calendar.zone)
    if not (minute := _MINUTE.fullmatch(text)):
        return None
    day = days(minute[1], calendar.today)
    if day is None or int(minute[2]) > 23 or int(minute[3]) > 59:
        return None
    local = datetime.combine(day[0], time(int(minute[2]), int(minute[3])), calendar.zone)
    return local.astimezone(UTC), local.astimezone(UTC) + timedelta(minutes=1)


def _written(text: str) -> Days | None:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = date.fromisoformat(text)
        return day, day + _DAY
    if re.fullmatch(r"\d{4}-w\d{2}", text):
        return _week(Week.parse(text.upper()))
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return _month(date(int(match[1]), int(match[2]), 1))
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text) + 1, 1, 1)
    return None


def _week(week: Week) -> Days:
    return week.monday, week.sunday + _DAY


def _month(day: date) -> Days:
    first = day.replace(day=1)
    return first, (first + 31 * _DAY).replace(day=1)


_WORDS: dict[str, Callable[[date], Days]] = {
    "today": lambda today: (today, today + _DAY),
    "yesterday": lambda today: (today - _DAY, today),
    "this-week": lambda today: _week(Week.of(today)),
    "last-week": lambda today: _week(Week.of(today).previous()),
    "this-month": _month,
    "last-month": lambda today: _month(today.replace(day=1) - _DAY),
}
