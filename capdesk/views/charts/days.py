"""Dates on an axis: which are named, and how."""

from collections.abc import Callable
from datetime import date, timedelta

from capdesk.services.reports.wording import short_day

_STEPS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12_000)


def day_ticks(first: date, last: date, most: int) -> list[date]:
    """At most `most` dates: evenly apart, then Mondays, then firsts of months, then of years."""
    span = (last - first).days + 1
    for step in _STEPS:
        if span <= step * most:
            start = first if step < 7 else first + timedelta(days=-first.weekday() % 7)
            return [start + timedelta(days=days) for days in range(0, (last - start).days + 1, step)]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((step for step in _MONTHS if months <= step * most), _MONTHS[-1])
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    found = [date(number // 12, number % 12 + 1, 1) for number in numbers if number % step == 0]
    return [day for day in found if first <= day <= last]


def axis_day(day: date, span_days: int) -> str:
    """`26 Oct`, and with the year where the axis is longer than one."""
    words = short_day(day)
    return words if span_days > 330 else words.rpartition(" ")[0]


def room_for(width: float, measure: Callable[[str], float]) -> int:
    """How many dates fit into a width of the axis, with air between them."""
    return max(int(width / (measure("26 Nov 2026") * 1.15)), 1)
