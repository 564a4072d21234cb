"""The local Twilio, asked by Twilio's own client: who may ask, what it answers, how it pages, and what can go wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from capdesk.services.providers.local.http import Cut, Drip, Fault, Instead, Late, Request, json_answer, no_fault, nth
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_books import MemoryBook
from capdesk.services.providers.local.twilio_records import (
    account_record,
    call_record,
    made_sid,
    recording_record,
    usage_day,
    usage_record,
)
from capdesk.services.providers.local.twilio_wire import service_unavailable, too_many_requests

MAIN, TOKEN = made_sid("AC", "main"), "0123456789abcdef0123456789abcdef"
NORTH, SOUTH = made_sid("AC", "north"), made_sid("AC", "south")
KEY, SECRET = made_sid("SK", "key"), "fedcba9876543210"
MONDAY = date(2026, 11, 16)
NINE = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ENVELOPE = {"first_page_uri", "next_page_uri", "previous_page_uri", "uri", "page", "page_size", "start", "end"}


def sid(n: int) -> str:
    return made_sid("CA", n)


def calls(count: int) -> list[dict[str, Any]]:
    """One a minute from nine o'clock on; every third is busy."""
    return [
        call_record(
            MAIN, sid(n), NINE + n * MINUTE, duration=40, **({"status": "busy"} if n % 3 == 0 else {"cost": "0.014"})
        )
        for n in range(count)
    ]


def subaccounts() -> list[dict[str, Any]]:
    return [account_record(NORTH, "North"), account_record(SOUTH, "South", status="suspended")]


def usage() -> list[dict[str, Any]]:
    """Three days of three accounts; the parts do not make the total."""
    return [
        record
        for n, account in enumerate((MAIN, NORTH, SOUTH), start=1)
        for ago in range(3)
        for record in usage_day(account, MONDAY - ago * DAY, f"{n}.00001", {"calls": f"{n}", "recordings": "0.5"})
    ]


@contextmanager
def asked(twilio: LocalTwilio, *who: str, timeout: float = 5.0) -> Iterator[Client]:
    """Twilio's client, as `who` (by default the main account); its connections are closed again."""
    http = TwilioHttpClient(timeout=timeout)
    http.session.trust_env = False
    made = Client(*(who or (MAIN, TOKEN)), http_client=http, environment={"EMPTY": ""})
    made.api.base_url = twilio.url
    try:
        yield made
    finally:
        http.session.close()


