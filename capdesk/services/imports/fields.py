"""Single values of a source file, from text to what they mean. Each raises UsageRefused with one sentence."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from capdesk.errors import UsageRefused
from capdesk.services.dates import FIRST_YEAR
from capdesk.services.imports.jsontext import load_json
from capdesk.services.money import money

OUTCOMES = ("No Answer", "Busy", "Wrong #", "Not Interested", "Callback", "Info", "Schedule")
RECORDED_EVENTS = ("install_scheduled", "install_attended", "calculator_installed", "paid_conversion")
_DIALED_EVENTS = ("dial_attempt", "conversation", "qpc")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NO_ZONES: Mapping[str, str] = {}

_TIME = r"(?P<h>[0-9]{1,2}):(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,6})[0-9]*)?)?"
_ZONE = r"(?P<zone>[+-][0-9]{2}:?[0-9]{2}|[A-Za-z]{1,5})"
_ISO_DAY = r"(?P<y>[0-9]{4})-(?P<mo>[0-9]{2})-(?P<d>[0-9]{2})"
_STAMPS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_ISO_DAY}[T ]{_TIME} ?{_ZONE}",
        rf"(?:[A-Za-z]{{3}}, )?(?P<d>[0-9]{{1,2}}) (?P<month>[A-Za-z]{{3}}) (?P<y>[0-9]{{4}}) {_TIME} {_ZONE}",
        rf"{_TIME} {_ZONE} {_ISO_DAY}",
    )
)
_ZONELESS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_ISO_DAY}(?:[T ]{_TIME})?",
        rf"(?:[A-Za-z]{{3}}, )?(?P<d>[0-9]{{1,2}}) (?P<month>[A-Za-z]{{3}}) (?P<y>[0-9]{{4}}) {_TIME}(?: -0000)?",
        rf"[0-9]{{1,2}}[/.][0-9]{{1,2}}[/.][0-9]{{2,4}}(?: {_TIME}(?: ?[AaPp][Mm])?)?",
    )
)
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")


def parse_timestamp(text: str, zones: Mapping[str, str] = NO_ZONES) -> datetime:
    """A moment in UTC from ISO 8601, RFC 2822, `date time zone` or `time zone date`, always with its zone.

    `zones` says what a source's own zone abbreviations mean, as `{"PDT": "-07:00"}`; without it only UTC, GMT and Z
    are words that name an offset.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _spelled_out(text, zones)
    if moment.tzinfo is None:
        raise _without_zone(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _no_timestamp(text) from None


def _spelled_out(text: str, zones: Mapping[str, str]) -> datetime:
    if any(pattern.fullmatch(text) for pattern in _ZONELESS):
        raise _without_zone(text)
    found = next((match for match in (pattern.fullmatch(text) for pattern in _STAMPS) if match), None)
    if found is None:
        raise _no_timestamp(text)
    part = found.groupdict()
    try:
        month = _MONTHS.index(part["month"].lower()) + 1 if "month" in part else int(part["mo"])
        hour, minute, second = int(part["h"]), int(part["mi"]), int(part["s"] or 0)
        micro = int((part["f"] or "0").ljust(6, "0"))
        naive = datetime(int(part["y"]), month, int(part["d"]), hour, minute, second, micro)  # noqa: DTZ001
    except ValueError:
        raise _no_timestamp(text) from None
    return naive.replace(tzinfo=_offset(part["zone"], text, zones))


def _offset(zone: str, text: str, zones: Mapping[str, str]) -> timezone:
    if zone.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    offset = zones.get(zone.upper(), zone)
    if offset[0] not in "+-":
        raise UsageRefused(
            f"'{text}' names its time zone '{zone}', which several zones share; write its offset, like -05:00."
        )
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if ahead >= timedelta(days=1):
        raise _no_timestamp(text)
    return timezone(-ahead if offset[0] == "-" else ahead)


def _without_zone(text: str) -> UsageRefused:
    return UsageRefused(f"'{text}' has no time zone; add its offset, like 2026-11-20T14:30:00-05:00.")


def _no_timestamp(text: str) -> UsageRefused:
    return UsageRefused(f"{_shown(text)} is no date and time; write it like 2026-11-20T14:30:00-05:00.")


def parse_date(text: str) -> date:
    """An ISO date from 1970 on, `2026-11-20`: a year typed short would date hours before every run, for good."""
    text = text.strip()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageRefused(f"{_shown(text)} is no date; write it like 2026-11-20.") from None
    if day.year < FIRST_YEAR:
        raise UsageRefused(f"{_shown(text)} lies before {FIRST_YEAR}; check its year.")
    return day


def parse_hours(text: str) -> Decimal:
    """Hours worked, 0 < h <= 24, with at most 6 decimals."""
    text = text.strip()
    if not re.fullmatch(r"[0-9]{0,3}(?:\.[0-9]{0,6})?", text) or not re.search("[0-9]", text):
        raise UsageRefused(f"{_shown(text)} is no number of hours; write it like 7.5.")
    hours = Decimal(text)
    if not 0 < hours <= 24:
        raise UsageRefused(f"'{text}' hours cannot be worked in a day; write more than 0 and at most 24.")
    return hours


def parse_duration(text: str, *, clock: bool = False) -> int:
    """Whole seconds; with `clock` also `m:ss` and `h:mm:ss`."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    spelled = re.fullmatch(r"(?:([0-9]{1,4}):)?([0-9]{1,3}):([0-5][0-9])", text) if clock else None
    if spelled is None or (spelled[1] and int(spelled[2]) > 59):
        also = " or m:ss" if clock else ""
        raise UsageRefused(f"{_shown(text)} is no duration; write whole seconds{also}, like 185{' or 3:05' * clock}.")
    return int(spelled[1] or 0) * 3600 + int(spelled[2]) * 60 + int(spelled[3])


def parse_rate(text: str) -> Decimal:
    """Dollars per hour, at least 0, rounded to 6 decimals."""
    text = text.strip()
    if not re.fullmatch(r"\$?[0-9]+(?:\.[0-9]+)?", text):
        raise UsageRefused(f"{_shown(text)} is no hourly rate; write dollars like 25.00, 0 for none.")
    return money(text.removeprefix("$"))


def parse_outcome(text: str, words: Mapping[str, str] = NO_ZONES) -> str:
    """A canonical outcome; `words` says what a dialer's own words mean."""
    key = " ".join(text.split()).casefold()
    found = _OUTCOME_OF.get(key) or next((ours for word, ours in words.items() if word.casefold() == key), None)
    if found is None:
        raise UsageRefused(f"{_shown(text)} is no outcome; use one of {', '.join(OUTCOMES)}.")
    return found


_OUTCOME_OF = {outcome.casefold(): outcome for outcome in OUTCOMES}


def parse_event_type(text: str) -> str:
    """An event that is recorded explicitly; the three that dialer calls bring cannot be."""
    name = text.strip().lower()
    if name in _DIALED_EVENTS:
        raise UsageRefused(f"'{name}' events come only from dialer calls; import the calls instead.")
    if name not in RECORDED_EVENTS:
        raise UsageRefused(f"{_shown(text)} is no event type; use one of {', '.join(RECORDED_EVENTS)}.")
    return name


def parse_email(text: str) -> str:
    """An e-mail address in lower case."""
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise UsageRefused(f"{_shown(text)} is no e-mail address; write it like ana@example.com.")
    return email


def parse_metadata(text: str) -> dict[str, object]:
    """A JSON object; empty text is an empty one."""
    if not text.strip():
        return {}
    found = load_json(text)
    if not isinstance(found, dict):
        raise UsageRefused('metadata is no JSON object; write it like {"source": "booth"} or leave it empty.')
    return found


def _shown(text: str) -> str:
    """A value as a sentence quotes it: never longer than a line."""
    text = text.strip()
    return "an empty cell" if not text else f"'{text[:80]}…'" if len(text) > 80 else f"'{text}'"
