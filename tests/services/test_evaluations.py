"""A verdict seals the figures it rests on; what arrives later is shown beside it and changes nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, NotFound, RuleRefused, UsageRefused
from capdesk.models.base import Verdict
from capdesk.services.dates import business_date
from capdesk.services.evaluations import Decision, EvaluationRecord, evaluate, evaluations_of, override, snapshot_of
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.signals import Caps
from tests.support import builders
from tests.support.facts import Facts

CONTINUE = Decision(Verdict.CONTINUE, "It goes well.")


def running(desk: Desk, **rules: object) -> builders.Ids:
    start = builders.database_now(desk) - timedelta(days=5)
    return builders.running_experiment(desk, at=start, **rules)  # type: ignore[arg-type]


def of(desk: Desk, experiment: int) -> tuple[EvaluationRecord, ...]:
    return desk.read(lambda session: evaluations_of(session, experiment))


def caps_of(record: EvaluationRecord) -> Caps:
    return Caps(record.capital_cap_usd, record.time_cap_days)


def sealed_bytes(desk: Desk) -> str:
    query = text("SELECT string_agg(e::text, '|' ORDER BY id) FROM evaluation e")
    return str(desk.read(lambda session: session.scalar(query)))


# what is sealed


def test_that_a_verdict_seals_the_report_it_rests_on_with_the_caps_before_and_no_estimate(desk: Desk) -> None:
    ids = running(desk)
    Facts(desk).hours(builders.member(desk), business_date(builders.database_now(desk), desk.zone), "4")
    made = evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Well.", "Call more.", "", Decimal(3000), 20))
    assert made.snapshot == snapshot_of(experiment_report(desk, ids.experiment, made.as_of))
    assert made.snapshot["caps_before"] == {"capital_cap_usd": "1000.000000", "time_cap_days": 10}
    assert made.snapshot["capital"]["spent_usd"] == "80.000000"
    assert "pace" not in made.snapshot
    assert caps_of(made) == Caps(Decimal(3000), 20)
    assert (made.recommended_next_action, made.admin, made.as_of < made.created_at) == ("Call more.", "Olga", True)


def test_that_without_new_caps_those_in_force_are_kept(desk: Desk) -> None:
    ids = running(desk)
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Well.", capital_cap_usd=Decimal(3000)))
    second = evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Well.", time_cap_days=30))
    third = evaluate(desk, ids.experiment, Decision(Verdict.FAIL, "Too few installs."))
    assert caps_of(second) == Caps(Decimal(3000), 30)
    assert caps_of(third) == Caps(Decimal(3000), 30)
    assert third.snapshot["caps_before"] == {"capital_cap_usd": "3000.000000", "time_cap_days": 30}


def test_that_nothing_follows_from_a_verdict(desk: Desk) -> None:
    ids = running(desk)
    evaluate(desk, ids.experiment, Decision(Verdict.STOP, "Too dear."))
    assert experiment_report(desk, ids.experiment).status == "running"


# what arrives later


def test_that_late_events_never_change_an_evaluation(desk: Desk) -> None:
    ids = running(desk)
    made = evaluate(desk, ids.experiment, CONTINUE)
    before = sealed_bytes(desk)
    a_day_before = made.as_of - timedelta(days=1)
    moments = [a_day_before + timedelta(seconds=number) for number in range(1000)]
    Facts(desk).events(ids.campaign, "install_attended", moments)
    Facts(desk).hours(builders.member(desk), business_date(a_day_before, desk.zone), "2")
    [after] = of(desk, ids.experiment)
    assert sealed_bytes(desk) == before
    assert (after.snapshot, after.late.events["install_attended"]) == (made.snapshot, 1000)
    assert after.late.spent_usd == 40


def test_that_what_came_since_is_all_of_it_and_late_the_part_dated_before(desk: Desk) -> None:
    ids = running(desk)
    ana = builders.member(desk)
    today = business_date(builders.database_now(desk), desk.zone)
    Facts(desk).hours(ana, today - timedelta(days=2), "1")
    evaluate(desk, ids.experiment, CONTINUE)
    Facts(desk).hours(ana, today - timedelta(days=2), "2")
    second = evaluate(desk, ids.experiment, CONTINUE)
    event = Facts(desk).event(ids.campaign, "paid_conversion", second.as_of - timedelta(days=2))
    Facts(desk).reverse("event", event)
    first, second = of(desk, ids.experiment)
    assert first.since.spent_usd == first.late.spent_usd == 40
    assert second.since.spent_usd == second.since.events["paid_conversion"] == 0


# what is refused


@pytest.mark.parametrize(
    ("decision", "kind", "sentence"),
    [
        (Decision(Verdict.PASS, "  "), UsageRefused, "A verdict needs a reason: say with --reason"),
        (
            Decision(Verdict.PASS, "Well.", capital_cap_usd=Decimal(2000)),
            RuleRefused,
            'Only a "continue" on an experiment that has not ended sets new caps; "Scripts" is running and the verdict'
            ' is "pass": leave out --cap and --days.',
        ),
        (
            Decision(Verdict.CONTINUE, "Well.", capital_cap_usd=Decimal("499.99")),
            UsageRefused,
            r"The capital cap cannot be \$499.99: it must hold from 1 to 10,000 tranches of \$500.00.",
        ),
        (
            Decision(Verdict.CONTINUE, "Well.", time_cap_days=0),
            UsageRefused,
            "The time cap is 0 days; it must be from 1 to 36,500.",
        ),
    ],
)
def test_that_a_bad_verdict_is_refused(desk: Desk, decision: Decision, kind: type[CapdeskError], sentence: str) -> None:
    ids = running(desk)
    with pytest.raises(kind, match=sentence):
        evaluate(desk, ids.experiment, decision)
    assert of(desk, ids.experiment) == ()


def test_that_a_planned_experiment_is_not_evaluated(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    with pytest.raises(RuleRefused, match='Experiment "Scripts" has not started: there is nothing'):
        evaluate(desk, ids.experiment, CONTINUE)


def test_that_an_ended_experiment_is_evaluated_under_the_caps_it_had(desk: Desk) -> None:
    ids = running(desk)
    builders.move(desk, ids.experiment, "complete")
    with pytest.raises(RuleRefused, match='"Scripts" is completed and the verdict is "continue"'):
        evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Well.", time_cap_days=90))
    assert evaluate(desk, ids.experiment, Decision(Verdict.PASS, "It sold.")).time_cap_days == 10


INSERT = """
INSERT INTO evaluation (experiment_id, capital_cap_usd, time_cap_days, tranche_size_usd, verdict, reason, snapshot,
                        as_of, admin_user_id)
