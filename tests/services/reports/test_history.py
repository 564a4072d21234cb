"""An experiment's history adds up to its report, at every moment."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound
from capdesk.models.base import Verdict
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import business_date
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.history import History, history, moments
from capdesk.services.reports.model import SOURCES
from tests.services.reports.histories import FIRST, HISTORIES, SECOND, Step
from tests.services.reports.histories import History as Made
from tests.support import builders
from tests.support.facts import Facts, fresh_desk


def read(desk: Desk, experiment: int, as_of: datetime | None = None) -> History:
    moment = resolve_as_of(desk, as_of)
    return desk.read(lambda session: history(session, experiment, moment, desk.zone))


def recorded(desk: Desk, experiment: int, most: int = 240) -> tuple[datetime, ...]:
    moment = resolve_as_of(desk)
    return desk.read(lambda session: moments(session, experiment, moment, desk.zone, most))


def test_that_a_planned_experiment_has_no_history(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    found = read(desk, ids.experiment)
    assert (found.days, found.caps, found.runs, found.verdicts, found.first_start) == ((), (), (), (), None)
    with pytest.raises(NotFound):
        read(desk, ids.experiment + 1)


def test_that_runs_are_those_known_then(desk: Desk) -> None:
    start = builders.database_now(desk) - timedelta(days=5)
    ids = builders.running_experiment(desk, at=start)
    pause = builders.move(desk, ids.experiment, "pause", at=start + timedelta(days=2))
    known = resolve_as_of(desk)
    resume = builders.move(desk, ids.experiment, "resume", at=start + timedelta(days=3))
    end = builders.move(desk, ids.experiment, "complete")
    then, now = read(desk, ids.experiment, known), read(desk, ids.experiment)
    assert [(run.started_at, run.ended_at) for run in then.runs] == [(start, pause)]
    assert [(run.started_at, run.ended_at) for run in now.runs] == [(start, pause), (resume, end)]
    assert (then.ended_at, now.ended_at) == (None, end)


def test_that_caps_step_where_an_evaluation_changed_them(desk: Desk) -> None:
    start = builders.database_now(desk) - timedelta(days=5)
    ids = builders.running_experiment(desk, at=start, cap="1000", days=10)
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Goes well."))
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "More.", capital_cap_usd=Decimal(2000)))
    found = read(desk, ids.experiment)
    today = business_date(builders.database_now(desk), desk.zone)
    assert [(step.day, step.caps.capital_usd) for step in found.caps] == [
        (business_date(start, desk.zone), Decimal(1000)),
        (today, Decimal(2000)),
    ]
    assert [mark.caps.capital_usd for mark in found.verdicts] == [Decimal(1000), Decimal(2000)]


def test_that_each_recording_is_a_moment(desk: Desk) -> None:
    start = builders.database_now(desk) - timedelta(days=5)
    ids = builders.planned_experiment(desk)
    assert len(recorded(desk, ids.experiment)) == 1
    builders.move(desk, ids.experiment, "start", at=start)
    Facts(desk).hours(builders.member(desk), business_date(start, desk.zone) + timedelta(days=1))
    found = recorded(desk, ids.experiment)
    assert len(found) == 3
    assert list(found) == sorted(found)
    statuses = [experiment_report(desk, ids.experiment, moment).status for moment in found]
    assert statuses == ["planned", "running", "running"]


def test_that_of_very_many_moments_the_last_of_each_day_is_taken(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=5))
    Facts(desk).call(ids.campaign, builders.database_now(desk) - timedelta(days=1))
    found = recorded(desk, ids.experiment)
    days = {business_date(one, desk.zone) for one in found}
    assert recorded(desk, ids.experiment, most=1) == tuple(
        max(one for one in found if business_date(one, desk.zone) == day) for day in sorted(days)
    )


def test_that_a_day_tells_how_much_of_it_is_provisional(desk: Desk) -> None:
    today = business_date(builders.database_now(desk), desk.zone)
    first = today - timedelta(days=20)
    ids = builders.running_experiment(desk, at=datetime.combine(first, time(0), desk.zone), days=60)
    facts = Facts(desk)
    facts.map("twilio", ids.campaign, account="AC1")
    facts.charge(today - timedelta(days=15), "10.00")
    facts.charge(today - timedelta(days=3), "4.00")
    found = read(desk, ids.experiment)
    assert [one.provisional_usd for one in found.days] == [ZERO, Decimal(4)]
    assert found.days[1].by_source == dict.fromkeys(SOURCES, ZERO) | {"twilio": Decimal(4)}


@given(steps=HISTORIES)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_at_every_moment_the_days_add_up_to_the_report(server: Lease, tmp_path: Path, steps: list[Step]) -> None:
    with fresh_desk(server, tmp_path) as desk:
        made = Made(desk).begin()
        for step in steps:
            made.play(step)
        for name in (FIRST, SECOND):
            number = made.ids[name]
            for moment in (*recorded(desk, number)[-8:], None):
                report = experiment_report(desk, number, moment)
                found = read(desk, number, report.as_of)
                sums = {key: sum((day.by_source[key] for day in found.days), ZERO) for key in SOURCES}
                assert sums == report.by_source
                assert sum((day.total_usd for day in found.days), ZERO) == report.spent_usd
                assert sum((day.provisional_usd for day in found.days), ZERO) == report.provisional_usd
                assert (found.caps[-1].caps.capital_usd if found.caps else report.cap_usd) == report.cap_usd
