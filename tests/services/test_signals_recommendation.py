"""When an evaluation is recommended, why, and under which caps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.signals import (
    Caps,
    PastEvaluation,
    Rules,
    Standing,
    caps_in_force,
    recommendation,
    time_used,
)

NOON = datetime(2026, 10, 30, 12, tzinfo=UTC)
RULES = Rules(Decimal(2500), 30, Decimal(500))
STATUSES = ("planned", "running", "paused", "completed", "terminated")


def evaluated(
    spent: int = 0,
    used: int | None = 0,
    *,
    before: tuple[int, int] = (2500, 30),
    after: tuple[int, int] | None = None,
    verdict: str = "continue",
    hours: int = 0,
) -> PastEvaluation:
    """An evaluation recorded some hours after noon; `before` and `after` are capital and days."""
    capital, days = after or before
    caps = (Decimal(capital), days, Decimal(before[0]), before[1])
    return PastEvaluation(NOON + timedelta(hours=hours), verdict, *caps, Decimal(spent), used)


def standing(spent: str | int, used: int | None = 0, *, cap: int = 2500, days: int = 30, size: int = 500) -> Standing:
    return Standing("running", Caps(Decimal(cap), days), Decimal(size), Decimal(spent), used)


def ended(spent: int = 0) -> Standing:
    facts = replace(standing(spent, 7), status="completed")
    return replace(facts, ended_on=date(2026, 11, 2), ended_recorded_at=NOON)


def texts(facts: Standing, *past: PastEvaluation) -> list[str]:
    return [reason.text for reason in recommendation(facts, past)]


def kinds(facts: Standing, *past: PastEvaluation) -> list[str]:
    return [reason.kind for reason in recommendation(facts, past)]


# caps in force


def test_that_without_an_evaluation_the_own_caps_are_in_force() -> None:
    assert caps_in_force(RULES, []) == Caps(Decimal(2500), 30)


def test_that_the_newest_continue_that_sets_a_cap_decides_each_cap_by_itself() -> None:
    more_capital = evaluated(after=(4000, 30), hours=1)
    more_time = evaluated(before=(4000, 30), after=(4000, 45), hours=2)
    unchanged = evaluated(before=(4000, 45), hours=3)
    assert caps_in_force(RULES, [more_capital, more_time, unchanged]) == Caps(Decimal(4000), 45)
    assert caps_in_force(RULES, [unchanged, more_time, more_capital]) == Caps(Decimal(4000), 45)
    assert caps_in_force(RULES, [more_time]) == Caps(Decimal(2500), 45)


@pytest.mark.parametrize("verdict", ["pass", "fail", "stop"])
def test_that_no_other_verdict_sets_a_cap(verdict: str) -> None:
    assert caps_in_force(RULES, [evaluated(after=(9000, 99), verdict=verdict)]) == Caps(Decimal(2500), 30)


# a tranche completed


def test_that_a_completed_tranche_recommends_an_evaluation_once() -> None:
    assert kinds(standing("499.999999")) == []
    assert texts(standing(500)) == ["Tranche 1 of 5 is used up ($500.00 of $2,500.00 spent)."]
    assert texts(standing(1040), evaluated(spent=640)) == ["Tranche 2 of 5 is used up ($1,040.00 of $2,500.00 spent)."]
    assert kinds(standing(1490), evaluated(spent=1040)) == []


def test_that_several_completed_tranches_are_one_reason() -> None:
    assert texts(standing(1700), evaluated(spent=640)) == [
        "Tranches 2 to 3 of 5 are used up ($1,700.00 of $2,500.00 spent)."
    ]


def test_that_a_started_last_tranche_counts_in_the_cap_and_what_lies_past_the_cap_does_not() -> None:
    partial = standing(1000, cap=2600)
    assert texts(partial, evaluated(500)) == ["Tranche 2 of 6 is used up ($1,000.00 of $2,600.00 spent)."]
    assert texts(standing(2500), evaluated(2000))[0].startswith("Tranche 5 of 5 is used up")
    over = texts(standing(3000), evaluated(2500))
    assert over == ["Tranche 6 is used up ($3,000.00 of $2,500.00 spent)."]


def test_that_only_the_newest_snapshot_is_compared_with() -> None:
    assert kinds(standing(1040), evaluated(spent=1040, hours=0), evaluated(spent=990, hours=1)) == ["tranche_completed"]


def test_that_a_net_credit_completes_no_tranche() -> None:
    assert kinds(standing(-100)) == []
    assert kinds(standing(10), evaluated(spent=-100)) == []


# capital


def test_that_capital_at_eighty_percent_recommends_an_evaluation() -> None:
    facts = standing(820, cap=1000, size=1000)
    assert texts(facts) == ["82 % of the capital cap is spent ($820.00 of $1,000.00)."]
    assert kinds(standing("799.999999", cap=1000, size=1000)) == []
    assert kinds(standing(800, cap=1000, size=1000)) == ["capital_threshold"]


def test_that_a_percentage_is_cut_and_not_rounded() -> None:
    assert texts(standing("999.99", cap=1000, size=1000))[0].startswith("99 %")


@pytest.mark.parametrize("verdict", ["pass", "fail", "stop", "continue"])
def test_that_any_evaluation_made_at_the_threshold_answers_it(verdict: str) -> None:
    at_threshold = evaluated(800, before=(1000, 30), verdict=verdict)
    assert kinds(standing(950, cap=1000, size=1000), at_threshold) == []


def test_that_an_evaluation_made_below_the_threshold_does_not_answer_it() -> None:
    below = evaluated(799, before=(1000, 30))
    assert kinds(standing(820, cap=1000, size=1000), below) == ["capital_threshold"]


def test_that_a_new_cap_brings_the_threshold_back() -> None:
    raised = evaluated(820, before=(1000, 30), after=(2000, 30))
    facts = replace(standing(820, size=2000), caps=caps_in_force(Rules(Decimal(1000), 30, Decimal(2000)), [raised]))
    assert kinds(facts, raised) == []
    assert kinds(replace(facts, spent_usd=Decimal(1600)), raised) == ["capital_threshold"]


def test_that_the_evaluation_that_moves_the_cap_answers_nothing_of_the_new_cap() -> None:
    lowered = evaluated(900, before=(2000, 30), after=(1000, 30))
    assert kinds(standing(900, cap=1000, size=1000), lowered) == ["capital_threshold"]


def test_that_an_evaluation_that_moves_the_time_cap_answers_the_capital_threshold() -> None:
    longer = evaluated(820, before=(1000, 30), after=(1000, 60))
    assert kinds(standing(820, cap=1000, days=60, size=1000), longer) == []


def test_that_a_credit_after_the_answer_does_not_ask_again() -> None:
    answered = evaluated(810, before=(1000, 30))
    assert kinds(standing(805, cap=1000, size=1000), answered) == []


# time


def test_that_three_days_left_recommend_an_evaluation() -> None:
    assert texts(standing(0, 7, days=10)) == ["3 of 10 days are left."]
    assert kinds(standing(0, 6, days=10)) == []


def test_that_eighty_percent_of_the_time_recommends_an_evaluation() -> None:
    assert texts(standing(0, 80, days=100)) == ["20 of 100 days are left."]
    assert kinds(standing(0, 79, days=100)) == []


def test_that_days_left_read_as_a_person_would_say_them() -> None:
    assert texts(standing(0, 9, days=10)) == ["1 of 10 days is left."]
    assert texts(standing(0, 10, days=10)) == ["0 of 10 days are left."]
    assert texts(standing(0, 11, days=10)) == ["The time cap of 10 days is passed by 1 day."]
    assert texts(standing(0, 0, days=1)) == ["1 of 1 day is left."]


def test_that_time_is_one_threshold_so_one_evaluation_answers_it() -> None:
    assert kinds(standing(0, 9, days=10), evaluated(used=7, before=(2500, 10))) == []
    assert kinds(standing(0, 98, days=100), evaluated(used=80, before=(2500, 100))) == []
    assert kinds(standing(0, 7, days=10), evaluated(used=6, before=(2500, 10))) == ["time_threshold"]


def test_that_a_new_time_cap_brings_the_time_threshold_back() -> None:
    longer = evaluated(used=8, before=(2500, 10), after=(2500, 20))
    assert kinds(standing(0, 10, days=20), longer) == []
    assert kinds(standing(0, 16, days=20), longer) == ["time_threshold"]


def test_that_the_evaluation_that_moves_the_time_cap_answers_nothing_of_the_new_one() -> None:
    shortened = evaluated(used=8, before=(2500, 20), after=(2500, 10))
    assert kinds(standing(0, 8, days=10), shortened) == ["time_threshold"]


def test_that_every_reason_is_listed() -> None:
    assert kinds(standing(2100, 28)) == ["tranche_completed", "capital_threshold", "time_threshold"]


# status


def test_that_a_paused_experiment_is_watched_like_a_running_one() -> None:
    assert kinds(replace(standing(2100, 28), status="paused")) == kinds(standing(2100, 28))


def test_that_an_ended_experiment_asks_for_its_verdict_and_nothing_else() -> None:
    assert texts(ended(spent=2400)) == ["It ended on 2 November and has no verdict yet."]
    assert texts(ended(), evaluated(hours=-1)) == ["It ended on 2 November and has not been evaluated since."]


def test_that_only_an_evaluation_recorded_after_the_end_was_answers_it() -> None:
    assert kinds(ended(), evaluated(hours=0)) == ["ended"]
    assert kinds(ended(), evaluated(hours=1)) == []
    late_cost = replace(ended(), spent_usd=Decimal(2499))
    assert kinds(late_cost, evaluated(spent=100, hours=1)) == []


def test_that_a_terminated_plan_asks_for_its_verdict_too() -> None:
    assert kinds(replace(ended(), status="terminated", used_days=None)) == ["ended"]


def test_that_an_end_without_its_dates_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="ended_on"):
        recommendation(replace(ended(), ended_on=None), [])


evaluations = st.builds(
    evaluated,
    st.integers(-500, 5000),
    st.one_of(st.none(), st.integers(0, 60)),
    before=st.sampled_from([(2500, 30), (1000, 10), (4000, 45)]),
    after=st.sampled_from([None, (2500, 30), (1000, 10), (4000, 45)]),
    verdict=st.sampled_from(["pass", "fail", "continue", "stop"]),
    hours=st.integers(-50, 50),
)
pasts = st.lists(evaluations, max_size=5, unique_by=lambda one: one.recorded_at)


@given(st.integers(-500, 5000), st.one_of(st.none(), st.integers(0, 60)), pasts)
def test_that_a_planned_experiment_is_never_recommended(
    spent: int, used: int | None, past: list[PastEvaluation]
) -> None:
    assert recommendation(replace(standing(spent, used), status="planned"), past) == ()


@given(st.sampled_from(STATUSES), st.integers(-500, 5000), st.integers(0, 60), pasts)
def test_that_an_evaluation_made_now_under_unchanged_caps_answers_everything(
    status: str, spent: int, used: int, past: list[PastEvaluation]
) -> None:
    facts = replace(ended(), status=status, spent_usd=Decimal(spent), used_days=used, caps=caps_in_force(RULES, past))
    now = (int(facts.caps.capital_usd), facts.caps.time_days)
    assert recommendation(facts, [*past, evaluated(spent, used, before=now, hours=99)]) == ()


@given(st.integers(-500, 5000), st.integers(0, 60), pasts)
def test_that_the_order_of_evaluations_given_changes_nothing(spent: int, used: int, past: list[PastEvaluation]) -> None:
    facts = replace(standing(spent, used), caps=caps_in_force(RULES, past))
    assert caps_in_force(RULES, past[::-1]) == facts.caps
    assert recommendation(facts, past[::-1]) == recommendation(facts, past)


# the clock behind the time cap

NEW_YORK = ZoneInfo("America/New_York")


def test_that_time_used_counts_dates_in_the_desk_zone_and_the_first_day_is_zero() -> None:
    start = datetime(2026, 10, 26, 23, 30, tzinfo=NEW_YORK)
    assert time_used(start, start, NEW_YORK) == 0
    assert time_used(start, datetime(2026, 10, 27, 0, 0, tzinfo=NEW_YORK), NEW_YORK) == 1
    assert time_used(start.astimezone(UTC), datetime(2026, 10, 27, 3, 59, tzinfo=UTC), NEW_YORK) == 0


def test_that_ten_days_from_26_october_leave_three_on_2_november() -> None:
    start = datetime(2026, 10, 26, 9, tzinfo=NEW_YORK)
    used = time_used(start, datetime(2026, 11, 2, 8, tzinfo=NEW_YORK), NEW_YORK)
    assert used == 7
    assert texts(standing(0, used, days=10)) == ["3 of 10 days are left."]


def test_that_the_clock_change_makes_no_day_longer() -> None:
    start = datetime(2026, 10, 31, 9, tzinfo=NEW_YORK)
    assert time_used(start, datetime(2026, 11, 1, 23, 59, tzinfo=NEW_YORK), NEW_YORK) == 1
    assert time_used(start, datetime(2026, 11, 2, 0, 1, tzinfo=NEW_YORK), NEW_YORK) == 2


def test_that_nothing_is_used_before_the_first_start() -> None:
    assert time_used(None, NOON, NEW_YORK) is None
    assert time_used(NOON, NOON - timedelta(seconds=1), NEW_YORK) is None
