from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import Attribution, EventType, LeadStatusName
from capdesk.services import events, leads
from capdesk.services.by_hand import Span
from capdesk.services.dates import business_date
from tests.support import builders
from tests.support.facts import Facts
from tests.support.sums import batches, bonuses, costs, counts

ANA, PHONE = "ana@example.com", "+13055550123"
INSTALL = "calculator_installed"


@pytest.fixture
def now(desk: Desk) -> datetime:
    return builders.database_now(desk)


@pytest.fixture
def ids(desk: Desk, now: datetime) -> builders.Ids:
    """An experiment that runs since two days, with a bonus of $20 for an install; Ana; a lead."""
    made = builders.running_experiment(desk, at=now - timedelta(days=2), bonus={INSTALL: "20", "qpc": "5"})
    builders.member(desk, ANA)
    builders.lead(desk, phone=PHONE)
    return made


def add(
    desk: Desk, kind: str, at: datetime, *, member: str | None = None, phone: str | None = None, allow: bool = False
) -> events.AddedEvent:
    new = events.NewEvent(kind, at, "Spring", member, phone)
    return desk.write(lambda session: events.add_event(session, new, desk.owner_id, allow_unattributed=allow))


def reverse(desk: Desk, number: int, reason: str = "typed twice") -> events.ReversedEvent:
    return desk.write(lambda session: events.reverse_event(session, number, reason, desk.owner_id))


def listed(desk: Desk, *, limit: int = 50) -> events.EventPage:
    return desk.read(lambda session: events.list_events(session, Span(desk.zone), limit=limit))


