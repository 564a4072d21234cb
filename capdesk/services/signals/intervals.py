"""How far a rate seen in few trials may lie from the true one: exact binomial intervals, without approximation.

An interval here is that of Clopper and Pearson. Its ends are where the binomial tails weigh half of what is left
out, so it covers the true rate at least as often as it says, however few the trials. For display only.
"""

import math
from typing import NamedTuple

CONFIDENCE = 0.95
_BISECTIONS = 64
_TINY = 1e-300
_CLOSE = 1e-15


class Interval(NamedTuple):
    """Two rates, each from 0 to 1."""

    low: float
    high: float


def exact_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval | None:
    """The rates that do not contradict so many successes. None without a trial, which says nothing.

    ValueError where there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no rate")
    if trials == 0:
        return None
    left_out = (1 - confidence) / 2
    failures = trials - successes
    low = 0.0 if successes == 0 else _quantile(left_out, successes, failures + 1)
    high = 1.0 if failures == 0 else 1 - _quantile(left_out, failures, successes + 1)
    return Interval(low, high)


def at_least(successes: int, trials: int, rate: float) -> float:
    """The chance of so many successes or more, each trial succeeding at the rate."""
    return 1.0 if successes == 0 else _beta(rate, successes, trials - successes + 1)


def _quantile(weight: float, a: int, b: int) -> float:
    """Where the regularised incomplete beta function, which only rises, has the weight."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta(middle, a, b) < weight else (low, middle)
    return (low + high) / 2


def _beta(x: float, a: int, b: int) -> float:
    """The regularised incomplete beta function: its continued fraction, on the side where that is quick."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(logarithm) / a / _fraction(x, a, b)


def _fraction(x: float, a: int, b: int) -> float:
    """1 + d1/(1 + d2/(1 + …)), evaluated forwards (Lentz) until a further term changes nothing."""
    value = upper = 1.0
    lower = 0.0
    for term in range(1, 20 + 20 * math.isqrt(a + b)):
        m, odd = divmod(term, 2)
        if odd:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1 / ((1 + step * lower) or _TINY)
        upper = (1 + step / upper) or _TINY
        value *= upper * lower
        if abs(upper * lower - 1) < _CLOSE:
            break
    return value
