from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import Attribution, Outcome
from capdesk.services import calls, events
from capdesk.services.by_hand import Span
from capdesk.services.dates import business_date, day_start
from tests.support import builders
from tests.support.facts import Facts
from tests.support.sums import bonuses, costs, counts


@pytest.fixture
def now(desk: Desk) -> datetime:
    return builders.database_now(desk)


@pytest.fixture
def ids(desk: Desk, now: datetime) -> builders.Ids:
    """An experiment that runs since nine days, with bonuses for two events of a call; Ana is member 1."""
    made = builders.running_experiment(desk, at=now - timedelta(days=9), bonus={"qpc": "5", "conversation": "1"})
    builders.member(desk)
    return made


def listed(desk: Desk, first: date | None = None, last: date | None = None, **wanted: object) -> calls.CallPage:
    span = Span(desk.zone, first, last)
    return desk.read(lambda session: calls.list_calls(session, span, **wanted))  # type: ignore[arg-type]


def reverse(desk: Desk, number: int, reason: str = "wrong campaign") -> calls.ReversedCall:
    return desk.write(lambda session: calls.reverse_call(session, number, reason, desk.owner_id))


def test_that_a_call_is_listed_with_all_that_is_known_of_it(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    number = Facts(desk).call(ids.campaign, now - timedelta(hours=1), "Schedule", 200, 1)
    (row,) = listed(desk).calls
    assert (row.id, row.campaign, row.experiment, row.member) == (number, "Spring", "Scripts", "ana@example.com")
    assert (row.occurred_at, row.duration_s, row.outcome) == (now - timedelta(hours=1), 200, Outcome.SCHEDULE)
    assert (row.attribution, row.source, row.metadata, row.reversed_at) == (Attribution.RUN, "dialer", {}, None)


def test_that_the_newest_calls_come_first_however_late_they_were_recorded(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    made = [Facts(desk).call(ids.campaign, now - timedelta(hours=hours)) for hours in (2, 9, 1, 5)]
    page = listed(desk, limit=3)
    assert [made.index(row.id) for row in page.calls] == [2, 0, 3]
    assert page.more is True
    assert (len(listed(desk, limit=4).calls), listed(desk, limit=4).more) == (4, False)


def test_that_dates_are_those_of_the_desk_zone(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    day = business_date(now - timedelta(days=3), desk.zone)
    start, end = day_start(day, desk.zone), day_start(day + timedelta(days=1), desk.zone)
    tick = timedelta(microseconds=1)
    made = [Facts(desk).call(ids.campaign, at) for at in (start - tick, start, end - tick, end)]
    assert start.astimezone(UTC).hour != 0
    assert [row.id for row in listed(desk, day, day).calls] == [made[2], made[1]]
    assert [row.id for row in listed(desk, day).calls] == [made[3], made[2], made[1]]


def test_that_the_list_is_narrowed_by_campaign_member_and_outcome(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    autumn = builders.campaign(desk, "Autumn")
    first = Facts(desk).call(ids.campaign, now - timedelta(hours=1), "Info", 10, 1)
    other = Facts(desk).call(autumn, now - timedelta(hours=2), "Busy")
    assert [row.id for row in listed(desk, campaign="Autumn").calls] == [other]
    assert [row.id for row in listed(desk, member="ana@example.com").calls] == [first]
    assert [row.id for row in listed(desk, outcome=Outcome.BUSY).calls] == [other]
    assert listed(desk, campaign="Autumn", outcome=Outcome.INFO).calls == []


def test_that_reversing_a_call_reverses_its_events_and_what_they_earned(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    number = Facts(desk).call(ids.campaign, now - timedelta(days=1), "Schedule", 200, 1)
    builders.move(desk, ids.experiment, "complete")
    done = reverse(desk, number)
    assert (done.call.reason, done.call.reversed_at is None, done.bonus_usd) == ("wrong campaign", False, Decimal(6))
    place = (business_date(now - timedelta(days=1), desk.zone), ids.campaign, ids.experiment, "bonus")
    assert sorted(costs(desk)) == sorted((*place, Decimal(usd)) for usd in (5, 1, -5, -1))
    assert sorted(bonuses(desk)) == [Decimal(1), Decimal(5)]
    assert counts(desk) == {(ids.experiment, kind): 0 for kind in ("dial_attempt", "conversation", "qpc")}
    read = desk.read(lambda session: events.list_events(session, Span(desk.zone))).events
    assert [(row.call_id, row.reason) for row in read] == [(number, "wrong campaign")] * 3


def test_that_a_call_that_earned_nothing_takes_nothing_back(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    assert reverse(desk, Facts(desk).call(ids.campaign, now - timedelta(days=1))).bonus_usd == 0
    assert costs(desk) == []


def test_that_a_call_is_reversed_once_and_says_why(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    number = Facts(desk).call(ids.campaign, now - timedelta(days=1))
    with pytest.raises(UsageRefused, match="A reversal says why"):
        reverse(desk, number, "  ")
    reverse(desk, number)
    with pytest.raises(RuleRefused, match=f"Call {number} is reversed already"):
        reverse(desk, number)
    with pytest.raises(NotFound, match="There is no call 4000"):
        reverse(desk, 4000)
    assert counts(desk) == {(ids.experiment, "dial_attempt"): 0}
