"""What has a size: numbers, dollars, dates and moments, compared with what a person types."""

import re
from decimal import Decimal
from typing import Any

from capdesk.errors import UsageRefused
from capdesk.services.listings import spans
from capdesk.services.listings.filters import Term
from capdesk.services.listings.matching import Condition
from capdesk.services.listings.model import Column, Kind
from capdesk.services.listings.spans import Calendar
from capdesk.services.listings.wording import refused

Bounds = tuple[Any, Any, bool]
"""The least value, the greatest, and whether the greatest still belongs to it."""

_HALF_A_CENT = Decimal("0.005")


def compared(column: Column, term: Term, made: Condition, calendar: Calendar) -> str:
    """`cost:12.50`, `cost>10`, `when:2026-W47`, `when:2026-11-01..2026-11-15`. Raises UsageRefused."""
    sql = f"({column.sql})"
    if term.sign in (":", "=") and ".." in term.value:
        return _between(sql, made, _stretch(column, term, calendar))
    low, high, closed = _bounds(column, term.value, term, calendar)
    match term.sign:
        case ":" | "=":
            return _between(sql, made, _as_shown(column, (low, high, closed)))
        case ">":
            return f"{sql} {'>' if closed else '>='} {made.bind(high)}"
        case ">=":
            return f"{sql} >= {made.bind(low)}"
        case "<":
            return f"{sql} < {made.bind(low)}"
    return f"{sql} {'<=' if closed else '<'} {made.bind(high)}"


def _between(sql: str, made: Condition, bounds: Bounds) -> str:
    low, high, closed = bounds
    first = "" if low is None else f"{sql} >= {made.bind(low)}"
    last = "" if high is None else f"{sql} {'<=' if closed else '<'} {made.bind(high)}"
    return "(" + " AND ".join(part for part in (first, last) if part) + ")"


def _stretch(column: Column, term: Term, calendar: Calendar) -> Bounds:
    first, _, last = term.value.partition("..")
    if not first and not last:
        raise refused(column, term, "begins nowhere and ends nowhere")
    low = _bounds(column, first, term, calendar)[0] if first else None
    high, closed = _bounds(column, last, term, calendar)[1:] if last else (None, True)
    if low is not None and high is not None and low > high:
        raise UsageRefused(f"'{term}' begins after it ends: exchange {first} and {last}.")
    return low, high, closed


def _bounds(column: Column, typed: str, term: Term, calendar: Calendar) -> Bounds:
    if column.kind in ("date", "moment"):
        found: Any = spans.days(typed, calendar.today) if column.kind == "date" else spans.moments(typed, calendar)
        if found is None:
            raise refused(column, term, "names no date" if column.kind == "date" else "names no date or minute")
        return (*found, False)
    number = _number(typed, column.kind)
    if number is None:
        raise refused(column, term, "names no amount in dollars" if column.kind == "money" else "names no number")
    return number, number, True


def _as_shown(column: Column, bounds: Bounds) -> Bounds:
    """People see cents, so an amount in cents means every amount that shows as these."""
    amount = bounds[0]
    if column.kind != "money" or not -2 <= amount.as_tuple().exponent <= 0:
        return bounds
    return amount - _HALF_A_CENT, amount + _HALF_A_CENT, True


def _number(typed: str, kind: Kind) -> int | Decimal | None:
    plain = typed.replace(",", "") if re.match(r"-?\$?[0-9]{1,3}(,[0-9]{3})+(\.|$)", typed) else typed
    if kind in ("id", "number"):
        return int(plain) if re.fullmatch(r"-?[0-9]{1,18}", plain) else None
    if not re.fullmatch(r"-?\$?[0-9]{1,14}(\.[0-9]{0,6})?", plain):
        return None
    return Decimal(plain.replace("$", ""))
