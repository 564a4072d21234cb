"""How reports speak to people: one line for a name, plurals, cents, percentages, dates without a locale."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TENTH = Decimal("0.1")
# Marks that reorder what stands beside them: a name could make "$10" read as "01$".
_BIDI_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISOLATE, _POP = "\u2068", "\u2069"
NONE = "—"


def one_line(text: str) -> str:
    """The text without control characters, line breaks and direction marks; runs of blanks become one."""
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if char in _BIDI_MARKS:
            continue
        kept.append(" " if category in ("Cc", "Zl", "Zp") else "\ufffd" if category == "Cs" else char)
    return " ".join("".join(kept).split())


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_char_columns(char) for char in text)


def _char_columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clipped(text: str, width: int) -> str:
    """One line of at most `width` columns, its end shown as "…" where it was cut."""
    text = one_line(text)
    if columns(text) <= width:
        return text
    kept, used = "", 0
    for char in text:
        used += _char_columns(char)
        if used > width - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def named(text: str, width: int) -> str:
    """A name for plain text: clipped, and fenced where it runs right to left, so that figures stay in place."""
    text = clipped(text, width)
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text):
        return f"{_ISOLATE}{text}{_POP}"
    return text


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 install`, `2,340 installs`."""
    return f"{count:,} {one if abs(count) == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def tenths(value: Decimal) -> str:
    """One decimal, rounded down: 1.99 of a tranche is not yet 2, and 79.99 % is not yet 80 %."""
    text = format(value.quantize(_TENTH, ROUND_FLOOR) + Decimal("0.0"), ",f")
    return text.removesuffix(".0")


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """`82.4 %`, rounded down; "—" of nothing."""
    return f"{tenths(Decimal(part) * 100 / Decimal(whole))} %" if whole else NONE


def tranches(consumed: Decimal, in_cap: Decimal) -> str:
    """`2.4 of 5 tranches`."""
    whole = tenths(in_cap)
    return f"{tenths(consumed)} of {whole} {'tranche' if whole == '1' else 'tranches'}"


def long_day(day: date) -> str:
    """`Mon 16 Nov 2026`, whatever the machine's language."""
    return f"{_DAYS[day.weekday()]} {short_day(day)}"


def weekday(day: date) -> str:
    """`Mon`, whatever the machine's language."""
    return _DAYS[day.weekday()]


def short_day(day: date) -> str:
    """`16 Nov 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in(moment: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 2026 07:00`, where the zone is known."""
    local = moment.astimezone(zone)
    return f"{long_day(local.date())} {local:%H:%M}"


def local_moment(moment: datetime, zone: str) -> str:
    """`Mon 23 Nov 2026 07:00 (America/New_York)`."""
    return f"{moment_in(moment, ZoneInfo(zone))} ({zone})"


def days_used(used: int | None, cap: int) -> str:
    """`27 of 30 days used`; a planned experiment has used none."""
    days = counted(cap, "day")
    return f"not started, time cap {days}" if used is None else f"{used:,} of {days} used"
