"""The caps in force, what is used of them, and the sentences that say so."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from capdesk.services.dates import business_date
from capdesk.services.money import dollars
from capdesk.services.signals.values import Caps, PastEvaluation, Rules


def caps_in_force(rules: Rules, evaluations: Sequence[PastEvaluation]) -> Caps:
    """The caps after these evaluations: those recorded up to the moment asked about, in any order.

    Each cap is that of the newest `continue` that changed it, else the experiment's own; so a `continue`
    that moves one cap leaves the other where it was.
    """
    capital, days = rules.capital_cap_usd, rules.time_cap_days
    for evaluation in in_order(evaluations):
        if evaluation.verdict != "continue":
            continue
        if evaluation.capital_cap_usd != evaluation.capital_cap_before_usd:
            capital = evaluation.capital_cap_usd
        if evaluation.time_cap_days != evaluation.time_cap_before_days:
            days = evaluation.time_cap_days
    return Caps(capital, days)


def in_order(evaluations: Sequence[PastEvaluation]) -> list[PastEvaluation]:
    return sorted(evaluations, key=lambda one: one.recorded_at)


def time_used(first_start: datetime | None, moment: datetime, zone: ZoneInfo) -> int | None:
    """Days from the first start's date to the moment's date in the desk zone; the first day is 0.

    `moment` is the end of an ended experiment, else the last moment looked at: for a week that lies on its
    Sunday, while `Week.end` already is Monday. None before the first start. What is left is cap − used and
    may be negative.
    """
    if first_start is None or moment < first_start:
        return None
    return (business_date(moment, zone) - business_date(first_start, zone)).days


def reached(value: Decimal, cap: Decimal, percent: int) -> bool:
    return value * 100 >= cap * percent


def capital_sentence(spent: Decimal, cap: Decimal) -> str:
    """The percentage is cut, not rounded: 99.9 % must not read as 100 %."""
    return f"{int(spent * 100 // cap)} % of the capital cap is spent ({dollars(spent)} of {dollars(cap)})."


def time_sentence(used: int, cap: int) -> str:
    left = cap - used
    if left < 0:
        return f"The time cap of {_days(cap)} is passed by {_days(-left)}."
    return f"{left} of {_days(cap)} {'is' if left == 1 else 'are'} left."


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
