"""Exact intervals against the binomial sums they are defined by."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.signals.intervals import CONFIDENCE, at_least, exact_interval

RATES = st.floats(0.001, 0.999)


def binomial(count: int, trials: int, rate: float) -> float:
    return math.comb(trials, count) * rate**count * (1 - rate) ** (trials - count)


@st.composite
def seen(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 120))
    return draw(st.integers(0, trials)), trials


@given(seen(), RATES)
def test_that_the_chance_of_so_many_or_more_is_the_binomial_sum(case: tuple[int, int], rate: float) -> None:
    successes, trials = case
    exact = math.fsum(binomial(count, trials, rate) for count in range(successes, trials + 1))
    assert at_least(successes, trials, rate) == pytest.approx(exact, abs=1e-11)


@given(seen())
def test_that_each_end_is_where_a_tail_weighs_half_of_what_is_left_out(case: tuple[int, int]) -> None:
    successes, trials = case
    found = exact_interval(successes, trials)
    assert found is not None
    half = (1 - CONFIDENCE) / 2
    low, high = found
    assert 0 <= low <= successes / trials <= high <= 1
    if successes > 0:
        assert math.fsum(binomial(n, trials, low) for n in range(successes, trials + 1)) == pytest.approx(
            half, abs=1e-9
        )
    if successes < trials:
        assert math.fsum(binomial(n, trials, high) for n in range(successes + 1)) == pytest.approx(half, abs=1e-9)


@given(st.integers(1, 40), RATES)
def test_that_the_true_rate_is_covered_at_least_as_often_as_promised(trials: int, rate: float) -> None:
    covered = 0.0
    for successes in range(trials + 1):
        found = exact_interval(successes, trials)
        assert found is not None
        if found.low <= rate <= found.high:
            covered += binomial(successes, trials, rate)
    assert covered >= CONFIDENCE - 1e-9


@given(seen())
def test_that_failures_have_the_mirrored_interval(case: tuple[int, int]) -> None:
    successes, trials = case
    one, other = exact_interval(successes, trials), exact_interval(trials - successes, trials)
    assert one is not None
    assert other is not None
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)


def test_that_no_trial_says_nothing() -> None:
    assert exact_interval(0, 0) is None


def test_that_more_successes_than_trials_are_no_rate() -> None:
    for successes, trials in ((2, 1), (-1, 3), (0, -1)):
        with pytest.raises(ValueError, match="is no rate"):
            exact_interval(successes, trials)


def test_that_a_million_trials_are_as_exact() -> None:
    found = exact_interval(300_000, 1_000_000)
    assert found is not None
    assert at_least(300_000, 1_000_000, found.low) == pytest.approx(0.025, abs=1e-7)
    assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(0.3 * 0.7 / 1e6), rel=1e-3)
