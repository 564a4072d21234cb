"""The overview says what the reports say: one reading, no figure of its own."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from sqlalchemy import event

from capdesk.bootstrap import Desk
from capdesk.models.base import Verdict
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import business_date
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.overview import STRIP_DAYS, UNDER_WAY, Overview, overview
from capdesk.services.reports.summary import spend_lines
from capdesk.services.reports.weekly_report import weekly_report
from tests.services.reports.histories import HISTORIES, History, Step
from tests.services.sync.pulling import connect
from tests.support import builders
from tests.support.facts import Facts, fresh_desk
from tests.support.senders import set_mail


def seen(desk: Desk) -> Overview:
    as_of = resolve_as_of(desk)
    return desk.read(lambda session: overview(session, as_of, desk.zone))


def agrees_with_reports(desk: Desk, shown: Overview) -> None:
    """Each figure of the overview that a report has too is the report's, as of the same moment."""
    week = weekly_report(desk, shown.week, shown.as_of)
    before = weekly_report(desk, shown.week.previous(), shown.as_of)
    together = (spend_lines(week)[-1].week_usd, spend_lines(before)[-1].week_usd)
    assert (shown.week_usd, shown.before_usd) == together
    assert (shown.unassigned, shown.overhead) == (week.unassigned, week.overhead)
    assert (shown.provisional_usd, shown.seal) == (week.provisional_usd, week.seal)
    rows = {row.experiment_id: row for row in week.rows}
    earlier = {row.experiment_id: row for row in before.rows}
    assert [one.experiment_id for one in shown.experiments] == [
        row.experiment_id for row in week.rows if row.status in UNDER_WAY
    ]
    for one in shown.experiments:
        row, report = rows[one.experiment_id], experiment_report(desk, one.experiment_id, shown.as_of)
        assert (one.spent_usd, one.cap_usd, one.by_source) == (report.spent_usd, report.cap_usd, report.by_source)
        assert (one.provisional_usd, one.pace) == (report.provisional_usd, report.pace)
        assert (one.used_days, one.cap_days, one.reasons) == (report.used_days, report.cap_days, report.reasons)
        assert (one.tranches_consumed, one.tranches_in_cap) == (row.tranches_consumed, row.tranches_in_cap)
        assert one.events.total == report.events
        assert one.week_usd == row.week.spend_usd
        assert _counts(one.events.week) == (row.week.qpc, row.week.installs, row.week.paid_conversions)
        if one.experiment_id in earlier:
            figures = earlier[one.experiment_id].week
            assert one.before_usd == figures.spend_usd
            assert _counts(one.events.before) == (figures.qpc, figures.installs, figures.paid_conversions)
        else:
            assert one.before_usd == 0


def _counts(events: object) -> tuple[int, int, int]:
    assert isinstance(events, dict)
    return events["qpc"], events["calculator_installed"], events["paid_conversion"]


@given(steps=HISTORIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_every_figure_is_that_of_the_reports(server: Lease, tmp_path: Path, steps: list[Step]) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        for step in steps:
            history.play(step)
        shown = seen(desk)
        agrees_with_reports(desk, shown)
        recorded = history.all_facts() + history.unassigned()
        for day, usd in shown.days:
            assert usd == sum((fact.usd for fact in recorded if fact.day == day), Decimal(0))


def test_that_an_empty_desk_has_every_figure_at_zero_and_every_step_ahead(desk: Desk) -> None:
    shown = seen(desk)
    assert (shown.experiments, shown.planned, shown.unjudged, shown.sources) == ((), (), (), ())
    assert shown.week_usd == shown.before_usd == shown.unassigned.total_usd == 0
    assert [usd for _, usd in shown.days] == [Decimal(0)] * STRIP_DAYS
    assert shown.days[-1][0] == shown.today == business_date(shown.as_of, desk.zone)
    assert shown.next_report is None
    assert not any(vars(shown.steps).values())


def test_that_success_events_are_named_first_and_once(desk: Desk) -> None:
    builders.running_experiment(desk)
    [one] = seen(desk).experiments
    assert one.success_events == ("calculator_installed", "qpc")


def test_that_planned_experiments_wait_and_ended_ones_want_their_last_verdict(desk: Desk) -> None:
    planned = builders.planned_experiment(desk, campaign="Autumn", name="Next")
    ended = builders.running_experiment(desk)
    builders.move(desk, ended.experiment, "terminate")
    shown = seen(desk)
    assert [one.experiment_id for one in shown.planned] == [planned.experiment]
    assert [one.experiment_id for one in shown.unjudged] == [ended.experiment]
    assert shown.unjudged[0].text.endswith("and has no verdict yet.")
    evaluate(desk, ended.experiment, Decision(Verdict.STOP, "Too dear."))
    assert seen(desk).unjudged == ()


def test_that_a_due_alert_is_told_until_it_was_sent(desk: Desk) -> None:
    start = builders.database_now(desk) - timedelta(days=8)
    builders.running_experiment(desk, at=start, days=10)
    [one] = seen(desk).experiments
    assert one.alerts == ("2 of 10 days are left.",)


def test_that_a_new_cap_is_the_one_in_force(desk: Desk) -> None:
    ids = builders.running_experiment(desk)
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Goes well.", capital_cap_usd=Decimal(2000)))
    [one] = seen(desk).experiments
    assert (one.cap_usd, one.tranches_in_cap) == (Decimal("2000.000000"), Decimal("4.0000"))


def test_that_costs_never_pulled_lack_every_ended_day_of_both_weeks(desk: Desk) -> None:
    connect(desk)
    shown = seen(desk)
    for one in shown.sources:
        assert one.through is None
        assert len(one.missing) >= 6
        assert one.missing[0] == shown.week.previous().monday
    assert shown.steps.connected


def test_that_the_next_report_is_the_next_time_the_owner_set(desk: Desk) -> None:
    set_mail(desk, 25)
    shown = seen(desk)
    assert shown.next_report is not None
    local = shown.next_report.astimezone(desk.zone)
    assert shown.as_of < shown.next_report <= shown.as_of + timedelta(days=7, hours=1)
    assert (local.weekday(), local.time()) == (0, time(7, 30))


def test_that_a_moment_in_the_past_is_shown_as_it_was(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=3))
    ana = builders.member(desk)
    before = resolve_as_of(desk)
    Facts(desk).hours(ana, business_date(datetime.now(desk.zone) - timedelta(days=1), desk.zone))
    then = desk.read(lambda session: overview(session, before, desk.zone))
    assert then.experiments[0].experiment_id == ids.experiment
    assert then.experiments[0].spent_usd == 0
    assert seen(desk).experiments[0].spent_usd == 80


def test_that_many_experiments_take_as_many_queries_as_one(desk: Desk) -> None:
    asked: list[str] = []
    event.listen(desk.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    counts = []
    for number in range(3):
        builders.running_experiment(desk, campaign=f"Campaign {number}")
        asked.clear()
        assert len(seen(desk).experiments) == number + 1
        counts.append(len(asked))
    assert counts == [counts[0]] * 3
