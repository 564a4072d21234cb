"""A report as of a moment says the same for ever, and no moment is given at which a write is in flight."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import Verdict
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import business_date
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.model import ExperimentReport, WeeklyReport
from capdesk.services.reports.weekly_report import weekly_report
from tests.services.reports.histories import HISTORIES, SECOND, History, Step
from tests.support import builders
from tests.support.facts import Facts, fresh_desk


def test_that_a_later_moment_than_the_last_quiet_one_is_refused(desk: Desk) -> None:
    later = resolve_as_of(desk) + timedelta(hours=1)
    with pytest.raises(RuleRefused, match=r"can be read as of 20.*Z at the latest, not 20.*: name an earlier moment"):
        resolve_as_of(desk, later)


def test_that_an_earlier_moment_is_taken_as_it_is(desk: Desk) -> None:
    earlier = resolve_as_of(desk) - timedelta(days=400)
    assert resolve_as_of(desk, earlier) == earlier


def test_that_everything_committed_is_seen_at_once(desk: Desk) -> None:
    ids = builders.running_experiment(desk)
    ana = builders.member(desk)
    Facts(desk).hours(ana, business_date(builders.database_now(desk), desk.zone), "4")
    assert experiment_report(desk, ids.experiment).spent_usd == 80


def test_that_a_write_in_flight_is_never_half_seen(desk: Desk) -> None:
    ids = builders.running_experiment(desk)
    ana = builders.member(desk)
    today = business_date(builders.database_now(desk), desk.zone)
    with desk.engine.connect() as writer:
        writer.execute(text("SELECT ledger_now()"))
        before = experiment_report(desk, ids.experiment)
        writer.execute(
            text(
                "INSERT INTO staged_time_log (batch_id, line, team_member_id, date, hours_logged)"
                " VALUES (next_batch(), 2, :ana, :today, 4)"
            ),
            {"ana": ana, "today": today},
        )
        writer.execute(text("SELECT * FROM record_time_logs((SELECT max(batch_id) FROM staged_time_log), NULL, true)"))
        with pytest.raises(RuleRefused, match="at the latest"):
            resolve_as_of(desk, builders.database_now(desk))
        writer.commit()
    assert experiment_report(desk, ids.experiment, before.as_of) == before
    assert experiment_report(desk, ids.experiment).spent_usd == 80


@given(steps=HISTORIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_a_report_as_of_a_moment_is_the_same_whatever_lands_later(
    server: Lease, tmp_path: Path, steps: list[Step]
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        shown = []
        for at, step in enumerate(steps):
            shown.append(_reports(desk, history, resolve_as_of(desk)))
            history.play(step)
            if at == 2:
                builders.move(desk, history.ids[SECOND], "pause")
            if at == 4:
                evaluate(desk, history.ids[SECOND], Decision(Verdict.CONTINUE, "Go on.", time_cap_days=60))
            if at == 6:
                builders.move(desk, history.ids[SECOND], "terminate")
        for reports in shown:
            assert _reports(desk, history, reports[0].as_of) == reports


def _reports(desk: Desk, history: History, as_of: datetime) -> list[WeeklyReport | ExperimentReport]:
    weeks = [weekly_report(desk, week, as_of) for week in history.weeks()]
    return [*weeks, experiment_report(desk, history.ids[SECOND], as_of)]
