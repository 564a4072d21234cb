"""The weekly report against the definitions: rows, sums, what is late, unassigned, overhead, provisional."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import Verdict
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import Week, business_date, day_start
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.model import Figures, Late, WeeklyReport
from capdesk.services.reports.standings import standings
from capdesk.services.reports.weekly_report import weekly_report
from capdesk.services.signals import Caps, gcp_final_on, is_provisional, twilio_final_on
from tests.services.reports.histories import FIRST, HISTORIES, SECOND, History, Step, count, usd
from tests.support import builders
from tests.support.facts import Facts, fresh_desk

NOTHING = Figures(Decimal(0), 0, 0, 0)


def ago(desk: Desk, days: int, hour: int = 12) -> datetime:
    return datetime.combine(day_ago(desk, days), time(hour), desk.zone)


def day_ago(desk: Desk, days: int) -> date:
    return business_date(builders.database_now(desk), desk.zone) - timedelta(days=days)


def week_ago(desk: Desk, days: int) -> Week:
    return Week.of(day_ago(desk, days))


def names(report: WeeklyReport) -> list[str]:
    return [row.experiment for row in report.rows]


# which week


def test_that_the_last_complete_week_is_the_default(desk: Desk) -> None:
    assert weekly_report(desk).week == str(week_ago(desk, 0).previous())


def test_that_the_default_week_is_the_last_complete_one_of_the_moment_asked_about(desk: Desk) -> None:
    monday = week_ago(desk, 30).monday
    just_begun = day_start(monday, desk.zone)
    assert weekly_report(desk, None, just_begun).week == str(Week.of(monday).previous())
    still_sunday = just_begun - timedelta(microseconds=1)
    assert weekly_report(desk, None, still_sunday).week == str(Week.of(monday).previous().previous())


def test_that_a_week_that_has_not_begun_is_refused(desk: Desk) -> None:
    with pytest.raises(RuleRefused, match=r"Week \d{4}-W\d\d had not begun by .*: name an earlier week"):
        weekly_report(desk, week_ago(desk, -7))


def test_that_an_empty_desk_has_an_empty_report(desk: Desk) -> None:
    report = weekly_report(desk, skipped=("2026-W01",))
    assert (report.rows, report.late, report.seal, report.skipped_weeks) == ((), (), None, ("2026-W01",))
    assert report.unassigned.total_usd == report.overhead.total_usd == report.provisional_usd == 0


# which rows


def test_that_a_row_needs_a_run_a_cost_or_an_event_or_to_be_under_way_at_the_end(desk: Desk) -> None:
    ended = builders.running_experiment(desk, name="Ended", at=ago(desk, 50))
    builders.move(desk, ended.experiment, "complete", at=ago(desk, 43))
    paused = builders.running_experiment(desk, name="Paused", at=ago(desk, 30))
    builders.move(desk, paused.experiment, "pause", at=ago(desk, 29))
    builders.planned_experiment(desk, name="Planned")
    assert names(weekly_report(desk, week_ago(desk, 57))) == []
    assert names(weekly_report(desk, week_ago(desk, 50))) == ["Ended"]
    assert names(weekly_report(desk, week_ago(desk, 43))) == ["Ended"]
    assert names(weekly_report(desk, week_ago(desk, 14))) == ["Paused"]
    # its run was recorded in this week, though it ended long ago
    assert names(weekly_report(desk, week_ago(desk, 0))) == ["Ended", "Paused"]


def test_that_a_late_fact_brings_an_ended_experiment_back_into_the_week_it_is_dated_in(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=ago(desk, 40))
    ana = builders.member(desk)
    Facts(desk).hours(ana, day_ago(desk, 38), "4")
    builders.move(desk, ids.experiment, "terminate", at=ago(desk, 20))
    Facts(desk).charge(day_ago(desk, 21), "12.50")
    Facts(desk).map("twilio", ids.campaign, account="AC1")
    [row] = weekly_report(desk, week_ago(desk, 21)).rows
    assert (row.status, row.week.spend_usd, row.total.spend_usd) == (
        "terminated" if week_ago(desk, 20) == week_ago(desk, 21) else "running",
        Decimal("12.50"),
        Decimal("92.50"),
    )


def test_that_status_and_time_are_those_at_the_end_of_the_sunday(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=ago(desk, 30), days=60)
    sunday = week_ago(desk, 14).sunday
    builders.move(desk, ids.experiment, "pause", at=datetime.combine(sunday, time(23, 59), desk.zone))
    builders.move(desk, ids.experiment, "resume", at=datetime.combine(sunday + timedelta(days=1), time(), desk.zone))
    [row] = weekly_report(desk, Week.of(sunday)).rows
    assert (row.status, row.time_used_days) == ("paused", (sunday - day_ago(desk, 30)).days)
    [current] = weekly_report(desk, week_ago(desk, 0)).rows
    assert (current.status, current.time_used_days) == ("running", 30)


def test_that_an_evaluation_counts_from_the_week_it_was_made_in(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=ago(desk, 30), cap="1000", tranche="500", days=10)
    assert weekly_report(desk).rows[0].evaluation_recommended
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "More time.", time_cap_days=90))
    [last_week] = weekly_report(desk).rows
    [this_week] = weekly_report(desk, week_ago(desk, 0)).rows
    assert (last_week.time_cap_days, last_week.evaluation_recommended) == (10, True)
    assert (this_week.time_cap_days, this_week.evaluation_recommended) == (90, False)


# late, unassigned, overhead, provisional


def test_that_late_is_what_was_recorded_in_the_week_but_dated_before_it(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=ago(desk, 40))
    ana = builders.member(desk)
    facts = Facts(desk)
    facts.hours(ana, day_ago(desk, 21), "4")
    facts.hours(ana, day_ago(desk, 21), "1")
    facts.hours(ana, day_ago(desk, 50), "2")
    facts.hours(ana, day_ago(desk, 0), "8")
    facts.event(ids.campaign, "paid_conversion", ago(desk, 15))
    taken_back = facts.event(ids.campaign, "install_attended", ago(desk, 15))
    facts.reverse("event", taken_back)
    assert weekly_report(desk, week_ago(desk, 0)).late == (
        Late("cost", day_ago(desk, 50), None, "labor", amount_usd=Decimal("40.000000")),
        Late("cost", day_ago(desk, 21), "Scripts", "labor", amount_usd=Decimal("100.000000")),
        Late("event", day_ago(desk, 15), "Scripts", "paid_conversion", count=1),
    )
    assert weekly_report(desk).late == ()


def test_that_a_late_charge_is_listed_once_wherever_it_belongs(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=ago(desk, 40))
    day = day_ago(desk, 21)
    Facts(desk).charge(day, "30.00")
    report = weekly_report(desk, week_ago(desk, 0))
    assert report.late == (Late("cost", day, None, "twilio", amount_usd=Decimal("30.000000")),)
    assert report.unassigned.total_usd == 30
    Facts(desk).map("twilio", ids.campaign, account="AC1")
    report = weekly_report(desk, week_ago(desk, 0))
    assert report.late == (Late("cost", day, "Scripts", "twilio", amount_usd=Decimal("30.000000")),)
    assert report.unassigned.total_usd == 0


def test_that_the_seal_shown_is_the_newest_one_known_then(desk: Desk) -> None:
    builders.running_experiment(desk)
    desk.seal()
    before = weekly_report(desk)
    builders.member(desk)
    desk.seal()
    heads = desk.read(lambda session: session.scalars(text("SELECT encode(hash, 'hex') FROM seal ORDER BY id")).all())
    assert [before.seal, weekly_report(desk).seal] == heads
    assert weekly_report(desk, None, before.as_of).seal == before.seal


def test_that_the_ledger_and_the_signals_agree_on_what_is_provisional(desk: Desk) -> None:
    facts = Facts(desk)
    known = []
    for days in (2, 5, 8, 9, 10, 11, 12, 20, 33, 40, 400):
        day = builders.database_now(desk).astimezone(UTC).date() - timedelta(days=days)
        facts.charge(day, f"{days}.01")
        facts.charge(day, f"{days}.10", project="p")
        known += [(twilio_final_on(day), Decimal(f"{days}.01"))]
        known += [(gcp_final_on(f"{day:%Y%m}"), Decimal(f"{days}.10"))]
    finals = desk.read(lambda session: session.execute(text("SELECT final_on, amount_usd FROM dated_charge")).all())
    assert sorted(map(tuple, finals)) == sorted(known)
    report = weekly_report(desk, week_ago(desk, 0))
    open_part = sum((amount for final_on, amount in known if is_provisional(final_on, report.as_of)), Decimal(0))
    assert report.provisional_usd == open_part > 0


# sums


@given(steps=HISTORIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_every_figure_is_the_plain_sum_of_the_facts(server: Lease, tmp_path: Path, steps: list[Step]) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        for step in steps:
            history.play(step)
        for week in history.weeks():
            _check(weekly_report(desk, week), week, history)


def _check(report: WeeklyReport, week: Week, history: History) -> None:
    facts = [fact for fact in history.all_facts() if fact.day <= week.sunday]
    assert names(report) == [name for name in (FIRST, SECOND) if _is_shown(name, week, history)]
    for row in report.rows:
        own = [fact for fact in facts if fact.experiment == row.experiment]
        for shown, since in ((row.week, week.monday), (row.total, date.min)):
            meant = [fact for fact in own if fact.day >= since]
            counts = (count(meant, kind) for kind in ("qpc", "calculator_installed", "paid_conversion"))
            assert shown == Figures(usd(meant), *counts)
    for shown_pair, meant in (
        (report.overhead, [fact for fact in facts if fact.experiment is None]),
        (report.unassigned, [fact for fact in history.unassigned() if fact.day <= week.sunday]),
    ):
        assert shown_pair.week_usd == usd(fact for fact in meant if fact.day >= week.monday)
        assert shown_pair.total_usd == usd(meant)


def _is_shown(name: str, week: Week, history: History) -> bool:
    """A run in the week, being under way at its end; and all that is recorded was recorded in the current week."""
    first, last = {FIRST: (20, 9), SECOND: (7, 0)}[name]
    ran = history.day(first) <= week.sunday and history.day(last) >= week.monday
    return ran or week == Week.of(history.today)


# for alerts


def test_that_standings_are_of_experiments_under_way_with_their_caps_in_force(desk: Desk) -> None:
    ended = builders.running_experiment(desk, name="Ended", at=ago(desk, 30))
    builders.move(desk, ended.experiment, "complete", at=ago(desk, 20))
    ids = builders.running_experiment(desk, name="Paused", at=ago(desk, 10), days=30)
    builders.planned_experiment(desk, campaign="Autumn", name="Planned")
    before = resolve_as_of(desk)
    Facts(desk).hours(builders.member(desk), day_ago(desk, 5), "5")
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Goes well.", capital_cap_usd=Decimal(2000)))
    builders.move(desk, ids.experiment, "pause")
    [now] = desk.read(lambda session: standings(session, resolve_as_of(desk)))
    assert (now.experiment, now.campaign, now.status) == ("Paused", "Spring", "paused")
    assert (now.caps, now.spent_usd, now.used_days) == (Caps(Decimal(2000), 30), Decimal(100), 10)
    [then] = desk.read(lambda session: standings(session, before))
    assert (then.status, then.caps, then.spent_usd) == ("running", Caps(Decimal(1000), 30), Decimal(0))
