"""Everything that can go wrong between Twilio and the real client, against a local Twilio: each is one sentence."""

import logging
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
import requests
import stamina
from urllib3.exceptions import MaxRetryError

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable, UsageRefused
from capdesk.services.providers import bounded_http
from capdesk.services.providers.local.http import Answer, Cut, Drip, Fault, Instead, nth
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import usage_day
from capdesk.services.providers.local.twilio_wire import error, service_unavailable, too_many_requests
from capdesk.services.providers.pull import Account
from capdesk.services.providers.twilio_api import TwilioCalls, TwilioCosts, TwilioCredentials
from capdesk.services.providers.twilio_faults import Later, network_fault, require_good
from tests.services.providers.cost_source_contract import DAY, SPAN
from tests.services.providers.twilio_support import (
    ATTEMPTS,
    LOGIN,
    MAIN,
    NOW,
    QUICK,
    SUB,
    TOKEN,
    USAGE,
    a_twilio,
    changed,
    costs_of,
    no_waiting,
    pulled,
    sentence,
    small_pages,
)

PARTS = {"calls": "3.00", "calls-outbound": "2.80", "sms": "0.40"}


@pytest.fixture(autouse=True)
def retries_at_once() -> Iterator[None]:
    with no_waiting():
        yield


@pytest.fixture
def twilio() -> Iterator[LocalTwilio]:
    usage = [record for offset in range(3) for record in usage_day(MAIN, DAY - timedelta(days=offset), "4.50", PARTS)]
    with a_twilio(usage=usage + usage_day(SUB, DAY, "7")) as running:
        yield running
        assert running.server.errors == []


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (error(401, 20003, "Authenticate"), ProviderRefused, "Twilio refused the account SID or the token"),
        (error(403, 20005, "Account not active"), ProviderRefused, "suspended or closed"),
        (error(401, 10001, "Account is not active"), ProviderRefused, "suspended or closed"),
        (error(403, 20006, "Access Denied"), ProviderRefused, "does not allow this login"),
        (error(404, 20404, "not found"), ProviderRefused, "may have been closed for good"),
        (error(400, 20001, "Invalid"), ProviderRefused, "did not understand the question"),
        (too_many_requests(), ProviderUnavailable, "asks for patience"),
        (service_unavailable(), ProviderUnavailable, "HTTP 503"),
        (error(500, 20500, "oops"), ProviderUnavailable, "HTTP 500, error 20500"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), ProviderRefused, "it was not followed"),
        (Answer(204, b""), ProviderRefused, "did not understand"),
        (Answer(200, b"<!DOCTYPE html><p>Sign in"), ProviderRefused, "a web page"),
        (Answer(200, b'{"usage_records":[{'), ProviderRefused, "no JSON object"),
        (Answer(200, b"[]"), ProviderRefused, "no JSON object"),
        (Answer(200, b"\xff{}"), ProviderRefused, "no JSON object"),
        (Answer(200, b"[" * 100_000), ProviderRefused, "no JSON object"),
        (Answer(200, b'{"a": NaN}'), ProviderRefused, "no JSON object"),
        (Answer(200, b'{"usage_records":["\\u0000"]}'), ProviderRefused, "no JSON object"),
        (Answer(200, b'{"usage_records":["\\ud83d"]}'), ProviderRefused, "no JSON object"),
        (Answer(200, b'{"usage_records":["\\ud83d\\ude00"]}'), ProviderRefused, "something else than records"),
        (Answer(200, b"{}"), ProviderRefused, "'usage_records' is missing"),
        (Answer(200, b'{"usage_records":[7],"next_page_uri":null}'), ProviderRefused, "something else than records"),
        (Answer(200, b'{"usage_records":[]}'), ProviderRefused, "'next_page_uri' is missing"),
        (Answer(200, b'{"usage_records":[],"next_page_uri":7}'), ProviderRefused, "'next_page_uri' is no text"),
        (Answer(401, TOKEN.encode()), ProviderRefused, "HTTP 401"),
    ],
)
def test_that_each_fault_is_one_sentence_and_only_passing_ones_are_tried_again(
    twilio: LocalTwilio, fault: Answer, kind: type[CapdeskError], words: str
) -> None:
    twilio.server.fault = lambda _request: Instead(fault)
    assert words in sentence(kind, twilio)
    assert len(twilio.server.requests) == (ATTEMPTS if kind is ProviderUnavailable else 1)