SELECT experiment_id, 1000, 10, 500, 'continue', 'By hand.', CAST(:snapshot AS jsonb), :as_of, 1
FROM experiment_run
"""
SNAPSHOT = (
    '{"capital": {"spent_usd": "0.000000"}, "time": {"used_days": 5},'
    ' "caps_before": {"capital_cap_usd": "1000.000000", "time_cap_days": 10}}'
)


@pytest.mark.parametrize(
    ("snapshot", "hours", "sentence"),
    [
        ("{}", 0, "An evaluation seals the figures it rests on, as they were known before it."),
        (SNAPSHOT.replace("0.000000", "a lot"), 0, "An evaluation seals the figures it rests on"),
        (SNAPSHOT, 1, "An evaluation seals the figures it rests on, as they were known before it."),
        (
            SNAPSHOT.replace("1000.000000", "999.000000"),
            0,
            'The caps of experiment "Scripts" changed while you decided',
        ),
    ],
)
def test_that_the_database_refuses_a_verdict_without_its_evidence(
    desk: Desk, snapshot: str, hours: int, sentence: str
) -> None:
    running(desk)
    values = {"snapshot": snapshot, "as_of": builders.database_now(desk) + timedelta(hours=hours)}
    with pytest.raises(RuleRefused, match=sentence):
        desk.write(lambda session: session.execute(text(INSERT), values))
    desk.write(
        lambda session: session.execute(
            text(INSERT), {**values, "snapshot": SNAPSHOT, "as_of": builders.database_now(desk)}
        )
    )


# overrides


def test_that_an_override_is_shown_with_its_evaluation_and_changes_nothing(desk: Desk) -> None:
    ids = running(desk)
    made = evaluate(desk, ids.experiment, Decision(Verdict.STOP, "Too dear."))
    before = sealed_bytes(desk)
    told = desk.write(lambda session: override(session, made.id, " The price falls in May. ", 1))
    assert (told.rationale, told.admin) == ("The price falls in May.", "Olga")
    [shown] = of(desk, ids.experiment)
    assert (shown.overrides, sealed_bytes(desk)) == ((told,), before)
    assert experiment_report(desk, ids.experiment).status == "running"


def test_that_an_override_needs_an_evaluation_and_a_rationale(desk: Desk) -> None:
    with pytest.raises(NotFound, match="There is no evaluation 7: see their numbers with `capdesk evaluate"):
        desk.write(lambda session: override(session, 7, "Because.", 1))
    with pytest.raises(UsageRefused, match="An override needs a rationale"):
        desk.write(lambda session: override(session, 7, " ", 1))
