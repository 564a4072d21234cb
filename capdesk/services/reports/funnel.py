"""From a dial attempt to a paid conversion: counts, and at which rate one step follows the one before.

Counts are of events, not of people. A rate is an estimate of a chance; its interval says how far it may be off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from capdesk.services.reports.model import EVENT_TYPES
from capdesk.services.reports.wording import NONE
from capdesk.services.signals.intervals import Interval, exact_interval

_TENTH, _HUNDREDTH = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True)
class Step:
    """One event type. `rate` is None where there is none; `why` then says so in one sentence."""

    event_type: str
    count: int
    rate: Decimal | None
    interval: Interval | None
    why: str


def funnel(events: Mapping[str, int]) -> tuple[Step, ...]:
    """All seven event types in the order in which they follow each other; the first has no rate."""
    steps = [Step(EVENT_TYPES[0], events[EVENT_TYPES[0]], None, None, "The first step has none before it.")]
    for before, after in pairwise(EVENT_TYPES):
        steps.append(_step(before, after, events[before], events[after]))
    return tuple(steps)


def rate_words(step: Step) -> str:
    """`31.6 %`, or "—"."""
    return NONE if step.rate is None else f"{_percent(step.rate)} %"


def interval_words(step: Step) -> str:
    """`30.0–33.4 %`, the ends rounded outwards so that what is shown still covers what it says; or nothing."""
    if step.interval is None:
        return ""
    low, high = (Decimal(end) * 100 for end in step.interval)
    return f"{low.quantize(_TENTH, ROUND_FLOOR)}–{high.quantize(_TENTH, ROUND_CEILING)} %"


def _step(before: str, after: str, trials: int, successes: int) -> Step:
    if trials <= 0:
        return Step(after, successes, None, None, f"There is no {before} a rate could be of.")
    if not 0 <= successes <= trials:
        why = f"There are more of it than of {before}: events are counted, not people, so this is no rate."
        return Step(after, successes, None, None, why)
    return Step(after, successes, Decimal(successes) / trials, exact_interval(successes, trials), "")


def _percent(rate: Decimal) -> Decimal:
    """One decimal; two below one percent, where one would hide most of it."""
    percent = rate * 100
    return percent.quantize(_HUNDREDTH if 0 < percent < 1 else _TENTH)