@pytest.mark.parametrize("answer", [error(401, 70051, "Authorization Failed"), error(403, 20403, "Forbidden")])
def test_that_a_restricted_key_s_missing_permission_is_named(answer: Answer) -> None:
    key = TwilioCredentials(MAIN, TOKEN, "SK" + "a" * 32)
    with a_twilio(key_sid=key.key_sid, secret=key.secret) as twilio:
        _look_for_permissions(twilio, key, answer)


def _look_for_permissions(twilio: LocalTwilio, key: TwilioCredentials, answer: Answer) -> None:
    twilio.server.fault = lambda _request: Instead(answer)
    calls = TwilioCalls(key, clock=NOW, phone_key=lambda _number: None, base_url=twilio.url, patience=QUICK)
    with pytest.raises(ProviderRefused, match="give it the permission /twilio/billing/usage/read in Twilio's console"):
        pulled(twilio, login=key)
    with pytest.raises(ProviderRefused, match="give it the permission /twilio/voice/recordings/list"):
        next(calls.calls(Account(MAIN, ""), SPAN, lambda _rows: None))
    twilio.server.fault = lambda asked: Instead(answer) if "/Calls" in asked.path else None
    with pytest.raises(ProviderRefused, match="give it the permission /twilio/voice/calls/list"):
        next(calls.calls(Account(MAIN, ""), SPAN, lambda _rows: None))


def test_that_the_wait_twilio_asks_for_is_kept_up_to_a_cap(twilio: LocalTwilio) -> None:
    twilio.server.fault = nth(1, Instead(too_many_requests(60)))
    patience = replace(QUICK, longest_wait_s=0.3)
    start = time.monotonic()
    with stamina.set_testing(False):
        assert pulled(twilio, patience=patience).rows == 12
    assert 0.3 <= time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        *(("7", 7.0), ("0", 0.0), ("Sat, 21 Nov 2026 03:00:20 GMT", 20.0), ("Sat, 21 Nov 2026 02:00:00 GMT", 0.0)),
        *((None, None), ("soon", None), ("-5", None), ("", None), ("9" * 400, 999_999.0)),
    ],
)
def test_that_the_wait_is_read_as_seconds_or_a_date(header: str | None, wait: float | None) -> None:
    answer = bounded_http.Answer(429, b"", {} if header is None else {"Retry-After": header})
    with pytest.raises(Later) as raised:
        require_good(answer, "the usage", LOGIN, NOW.now())
    assert raised.value.wait_s == wait


def test_that_a_certificate_that_is_not_trusted_is_said_and_not_tried_again() -> None:
    inner = ssl.SSLCertVerificationError("certificate verify failed")
    fault = network_fault(requests.exceptions.SSLError(MaxRetryError(None, "/", inner)), "Twilio", "the usage")  # type: ignore[arg-type]
    assert isinstance(fault, ProviderRefused)
    assert "certificate of Twilio is not to be trusted" in str(fault)


@pytest.mark.parametrize(
    "fault", [Instead(too_many_requests()), Instead(too_many_requests(2)), Instead(service_unavailable())]
)
def test_that_a_passing_fault_on_the_second_page_changes_nothing(twilio: LocalTwilio, fault: Fault) -> None:
    small_pages(twilio, 5)
    whole = pulled(twilio)
    twilio.server.fault = nth(2, fault, times=ATTEMPTS - 1)
    assert pulled(twilio) == whole


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_that_a_connection_cut_at_any_byte_of_any_page_changes_nothing(
    twilio: LocalTwilio, page: int, how: Literal["fin", "rst"]
) -> None:
    small_pages(twilio, 5)
    whole = pulled(twilio)
    for after in (0, 1, 12, 60, 90, 150, 700, 1500, 2500):
        twilio.server.fault = nth(page, Cut(after, how))
        assert pulled(twilio) == whole, after


def test_that_a_connection_that_is_always_cut_or_silent_ends_in_a_sentence(twilio: LocalTwilio) -> None:
    twilio.server.fault = lambda _request: Cut(500, "fin")
    assert "was cut while reading the usage" in sentence(ProviderUnavailable, twilio)
    for after in (0, 30, 500):
        twilio.server.fault = nth(1, Cut(after, "hang"), times=ATTEMPTS)
        assert "did not answer for the usage" in sentence(ProviderUnavailable, twilio)


@pytest.mark.parametrize("chunk", [1, 400])
def test_that_an_answer_that_drips_is_given_up_in_time(twilio: LocalTwilio, chunk: int) -> None:
    twilio.server.fault = lambda _request: Drip(chunk, 0.1)
    assert "in time" in sentence(ProviderUnavailable, twilio)
    assert len(twilio.server.requests) == ATTEMPTS


