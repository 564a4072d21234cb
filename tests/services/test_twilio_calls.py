"""Twilio's calls beside the imported ones: joined by SID, probable by number and time, and nothing follows from it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.twilio_calls import TwilioCallPage, list_twilio_calls
from tests.support import builders
from tests.support.facts import Facts
from tests.support.sums import costs, counts
from tests.support.twilio_calls import BEN, imported, sid, state, told

SECOND = timedelta(seconds=1)


@pytest.fixture
def noon(desk: Desk) -> datetime:
    return builders.database_now(desk).replace(microsecond=0) - timedelta(hours=30)


@pytest.fixture
def campaign(desk: Desk, noon: datetime) -> int:
    return builders.running_experiment(desk, at=noon - timedelta(days=3)).campaign


def listed(desk: Desk, since: datetime | None = None, until: datetime | None = None, **how: Any) -> TwilioCallPage:
    return desk.read(lambda session: list_twilio_calls(session, since, until, **how))


def matches(desk: Desk, **how: Any) -> dict[str, tuple[str | None, int | None]]:
    return {row.sid: (row.match, row.call_id) for row in listed(desk, **how).calls}


def test_that_the_newest_state_of_each_call_is_listed_with_the_newest_call_first(desk: Desk, noon: datetime) -> None:
    told(desk, state(1, noon, duration_s=200), state(2, noon + SECOND))
    told(desk, state(1, noon, duration_s=200, price_usd=Decimal("0.014"), recording_sid="RE1"))
    page = listed(desk)
    assert [(row.sid, row.price_usd, row.recording_sid) for row in page.calls] == [
        (sid(2), None, None),
        (sid(1), Decimal("0.014000"), "RE1"),
    ]
    assert (page.calls[1].match, page.calls[1].call_id, page.more) == (None, None, False)


def test_that_since_is_inclusive_and_until_is_not(desk: Desk, noon: datetime) -> None:
    told(desk, *(state(n, noon + n * SECOND) for n in range(4)))
    page = listed(desk, noon + SECOND, noon + 3 * SECOND)
    assert [row.sid for row in page.calls] == [sid(2), sid(1)]


def test_that_a_long_list_is_cut(desk: Desk, noon: datetime) -> None:
    told(desk, *(state(n, noon + n * SECOND) for n in range(4)))
    page = listed(desk, limit=3)
    assert ([row.sid for row in page.calls], page.more) == ([sid(3), sid(2), sid(1)], True)
    assert listed(desk, limit=4).more is False


@pytest.mark.parametrize("where", ["source_id", "metadata_json"])
def test_that_a_call_that_names_the_sid_is_joined_whatever_its_number_and_time(
    desk: Desk, campaign: int, noon: datetime, where: str
) -> None:
    told(desk, state(1, noon))
    named = sid(1) if where == "source_id" else f'{{"Call SID": "{sid(1)}", "n": 1}}'
    number = imported(desk, campaign, noon - timedelta(days=1), BEN, **{where: named})
    assert matches(desk) == {sid(1): ("joined", number)}


def test_that_only_a_value_that_is_exactly_the_sid_joins(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, state(1, noon))
    for place, note in enumerate((f"see {sid(1)}", sid(1)[:-1], sid(1).upper())):
        imported(desk, campaign, noon + place * SECOND, BEN, metadata_json=f'{{"note": "{note}"}}')
    assert matches(desk) == {sid(1): (None, None)}


@pytest.mark.parametrize(("seconds", "match"), [(-120, "probable"), (120, "probable"), (-121, None), (121, None)])
def test_that_the_same_number_within_two_minutes_is_probable(
    desk: Desk, campaign: int, noon: datetime, seconds: int, match: str | None
) -> None:
    told(desk, state(1, noon))
    number = imported(desk, campaign, noon + seconds * SECOND)
    assert matches(desk) == {sid(1): (match, number if match else None)}


def test_that_another_number_or_none_is_not_probable(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, state(1, noon), state(2, noon, phone_key=None))
    imported(desk, campaign, noon, BEN)
    imported(desk, campaign, noon, None)
    assert set(matches(desk).values()) == {(None, None)}


def test_that_probable_is_one_to_one_and_nearest(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, state(1, noon), state(2, noon + 60 * SECOND), state(3, noon + 90 * SECOND))
    first = imported(desk, campaign, noon + 5 * SECOND)
    second = imported(desk, campaign, noon + 65 * SECOND)
    assert matches(desk) == {sid(1): ("probable", first), sid(2): ("probable", second), sid(3): (None, None)}


def test_that_the_page_that_is_looked_at_changes_no_match(desk: Desk, campaign: int, noon: datetime) -> None:
    """The nearer call lies outside the page, and is the nearer one all the same."""
    told(desk, state(1, noon), state(2, noon + 70 * SECOND))
    number = imported(desk, campaign, noon + 60 * SECOND)
    whole = matches(desk)
    assert whole == {sid(1): (None, None), sid(2): ("probable", number)}
    assert {row.sid: (row.match, row.call_id) for row in listed(desk, None, noon + SECOND).calls} == {
        sid(1): (None, None)
    }
    assert matches(desk, limit=1) == {sid(2): ("probable", number)}


def test_that_a_call_that_names_another_sid_is_never_probable(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, state(1, noon))
    imported(desk, campaign, noon, source_id=sid(8))
    imported(desk, campaign, noon + SECOND, metadata_json=f'{{"sid": "{sid(9)}"}}')
    assert matches(desk) == {sid(1): (None, None)}


def test_that_a_call_that_is_joined_leaves_the_probable_one_to_others(
    desk: Desk, campaign: int, noon: datetime
) -> None:
    told(desk, state(1, noon), state(2, noon + 30 * SECOND))
    by_sid = imported(desk, campaign, noon, source_id=sid(1))
    near = imported(desk, campaign, noon + SECOND)
    assert matches(desk) == {sid(1): ("joined", by_sid), sid(2): ("probable", near)}


def test_that_a_reversed_call_is_not_probable(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, state(1, noon))
    Facts(desk).reverse("call", imported(desk, campaign, noon))
    assert matches(desk) == {sid(1): (None, None)}


def test_that_unmatched_lists_only_calls_beside_no_import(desk: Desk, campaign: int, noon: datetime) -> None:
    told(desk, *(state(n, noon + n * timedelta(hours=1)) for n in range(5)))
    imported(desk, campaign, noon + timedelta(hours=4))
    imported(desk, campaign, noon, source_id=sid(3))
    page = listed(desk, unmatched=True, limit=2)
    assert ([row.sid for row in page.calls], page.more) == ([sid(2), sid(1)], True)


def test_that_a_call_of_twilio_makes_no_event_no_cost_and_no_campaign_call(
    desk: Desk, campaign: int, noon: datetime
) -> None:
    number = imported(desk, campaign, noon)
    before = costs(desk), counts(desk), desk.read(_calls)
    told(desk, state(1, noon, price_usd=Decimal(9)), state(2, noon + timedelta(hours=1), price_usd=Decimal(9)))
    assert matches(desk)[sid(1)] == ("probable", number)
    assert (costs(desk), counts(desk), desk.read(_calls)) == before


def _calls(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM call")) or 0)