def test_that_an_event_counts_for_the_experiment_that_ran_and_earns_its_bonus(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    made = add(desk, INSTALL, now - timedelta(days=1), member=ANA, phone="(305) 555-0123")
    row = made.event
    assert (row.campaign, row.experiment, row.attribution) == ("Spring", "Scripts", Attribution.RUN)
    assert (row.member, row.lead_id, row.phone, row.call_id) == (ANA, 1, PHONE, None)
    assert (made.bonus_usd, made.warnings) == (Decimal(20), [])
    day = business_date(now - timedelta(days=1), desk.zone)
    assert costs(desk) == [(day, ids.campaign, ids.experiment, "bonus", Decimal(20))]
    assert counts(desk) == {(ids.experiment, INSTALL): 1}


@pytest.mark.parametrize(("kind", "member"), [(INSTALL, None), ("install_attended", ANA)])
def test_that_without_a_member_or_a_rule_there_is_no_bonus(
    desk: Desk, ids: builders.Ids, now: datetime, kind: str, member: str | None
) -> None:
    assert add(desk, kind, now - timedelta(days=1), member=member).bonus_usd is None
    assert costs(desk) == []


def test_that_two_events_that_look_the_same_both_land(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    made = [add(desk, INSTALL, now - timedelta(days=1), phone=PHONE).event.id for _ in range(2)]
    assert len(set(made)) == 2
    assert counts(desk) == {(ids.experiment, INSTALL): 2}


def test_that_a_number_of_no_lead_lands_with_a_warning_that_does_not_name_it(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    made = add(desk, INSTALL, now - timedelta(days=1), phone="+13055550199")
    assert (made.event.lead_id, made.event.phone, made.event.attribution) == (None, "+13055550199", "run")
    sentence = "The number is no lead of this campaign; the event landed without a lead."
    assert made.warnings == [sentence]
    assert batches(desk)[-1] == ("events", 1, 1, ids.campaign, [sentence])


def test_that_an_event_between_two_runs_lands_and_does_not_count(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    builders.move(desk, ids.experiment, "pause", at=now - timedelta(days=1))
    row = add(desk, INSTALL, now - timedelta(hours=1), member=ANA).event
    assert (row.experiment, row.attribution) == (None, Attribution.NO_RUN)
    assert costs(desk) == []


def test_that_an_event_of_a_lead_that_has_left_does_not_count(desk: Desk, ids: builders.Ids) -> None:
    desk.write(lambda session: leads.set_lead_status(session, PHONE, LeadStatusName.DO_NOT_CONTACT))
    row = add(desk, INSTALL, builders.database_now(desk), member=ANA, phone=PHONE).event
    assert (row.experiment, row.attribution) == (None, Attribution.LEAD_EXITED)


def test_that_a_lead_converts_once(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    why = [add(desk, "paid_conversion", now - timedelta(hours=1), phone=PHONE).event.attribution for _ in range(2)]
    assert why == [Attribution.RUN, Attribution.LEAD_EXITED]


def test_that_an_event_before_the_first_run_is_refused_unless_allowed(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    builders.planned_experiment(desk, name="Earlier")
    before = batches(desk)
    with pytest.raises(
        RuleRefused, match=r'first ran .* `capdesk experiment start "Earlier" --at .*Z`, or .* --allow-un'
    ):
        add(desk, INSTALL, now - timedelta(days=3))
    assert (batches(desk), counts(desk)) == (before, {})
    assert add(desk, INSTALL, now - timedelta(days=3), allow=True).event.attribution is Attribution.NO_RUN


def test_that_a_campaign_that_never_ran_says_how_to_take_it_on(desk: Desk, now: datetime) -> None:
    builders.campaign(desk)
    with pytest.raises(RuleRefused, match=r'"Spring" has never run .* `capdesk experiment start NAME --at'):
        add(desk, INSTALL, now)
    builders.planned_experiment(desk)
    with pytest.raises(RuleRefused, match='`capdesk experiment start "Scripts" --at'):
        add(desk, INSTALL, now)
    builders.move(desk, 1, "start", at=now)
    assert add(desk, INSTALL, now).event.experiment == "Scripts"


@pytest.mark.parametrize("kind", ["dial_attempt", "conversation", "qpc"])
def test_that_what_comes_from_calls_is_not_entered_by_hand(
    desk: Desk, ids: builders.Ids, now: datetime, kind: str
) -> None:
    with pytest.raises(UsageRefused, match=f"'{kind}' events come only from dialer calls"):
        add(desk, kind, now - timedelta(days=1))


def test_that_an_event_in_the_future_is_refused_and_leaves_nothing(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    before = batches(desk)
    with pytest.raises(RuleRefused, match="Z lies in the future: record an event once it has happened"):
        add(desk, INSTALL, now + timedelta(days=1))
    assert (batches(desk), counts(desk)) == (before, {})


def test_that_metadata_comes_back_as_it_was_given(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    metadata = {"source": "booth", "price": Decimal("1.50"), "tags": ["a", None, True], "from": {"city": "Zürich"}}
    new = events.NewEvent(INSTALL, now - timedelta(days=1), "Spring", metadata=metadata)
    made = desk.write(lambda session: events.add_event(session, new, desk.owner_id))
    assert made.event.metadata == {**metadata, "price": 1.5}


def test_that_a_reversal_takes_back_count_and_bonus_where_they_were(
    desk: Desk, ids: builders.Ids, now: datetime
) -> None:
    made = add(desk, INSTALL, now - timedelta(days=1), member=ANA).event
    builders.move(desk, ids.experiment, "complete")
    done = reverse(desk, made.id)
    assert (done.event.reason, done.event.reversed_at is None, done.bonus_usd) == ("typed twice", False, Decimal(20))
    place = (business_date(now - timedelta(days=1), desk.zone), ids.campaign, ids.experiment, "bonus")
    assert costs(desk) == [(*place, Decimal(20)), (*place, Decimal(-20))]
    assert bonuses(desk) == [Decimal(20)]
    assert counts(desk) == {(ids.experiment, INSTALL): 0}


def test_that_an_event_is_reversed_once_and_says_why(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    made = add(desk, INSTALL, now - timedelta(days=1)).event
    with pytest.raises(UsageRefused, match="A reversal says why"):
        reverse(desk, made.id, "")
    reverse(desk, made.id)
    with pytest.raises(RuleRefused, match=f"Event {made.id} is reversed already"):
        reverse(desk, made.id)
    with pytest.raises(NotFound, match="There is no event 4000"):
        reverse(desk, 4000)
    assert counts(desk) == {(ids.experiment, INSTALL): 0}


def test_that_an_event_of_a_call_is_reversed_with_its_call(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    Facts(desk).call(ids.campaign, now - timedelta(days=1), "Info", 200)
    for row in listed(desk).events:
        with pytest.raises(RuleRefused, match=f"Event {row.id} is read from call {row.call_id}: reverse the call"):
            reverse(desk, row.id)


def test_that_the_list_holds_events_of_calls_too_newest_first(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    call = Facts(desk).call(ids.campaign, now - timedelta(hours=5), "Schedule", 150, 1)
    late, early = (add(desk, INSTALL, now - timedelta(hours=hours)).event for hours in (1, 9))
    rows = listed(desk).events
    assert [row.id for row in rows] == [late.id, call * 4 + 3, call * 4 + 2, call * 4 + 1, early.id]
    assert [row.event_type for row in rows if row.call_id == call] == ["qpc", "conversation", "dial_attempt"]
    assert rows[0] == late


def test_that_the_list_is_narrowed_by_what_is_asked(desk: Desk, ids: builders.Ids, now: datetime) -> None:
    Facts(desk).call(ids.campaign, now - timedelta(days=1), "No Answer", 3, 1)
    install = add(desk, INSTALL, now - timedelta(days=1)).event.id
    outside = add(desk, INSTALL, now - timedelta(days=5), allow=True).event.id
    builders.campaign(desk, "Autumn")

    def found(first: int | None = None, last: int | None = None, **wanted: object) -> list[int]:
        dates = (None if ago is None else business_date(now - timedelta(days=ago), desk.zone) for ago in (first, last))
        span = Span(desk.zone, *dates)
        page = desk.read(lambda session: events.list_events(session, span, **wanted))  # type: ignore[arg-type]
        return sorted(row.id for row in page.events)

    assert found() == sorted([5, install, outside])
    assert found(campaign="Autumn") == []
    assert found(experiment="Scripts") == sorted([5, install])
    assert found(event_type=EventType.DIAL_ATTEMPT) == found(member=ANA) == [5]
    assert (found(last=3), found(first=3)) == ([outside], sorted([5, install]))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["call", INSTALL])), max_size=4), st.integers(1, 6))
def test_that_a_page_is_the_beginning_of_the_whole_list(
    desk: Desk, ids: builders.Ids, now: datetime, made: list[tuple[int, str]], limit: int
) -> None:
    for hours, kind in made:
        at = now - timedelta(hours=hours)
        if kind == "call":
            Facts(desk).call(ids.campaign, at, "Info", 200)
        else:
            add(desk, kind, at)
    whole, page = listed(desk, limit=100_000), listed(desk, limit=limit)
    assert whole.events == sorted(whole.events, key=lambda row: (row.event_timestamp, row.id), reverse=True)
    assert page.events == whole.events[:limit]
    assert page.more is (len(whole.events) > limit)
    assert sum(counts(desk).values()) == len(whole.events)
