"""What is new since a moment: the difference of two views of the desk, and who did what between them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from capdesk.bootstrap import Desk
from capdesk.models.base import Verdict
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import Week, business_date
from capdesk.services.evaluations import Decision, evaluate, override
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.model import EVENT_TYPES
from capdesk.services.reports.overview import overview
from capdesk.services.reports.since import Changes, NewRows, Restated, changed_since
from tests.services.reports.histories import FIRST, HISTORIES, SECOND, History, Step, count, usd
from tests.services.sync.pulling import SID, Fakes, connect
from tests.support import builders
from tests.support.facts import Facts, fresh_desk


def changes(desk: Desk, since: datetime) -> Changes:
    as_of = resolve_as_of(desk)
    return desk.read(lambda session: changed_since(session, since, as_of, desk.zone))


def unassigned(desk: Desk, as_of: datetime) -> Decimal:
    return desk.read(lambda session: overview(session, as_of, desk.zone)).unassigned.total_usd


@given(earlier=HISTORIES, later=HISTORIES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_spend_and_events_are_the_difference_of_two_reports(
    server: Lease, tmp_path: Path, earlier: list[Step], later: list[Step]
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        for step in earlier:
            history.play(step)
        since = resolve_as_of(desk)
        counted_before, spent_before = _spent(history)
        for step in later:
            history.play(step)
        found = changes(desk, since)
        new = {one.experiment_id: one.usd for one in found.spend if one.experiment_id is not None}
        for name in (FIRST, SECOND):
            before = experiment_report(desk, history.ids[name], since)
            after = experiment_report(desk, history.ids[name], found.as_of)
            assert new.get(history.ids[name], Decimal(0)) == after.spent_usd - before.spent_usd
        assert found.unassigned_usd == unassigned(desk, found.as_of) - unassigned(desk, since)
        assert found.spend_usd == _spent(history)[1] - spent_before
        for kind in EVENT_TYPES:
            assert found.events[kind] == _spent(history)[0][kind] - counted_before[kind]


def test_that_nothing_recorded_is_nothing_new(desk: Desk) -> None:
    builders.running_experiment(desk)
    found = changes(desk, resolve_as_of(desk))
    assert found.nothing
    assert found.spend_usd == 0


def test_that_what_is_old_to_one_moment_is_new_to_an_earlier_one(desk: Desk) -> None:
    before = resolve_as_of(desk)
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=2))
    Facts(desk).hours(builders.member(desk), _yesterday(desk))
    between = resolve_as_of(desk)
    Facts(desk).event(ids.campaign, "paid_conversion", builders.database_now(desk) - timedelta(hours=1))
    assert changes(desk, before).spend_usd == 80
    assert changes(desk, between).spend_usd == 0
    assert changes(desk, between).events["paid_conversion"] == changes(desk, before).events["paid_conversion"] == 1


def test_that_decisions_are_told_in_order(desk: Desk) -> None:
    before = resolve_as_of(desk)
    ids = builders.running_experiment(desk)
    verdict = evaluate(desk, ids.experiment, Decision(Verdict.FAIL, "Too dear."))
    desk.write(lambda session: override(session, verdict.id, "One more week.", desk.owner_id))
    builders.move(desk, ids.experiment, "pause")
    told = [(one.kind, one.what) for one in changes(desk, before).decided]
    assert told == [("transition", "start"), ("evaluation", "fail"), ("override", "fail"), ("transition", "pause")]


def test_that_a_day_stated_anew_is_restated_and_a_first_statement_is_not(desk: Desk) -> None:
    builders.running_experiment(desk)
    facts, yesterday = Facts(desk), _yesterday(desk)
    before = resolve_as_of(desk)
    facts.charge(yesterday, "40")
    first = changes(desk, before)
    assert (first.restated, first.unassigned_usd) == ((), Decimal(40))
    between = resolve_as_of(desk)
    facts.charge(yesterday, "43.10")
    assert changes(desk, between).restated == (Restated("twilio", 1, Decimal("3.100000")),)


def test_that_rows_typed_by_hand_name_no_file(desk: Desk) -> None:
    before = resolve_as_of(desk)
    ids = builders.running_experiment(desk)
    Facts(desk).event(ids.campaign, "paid_conversion", builders.database_now(desk))
    assert changes(desk, before).rows == (NewRows("event", 0, 1, 0, 0),)


def test_that_pulls_tell_what_they_changed_and_whether_they_failed(desk: Desk) -> None:
    connect(desk)
    fakes, before = Fakes(), resolve_as_of(desk)
    fakes.twilio.state(SID, _yesterday(desk), "12.50")
    fakes.sync(desk, "twilio")
    [pulled] = changes(desk, before).pulls
    assert (pulled.source, pulled.runs, pulled.failed) == ("twilio", 1, 0)
    assert pulled.difference_usd == Decimal("12.500000")


def test_that_late_is_what_lies_before_the_week_it_was_recorded_in(desk: Desk) -> None:
    today = business_date(builders.database_now(desk), desk.zone)
    sunday = Week.of(today).previous().sunday
    builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9), days=30)
    ana = builders.member(desk)
    before = resolve_as_of(desk)
    Facts(desk).hours(ana, sunday)
    Facts(desk).hours(ana, today)
    [late] = changes(desk, before).late
    assert (late.day, late.amount_usd) == (sunday, Decimal("80.000000"))


def _spent(history: History) -> tuple[dict[str, int], Decimal]:
    """Events by type and dollars of the whole desk, by the history's own account."""
    facts = history.all_facts() + history.unassigned()
    return {kind: count(facts, kind) for kind in EVENT_TYPES}, usd(facts)


def _yesterday(desk: Desk) -> date:
    return business_date(builders.database_now(desk) - timedelta(days=1), desk.zone)
