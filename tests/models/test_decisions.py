"""Verdicts and their caps, overrides, and what is due to be sent."""

import pytest

from tests.models.everything import SNAPSHOT, evaluate
from tests.models.ledger import Ledger, moment, refused

NORA = 2


@pytest.fixture
def experiment(ledger: Ledger) -> int:
    return ledger.running(ledger.campaign(), moment(9))


def after(capital: str, days: int) -> dict[str, object]:
    """A snapshot taken while these caps were in force."""
    return SNAPSHOT | {"caps_before": {"capital_cap_usd": capital, "time_cap_days": days}}


def caps(ledger: Ledger, experiment: int) -> tuple[object, ...]:
    return ledger.rows("SELECT * FROM caps_in_force(%s)", experiment)[0]


def test_that_a_planned_experiment_is_not_evaluated(ledger: Ledger) -> None:
    planned = ledger.experiment(ledger.campaign())
    with refused('Experiment "Scripts" has not started: there is nothing to evaluate'):
        evaluate(ledger, planned)


def test_that_the_caps_in_force_are_those_of_the_newest_continue(ledger: Ledger, experiment: int) -> None:
    assert caps(ledger, experiment) == (1000, 10)
    evaluate(ledger, experiment)
    evaluate(ledger, experiment, "continue", capital_cap_usd=2000, time_cap_days=12)
    assert caps(ledger, experiment) == (2000, 12)
    kept = {"capital_cap_usd": 2000, "time_cap_days": 12, "snapshot": after("2000.000000", 12)}
    evaluate(ledger, experiment, "fail", **kept)
    evaluate(ledger, experiment, "continue", **kept | {"time_cap_days": 20})
    assert caps(ledger, experiment) == (2000, 20)
    assert ledger.rows("SELECT capital_cap_usd, time_cap_days FROM experiment") == [(1000, 10)]


@pytest.mark.parametrize("verdict", ["pass", "fail", "stop"])
@pytest.mark.parametrize("change", [{"capital_cap_usd": 2000}, {"time_cap_days": 11}, {"capital_cap_usd": 900}])
def test_that_only_a_continue_sets_caps(
    ledger: Ledger, experiment: int, verdict: str, change: dict[str, object]
) -> None:
    with refused('Only a "continue" on an experiment that has not ended sets new caps'):
        evaluate(ledger, experiment, verdict, **change)


@pytest.mark.parametrize("end", ["complete", "terminate"])
def test_that_an_ended_experiment_is_evaluated_under_its_caps(ledger: Ledger, experiment: int, end: str) -> None:
    ledger.move(experiment, end)
    for verdict in ("pass", "continue"):
        evaluate(ledger, experiment, verdict)
        with refused('Only a "continue" on an experiment that has not ended'):
            evaluate(ledger, experiment, verdict, capital_cap_usd=2000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"capital_cap_usd": 0},
        {"capital_cap_usd": 499},
        {"capital_cap_usd": "NaN"},
        {"time_cap_days": 0},
        {"reason": " "},
    ],
)
def test_that_new_caps_make_sense_and_have_a_reason(ledger: Ledger, experiment: int, wrong: dict[str, object]) -> None:
    with refused("ck_evaluation", "23514"):
        evaluate(ledger, experiment, "continue", **wrong)


def test_that_the_tranche_size_never_changes(ledger: Ledger, experiment: int) -> None:
    with refused("The tranche size never changes"):
        evaluate(ledger, experiment, "continue", tranche_size_usd=400)


def test_that_evidence_is_not_from_the_future(ledger: Ledger, experiment: int) -> None:
    ahead = ledger.value("SELECT clock_timestamp() + interval '1 minute'")
    with refused("as they were known before it"):
        evaluate(ledger, experiment, as_of=ahead)


def test_that_only_an_admin_evaluates_and_overrides(ledger: Ledger, experiment: int) -> None:
    for user in (NORA, 99):
        with refused("fk_evaluation_admin_user_id", "23503"):
            evaluate(ledger, experiment, admin_user_id=user)
    evaluation = evaluate(ledger, experiment)
    override = "INSERT INTO override_log (evaluation_id, admin_user_id, rationale) VALUES (%s, %s, %s)"
    with refused("fk_override_log_admin_user_id", "23503"):
        ledger.rows(override, evaluation, NORA, "I know better.")
    with refused("ck_override_log_rationale", "23514"):
        ledger.rows(override, evaluation, 1, " ")
    ledger.rows(override, evaluation, 1, "I know better.")


def test_that_nothing_follows_from_a_verdict(ledger: Ledger, experiment: int) -> None:
    evaluate(ledger, experiment, "stop")
    assert ledger.rows("SELECT status::text FROM experiment") == [("running",)]


def due(ledger: Ledger, period: str = "2025-W10") -> int:
    new = "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', %s, 'o@example.com', '{}')"
    return int(ledger.value(new + " RETURNING id", period))


def attempt(ledger: Ledger, notification: int, number: int) -> int:
    new = "INSERT INTO notification_attempt (notification_id, number, message_id) VALUES (%s, %s, 'm') RETURNING id"
    return int(ledger.value(new, notification, number))


def say(ledger: Ledger, notification: int, attempted: int | None, outcome: str) -> None:
    new = "INSERT INTO notification_outcome (notification_id, attempt_id, outcome) VALUES (%s, %s, %s)"
    ledger.rows(new, notification, attempted, outcome)


def test_that_an_occasion_is_due_once(ledger: Ledger) -> None:
    due(ledger)
    with refused("uq_notification_log", "23505"):
        due(ledger)
    due(ledger, "2025-W11")


def test_that_a_definite_failure_may_be_tried_again_and_nothing_else(ledger: Ledger) -> None:
    notification = due(ledger)
    first = attempt(ledger, notification, 1)
    with refused(r"The last attempt may have gone through \(unknown\): it is not sent again"):
        attempt(ledger, notification, 2)
    say(ledger, notification, first, "failed")
    second = attempt(ledger, notification, 2)
    say(ledger, notification, second, "sent")
    with refused(r"may have gone through \(sent\)"):
        attempt(ledger, notification, 3)


def test_that_an_attempt_cannot_hide_behind_a_lower_number(ledger: Ledger) -> None:
    notification = due(ledger)
    say(ledger, notification, attempt(ledger, notification, 5), "failed")
    hidden = attempt(ledger, notification, 1)
    with refused(r"may have gone through \(unknown\)"):
        attempt(ledger, notification, 2)
    say(ledger, notification, hidden, "sent")


def test_that_an_outcome_belongs_to_its_own_attempt_and_is_said_once(ledger: Ledger) -> None:
    one, other = due(ledger), due(ledger, "2025-W11")
    tried = attempt(ledger, one, 1)
    with refused("belongs to the last attempt of its notification"):
        say(ledger, other, tried, "sent")
    say(ledger, one, tried, "sent")
    with refused("is recorded already"):
        say(ledger, one, tried, "failed")


def test_that_what_was_skipped_is_not_sent_and_what_may_have_gone_is_not_skipped(ledger: Ledger) -> None:
    skipped, tried = due(ledger), due(ledger, "2025-W11")
    say(ledger, skipped, None, "skipped")
    with refused("was skipped"):
        attempt(ledger, skipped, 1)
    attempt(ledger, tried, 1)
    with refused("cannot be skipped"):
        say(ledger, tried, None, "skipped")
