from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.services import team, time_logs
from capdesk.services.by_hand import Span
from capdesk.services.dates import business_date
from tests.support import builders
from tests.support.sums import batches, costs

ANA, BO = "ana@example.com", "bo@example.com"


@pytest.fixture
def ids(desk: Desk) -> builders.Ids:
    """An experiment that runs since the day before yesterday, and Ana at $20."""
    made = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=2))
    builders.member(desk, ANA)
    return made


def ago(desk: Desk, days: int) -> date:
    return business_date(builders.database_now(desk) - timedelta(days=days), desk.zone)


def add(desk: Desk, day: date, hours: str = "4", member: str = ANA) -> time_logs.TimeLogRow:
    return desk.write(lambda s: time_logs.add_time_log(s, member, day, Decimal(hours), desk.owner_id))


def reverse(desk: Desk, number: int, reason: str = "typed twice") -> time_logs.TimeLogRow:
    return desk.write(lambda s: time_logs.reverse_time_log(s, number, reason, desk.owner_id))


def test_that_hours_cost_the_rate_of_their_date_and_belong_to_what_ran_then(desk: Desk, ids: builders.Ids) -> None:
    row = add(desk, ago(desk, 1), "2.5")
    assert (row.member, row.campaign, row.experiment) == (ANA, "Spring", "Scripts")
    assert (row.hours, row.hourly_rate_usd, row.cost_usd) == (Decimal("2.5"), Decimal(20), Decimal(50))
    assert costs(desk) == [(ago(desk, 1), ids.campaign, ids.experiment, "labor", Decimal(50))]


def test_that_hours_before_any_run_are_overhead(desk: Desk, ids: builders.Ids) -> None:
    assert add(desk, ago(desk, 30)).experiment is None
    assert costs(desk) == [(ago(desk, 30), ids.campaign, None, "labor", Decimal(80))]


def test_that_campaign_and_rate_are_those_of_the_date(desk: Desk, ids: builders.Ids) -> None:
    builders.campaign(desk, "Autumn")
    today = ago(desk, 0)
    desk.write(lambda s: team.assign_member(s, ANA, "Autumn", from_date=ago(desk, 1), today=today))
    desk.write(lambda s: team.set_rate(s, ANA, Decimal(30), from_date=ago(desk, 1), today=today))
    rows = [add(desk, ago(desk, days), "1") for days in (2, 1)]
    assert [(row.campaign, row.cost_usd) for row in rows] == [("Spring", Decimal(20)), ("Autumn", Decimal(30))]


def test_that_two_entries_that_look_the_same_both_land(desk: Desk, ids: builders.Ids) -> None:
    first, second = add(desk, ago(desk, 1)), add(desk, ago(desk, 1))
    assert first.id != second.id
    assert batches(desk) == [("timelogs", 1, 1, None, [])] * 2


def test_that_hours_on_a_future_date_are_refused_and_leave_nothing(desk: Desk, ids: builders.Ids) -> None:
    with pytest.raises(RuleRefused, match="lies in the future: log hours once they have been worked"):
        add(desk, ago(desk, -2))
    assert (batches(desk), costs(desk)) == ([], [])


def test_that_hours_of_a_member_of_no_campaign_are_refused_and_leave_nothing(desk: Desk, ids: builders.Ids) -> None:
    builders.member(desk, BO, campaign=None)
    with pytest.raises(RuleRefused, match=f"{BO} was assigned to no campaign on .*: .* `capdesk team assign {BO} "):
        add(desk, ago(desk, 1), member=BO)
    assert (batches(desk), costs(desk)) == ([], [])


@pytest.mark.parametrize("hours", ["0", "-1", "24.000001", "0.0000001"])
def test_that_no_day_has_such_hours(desk: Desk, ids: builders.Ids, hours: str) -> None:
    with pytest.raises(UsageRefused):
        add(desk, ago(desk, 1), hours)
    assert batches(desk) == []


def test_that_hours_of_nobody_are_refused(desk: Desk, ids: builders.Ids) -> None:
    with pytest.raises(NotFound, match=r'no team member "ann@example\.com": did you mean "ana@example\.com"'):
        add(desk, ago(desk, 1), member="ann@example.com")


def test_that_a_reversal_takes_the_cost_back_where_it_was_even_after_the_end(desk: Desk, ids: builders.Ids) -> None:
    logged = add(desk, ago(desk, 1))
    builders.move(desk, ids.experiment, "complete")
    row = reverse(desk, logged.id)
    assert (row.reason, row.reversed_at is None) == ("typed twice", False)
    place = (ago(desk, 1), ids.campaign, ids.experiment, "labor")
    assert costs(desk) == [(*place, Decimal(80)), (*place, Decimal(-80))]


def test_that_a_time_log_is_reversed_once_and_says_why(desk: Desk, ids: builders.Ids) -> None:
    logged = add(desk, ago(desk, 1))
    with pytest.raises(UsageRefused, match="A reversal says why"):
        reverse(desk, logged.id, " ")
    reverse(desk, logged.id)
    with pytest.raises(RuleRefused, match=f"Time log {logged.id} is reversed already"):
        reverse(desk, logged.id)
    with pytest.raises(NotFound, match="There is no time log 99"):
        reverse(desk, 99)
    assert len(costs(desk)) == 2


def test_that_what_is_reversed_may_be_entered_again(desk: Desk, ids: builders.Ids) -> None:
    reverse(desk, add(desk, ago(desk, 1)).id)
    assert add(desk, ago(desk, 1)).cost_usd == 80


def test_that_the_list_is_narrowed_by_member_campaign_and_date(desk: Desk, ids: builders.Ids) -> None:
    builders.campaign(desk, "Autumn")
    builders.member(desk, BO, campaign="Autumn")
    added = [add(desk, ago(desk, days), member=who).id for days, who in ((3, ANA), (1, BO), (2, ANA))]

    def listed(first: int | None = None, last: int | None = None, **wanted: str) -> list[int]:
        span = Span(desk.zone, *(None if days is None else ago(desk, days) for days in (first, last)))
        page = desk.read(lambda session: time_logs.list_time_logs(session, span, **wanted))  # type: ignore[arg-type]
        return [added.index(row.id) for row in page.logs]

    assert listed() == [1, 2, 0]
    assert listed(member=ANA) == [2, 0]
    assert listed(campaign="Autumn") == [1]
    assert listed(first=2, last=2) == [2]
    assert (listed(first=2), listed(last=2)) == ([1, 2], [2, 0])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 24 * 4), st.booleans()), max_size=4), st.integers(1, 3))
def test_that_sums_are_net_of_reversals_and_over_what_is_not_shown(
    desk: Desk, ids: builders.Ids, entries: list[tuple[int, bool]], limit: int
) -> None:
    before = desk.read(lambda session: time_logs.list_time_logs(session, Span(desk.zone), limit=limit))
    for quarters, wrong in entries:
        row = add(desk, ago(desk, 1), str(Decimal(quarters) / 4))
        if wrong:
            reverse(desk, row.id)
    page = desk.read(lambda session: time_logs.list_time_logs(session, Span(desk.zone), limit=limit))
    kept = sum((Decimal(quarters) / 4 for quarters, wrong in entries if not wrong), Decimal(0))
    assert (page.hours - before.hours, page.cost_usd - before.cost_usd) == (kept, kept * 20)
    assert len(page.logs) + page.more == len(before.logs) + before.more + len(entries)
    assert len(page.logs) <= limit
    assert page.cost_usd == sum(cost for *_, cost in costs(desk))
