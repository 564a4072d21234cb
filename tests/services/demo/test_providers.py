"""The demo's own Twilio answers as the real one would: what has happened, and prices that come late."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest

from capdesk.services.demo.files import DemoTold, told
from capdesk.services.demo.providers import StoryCalls
from capdesk.services.demo.story import TWILIO_ROOFERS
from capdesk.services.providers.local.twilio_books import Wanted

TODAY = date(2026, 11, 21)  # a Saturday
FRIDAY = datetime.combine(TODAY - timedelta(days=1), time.min, UTC)


@pytest.fixture(scope="module")
def tale() -> DemoTold:
    return told(today=TODAY, seed=1)


def newest(book: StoryCalls, size: int = 2000) -> list[dict[str, str | None]]:
    return [json.loads(row) for row in book.page(TWILIO_ROOFERS, Wanted(), None, size).rows]


def days(records: list[dict[str, str | None]]) -> list[str]:
    return [str(record["start_time"])[:11] for record in records]


def test_that_twilio_knows_no_call_that_was_not_made_yet(tale: DemoTold) -> None:
    book = StoryCalls(tale.calls, tale.seed, at=FRIDAY)
    assert days(newest(book))[0] == "Thu, 19 Nov"
    assert days([json.loads(row) for row in book.page(TWILIO_ROOFERS, Wanted(before=FRIDAY), None, 1).rows]) == [
        "Thu, 19 Nov"
    ]
    book.at = tale.story.over_at
    assert days(newest(book))[0] == "Fri, 20 Nov"


def test_that_only_the_newest_calls_have_no_price_yet_and_get_it_the_morning_after(tale: DemoTold) -> None:
    book = StoryCalls(tale.calls, tale.seed, at=FRIDAY)

    def unpriced() -> set[str]:
        return set(days([one for one in newest(book) if one["status"] == "completed" and one["price"] is None]))

    assert unpriced() == {"Thu, 19 Nov"}
    book.at = tale.story.over_at
    assert unpriced() == {"Fri, 20 Nov"}
    book.at = datetime.max.replace(tzinfo=UTC)
    assert unpriced() == set()