def test_that_a_server_that_is_not_there_is_named(twilio: LocalTwilio) -> None:
    with a_twilio() as gone:
        nobody = costs_of(gone)
    with pytest.raises(ProviderUnavailable, match=r"^Twilio at http://127\.0\.0\.1:\d+ cannot be reached"):
        nobody.accounts()


def test_that_an_answer_larger_than_the_limit_is_not_taken(twilio: LocalTwilio) -> None:
    patience = replace(QUICK, limits=replace(QUICK.limits, most_bytes=2000))
    with pytest.raises(ProviderRefused, match="is larger than"):
        pulled(twilio, patience=patience)


@pytest.mark.parametrize(
    "uri",
    [
        *("http://{host}:1/2010-04-01/x", "//127.0.0.2/x", "https://{host}:{port}/x", "http://{host}@127.0.0.2/x"),
        *("http://user@{host}:{port}/x", "http://[/x"),
    ],
)
def test_that_the_token_never_follows_a_next_page_to_another_server(twilio: LocalTwilio, uri: str) -> None:
    host, port = twilio.url.removeprefix("http://").split(":")
    changed(twilio, lambda body: body | {"next_page_uri": uri.format(host=host, port=port)}, USAGE)
    assert "another server" in sentence(ProviderRefused, twilio)
    assert len(twilio.server.requests) == 1


@pytest.mark.parametrize("uri", ["@127.0.0.2/x", "x", "?Page=1"])
def test_that_a_next_page_without_a_host_stays_on_this_one(twilio: LocalTwilio, uri: str) -> None:
    changed(twilio, lambda body: body | {"next_page_uri": uri}, USAGE)
    sentence(ProviderRefused, twilio)
    assert len(twilio.server.requests) == 2


def test_that_pages_in_a_circle_are_refused(twilio: LocalTwilio) -> None:
    def circle(body: dict[str, Any]) -> None:
        body["next_page_uri"] = body["first_page_uri"]

    small_pages(twilio, 5)
    changed(twilio, circle, USAGE)
    assert "repeats itself" in sentence(ProviderRefused, twilio)


@pytest.mark.parametrize("records", [True, False])
def test_that_the_same_page_under_ever_new_addresses_is_refused(twilio: LocalTwilio, records: bool) -> None:
    count = iter(range(1000))

    def again(body: dict[str, Any]) -> None:
        body["next_page_uri"] = f"{body['uri']}&Again={next(count)}"
        body["usage_records"] = body["usage_records"] if records else []

    changed(twilio, again, USAGE)
    assert "repeats itself" in sentence(ProviderRefused, twilio)
    assert next(count) <= 2


def test_that_the_token_is_in_no_log_and_no_repr(twilio: LocalTwilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    twilio.server.fault = nth(1, Instead(service_unavailable()))
    assert pulled(twilio).statements
    assert {record.name.split(".")[0] for record in caplog.records} == {"urllib3", "stamina"}
    assert TOKEN not in caplog.text + repr(LOGIN) + "".join(str(vars(record)) for record in caplog.records)


def test_that_regions_logins_and_proxies_of_this_computer_play_no_part_for_a_server_on_it(
    twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "ie1")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert len(pulled(twilio).statements) == 3


def test_that_twilio_itself_is_reached_through_the_proxy_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://user:canary@127.0.0.1:9")
    with pytest.raises(ProviderUnavailable, match=r"^The proxy on the way to Twilio cannot be passed") as raised:
        TwilioCosts(LOGIN, clock=NOW, patience=QUICK).accounts()
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("account", "secret", "key"),
    [
        *((TOKEN, MAIN, None), ("AC12", TOKEN, None), (MAIN, "", None), (MAIN, "two words", None)),
        *((MAIN, "tökén", None), (MAIN, TOKEN, "SK1"), (MAIN, TOKEN + "\n", None), (MAIN + "/..", TOKEN, None)),
    ],
)
def test_that_credentials_of_another_shape_are_refused_without_repeating_them(
    account: str, secret: str, key: str | None
) -> None:
    with pytest.raises(UsageRefused) as raised:
        TwilioCredentials(account, secret, key)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "base_url",
    [
        *("http://api.twilio.com", "ftp://127.0.0.1", "https://", "https://user:pw@api.twilio.com", "https://["),
        *("http://", "https://api.twilio.com:99999", "https://api.twilio.com?x=1", "http://127.0.0.1.example.com"),
    ],
)
def test_that_a_token_is_only_sent_over_tls_or_to_this_computer(base_url: str) -> None:
    with pytest.raises(UsageRefused, match="base URL"):
        TwilioCosts(LOGIN, clock=NOW, base_url=base_url)
