"""Experiments and their runs: what may start, stop and change, and when."""

import itertools
from datetime import timedelta

import pytest

from tests.models.ledger import OWNER, Call, Charge, Event, Hours, Ledger, moment, refused

NORA = 2
STATES = {
    "planned": (),
    "running": ("start",),
    "paused": ("start", "pause"),
    "completed": ("start", "complete"),
    "terminated": ("start", "terminate"),
}
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
ACTIONS = ("start", "pause", "resume", "complete", "terminate", "scale")


@pytest.mark.parametrize(("state", "action"), list(itertools.product(STATES, ACTIONS)))
def test_that_an_experiment_moves_only_along_its_life(ledger: Ledger, state: str, action: str) -> None:
    experiment = ledger.experiment(ledger.campaign())
    for step in STATES[state]:
        ledger.move(experiment, step)
    if (state, action) in ALLOWED:
        ledger.move(experiment, action)
    else:
        with refused(f'Experiment "Scripts" is {state}: you cannot {action} it'):
            ledger.move(experiment, action)
    wanted = ALLOWED.get((state, action), state)
    assert ledger.value("SELECT status::text FROM experiment WHERE id = %s", experiment) == wanted


def test_that_a_step_keeps_who_took_it_when_and_under_which_rules(ledger: Ledger) -> None:
    experiment = ledger.experiment(ledger.campaign(), qpc="5")
    ledger.move(experiment, "start", moment(9))
    step = "SELECT action, occurred_at, admin_user_id, rules ->> 'capital_cap_usd', rules -> 'bonus_rules' ->> 'qpc'"
    (row,) = ledger.rows(step + ", recorded_at > occurred_at FROM experiment_transition")
    assert row == ("start", moment(9), OWNER, "1000.000000", "5.000000", True)


def test_that_start_and_end_dates_are_those_of_the_first_start_and_the_end_in_the_desk_zone(ledger: Ledger) -> None:
    experiment = ledger.running(ledger.campaign(), moment(2))  # still 2 March in New York
    ledger.move(experiment, "pause", moment(12))
    ledger.move(experiment, "resume", moment(12, day=1))
    dates = "SELECT start_date::text, end_date::text FROM experiment WHERE id = %s"
    assert ledger.rows(dates, experiment) == [("2025-03-02", None)]
    ledger.move(experiment, "complete", moment(3, day=4))
    assert ledger.rows(dates, experiment) == [("2025-03-02", "2025-03-06")]


def test_that_runs_are_the_stretches_between_start_and_stop(ledger: Ledger) -> None:
    experiment = ledger.running(ledger.campaign(), moment(9))
    ledger.move(experiment, "pause", moment(12))
    ledger.move(experiment, "resume", moment(13))
    ledger.move(experiment, "terminate", moment(17))
    runs = ledger.rows("SELECT started_at, ended_at FROM experiment_run ORDER BY id")
    assert runs == [(moment(9), moment(12)), (moment(13), moment(17))]


def test_that_one_experiment_runs_per_campaign_and_campaigns_run_side_by_side(ledger: Ledger) -> None:
    spring, autumn = ledger.campaign(), ledger.campaign("Autumn")
    ledger.running(spring, None)
    second = ledger.experiment(spring, "Second")
    with refused('Experiment "Scripts" is running in campaign "Spring": only one may run at a time'):
        ledger.move(second, "start")
    ledger.running(autumn, None, "Elsewhere")