def get(twilio: LocalTwilio, path: str, auth: tuple[str, str] = (MAIN, TOKEN), /, **query: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{twilio.url}/2010-04-01/{path}", params=query, auth=auth, timeout=5)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalTwilio]:
    """A Twilio that no test changes."""
    with LocalTwilio(
        MAIN,
        TOKEN,
        subaccounts=subaccounts(),
        usage=usage(),
        calls=[*calls(130), call_record(NORTH, sid(500), NINE)],
        recordings=[recording_record(MAIN, made_sid("RE", n), sid(n), NINE + n * MINUTE) for n in range(3)],
        key_sid=KEY,
        secret=SECRET,
    ) as made:
        yield made


@pytest.fixture
def twilio(running: LocalTwilio) -> Iterator[LocalTwilio]:
    running.server.forget_requests()
    yield running
    running.server.fault = no_fault


@pytest.fixture
def own() -> Iterator[LocalTwilio]:
    """A Twilio that the test may change."""
    with LocalTwilio(MAIN, TOKEN, subaccounts=subaccounts(), usage=usage(), calls=calls(3)) as made:
        yield made


# Accounts, and who may ask


def test_that_accounts_are_the_main_one_and_its_subaccounts(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        found = {a.sid: (a.friendly_name, a.status, a.owner_account_sid) for a in ask.api.accounts.list()}
        assert found == {
            MAIN: ("Main account", "active", MAIN),
            NORTH: ("North", "active", MAIN),
            SOUTH: ("South", "suspended", MAIN),
        }
        assert [a.sid for a in ask.api.accounts.list(status="suspended")] == [SOUTH]
        assert [a.sid for a in ask.api.accounts.list(page_size=1)] == [MAIN, NORTH, SOUTH]
        assert ask.api.accounts(NORTH).fetch().auth_token == account_record(NORTH, "North")["auth_token"]


def test_that_a_wrong_token_is_refused_with_20003(twilio: LocalTwilio) -> None:
    with asked(twilio, MAIN, "wrong") as ask:
        with pytest.raises(TwilioException) as listing:
            ask.calls.list()
        assert type(listing.value) is TwilioException
        assert (listing.value.args[0], listing.value.args[1].status_code) == ("Unable to fetch page", 401)
        assert json.loads(listing.value.args[1].text)["code"] == 20003
        with pytest.raises(TwilioRestException) as fetching:
            ask.balance.fetch()
        assert (fetching.value.status, fetching.value.code) == (401, 20003)


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Bearer abc", "Basic AAAA"])
def test_that_whoever_does_not_say_who_they_are_is_refused(twilio: LocalTwilio, header: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{twilio.url}/2010-04-01/Accounts.json", headers={"Authorization": header}, timeout=5)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Twilio API"')


def test_that_an_api_key_opens_what_the_token_opens(twilio: LocalTwilio) -> None:
    with asked(twilio, KEY, SECRET, MAIN) as ask:
        assert len(ask.calls.list()) == 130
        assert len(ask.api.accounts.list()) == 3
        assert len(ask.api.v2010.accounts(NORTH).calls.list()) == 1


def test_that_a_standard_key_opens_the_main_account_alone() -> None:
    with (
        LocalTwilio(
            MAIN, TOKEN, subaccounts=subaccounts(), usage=usage(), key_sid=KEY, secret=SECRET, key_kind="standard"
        ) as twilio,
        asked(twilio, KEY, SECRET, MAIN) as ask,
    ):
        assert len(ask.usage.records.daily.list()) == 9
        for refused in (ask.api.accounts.list, ask.api.v2010.accounts(NORTH).usage.records.daily.list):
            with pytest.raises(TwilioException) as error:
                refused()
            assert error.value.args[1].status_code == 401
            assert json.loads(error.value.args[1].text)["message"] == "Authentication Error - invalid username"


def test_that_a_subaccount_sees_itself_alone(twilio: LocalTwilio) -> None:
    token = account_record(NORTH, "North")["auth_token"]
    with asked(twilio, NORTH, token) as ask:
        assert [a.sid for a in ask.api.accounts.list()] == [NORTH]
        assert len(ask.calls.list()) == 1
        with pytest.raises(TwilioRestException, match="invalid username"):
            ask.api.accounts(MAIN).fetch()
    assert get(twilio, "Accounts.json", (SOUTH, account_record(SOUTH, "South")["auth_token"])).status_code == 401


@pytest.mark.parametrize("path", [f"Accounts/{made_sid('AC', 'x')}/Calls.json", f"Accounts/{MAIN}/Fax.json", "X.json"])
def test_that_what_is_not_there_is_a_20404(twilio: LocalTwilio, path: str) -> None:
    answer = get(twilio, path)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert answer.json()["more_info"] == "https://www.twilio.com/docs/errors/20404"


def test_that_only_reading_is_offered(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask, pytest.raises(TwilioRestException) as error:
        ask.calls.create(to="+18595550100", from_="+15025550100", url="http://127.0.0.1/")
    assert (error.value.status, error.value.code) == (405, 20004)


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("Calls", {"PageSize": "0"}),
        ("Calls", {"Page": "-1"}),
        ("Calls", {"PageToken": "CA00"}),
        ("Calls", {"PageToken": "PACA00"}),
        ("Calls", {"StartTime>": "yesterday"}),
        ("Usage/Records/Daily", {"StartDate": "-30days"}),
        ("Usage/Records/Daily", {"PageToken": "PAx"}),
    ],
)
def test_that_a_parameter_nobody_understands_is_refused(twilio: LocalTwilio, what: str, query: dict[str, str]) -> None:
    answer = get(twilio, f"Accounts/{MAIN}/{what}.json", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_that_only_the_main_account_has_a_balance(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        assert (ask.balance.fetch().balance, ask.balance.fetch().currency) == ("100.00", "USD")
        with pytest.raises(TwilioRestException, match="was not found"):
            ask.api.v2010.accounts(NORTH).balance.fetch()


def test_that_it_is_reached_on_this_computer_alone(twilio: LocalTwilio) -> None:
    assert twilio.url.startswith("http://127.0.0.1:")


# Pages


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 140))
def test_that_every_call_comes_exactly_once_newest_first(running: LocalTwilio, size: int) -> None:
    running.server.forget_requests()
    with asked(running) as ask:
        assert [call.sid for call in ask.calls.list(page_size=size)] == [sid(n) for n in reversed(range(130))]
    assert len(running.server.requests) == -(-130 // size)


def test_that_an_envelope_holds_known_keys_and_one_list(twilio: LocalTwilio) -> None:
    page = get(twilio, f"Accounts/{MAIN}/Calls.json", **{"StartTime>": "2026-11-16", "Status": "completed"}).json()
    assert page.keys() == ENVELOPE | {"calls"}
    assert (page["page"], page["page_size"], page["start"], page["end"], len(page["calls"])) == (0, 50, 0, 49, 50)
    filters = "StartTime%3E=2026-11-16&Status=completed"
    uri = f"/2010-04-01/Accounts/{MAIN}/Calls.json?{filters}&PageSize=50"
    assert page["first_page_uri"] == page["uri"] == f"{uri}&Page=0"
    assert page["next_page_uri"] == f"{uri}&Page=1&PageToken=PA{page['calls'][-1]['sid']}"
    last = get(twilio, page["next_page_uri"].removeprefix("/2010-04-01/")).json()
    assert (last["next_page_uri"], last["page"], last["start"], last["end"]) == (None, 1, 50, 85)


def test_that_a_page_holds_no_more_than_a_thousand() -> None:
    with LocalTwilio(MAIN, TOKEN, calls=calls(1_001)) as twilio, asked(twilio) as ask:
        assert len(ask.calls.list(limit=5_000)) == 1_001
        assert [r.first("PageSize") for r in twilio.server.requests] == ["5000", "1000"]


def test_that_a_row_that_appears_between_two_pages_moves_nothing() -> None:
    book = MemoryBook(calls(10))
    with LocalTwilio(MAIN, TOKEN, calls=book) as twilio, asked(twilio) as ask:
        stream = ask.calls.stream(page_size=4)
        seen = [next(stream).sid for _ in range(4)]
        book.add(call_record(MAIN, sid(99), NINE + 99 * MINUTE))
        book.add(call_record(MAIN, sid(50), NINE))
        rest = [call.sid for call in stream]
        assert set(rest) - {sid(50)} == {sid(n) for n in range(6)}
        assert len(seen + rest) == len(set(seen + rest)) == 11


# Calls and recordings


def test_that_after_is_from_then_on_and_before_is_strictly_before(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        found = ask.calls.list(start_time_after=NINE + 10 * MINUTE, start_time_before=NINE + 13 * MINUTE)
        assert [call.sid for call in found] == [sid(12), sid(11), sid(10)]
        assert len(ask.calls.list(start_time=MONDAY)) == 130
        assert ask.calls.list(start_time_after=MONDAY + DAY) == []
        assert len(ask.calls.list(status="busy")) == 44
    sent = twilio.server.requests[0].query
    assert (sent["StartTime>"], sent["StartTime<"]) == (["2026-11-16T09:10:00Z"], ["2026-11-16T09:13:00Z"])


def test_that_a_call_is_in_the_wires_own_form(twilio: LocalTwilio) -> None:
    page = get(twilio, f"Accounts/{MAIN}/Calls.json", PageSize="2").json()["calls"]
    assert (page[0]["start_time"], page[0]["end_time"]) == (
        "Mon, 16 Nov 2026 11:09:00 +0000",
        "Mon, 16 Nov 2026 11:09:40 +0000",
    )
    assert (page[0]["duration"], page[0]["price"], page[0]["status"]) == ("40", None, "busy")
    assert (page[1]["price"], page[1]["price_unit"], page[1]["from"]) == ("-0.01400", "USD", "+15025550100")
    with asked(twilio) as ask:
        assert ask.calls.list(limit=1)[0].start_time == NINE + 129 * MINUTE


def test_that_a_call_is_rated_later(own: LocalTwilio) -> None:
    with asked(own) as ask:
        assert {c.sid: c.price for c in ask.calls.list()}[sid(0)] is None
        own.rate_call(sid(0), Decimal("0.028"))
        assert {c.sid: c.price for c in ask.calls.list()}[sid(0)] == "-0.02800"
    with pytest.raises(KeyError):
        own.rate_call(sid(77), "1")


def test_that_recordings_tell_their_call_and_when(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        found = ask.recordings.list(date_created_after=NINE + MINUTE)
        assert [(r.sid, r.call_sid) for r in found] == [(made_sid("RE", n), sid(n)) for n in (2, 1)]
        assert [r.call_sid for r in ask.recordings.list(date_created_before=NINE + MINUTE)] == [sid(1), sid(0)]
        assert [r.call_sid for r in ask.recordings.list(call_sid=sid(1))] == [sid(1)]


# Usage


def test_that_usage_is_one_row_a_day_and_category_in_strings(twilio: LocalTwilio) -> None:
    path = f"Accounts/{NORTH}/Usage/Records/Daily.json"
    [row] = get(twilio, path, Category="totalprice", StartDate="2026-11-16", EndDate="2026-11-16").json()[
        "usage_records"
    ]
    assert (row["price"], row["usage"], row["price_unit"], row["count"]) == ("2.00001", "2.00001", "usd", None)
    assert (row["start_date"], row["end_date"], row["as_of"]) == (
        "2026-11-16",
        "2026-11-16",
        "2026-11-17T02:00:00+00:00",
    )
    with asked(twilio) as ask:
        [same] = ask.api.v2010.accounts(NORTH).usage.records.daily.list(
            category="totalprice", start_date=MONDAY, end_date=MONDAY
        )
        assert (same.price, same.start_date, same.as_of) == (Decimal("2.00001"), MONDAY, row["as_of"])


def test_that_both_ends_of_a_span_are_included(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        found = ask.usage.records.daily.list(start_date=MONDAY - 2 * DAY, end_date=MONDAY - DAY, page_size=1)
        assert [(r.start_date, r.category) for r in found] == [
            (MONDAY - ago * DAY, category) for ago in (1, 2) for category in ("calls", "recordings", "totalprice")
        ]


def test_that_the_main_account_includes_its_subaccounts_unless_told(twilio: LocalTwilio) -> None:
    with asked(twilio) as ask:
        daily = ask.usage.records.daily
        assert {(r.price, r.account_sid) for r in daily.list(category="totalprice")} == {(Decimal("6.00003"), MAIN)}
        alone = daily.list(category="totalprice", include_subaccounts=False)
        assert {r.price for r in alone} == {Decimal("1.00001")}
        below = ask.api.v2010.accounts(NORTH).usage.records.daily.list(category="totalprice")
        assert {(r.price, r.account_sid) for r in below} == {(Decimal("2.00001"), NORTH)}


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from([MAIN, NORTH, SOUTH]),
            st.integers(0, 3),
            st.sampled_from(["calls", "totalprice"]),
        ),
        st.decimals(-5, 1000, places=5),
        max_size=20,
    )
)
def test_that_the_sum_is_that_of_the_accounts(prices: dict[tuple[str, int, str], Decimal]) -> None:
    records = [usage_record(who, MONDAY + n * DAY, what, price, count=2) for (who, n, what), price in prices.items()]
    expected: dict[tuple[date, str], Decimal] = {}
    for (_, n, what), price in prices.items():
        expected[MONDAY + n * DAY, what] = expected.get((MONDAY + n * DAY, what), Decimal(0)) + price
    with LocalTwilio(MAIN, TOKEN, subaccounts=subaccounts(), usage=records) as twilio:
        rows = get(twilio, f"Accounts/{MAIN}/Usage/Records/Daily.json").json()["usage_records"]
    assert {(date.fromisoformat(r["start_date"]), r["category"]): Decimal(r["price"]) for r in rows} == expected


def test_that_a_restated_day_costs_something_else_and_says_when(own: LocalTwilio) -> None:
    own.restate(NORTH, MONDAY, Decimal("43.10"))
    own.restate(NORTH, MONDAY, Decimal("40"), category="calls", as_of=NINE + 2 * DAY)
    own.restate(NORTH, MONDAY + DAY, Decimal("7"))
    with asked(own) as ask:
        rows = ask.api.v2010.accounts(NORTH).usage.records.daily.list(start_date=MONDAY)
        assert [(r.start_date, r.category, r.price, r.as_of) for r in rows] == [
            (MONDAY + DAY, "totalprice", Decimal(7), "2026-11-18T02:00:00+00:00"),
            (MONDAY, "calls", Decimal(40), "2026-11-18T09:00:00+00:00"),
            (MONDAY, "recordings", Decimal("0.5"), "2026-11-17T02:00:00+00:00"),
            (MONDAY, "totalprice", Decimal("43.10"), "2026-11-17T08:00:00+00:00"),
        ]
        [total] = ask.usage.records.daily.list(category="totalprice", start_date=MONDAY, end_date=MONDAY)
        assert total.price == Decimal("1.00001") + Decimal("43.10") + Decimal("3.00001")


# What the owner may find one morning


def test_that_a_closed_subaccount_tells_its_cost_but_lets_nobody_in(own: LocalTwilio) -> None:
    own.close_subaccount(NORTH)
    with asked(own) as ask:
        assert [a.sid for a in ask.api.accounts.list(status="closed")] == [NORTH]
        assert len(ask.api.v2010.accounts(NORTH).usage.records.daily.list()) == 9
    token = account_record(NORTH, "North")["auth_token"]
    assert get(own, f"Accounts/{NORTH}/Calls.json", (NORTH, token)).status_code == 401


def test_that_a_revoked_token_opens_nothing_and_its_successor_everything(own: LocalTwilio) -> None:
    own.revoke_token("a new token")
    assert get(own, "Accounts.json").json()["code"] == 20003
    assert get(own, "Accounts.json", (MAIN, "a new token")).status_code == 200
    own.revoke_token()
    assert get(own, "Accounts.json", (MAIN, "a new token")).status_code == 401


def test_that_a_revoked_key_opens_nothing() -> None:
    with LocalTwilio(MAIN, TOKEN, key_sid=KEY, secret=SECRET) as twilio:
        assert get(twilio, "Accounts.json", (KEY, SECRET)).status_code == 200
        twilio.revoke_key()
        assert get(twilio, "Accounts.json", (KEY, SECRET)).status_code == 401
        assert get(twilio, "Accounts.json").status_code == 200


def test_that_a_currency_changes_wherever_it_stands(own: LocalTwilio) -> None:
    own.change_currency("EUR")
    with asked(own) as ask:
        assert {r.price_unit for r in ask.usage.records.daily.list()} == {"eur"}
        assert {c.price_unit for c in ask.calls.list()} == {"EUR"}
        assert ask.balance.fetch().currency == "EUR"


# Faults


def test_that_429_on_the_second_page_is_twilios_list_error(twilio: LocalTwilio) -> None:
    twilio.server.fault = nth(2, Instead(too_many_requests(retry_after_s=1)), path="/Calls")
    with asked(twilio) as ask:
        seen: list[str] = []
        with pytest.raises(TwilioException, match="Unable to fetch page") as error:
            seen.extend(call.sid for call in ask.calls.stream(page_size=50))
        assert len(seen) == 50
        response = error.value.args[1]
        assert type(error.value) is TwilioException
        assert (response.status_code, json.loads(response.text)["code"]) == (429, 20429)
        assert (response.headers["twilio-concurrent-requests"], response.headers["Retry-After"]) == ("101", "1")
        assert len(ask.calls.list()) == 130


def test_that_a_page_of_html_comes_once(twilio: LocalTwilio) -> None:
    twilio.server.fault = nth(1, Instead(service_unavailable()))
    with asked(twilio) as ask:
        with pytest.raises(TwilioException) as error:
            ask.calls.list()
        assert error.value.args[1].status_code == 503
        assert len(ask.calls.list()) == 130


@pytest.fixture(scope="module")
def length(running: LocalTwilio) -> int:
    """How many bytes a page of three calls is."""
    answer = get(running, f"Accounts/{MAIN}/Calls.json", PageSize="3")
    return (
        len(answer.content)
        + sum(len(f"{k}: {v}\r\n") for k, v in answer.headers.items())
        + len("HTTP/1.1 200 OK\r\n\r\n")
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), how=st.sampled_from(["fin", "rst", "hang"]))
def test_that_a_cut_page_is_never_taken_for_a_whole_one(
    running: LocalTwilio, length: int, data: st.DataObject, how: str
) -> None:
    after = data.draw(st.integers(0, length - 1) | st.integers(0, 130))
    running.server.fault = nth(1, Cut(after, how))  # type: ignore[arg-type]
    with (
        asked(running, timeout=0.1 if how == "hang" else 5.0) as ask,
        pytest.raises((requests.RequestException, json.JSONDecodeError)),
    ):
        ask.calls.list(limit=3)


def test_that_a_dripping_page_is_a_whole_one(twilio: LocalTwilio) -> None:
    twilio.server.fault = nth(1, Drip(chunk=1_000, pause_s=0.005))
    with asked(twilio) as ask:
        assert len(ask.calls.list()) == 130


@pytest.mark.parametrize("fault", [Late(30), Cut(0, "hang"), Cut(400, "hang")])
def test_that_silence_ends_with_the_clients_patience(twilio: LocalTwilio, fault: Fault) -> None:
    twilio.server.fault = nth(1, fault)
    with asked(twilio, timeout=0.1) as ask, pytest.raises((requests.Timeout, requests.ConnectionError)):
        ask.calls.list()


def test_that_a_lie_can_be_told(twilio: LocalTwilio) -> None:
    """An extra key beside the list, which Twilio's client does not take."""

    def lie(request: Request) -> Fault:
        page = {"calls": [], "extra": 1, "next_page_uri": None}
        return Instead(json_answer(page))

    twilio.server.fault = lie
    with asked(twilio) as ask, pytest.raises(TwilioException, match="can not be deserialized"):
        ask.calls.list()
