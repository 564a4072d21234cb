"""How a value is shown in a list, said in a tooltip and copied into a spreadsheet."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from capdesk.services.imports.rejects import guard
from capdesk.services.listings.model import Column, Kind
from capdesk.services.money import dollars
from capdesk.views.widgets import TONES

NOTHING = "—"
NUMERIC: frozenset[Kind] = frozenset({"id", "number", "decimal", "money"})
"""Kinds that stand at the right edge of their column."""
NEWEST_FIRST: frozenset[Kind] = frozenset({"id", "number", "decimal", "money", "date", "moment"})
"""Kinds of which one looks for the largest or newest first."""
_PLACES = Decimal("0.0001")


def shown(column: Column, value: Any, zone: ZoneInfo) -> str:
    """One line of plain text, as it stands in the list."""
    if value is None:
        return NOTHING
    if column.kind == "decimal":
        return _decimal(value, column.places)
    return _SHOWN.get(column.kind, _line)(value, zone)


def copied(column: Column, value: Any, zone: ZoneInfo) -> str:
    """What a spreadsheet takes for the value: plain numbers, ISO dates, and never a formula."""
    return "" if value is None else _COPIED.get(column.kind, _guarded)(value, zone)


def moment(value: datetime, zone: ZoneInfo) -> str:
    """21 Nov 2026 09:05, in the desk zone."""
    local = value.astimezone(zone)
    return f"{day(local)} {local:%H:%M}"


def day(value: date) -> str:
    """21 Nov 2026."""
    return f"{value.day} {value:%b} {value.year}"


def has_badges(column: Column) -> bool:
    """Whether the column's words are statuses, shown as badges."""
    return column.kind == "choice" and any(choice in TONES for choice in column.choices)


def _decimal(value: Decimal, places: int) -> str:
    words = f"{Decimal(value).quantize(_PLACES, ROUND_HALF_EVEN):,f}"
    whole, _, rest = words.partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(places, '0')}"


def _line(value: Any, _zone: ZoneInfo) -> str:
    return " ".join(str(value).split())


def _guarded(value: Any, zone: ZoneInfo) -> str:
    return guard(_line(value, zone))


_Write = Callable[[Any, ZoneInfo], str]
_SHOWN: dict[Kind, _Write] = {
    "money": lambda value, _zone: dollars(value),
    "number": lambda value, _zone: f"{value:,}",
    "moment": moment,
    "date": lambda value, _zone: day(value),
    "flag": lambda value, _zone: "✓" if value else "",
    "choice": lambda value, _zone: str(value).replace("_", " "),
}
_COPIED: dict[Kind, _Write] = {
    "id": lambda value, _zone: str(value),
    "number": lambda value, _zone: str(value),
    "money": lambda value, _zone: f"{value:f}",
    "decimal": lambda value, _zone: f"{value:f}",
    "moment": lambda value, zone: f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}",
    "date": lambda value, _zone: str(value.isoformat()),
    "flag": lambda value, _zone: "yes" if value else "no",
}
