"""Twilio's calls read by the real client from a local Twilio: every call that started, once, with the price it has."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable, UsageRefused
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.providers.local.http import Answer, Cut, Instead, nth
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import call_record, made_sid, recording_record, rfc2822
from capdesk.services.providers.local.twilio_wire import error, service_unavailable, too_many_requests
from capdesk.services.providers.pull import Account, CallSource, Span, TwilioCallState
from capdesk.services.providers.pull_fakes import FakeCalls, call_state
from capdesk.services.providers.twilio_api import TwilioCalls
from tests.services.providers.twilio_support import (
    ATTEMPTS,
    LOGIN,
    MAIN,
    NOW,
    QUICK,
    SUB,
    TOKEN,
    a_twilio,
    changed,
    no_waiting,
    small_pages,
)

DAY = date(2026, 11, 18)
SPAN = Span(DAY - timedelta(days=1), DAY)
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
PHONES = PhoneBook(b"key")
CALLS = "Calls.json"


@pytest.fixture(autouse=True)
def retries_at_once() -> Iterator[None]:
    with no_waiting():
        yield


def sid(number: int) -> str:
    return made_sid("CA", number)


def a_call(number: int, at: datetime | None = NOON, **fields: Any) -> dict[str, Any]:
    return call_record(MAIN, sid(number), at, **fields)


@pytest.fixture
def twilio() -> Iterator[LocalTwilio]:
    calls = [a_call(number, NOON - timedelta(hours=number), cost="0.014", duration=60 * number) for number in range(12)]
    with a_twilio(calls=[*calls, call_record(SUB, sid(99), NOON)]) as running:
        yield running
        assert running.server.errors == []


def calls_of(twilio: LocalTwilio) -> TwilioCalls:
    return TwilioCalls(LOGIN, clock=NOW, phone_key=PHONES.look_up, base_url=twilio.url, patience=QUICK)


def read(source: CallSource, account: str = MAIN, span: Span = SPAN) -> list[TwilioCallState]:
    return [call for page in source.calls(Account(account, ""), span, lambda _rows: None) for call in page]


def only(record: dict[str, Any], *recordings: dict[str, Any]) -> TwilioCallState:
    with a_twilio(calls=[record], recordings=recordings) as twilio:
        (state,) = read(calls_of(twilio))
        return state


def sentence(kind: type[CapdeskError], twilio: LocalTwilio) -> str:
    with pytest.raises(kind, match=r"^[A-Z][^\n]*\.$") as raised:
        read(calls_of(twilio))
    assert TOKEN not in repr(raised.value)
    return str(raised.value)


class CallSourceContract:
    """The same for a fake and for the real client; `source` knows three calls, see `_known`."""

    def test_that_every_call_of_the_span_comes_once(self, source: CallSource) -> None:
        assert [call.sid for call in read(source)] == [sid(2), sid(1)]

    def test_that_a_day_goes_from_midnight_to_midnight_in_utc(self, source: CallSource) -> None:
        assert [call.sid for call in read(source, span=Span(DAY, DAY))] == [sid(2)]
        assert [call.sid for call in read(source, span=Span(DAY - timedelta(days=2), DAY - timedelta(days=2)))] == []

    def test_that_only_the_account_asked_is_read(self, source: CallSource) -> None:
        assert [call.sid for call in read(source, SUB)] == [sid(3)]

    def test_that_progress_is_told_in_rows_and_stops_the_pull(self, source: CallSource) -> None:
        told: list[int] = []
        for _ in source.calls(Account(MAIN, ""), SPAN, told.append):
            pass
        assert told[-1] == 2

        def stop(_rows: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(source.calls(Account(MAIN, ""), SPAN, stop))


_known = {
    sid(1): (MAIN, datetime(2026, 11, 17, tzinfo=UTC)),
    sid(2): (MAIN, datetime(2026, 11, 18, 23, 59, 59, tzinfo=UTC)),
    sid(3): (SUB, NOON),
    sid(4): (MAIN, datetime(2026, 11, 19, tzinfo=UTC)),
}


class TestFakeCalls(CallSourceContract):
    @pytest.fixture
    def source(self) -> FakeCalls:
        fake = FakeCalls(page_size=1)
        for name, (account, at) in _known.items():
            fake.state(call_state(name, account, at))
        return fake


class TestTwilioCalls(CallSourceContract):
    @pytest.fixture
    def source(self) -> Iterator[TwilioCalls]:
        with a_twilio(calls=[call_record(account, name, at) for name, (account, at) in _known.items()]) as twilio:
            small_pages(twilio, 1)
            yield calls_of(twilio)


def test_that_all_that_twilio_says_of_a_call_is_taken() -> None:
    record = a_call(7, cost="0.02800", duration=200, answered_by="human", parent_call_sid=sid(6))
    recording = recording_record(MAIN, made_sid("RE", 1), sid(7), NOON)
    assert only(record, recording) == TwilioCallState(
        sid=sid(7),
        parent_sid=sid(6),
        account=MAIN,
        direction="outbound-api",
        status="completed",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=200),
        duration_s=200,
        price_usd=Decimal("0.028000"),
        answered_by="human",
        own_number="+15025550100",
        phone="+18595550100",
        phone_key=PHONES.key_of("+18595550100"),
        recording_sid=made_sid("RE", 1),
    )


def test_that_it_asks_for_whole_days_in_utc_with_its_recordings_first(twilio: LocalTwilio) -> None:
    read(calls_of(twilio))
    recordings, calls = twilio.server.requests
    assert recordings.path == f"/2010-04-01/Accounts/{MAIN}/Recordings.json"
    assert recordings.query == {
        "DateCreated>": ["2026-11-17T00:00:00Z"],
        "DateCreated<": ["2026-11-20T00:00:00Z"],
        "PageSize": ["1000"],
    }
    assert calls.path == f"/2010-04-01/Accounts/{MAIN}/{CALLS}"
    assert calls.query == {
        "StartTime>": ["2026-11-17T00:00:00Z"],
        "StartTime<": ["2026-11-19T00:00:00Z"],
        "PageSize": ["1000"],
    }


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        *(("-0.01400", "0.014000"), ("0", "0.000000"), ("-0", "0.000000"), (None, None), (-0.1, "0.100000")),
        *((-1, "1.000000"), ("-0.0000005", "0.000000"), ("-0.0000015", "0.000002"), ("0.5", "-0.500000")),
    ],
)
def test_that_a_price_is_what_the_call_cost_exactly(price: Any, cost: str | None) -> None:
    known = only(a_call(1, price=price)).price_usd
    assert known == (None if cost is None else Decimal(cost))
    assert cost is None or f"{known}" == cost


def test_that_a_late_price_is_there_when_it_is_asked_for_again() -> None:
    with a_twilio(calls=[a_call(1)]) as twilio:
        assert [call.price_usd for call in read(calls_of(twilio))] == [None]
        twilio.rate_call(sid(1), "0.014")
        assert [call.price_usd for call in read(calls_of(twilio))] == [Decimal("0.014000")]


@pytest.mark.parametrize(
    ("direction", "other"),
    [
        *(("outbound-api", "+18595550100"), ("outbound-dial", "+18595550100"), ("inbound", "+15025550100")),
        *(("trunking-terminating", "+18595550100"), ("trunking-originating", "+15025550100")),
    ],
)
def test_that_the_phone_is_the_other_side(direction: str, other: str) -> None:
    call = only(a_call(1, direction=direction))
    assert call.phone == other
    assert {call.phone, call.own_number} == {"+18595550100", "+15025550100"}
    assert call.phone_key == PHONES.key_of(other)


@pytest.mark.parametrize(
    "text", ["client:ana", "sip:ana@example.com", "Anonymous", "18595550100", "+1", "+15550001234"]
)
def test_that_what_is_no_valid_number_stays_text_without_a_key(text: str) -> None:
    call = only(a_call(1, to=text))
    assert (call.phone, call.phone_key) == (text, None)


@pytest.mark.parametrize("absent", [None, ""])
def test_that_a_side_that_is_not_known_is_none(absent: str | None) -> None:
    call = only(call_record(MAIN, sid(1), NOON) | {"to": absent, "from": absent})
    assert (call.phone, call.phone_key, call.own_number) == (None, None, None)


def test_that_a_key_that_cannot_be_had_is_no_key() -> None:
    def nobody(_number: str) -> tuple[str, UUID] | None:
        return None

    with a_twilio(calls=[a_call(1)]) as twilio:
        source = TwilioCalls(LOGIN, clock=NOW, phone_key=nobody, base_url=twilio.url, patience=QUICK)
        assert [(call.phone, call.phone_key) for call in read(source)] == [("+18595550100", None)]


@pytest.mark.parametrize(("seconds", "kept"), [(149, False), (150, True)])
def test_that_the_recording_is_kept_from_150_seconds_on(seconds: int, kept: bool) -> None:
    recording = recording_record(MAIN, made_sid("RE", 1), sid(1), NOON)
    assert (only(a_call(1, duration=seconds), recording).recording_sid is not None) == kept


def test_that_of_several_recordings_the_first_that_is_still_there_is_kept() -> None:
    recordings = [
        recording_record(MAIN, made_sid("RE", n), sid(1), NOON + timedelta(seconds=n), status=status)
        for n, status in enumerate(("deleted", "absent", "completed", "completed", "processing"))
    ]
    recordings.append(recording_record(MAIN, made_sid("RE", 9), sid(2), NOON))
    recordings.append(recording_record(MAIN, made_sid("RE", 10), sid(1), NOON) | {"call_sid": None})
    assert only(a_call(1, duration=300), *recordings).recording_sid == made_sid("RE", 2)


def test_that_a_call_that_has_not_started_is_left_out() -> None:
    waiting = a_call(1, None, status="queued", date_created=rfc2822(NOON))
    under_way = a_call(3, status="in-progress") | {"duration": None, "end_time": None}
    with a_twilio(calls=[waiting, a_call(2), under_way]) as twilio:
        source = calls_of(twilio)
        assert {(call.sid, call.ended_at is None, call.duration_s) for call in read(source)} == {
            (sid(2), False, 0),
            (sid(3), True, 0),
        }


def test_that_a_moment_with_another_offset_is_brought_to_utc() -> None:
    record = a_call(1, start_time="Wed, 18 Nov 2026 07:00:00 -0500", end_time="Wed, 18 Nov 2026 08:00:00 -0500")
    call = only(record)
    assert (call.started_at, call.ended_at) == (NOON, NOON + timedelta(hours=1))
    assert call.started_at.tzinfo is UTC


@pytest.mark.parametrize(
    "name",
    [
        *("sid", "account_sid", "status", "direction", "parent_call_sid", "to", "from", "start_time", "end_time"),
        *("duration", "answered_by", "price", "price_unit"),
    ],
)
def test_that_a_missing_field_is_refused_by_name(twilio: LocalTwilio, name: str) -> None:
    changed(twilio, lambda body: body["calls"][3].pop(name) and None, CALLS)
    assert f"the field '{name}' is missing" in sentence(ProviderRefused, twilio)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sid", None), ("sid", 7), ("sid", "CA12"), ("account_sid", SUB), ("status", None), ("direction", None)),
        *(("direction", "sideways"), ("parent_call_sid", 7), ("to", ["+1"]), ("from", 1305), ("answered_by", {})),
        *(("start_time", 1795000000), ("start_time", "2026-11-18T12:00:00Z"), ("start_time", "Wed, 18 Nov 2026")),
        *(("start_time", "Wed, 31 Nov 2026 12:00:00 +0000"), ("start_time", "Wed, 18 Nov 2026 12:00:00 -0000")),
        *(("start_time", "Thu, 19 Nov 2026 00:00:00 +0000"), ("start_time", "Mon, 16 Nov 2026 23:59:59 +0000")),
        *(("end_time", "later"), ("duration", 60), ("duration", "1:00"), ("duration", None), ("duration", "-1")),
        *(("duration", "9" * 9), ("price", "abc"), ("price", "1e30"), ("price", True), ("price", "-500000000")),
    ],
)
def test_that_a_field_of_another_kind_is_refused_by_name(twilio: LocalTwilio, name: str, value: Any) -> None:
    changed(twilio, lambda body: body["calls"][3].update({name: value}), CALLS)
    assert f"the field '{name}' is" in sentence(ProviderRefused, twilio)


@pytest.mark.parametrize("name", ["to", "from"])
def test_that_no_sentence_tells_a_number(twilio: LocalTwilio, name: str) -> None:
    """What is said of a pull is kept for good, and a number must be erasable."""
    changed(twilio, lambda body: body["calls"][3].update({name: 13055550188}), CALLS)
    assert "13055550188" not in sentence(ProviderRefused, twilio)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sid", None), ("sid", "RE1"), ("call_sid", "CA1"), ("call_sid", 7), ("date_created", None)),
        *(("date_created", "today"), ("status", ...)),
    ],
)
def test_that_a_recording_of_another_shape_is_refused_by_name(name: str, value: Any) -> None:
    with a_twilio(recordings=[recording_record(MAIN, made_sid("RE", 1), sid(1), NOON)]) as twilio:

        def change(body: dict[str, Any]) -> None:
            body["recordings"][0][name] = value
            if value is ...:
                del body["recordings"][0][name]

        changed(twilio, change, "Recordings.json")
        assert f"the field '{name}' is" in sentence(ProviderRefused, twilio)


def test_that_added_fields_change_nothing(twilio: LocalTwilio) -> None:
    before = read(calls_of(twilio))
    changed(twilio, lambda body: [call.update({"mood": {"good": 0.5}}) for call in body["calls"]] and None, CALLS)
    assert read(calls_of(twilio)) == before


def test_that_another_currency_refuses_the_pull(twilio: LocalTwilio) -> None:
    twilio.change_currency("EUR")
    said = sentence(ProviderRefused, twilio)
    assert "'EUR'; only US dollars" in said
    assert MAIN in said


@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 13])
def test_that_pages_of_any_size_bring_the_same_calls(twilio: LocalTwilio, size: int) -> None:
    whole = read(calls_of(twilio))
    small_pages(twilio, size)
    assert read(calls_of(twilio)) == whole
    assert len(whole) == 12


@pytest.mark.parametrize("answer", [too_many_requests(1), service_unavailable()])
def test_that_a_passing_fault_on_the_second_page_changes_nothing(twilio: LocalTwilio, answer: Answer) -> None:
    small_pages(twilio, 5)
    whole = read(calls_of(twilio))
    twilio.server.fault = nth(2, Instead(answer), times=ATTEMPTS - 1, path=CALLS)
    assert read(calls_of(twilio)) == whole


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_that_a_connection_cut_at_any_byte_of_any_page_changes_nothing(
    twilio: LocalTwilio, page: int, how: Literal["fin", "rst"]
) -> None:
    small_pages(twilio, 5)
    whole = read(calls_of(twilio))
    for after in (0, 1, 16, 40, 80, 100, 130, 1000, 3000, 4000):
        twilio.server.fault = nth(page, Cut(after, how), path=CALLS)
        assert read(calls_of(twilio)) == whole, after


def test_that_a_page_that_stays_away_ends_in_a_sentence_after_the_pages_before_it(twilio: LocalTwilio) -> None:
    small_pages(twilio, 5)
    twilio.server.fault = nth(2, Cut(300, "hang"), times=ATTEMPTS, path=CALLS)
    pages = calls_of(twilio).calls(Account(MAIN, ""), SPAN, lambda _rows: None)
    assert len(next(pages)) == 5
    with pytest.raises(ProviderUnavailable, match="did not answer for the calls of AC"):
        next(pages)


def test_that_a_token_that_expires_between_two_pages_ends_the_pull(twilio: LocalTwilio) -> None:
    small_pages(twilio, 5)
    pages = calls_of(twilio).calls(Account(MAIN, ""), SPAN, lambda _rows: None)
    next(pages)
    twilio.revoke_token("another")
    with pytest.raises(ProviderRefused, match="refused the account SID or the token"):
        next(pages)


def test_that_a_closed_subaccount_that_is_gone_is_told(twilio: LocalTwilio) -> None:
    twilio.server.fault = lambda _request: Instead(error(404, 20404, "not found"))
    assert "may have been closed for good" in sentence(ProviderRefused, twilio)


def test_that_pages_in_a_circle_are_refused(twilio: LocalTwilio) -> None:
    def circle(body: dict[str, Any]) -> None:
        body["next_page_uri"] = body["first_page_uri"]

    small_pages(twilio, 5)
    changed(twilio, circle, CALLS)
    assert "repeats itself" in sentence(ProviderRefused, twilio)


def test_that_whoever_gives_a_pull_up_does_not_wait_for_the_page_under_way(twilio: LocalTwilio) -> None:
    small_pages(twilio, 5)
    twilio.server.fault = nth(2, Cut(300, "hang"), times=9, path=CALLS)
    patient = replace(QUICK, limits=replace(QUICK.limits, silence_s=60, answer_s=60))
    source = TwilioCalls(LOGIN, clock=NOW, phone_key=PHONES.look_up, base_url=twilio.url, patience=patient)
    pages = source.calls(Account(MAIN, ""), SPAN, lambda _rows: None)
    assert len(next(pages)) == 5
    deadline = time.monotonic() + 20
    while len(twilio.server.requests) < 3 and time.monotonic() < deadline:
        pass
    assert isinstance(pages, Generator)
    pages.close()
    assert time.monotonic() < deadline


def test_that_what_would_be_asked_is_told_with_its_addresses() -> None:
    source = TwilioCalls(LOGIN, clock=NOW, phone_key=PHONES.look_up)
    recordings, calls = (question.asked for question in source.explain(Account(SUB, ""), SPAN))
    assert recordings.endswith("Recordings.json?DateCreated>=2026-11-17T00:00:00Z&DateCreated<=2026-11-20T00:00:00Z"
                               "&PageSize=1000")  # fmt: skip
    assert calls.endswith("Calls.json?StartTime>=2026-11-17T00:00:00Z&StartTime<=2026-11-19T00:00:00Z&PageSize=1000")
    assert TOKEN not in recordings + calls


def test_that_a_base_url_must_be_safe() -> None:
    with pytest.raises(UsageRefused, match="must begin with https"):
        TwilioCalls(LOGIN, clock=NOW, phone_key=PHONES.look_up, base_url="http://example.com")


seconds = st.integers(0, 2 * 86_400 - 1)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(second=seconds, offset=offsets)
def test_that_a_moment_is_the_same_in_whatever_offset_it_is_written(second: int, offset: timezone) -> None:
    moment = datetime(2026, 11, 17, tzinfo=UTC) + timedelta(seconds=second)
    local = moment.astimezone(offset)
    text = f"{rfc2822(local.replace(tzinfo=UTC)).removesuffix('+0000')}{local:%z}"
    with a_twilio(calls=[a_call(1, moment) | {"start_time": text}]) as twilio:
        assert [call.started_at for call in read(calls_of(twilio))] == [moment]
