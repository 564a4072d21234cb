"""One experiment's report against plain sums of its facts."""

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
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.model import EVENT_TYPES, SOURCES, Pace, Tranche
from tests.services.reports.histories import FIRST, HISTORIES, SECOND, History, Step, count, usd
from tests.support import builders
from tests.support.facts import Facts, fresh_desk


def test_that_a_planned_experiment_has_all_its_figures_at_zero(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    report = experiment_report(desk, ids.experiment)
    assert report.status == "planned"
    assert (report.by_source, report.events) == (dict.fromkeys(SOURCES, Decimal(0)), dict.fromkeys(EVENT_TYPES, 0))
    assert (report.used_days, report.tranches, report.pace) == (None, (), Pace(None, None))
    assert report.spent_usd == report.tranches_consumed == 0
    assert not report.evaluation_recommended


def test_that_an_experiment_that_did_not_exist_yet_is_not_found(desk: Desk) -> None:
    ids = builders.planned_experiment(desk)
    long_ago = builders.database_now(desk) - timedelta(days=1)
    for experiment, name in ((ids.experiment, '"Scripts"'), (ids.experiment + 1, f"{ids.experiment + 1}")):
        with pytest.raises(NotFound, match=f"There was no experiment {name} at .*Z: name a later moment."):
            experiment_report(desk, experiment, long_ago)


def test_that_tranches_have_days_and_the_skipped_one_has_none(desk: Desk) -> None:
    today = business_date(builders.database_now(desk), desk.zone)
    first, second = today - timedelta(days=6), today - timedelta(days=4)
    ids = builders.running_experiment(desk, at=datetime.combine(first, time(9), desk.zone), cap="5000", days=30)
    ana = builders.member(desk, rate="60")
    facts = Facts(desk)
    facts.hours(ana, first, "20")
    facts.hours(ana, second, "1")
    facts.call(ids.campaign, datetime.combine(second, time(10), desk.zone), "Schedule", 150)
    report = experiment_report(desk, ids.experiment)
    assert report.tranches == (
        Tranche(1, first, first, Decimal("1200.000000"), 0, 0, 0),
        Tranche(2, None, None, Decimal("0.000000"), 0, 0, 0),
        Tranche(3, second, second, Decimal("60.000000"), 1, 0, 0),
    )
    assert (report.tranches_consumed, report.pace.usd_per_day) == (Decimal("2.5200"), Decimal("210.000000"))


def test_that_a_new_cap_holds_and_an_ended_experiment_wants_one_more_verdict(desk: Desk) -> None:
    start = builders.database_now(desk) - timedelta(days=9)
    ids = builders.running_experiment(desk, at=start, days=10)
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Goes well.", time_cap_days=40))
    report = experiment_report(desk, ids.experiment)
    assert (report.cap_days, report.used_days, report.evaluation_recommended) == (40, 9, False)
    builders.move(desk, ids.experiment, "terminate")
    [reason] = experiment_report(desk, ids.experiment).reasons
    assert reason.kind == "ended"
    evaluate(desk, ids.experiment, Decision(Verdict.STOP, "Too dear."))
    assert experiment_report(desk, ids.experiment).reasons == ()


@given(steps=HISTORIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_every_figure_is_the_plain_sum_of_the_facts(server: Lease, tmp_path: Path, steps: list[Step]) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        for step in steps:
            history.play(step)
        for name in (FIRST, SECOND):
            report = experiment_report(desk, history.ids[name])
            own = [fact for fact in history.all_facts() if fact.experiment == name]
            assert report.spent_usd == usd(own)
            assert report.by_source == {source: usd(fact for fact in own if fact.what == source) for source in SOURCES}
            assert report.events == {kind: count(own, kind) for kind in EVENT_TYPES}
            assert sum(row.spent_usd for row in report.tranches) == usd(own)
            assert sum(row.qpc for row in report.tranches) == count(own, "qpc")
