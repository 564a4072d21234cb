import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import CampaignStatus, EventType, ExperimentStatus
from capdesk.services import campaigns, experiments
from capdesk.services.experiments import Caps, ExperimentPlan
from capdesk.services.money import money
from tests.support import builders

PLAN = ExperimentPlan(
    name="Scripts",
    hypothesis="A better opening line books more installs.",
    capital_cap_usd=Decimal("1000"),
    time_cap_days=10,
    tranche_size_usd=Decimal("500"),
    primary_success_event=EventType.CALCULATOR_INSTALLED,
    secondary_events=(EventType.QPC,),
    bonus_rules={EventType.QPC: Decimal("5")},
)


@pytest.fixture
def add(desk: Desk) -> Callable[[ExperimentPlan], experiments.ExperimentRow]:
    builders.campaign(desk)
    return lambda plan: desk.write(lambda session: experiments.add_experiment(session, "Spring", plan))


Add = Callable[[ExperimentPlan], experiments.ExperimentRow]


def test_that_a_new_experiment_is_planned_with_its_rules(desk: Desk, add: Add) -> None:
    row = add(PLAN)
    assert (row.status, row.start_date, row.end_date) == (ExperimentStatus.PLANNED, None, None)
    assert (row.capital_cap_usd, row.tranche_size_usd, row.time_cap_days) == (money(1000), money(500), 10)
    assert (row.secondary_events, row.bonus_rules) == ([EventType.QPC], {EventType.QPC: money(5)})
    details = desk.read(lambda session: experiments.show_experiment(session, "Scripts"))
    assert (details.runs, details.transitions, details.in_force) == ([], [], Caps(money(1000), 10))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (replace(PLAN, capital_cap_usd=Decimal(0)), r"capital cap is \$0.00; it must be more than \$0"),
        (replace(PLAN, capital_cap_usd=Decimal(-5)), r"capital cap is -\$5.00"),
        (replace(PLAN, tranche_size_usd=Decimal(0)), r"tranche size is \$0.00; it must be more than \$0 and at most"),
        (replace(PLAN, tranche_size_usd=Decimal("1000.01")), r"at most the cap, \$1,000.00"),
        (replace(PLAN, tranche_size_usd=Decimal("0.05")), "in tranches of 0.05 would be more than 10,000 tranches"),
        (replace(PLAN, time_cap_days=0), "time cap is 0 days; it must be from 1 to 36,500"),
        (replace(PLAN, time_cap_days=36_501), "time cap is 36501 days"),
        (replace(PLAN, hypothesis="  "), "needs a hypothesis"),
        (replace(PLAN, name=""), "The experiment needs a name"),
        (replace(PLAN, bonus_rules={EventType.QPC: Decimal(0)}), r"bonus for qpc is \$0.00; it must be more"),
        (replace(PLAN, secondary_events=(EventType.CALCULATOR_INSTALLED,)), "calculator_installed is named twice"),
        (replace(PLAN, capital_cap_usd=Decimal("1e9")), "is not an amount in dollars up to"),
    ],
)
def test_that_bad_rules_are_refused_with_their_sentence(
    desk: Desk, add: Add, wrong: ExperimentPlan, sentence: str
) -> None:
    with pytest.raises(UsageRefused, match=sentence):
        add(wrong)
    assert desk.read(experiments.list_experiments) == []


