"""US dollars as Decimal with 6 decimals, rounded once, half-even; ratios with 4."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from capdesk.errors import UsageRefused

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")
RATIO = Decimal("0.0001")
ZERO = Decimal("0.000000")
_LIMIT = Decimal("99999999.999999")


def money(value: Decimal | int | str) -> Decimal:
    """Dollars as stored. Raises UsageRefused for what is no number or does not fit numeric(14,6)."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise UsageRefused(f"'{value}' is not an amount in dollars; write it like 1234.50.") from None
    if not amount.is_finite() or not -_LIMIT <= amount <= _LIMIT:
        raise UsageRefused(f"'{value}' is not an amount in dollars up to {_LIMIT}.")
    return amount.quantize(MICRO, ROUND_HALF_EVEN) + ZERO


def parse_dollars(text: str) -> Decimal:
    """Dollars as a person types them: `1500`, `$1,500.00`. Raises UsageRefused, also for `1,50`: never a guess."""
    typed = text.strip()
    if "," in typed and not re.fullmatch(r"-?\$?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", typed):
        raise UsageRefused(f"'{text}' is not an amount in dollars; write it like 1234.50.")
    return money(typed.removeprefix("$").replace(",", ""))


def dollars(amount: Decimal) -> str:
    """Cents for people: `$1,234.50`, `-$3.10`."""
    cents = amount.quantize(CENT, ROUND_HALF_EVEN)
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents):,.2f}"


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """part / whole with 4 decimals; None ("—") where the whole is zero."""
    if not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(RATIO, ROUND_HALF_EVEN)
