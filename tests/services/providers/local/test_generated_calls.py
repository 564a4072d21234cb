"""Generated calls: the same ones every time, in any page, and what a book of them in memory would answer."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.services.providers.local.twilio_books import CallBook, MemoryBook, UnknownToken, Wanted
from capdesk.services.providers.local.twilio_generated import GeneratedCalls
from capdesk.services.providers.local.twilio_records import call_record, made_sid

NORTH, SOUTH = made_sid("AC", "north"), made_sid("AC", "south")
FIRST = date(2026, 2, 27)
OPENS = datetime(2026, 2, 27, 13, 0, tzinfo=UTC)
ALL = Wanted()


def generated(days: int = 4, calls_per_day: int = 60, seed: int = 7) -> GeneratedCalls:
    return GeneratedCalls(seed, (NORTH, SOUTH), FIRST, days, calls_per_day)


def everything(book: CallBook, account: str, wanted: Wanted = ALL, size: int = 100) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = book.page(account, wanted, after, size)
        assert len(page.rows) <= size
        found += map(json.loads, page.rows)
        if not page.more:
            return found
        after = page.last


GENERATED = generated()
CALLS = MemoryBook(row for account in (NORTH, SOUTH) for row in everything(GENERATED, account))
RECORDINGS = MemoryBook(
    (row for account in (NORTH, SOUTH) for row in everything(GENERATED.recordings, account)), by="date_created"
)
moments = st.none() | st.integers(-60, 4 * 24 * 60).map(lambda minutes: OPENS + timedelta(minutes=minutes, seconds=7))


def test_that_the_same_arguments_make_the_same_calls() -> None:
    assert everything(generated(), NORTH) == everything(GENERATED, NORTH)
    assert everything(generated(seed=8), NORTH) != everything(GENERATED, NORTH)
    sids = {row["sid"] for account in (NORTH, SOUTH) for row in everything(GENERATED, account)}
    assert len(sids) == len(GENERATED) == 480


@settings(max_examples=60, deadline=None)
@given(
    account=st.sampled_from([NORTH, SOUTH, made_sid("AC", "nobody")]),
    since=moments,
    before=moments,
    status=st.sampled_from([None, "completed", "busy", "ringing"]),
    size=st.integers(1, 90),
)
def test_that_they_are_paged_like_calls_in_memory(
    account: str, since: datetime | None, before: datetime | None, status: str | None, size: int
) -> None:
    wanted = Wanted(since, before, {"status": status} if status else {})
    in_memory = everything(CALLS, account, wanted, size)
    assert sorted(everything(GENERATED, account, wanted, size), key=sid_of) == sorted(in_memory, key=sid_of)
    times = [datetime.strptime(row["start_time"], "%a, %d %b %Y %H:%M:%S %z") for row in in_memory]
    assert times == sorted(times, reverse=True)
    recordings = everything(GENERATED.recordings, account, Wanted(since, before), size)
    assert sorted(recordings, key=sid_of) == sorted(
        everything(RECORDINGS, account, Wanted(since, before), size), key=sid_of
    )


def sid_of(row: dict[str, Any]) -> str:
    return str(row["sid"])


def test_that_a_generated_call_has_the_shape_of_any_other() -> None:
    by_hand = call_record(NORTH, made_sid("CA", 1), OPENS, duration=30, cost="0.014", answered_by="human")
    for row in everything(GENERATED, NORTH):
        assert row.keys() == by_hand.keys()
        again = call_record(
            NORTH,
            row["sid"],
            datetime.strptime(row["start_time"], "%a, %d %b %Y %H:%M:%S %z"),
            duration=int(row["duration"]),
            cost=row["price"] and row["price"].removeprefix("-"),
            to=row["to"],
            from_=row["from"],
            **{name: row[name] for name in ("status", "answered_by", "phone_number_sid")},
        )
        assert row == again


def test_that_some_calls_are_recorded_some_unrated_some_failed() -> None:
    book = GeneratedCalls(1, NORTH, FIRST, 10, 500)
    rows = everything(book, NORTH, size=1_000)
    kinds = Counter(row["status"] for row in rows)
    assert kinds.keys() == {"completed", "no-answer", "busy", "failed", "canceled"}
    assert 0.55 < kinds["completed"] / len(rows) < 0.7
    spoken = {row["sid"]: row for row in rows if row["status"] == "completed"}
    assert all(row["price"] is None for row in rows if row["sid"] not in spoken)
    unrated = [row for row in spoken.values() if row["price"] is None]
    assert 0.005 < len(unrated) / len(spoken) < 0.04
    recorded = [row["call_sid"] for row in everything(book.recordings, NORTH)]
    long = {sid for sid, row in spoken.items() if int(row["duration"]) >= 150}
    assert long < set(recorded) <= spoken.keys()
    book.rate_all()
    assert all(row["price"] for row in everything(book, NORTH) if row["status"] == "completed")


def test_that_a_change_holds_for_one_call() -> None:
    book = generated()
    before = everything(book, SOUTH)
    book.change(before[5]["sid"], price="-9.00000")
    after = everything(book, SOUTH)
    assert after == [*before[:5], before[5] | {"price": "-9.00000"}, *before[6:]]
    with pytest.raises(KeyError):
        book.change(made_sid("CA", "unknown"), price=None)


def test_that_recordings_can_be_asked_by_call() -> None:
    some = everything(GENERATED.recordings, SOUTH)[3]
    wanted = Wanted(equal={"call_sid": some["call_sid"]})
    assert everything(GENERATED.recordings, SOUTH, wanted) == [some]
    assert everything(GENERATED.recordings, NORTH, wanted) == []


@pytest.mark.parametrize("after", ["CA", made_sid("CA", "unknown"), "CA" + "0" * 32])
def test_that_nothing_continues_after_a_call_that_never_was(after: str) -> None:
    with pytest.raises(UnknownToken):
        GENERATED.page(NORTH, ALL, after, 10)


def test_that_a_billion_calls_need_no_more_room_than_ten() -> None:
    book = GeneratedCalls(1, NORTH, FIRST, 1_000, 1_000_000)
    page = book.page(NORTH, Wanted(before=OPENS + timedelta(days=500)), None, 1_000)
    assert (len(page.rows), page.more) == (1_000, True)
    assert json.loads(page.rows[0])["start_time"] == "Sun, 11 Jul 2027 22:59:59 +0000"
