"""The funnel: counts of events, and what may be said of their rates."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.reports.funnel import funnel, interval_words, rate_words
from capdesk.services.reports.model import EVENT_TYPES


def events(*counts: int) -> dict[str, int]:
    return dict(zip(EVENT_TYPES, counts, strict=True))


def test_that_each_step_has_its_rate_of_the_step_before() -> None:
    steps = funnel(events(100, 25, 10, 5, 4, 4, 1))
    assert [step.event_type for step in steps] == list(EVENT_TYPES)
    assert [rate_words(step) for step in steps] == ["—", "25.0 %", "40.0 %", "50.0 %", "80.0 %", "100.0 %", "25.0 %"]
    assert steps[1].rate == Decimal("0.25")
    assert interval_words(steps[1]) == "16.8–34.7 %"
    assert interval_words(steps[5]).endswith("–100.0 %")


def test_that_a_step_larger_than_the_one_before_has_no_rate_and_says_why() -> None:
    step = funnel(events(10, 5, 2, 7, 0, 0, 0))[3]
    assert (step.rate, step.interval, rate_words(step), interval_words(step)) == (None, None, "—", "")
    assert step.why == "There are more of it than of qpc: events are counted, not people, so this is no rate."


def test_that_nothing_before_gives_no_rate() -> None:
    step = funnel(events(0, 0, 0, 0, 0, 0, 0))[1]
    assert (step.rate, step.why) == (None, "There is no dial_attempt a rate could be of.")


def test_that_a_small_rate_is_not_shown_as_none() -> None:
    assert rate_words(funnel(events(10_000, 12, 0, 0, 0, 0, 0))[1]) == "0.12 %"


@given(st.lists(st.integers(0, 5000), min_size=7, max_size=7))
def test_that_the_interval_shown_covers_the_one_computed(counts: list[int]) -> None:
    for step in funnel(events(*counts)):
        if step.interval is None:
            assert step.rate is None
            continue
        low, high = (float(end) / 100 for end in interval_words(step).removesuffix(" %").split("–"))
        assert low <= step.interval.low + 1e-12
        assert high >= step.interval.high - 1e-12