CENTS = st.integers(-300, 200_000).map(lambda cents: Decimal(cents) / 100)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cap=CENTS, tranche=CENTS, days=st.integers(-1, 3))
def test_that_service_and_database_take_the_same_caps(desk: Desk, cap: Decimal, tranche: Decimal, days: int) -> None:
    builders.campaign(desk)
    allowed = cap > 0 and 0 < tranche <= cap and days >= 1
    statement = text(
        "INSERT INTO experiment (campaign_id, name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd,"
        " primary_success_event) VALUES (1, 'by hand', 'h', :cap, :days, :tranche, 'qpc')"
    )

    def by_hand(session: Session) -> bool:
        with contextlib.suppress(IntegrityError):
            session.execute(statement, {"cap": cap, "tranche": tranche, "days": days})
            session.rollback()
            return True
        session.rollback()
        return False

    def by_service(session: Session) -> bool:
        plan = replace(PLAN, capital_cap_usd=cap, tranche_size_usd=tranche, time_cap_days=days)
        try:
            experiments.add_experiment(session, "Spring", plan)
        except UsageRefused:
            return cap / tranche > experiments.MOST_TRANCHES if tranche > 0 else False
        finally:
            session.rollback()
        return True

    assert desk.write(by_hand) == allowed
    assert desk.write(by_service) == allowed


def test_that_a_name_is_used_once_per_campaign(desk: Desk, add: Add) -> None:
    add(PLAN)
    with pytest.raises(RuleRefused, match='Campaign "Spring" has an experiment "Scripts" already'):
        add(PLAN)
    builders.planned_experiment(desk, campaign="Autumn", name="Scripts")


def test_that_a_planned_experiment_may_be_edited(desk: Desk, add: Add) -> None:
    add(PLAN)
    row = desk.write(
        lambda session: experiments.edit_experiment(
            session,
            "Scripts",
            bonus_rules={EventType.QPC: None, EventType.PAID_CONVERSION: Decimal("20")},
            name="Openers",
            capital_cap_usd=Decimal("400"),
            tranche_size_usd=Decimal("100"),
            secondary_events=(),
        )
    )
    assert (row.name, row.capital_cap_usd, row.tranche_size_usd) == ("Openers", money(400), money(100))
    assert (row.secondary_events, row.bonus_rules) == ([], {EventType.PAID_CONVERSION: money(20)})


def test_that_an_edit_is_checked_against_the_rules_that_stay(desk: Desk, add: Add) -> None:
    add(PLAN)
    with pytest.raises(UsageRefused, match=r"tranche size is \$500.00; .* at most the cap, \$400.00"):
        desk.write(lambda s: experiments.edit_experiment(s, "Scripts", capital_cap_usd=Decimal(400)))


def test_that_from_the_first_start_the_rules_are_locked(desk: Desk) -> None:
    ids = builders.running_experiment(desk)
    for action, state in ((None, "running"), ("pause", "paused")):
        if action:
            builders.move(desk, ids.experiment, action)
        with pytest.raises(RuleRefused, match=f"is {state}: its rules are locked since its first start"):
            desk.write(lambda s: experiments.edit_experiment(s, "Scripts", hypothesis="Another."))


def test_that_an_ended_experiment_can_never_change(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    builders.move(desk, ids.experiment, "terminate")
    with pytest.raises(RuleRefused, match="is terminated: it can never change; plan another"):
        desk.write(lambda s: experiments.edit_experiment(s, "Scripts", hypothesis="Another."))
    for action in ("start", "pause", "resume", "complete", "terminate"):
        with pytest.raises(RuleRefused, match=f"is terminated: you cannot {action} it"):
            builders.move(desk, ids.experiment, action)


ALLOWED = {
    ("planned", "start"): "running",
    ("planned", "terminate"): "terminated",
    ("running", "pause"): "paused",
    ("running", "complete"): "completed",
    ("running", "terminate"): "terminated",
    ("paused", "resume"): "running",
    ("paused", "complete"): "completed",
    ("paused", "terminate"): "terminated",
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["start", "pause", "resume", "complete", "terminate"]), max_size=8))
def test_that_an_experiment_lives_by_its_table_of_steps(desk: Desk, actions: list[str]) -> None:
    name = f"Scripts {builders.database_now(desk).timestamp()}"
    ids = builders.planned_experiment(desk, name=name)
    state = "planned"
    for action in actions:
        becomes = ALLOWED.get((state, action))
        if becomes is None:
            with pytest.raises(RuleRefused):
                builders.move(desk, ids.experiment, action)
        else:
            builders.move(desk, ids.experiment, action)
            state = becomes
    details = desk.read(lambda session: experiments.show_experiment(session, str(ids.experiment)))
    assert details.experiment.status == state
    assert (details.runs[-1].ended_at is None if details.runs else False) == (state == "running")
    if state in ("running", "paused"):
        builders.move(desk, ids.experiment, "terminate")