def test_that_another_may_run_while_the_first_is_paused_but_not_both(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    first = ledger.running(campaign, None)
    ledger.move(first, "pause")
    second = ledger.running(campaign, None, "Second")
    with refused('Experiment "Second" is running'):
        ledger.move(first, "resume")
    ledger.move(second, "complete")
    ledger.move(first, "resume")


def test_that_a_back_dated_run_never_overlaps_another_of_its_campaign(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    first = ledger.running(campaign, moment(9))
    ledger.move(first, "complete", moment(12))
    second = ledger.experiment(campaign, "Second")
    for start in (8, 9, 11.5):
        with refused('Another experiment ran in campaign "Spring" at that time'):
            ledger.move(second, "start", moment(start))
    assert ledger.move(second, "start", moment(12)) == moment(12)


@pytest.mark.parametrize("status", ["planned", "paused", "completed"])
def test_that_an_experiment_starts_and_resumes_only_in_an_active_campaign(ledger: Ledger, status: str) -> None:
    campaign = ledger.campaign()
    waiting, paused = ledger.experiment(campaign, "Waiting"), ledger.running(campaign, None)
    ledger.move(paused, "pause")
    ledger.rows("UPDATE campaign SET status = %s", status)
    for experiment, action in ((waiting, "start"), (paused, "resume")):
        with refused(f'Campaign "Spring" is {status}: an experiment runs only in an active campaign'):
            ledger.move(experiment, action)
    ledger.move(paused, "complete")


def test_that_each_status_of_a_campaign_is_kept(ledger: Ledger) -> None:
    campaign = ledger.campaign(status="planned")
    ledger.rows("UPDATE campaign SET status = 'active'")
    ledger.rows("UPDATE campaign SET description = 'no news'")
    kept = ledger.rows("SELECT status::text FROM campaign_status WHERE campaign_id = %s ORDER BY id", campaign)
    assert kept == [("planned",), ("active",)]


@pytest.mark.parametrize("admin", [NORA, 99, None])
def test_that_only_an_admin_moves_an_experiment(ledger: Ledger, admin: int | None) -> None:
    experiment = ledger.experiment(ledger.campaign())
    with refused("Only an admin may start an experiment"):
        ledger.move(experiment, "start", admin=admin)


def test_that_the_admin_of_a_step_is_held_by_a_foreign_key(admin_ledger: Ledger) -> None:
    experiment = admin_ledger.running(admin_ledger.campaign(), None)
    for statement in (
        "INSERT INTO experiment_transition (experiment_id, action, status, occurred_at, recorded_at, rules,"
        f" admin_user_id) VALUES (%s, 'pause', 'paused', now(), now(), '{{}}', {NORA})",
        "UPDATE experiment_run SET ended_at = started_at + interval '1 us', end_recorded_at = clock_timestamp(),"
        f" ended_by = {NORA} WHERE experiment_id = %s",
    ):
        with refused("violates foreign key constraint", "23503"):
            admin_ledger.rows(statement, experiment)


def test_that_an_unknown_experiment_is_not_found(ledger: Ledger) -> None:
    with refused("There is no experiment 99", "CD002"):
        ledger.move(99, "start")


@pytest.mark.parametrize("ahead", ["now() + interval '1 minute'", "'infinity'", "'-infinity'"])
def test_that_a_run_starts_at_a_moment_that_was(ledger: Ledger, ahead: str) -> None:
    for action in ("start", "terminate"):
        experiment = ledger.experiment(ledger.campaign(f"To {action}"))
        with refused("now or in the past"):
            ledger.rows(f"SELECT transition_experiment(%s, '{action}', {ahead}, 1)", experiment)


def test_that_a_step_lies_after_the_one_before(ledger: Ledger) -> None:
    experiment = ledger.running(ledger.campaign(), moment(9))
    for hour in (8, 9):
        with refused("last changed at 2025-03-03 09:00:00 UTC: the moment must be after that"):
            ledger.move(experiment, "pause", moment(hour))


def test_that_no_run_starts_or_ends_at_or_before_a_recorded_event(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(9))
    ledger.calls(campaign, Call(moment(11)), Call(moment(10)))
    for hour in (10, 11):
        with refused("Events of this campaign are recorded up to 2025-03-03 11:00:00 UTC"):
            ledger.move(experiment, "pause", moment(hour))
    ledger.move(experiment, "pause", moment(11) + timedelta(microseconds=1))
    ledger.events(campaign, Event(moment(15)))
    with refused("Events of this campaign are recorded up to 2025-03-03 15:00:00 UTC"):
        ledger.move(experiment, "resume", moment(14))


def test_that_a_reversed_event_stays_recorded_and_so_holds_the_past(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.events(campaign, Event(moment(15)))
    ledger.reverse("event", ledger.value("SELECT max(id) FROM performance_event"))
    experiment = ledger.experiment(campaign)
    with refused("Events of this campaign"):
        ledger.move(experiment, "start", moment(14))


def test_that_a_call_known_to_twilio_only_and_events_elsewhere_hold_nothing(ledger: Ledger) -> None:
    campaign, other = ledger.campaign(), ledger.campaign("Other")
    ledger.calls(campaign, Call(moment(11), outcome=None, id="CA1"), source="twilio")
    ledger.calls(other, Call(moment(11)))
    ledger.move(ledger.experiment(campaign), "start", moment(9))


def test_that_no_run_starts_on_or_before_the_date_of_recorded_hours(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.hours(Hours(ledger.member(campaign=campaign), moment().date()))
    experiment = ledger.experiment(campaign)
    for at in (moment(-24), moment(9), moment(4.9, day=1)):  # the last is still 3 March in New York
        with refused("Costs of this campaign are recorded up to 2025-03-03"):
            ledger.move(experiment, "start", at)
    ledger.move(experiment, "start", moment(5, day=1))


def test_that_no_run_starts_on_or_before_the_utc_day_of_a_recorded_charge(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.map_charges(campaign)
    ledger.charges(Charge(moment().date(), "40"))
    experiment = ledger.experiment(campaign)
    with refused("Costs of this campaign are recorded up to 2025-03-03"):
        ledger.move(experiment, "start", moment(23.9))
    ledger.move(experiment, "start", moment(24))


def test_that_starting_now_needs_no_empty_day(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    today = ledger.value("SELECT (clock_timestamp() AT TIME ZONE desk_zone())::date")
    ledger.hours(Hours(ledger.member(campaign=campaign), today))
    ledger.running(campaign, None)
    assert ledger.spent(campaign) == {(None, "labor"): 80}


def test_that_rules_are_locked_from_the_first_start(ledger: Ledger) -> None:
    experiment = ledger.experiment(ledger.campaign(), qpc="5")
    edits = {
        "name": "'New'",
        "hypothesis": "'New'",
        "capital_cap_usd": "2000",
        "time_cap_days": "20",
        "tranche_size_usd": "400",
        "primary_success_event": "'qpc'",
        "secondary_events": "'{qpc}'",
    }
    bonus = (
        "UPDATE bonus_rule SET bonus_amount_usd = 6",
        "INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd)"
        f" VALUES ({experiment}, 'conversation', 1)",
        "DELETE FROM bonus_rule",
    )
    for statement in (*(f"UPDATE experiment SET {c} = {v}" for c, v in edits.items()), *bonus[:2]):
        ledger.rows(statement)
    for step in ("start", "pause", "complete"):
        ledger.move(experiment, step)
        for column in edits:
            with refused("rules are locked|can never change"):
                ledger.rows(f"UPDATE experiment SET {column} = NULL")
        for statement in bonus:
            with refused("bonus rules are locked"):
                ledger.rows(statement)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("capital_cap_usd", "0"),
        ("capital_cap_usd", "-1"),
        ("capital_cap_usd", "'NaN'"),
        ("capital_cap_usd", "499.99"),
        ("tranche_size_usd", "0"),
        ("tranche_size_usd", "1000.000001"),
        ("tranche_size_usd", "'NaN'"),
        ("time_cap_days", "0"),
        ("name", "' '"),
    ],
)
def test_that_caps_make_sense(ledger: Ledger, column: str, value: str) -> None:
    ledger.experiment(ledger.campaign())
    with refused("violates check constraint", "23514"):
        ledger.rows(f"UPDATE experiment SET {column} = {value}")


def test_that_a_tranche_may_be_the_whole_cap(ledger: Ledger) -> None:
    ledger.experiment(ledger.campaign())
    ledger.rows("UPDATE experiment SET tranche_size_usd = capital_cap_usd")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN"])
def test_that_a_bonus_is_more_than_nothing(ledger: Ledger, amount: str) -> None:
    with refused("ck_bonus_rule_amount", "23514"):
        ledger.experiment(ledger.campaign(), qpc=amount)


def test_that_there_is_one_bonus_rule_per_event_type(ledger: Ledger) -> None:
    experiment = ledger.experiment(ledger.campaign(), qpc="5")
    again = "INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd) VALUES (%s, 'qpc', 6)"
    with refused("uq_bonus_rule", "23505"):
        ledger.rows(again, experiment)


OVERLAPPING = [
    ("'2025-03-03 10:00Z'", "'2025-03-03 11:00Z'", "ex_experiment_run_one_per_campaign"),
    ("'2025-03-03 08:00Z'", "NULL", "ex_experiment_run_one_per_campaign"),
    ("'2025-03-03 10:00Z'", "'2025-03-03 10:00Z'", "ck_experiment_run_not_empty"),
    ("'2025-03-03 14:00Z'", "'2025-03-03 13:00Z'", "ck_experiment_run|range lower bound"),
    ("'-infinity'", "'2025-03-03 08:00Z'", "ck_experiment_run_finite_start"),
    ("'2025-03-03 14:00Z'", "'infinity'", "ck_experiment_run"),
    ("now() + interval '1 day'", "NULL", "ck_experiment_run_start_not_ahead"),
]


@pytest.mark.parametrize(("start", "end", "why"), OVERLAPPING)
def test_that_nobody_can_make_an_overlapping_empty_or_endless_run(
    admin_ledger: Ledger, start: str, end: str, why: str
) -> None:
    campaign = admin_ledger.campaign()
    admin_ledger.move(admin_ledger.running(campaign, moment(9)), "pause", moment(12))
    other = admin_ledger.experiment(campaign, "Other")
    ended = f"{start}, now(), 1, NULL, NULL, NULL" if end == "NULL" else f"{start}, now(), 1, {end}, now(), 1"
    with refused(why, None):
        admin_ledger.rows(
            "INSERT INTO experiment_run (experiment_id, campaign_id, started_at, start_recorded_at, started_by,"
            f" ended_at, end_recorded_at, ended_by) VALUES ({other}, {campaign}, {ended})"
        )


def test_that_a_new_experiment_is_planned(admin_ledger: Ledger) -> None:
    new = (
        "INSERT INTO experiment (campaign_id, name, hypothesis, status, start_date, capital_cap_usd, time_cap_days,"
        " tranche_size_usd, primary_success_event) VALUES (%s, 'X', '', 'running', '2025-03-03', 1, 1, 1, 'qpc')"
    )
    with refused("A new experiment is planned"):
        admin_ledger.rows(new, admin_ledger.campaign())


def test_that_an_experiment_stays_in_its_campaign_and_its_name_is_unique_there(ledger: Ledger) -> None:
    campaign, other = ledger.campaign(), ledger.campaign("Other")
    ledger.experiment(campaign)
    ledger.experiment(other)
    with refused("uq_experiment", "23505"):
        ledger.experiment(campaign)


def test_that_a_capital_budget_is_an_amount_and_dates_follow_each_other(ledger: Ledger) -> None:
    ledger.campaign()
    for change in (
        "capital_budget_usd = 0",
        "capital_budget_usd = 'NaN'",
        "start_date = '2025-03-03', end_date = '2025-03-02'",
    ):
        with refused("ck_campaign", "23514"):
            ledger.rows(f"UPDATE campaign SET {change}")