def test_that_every_start_and_resume_opens_a_run_with_both_times(desk: Desk) -> None:
    now = builders.database_now(desk)
    start, pause = now - timedelta(hours=3), now - timedelta(hours=2)
    ids = builders.running_experiment(desk, at=start)
    builders.move(desk, ids.experiment, "pause", at=pause)
    builders.move(desk, ids.experiment, "resume")
    runs = desk.read(lambda session: experiments.show_experiment(session, "Scripts")).runs
    assert [(run.started_at, run.ended_at) for run in runs] == [(start, pause), (runs[1].started_at, None)]
    assert all(run.start_recorded_at >= now for run in runs)


def test_that_an_experiment_starts_only_in_an_active_campaign(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    for status in (CampaignStatus.PLANNED, CampaignStatus.PAUSED, CampaignStatus.COMPLETED):
        desk.write(partial(campaigns.edit_campaign, ref="Spring", status=status))
        with pytest.raises(RuleRefused, match=f'Campaign "Spring" is {status}: .* make it active first'):
            builders.move(desk, ids.experiment, "start")


def test_that_a_second_experiment_of_the_campaign_cannot_start(desk: Desk) -> None:
    builders.running_experiment(desk, name="Scripts")
    other = builders.planned_experiment(desk, name="Voicemail")
    with pytest.raises(RuleRefused, match='Experiment "Scripts" is running in campaign "Spring": only one may run'):
        builders.move(desk, other.experiment, "start")
    builders.running_experiment(desk, campaign="Autumn", name="Voicemail")


def test_that_a_start_may_be_back_dated_before_anything_is_recorded(desk: Desk) -> None:
    at = datetime(2026, 1, 5, 14, tzinfo=UTC)
    builders.running_experiment(desk, at=at)
    row = desk.read(lambda session: experiments.show_experiment(session, "Scripts")).experiment
    assert row.start_date == at.astimezone(desk.zone).date()


def test_that_nothing_starts_in_the_future(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    with pytest.raises(RuleRefused, match="not in the future; give an earlier moment"):
        builders.move(desk, ids.experiment, "start", at=builders.database_now(desk) + timedelta(minutes=1))


def test_that_runs_of_a_campaign_never_overlap(desk: Desk) -> None:
    now = builders.database_now(desk)
    first = builders.running_experiment(desk, name="Scripts", at=now - timedelta(hours=5))
    builders.move(desk, first.experiment, "complete", at=now - timedelta(hours=2))
    second = builders.planned_experiment(desk, name="Voicemail")
    with pytest.raises(RuleRefused, match="runs of a campaign never overlap"):
        builders.move(desk, second.experiment, "start", at=now - timedelta(hours=3))
    builders.move(desk, second.experiment, "start", at=now - timedelta(hours=2))


def test_that_only_an_admin_moves_an_experiment(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    with pytest.raises(RuleRefused, match="Only an admin may start an experiment"):
        desk.write(lambda session: experiments.move_experiment(session, str(ids.experiment), "start", 999))


def test_that_each_step_keeps_the_rules_that_held(desk: Desk) -> None:
    builders.running_experiment(desk, bonus={"qpc": "5.00"})
    rules = desk.read(lambda session: session.scalar(text("SELECT rules FROM experiment_transition")))
    assert (rules["capital_cap_usd"], rules["bonus_rules"]) == ("1000.000000", {"qpc": "5.000000"})


def test_that_an_unknown_experiment_is_not_moved(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no experiment at all yet"):
        desk.write(lambda session: experiments.move_experiment(session, "Scripts", "start", desk.owner_id))
