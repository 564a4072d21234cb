"""Twilio refuses, lies or breaks its format: `capdesk sync` says so in a sentence, sums nothing of it, and goes on."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capdesk.services.providers.local.http import Answer, Instead, Request
from capdesk.services.providers.local.twilio_wire import error, service_unavailable, too_many_requests
from tests.conftest import Capdesk
from tests.support.lying import lying, recovers, syncs
from tests.support.outside import ACCOUNTS, AUTUMN, MAIN, TOKEN, WINTER, Outside
from tests.support.pulled import Pulled

pytestmark = pytest.mark.usefixtures("retries_at_once")
Lie = Callable[[Any], object]


def test_that_an_expired_token_fails_twilio_alone(capdesk: Capdesk, outside: Outside, pulled: Pulled) -> None:
    recovers(capdesk, pulled)
    outside.move()
    outside.twilio.revoke_token()
    words = "Twilio refused the account SID or the token .*run `capdesk connect twilio`"
    syncs(capdesk, pulled, {"twilio": words, "twilio-calls": words})
    outside.twilio.revoke_token(successor=TOKEN)
    recovers(capdesk, pulled)


def test_that_a_token_that_expires_between_two_answers_keeps_what_was_whole(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    """After the accounts and the whole usage of the main one."""
    outside.at(4, then=outside.twilio.revoke_token)
    words = "Autumn: Twilio refused .* 1 more of 3 accounts failed too"
    syncs(capdesk, pulled, {"twilio": words, "twilio-calls": "Twilio refused"})
    assert {account for account, _ in pulled.ledger()} & set(ACCOUNTS) == {MAIN}
    outside.twilio.revoke_token(successor=TOKEN)
    recovers(capdesk, pulled)


def test_that_a_closed_subaccount_keeps_its_history_and_the_others_go_on(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    recovers(capdesk, pulled)
    outside.twilio.close_subaccount(AUTUMN)
    outside.move()
    recovers(capdesk, pulled)
    before = {key: usd for key, usd in pulled.ledger().items() if key[0] == AUTUMN}
    assert len(before) == len(outside.days)
    closed = error(403, 20005, "Account not active")
    outside.move()
    outside.twilio.server.fault = lambda request: Instead(closed) if f"{AUTUMN}/" in request.path else None
    words = "^Autumn: Twilio refused .* suspended or closed; see to it in Twilio's console"
    syncs(capdesk, pulled, {"twilio": words, "twilio-calls": words})
    assert {key: usd for key, usd in pulled.ledger().items() if key[0] == AUTUMN} == before
    outside.well()

    def gone(body: Any) -> None:
        body["accounts"] = [one for one in body["accounts"] if one["sid"] != AUTUMN]

    with lying(outside.twilio.server, "Accounts.json", gone):
        outside.move()
        syncs(capdesk, pulled, {})
    assert {key: usd for key, usd in pulled.ledger().items() if key[0] == AUTUMN} == before
    recovers(capdesk, pulled)


def test_that_another_currency_of_one_account_is_refused_and_never_summed(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    outside.call(AUTUMN, outside.days[-1], hour=18, cost=Decimal("0.014"))
    outside.twilio.change_currency("EUR", AUTUMN)
    for _ in range(2):
        syncs(
            capdesk,
            pulled,
            {
                "twilio": f"^Autumn: Twilio states .* of {AUTUMN} on .* in 'EUR'; only US dollars are recorded",
                "twilio-calls": "^Autumn: Twilio states the price of call CA.* in 'EUR'; only US dollars are recorded",
            },
        )
        assert {account for account, _ in pulled.ledger()} == {MAIN, WINTER, "0123AB-4567CD-89EF01"}
        outside.move()
    outside.twilio.change_currency("USD", AUTUMN)
    recovers(capdesk, pulled)


PAGE = b"<html><body>Welcome to the hotel network, please sign in</body></html>"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (too_many_requests(1), "asks for patience"),
        (service_unavailable(), "is not in service"),
        (Answer(502, b""), "is not in service"),
        (Answer(200, PAGE, {"Content-Type": "text/html"}), "is a web page, not data"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), "sent the question .* elsewhere"),
        (Answer(200, b'{"accounts": [], "next_page_uri": null}'), "never is AC"),
        (Answer(200, b""), "something that is no JSON object"),
    ],
)
def test_that_what_answers_instead_of_twilio_is_told_and_nothing_of_it_taken(
    capdesk: Capdesk, outside: Outside, pulled: Pulled, answer: Answer, words: str
) -> None:
    """For one account in the middle, and for all."""
    places = ("", f"{AUTUMN}/") if b"accounts" not in answer.body else ("Accounts.json",)
    for place in places:
        outside.move()

        def instead(request: Request, place: str = place) -> Instead | None:
            return Instead(answer) if place in request.path else None

        outside.twilio.server.fault = instead
        syncs(capdesk, pulled, {"twilio": words, "twilio-calls": words})
        assert (MAIN in {account for account, _ in pulled.ledger()}) == (place == f"{AUTUMN}/")
    recovers(capdesk, pulled)


def records(body: Any) -> list[dict[str, Any]]:
    (found,) = [value for value in body.values() if isinstance(value, list)]
    return found


def put(place: int = 0, **values: Any) -> Lie:
    """Other values in a record of each page."""
    return lambda body: records(body)[place].update(values)


def drop(name: str) -> Lie:
    return lambda body: [record.pop(name) for record in records(body)] and None


def page(**values: Any) -> Lie:
    return lambda body: body.update(values)


def circle(body: Any) -> None:
    body["next_page_uri"] = body["uri"]


def unnumbered(text: str) -> Lie:
    """A number that is none, or that nobody can hold, where an amount stands."""
    return lambda body: json.dumps(body | {"huge": "HERE"}).replace('"HERE"', text).encode()


ELSEWHERE = "its next page lies on another server; it was not followed there, and nothing was taken"
ANY_LIST: list[tuple[Lie, str]] = [
    (circle, "repeats itself: a page of .* came twice"),
    (page(next_page_uri="http://169.254.169.254/2010-04-01/Accounts.json"), ELSEWHERE),
    (page(next_page_uri="//example.com/2010-04-01"), ELSEWHERE),
    (page(next_page_uri=7), "the field 'next_page_uri' is no text"),
    (lambda body: {name: body[name] for name in body if name != "next_page_uri"}, "'next_page_uri' is missing"),
    (lambda _body: b"[]", "no JSON object"),
    (page(note="\x00"), "no JSON object"),
    (page(note="\ud800"), "no JSON object"),
    (unnumbered("NaN"), "no JSON object"),
    (unnumbered("-Infinity"), "no JSON object"),
    (unnumbered("9" * 5000), "no JSON object"),
]
USAGE_LISTS: list[tuple[Lie, str]] = [
    (put(account_sid=WINTER), f"the field 'account_sid' is '{WINTER}', another account's"),
    (put(start_date="2999-01-01", end_date="2999-01-01"), "is 2999-01-01, which was not asked for"),
    (put(end_date="2999-01-01"), "the field 'end_date' is not the one day"),
    (put(start_date="today", end_date="today"), "the field 'start_date' is not the one day"),
    (put(price_unit="EUR"), "in 'EUR'; only US dollars"),
    (put(category=7), "the field 'category' is '7', not text"),
    (drop("price"), "the field 'price' is missing"),
    (drop("category"), "the field 'category' is missing"),
]
CALL_LISTS: list[tuple[Lie, str]] = [
    (put(account_sid=WINTER), f"the field 'account_sid' is '{WINTER}', another account's"),
    (put(start_time="Fri, 01 Jan 2999 12:00:00 +0000"), "'start_time' is .*, which was not asked for"),
    (put(start_time="noon"), "the field 'start_time' is 'noon', not a moment"),
    (put(duration="-5"), "the field 'duration' is '-5'"),
    (put(price="-NaN"), "the field 'price' is '-NaN', not an amount"),
    (put(price="-1e400"), "the field 'price' is .* not an amount"),
    (put(price="-0.1", price_unit="GBP"), "in 'GBP'; only US dollars"),
    (put(sid="CA1"), "the field 'sid' is 'CA1'"),
    (drop("status"), "the field 'status' is missing"),
]
RECORDING_LISTS: list[tuple[Lie, str]] = [
    (put(call_sid="CA1"), "the field 'call_sid' is 'CA1'"),
    (drop("date_created"), "the field 'date_created' is missing"),
]


@pytest.mark.parametrize(
    ("source", "path", "lies"),
    [
        ("twilio", f"{AUTUMN}/Usage", ANY_LIST + USAGE_LISTS),
        ("twilio-calls", f"{AUTUMN}/Calls", ANY_LIST + CALL_LISTS),
        ("twilio-calls", f"{AUTUMN}/Recordings", ANY_LIST[:3] + RECORDING_LISTS),
    ],
    ids=["usage", "calls", "recordings"],
)
def test_that_a_list_that_lies_is_refused_for_its_account_alone(
    capdesk: Capdesk, outside: Outside, pulled: Pulled, source: str, path: str, lies: list[tuple[Lie, str]]
) -> None:
    for lie, words in lies:
        outside.move()
        with lying(outside.twilio.server, path, lie):
            syncs(capdesk, pulled, {source: f"^Autumn: .*{words}"})
    assert pulled.watermark(MAIN, source) is not None
    assert pulled.watermark(AUTUMN, source) is None
    recovers(capdesk, pulled)


def test_that_an_accounts_list_that_lies_is_refused_whole(capdesk: Capdesk, outside: Outside, pulled: Pulled) -> None:
    recovers(capdesk, pulled)
    shapes: list[tuple[Lie, str]] = [
        (put(sid="AC1"), "'sid' is no account SID"),
        (drop("status"), "'status' is missing"),
    ]
    for lie, words in ANY_LIST + shapes:
        outside.move()
        with lying(outside.twilio.server, "/Accounts.json", lie):
            syncs(capdesk, pulled, {"twilio": words, "twilio-calls": words})
    recovers(capdesk, pulled)


@pytest.mark.parametrize("price", ["1e400", "99999999999.99", "-99999999999.99", "NaN", "1,5", "", [], {}])
def test_that_a_total_nobody_can_read_holds_its_day_back_and_nothing_else(
    capdesk: Capdesk, outside: Outside, pulled: Pulled, price: Any
) -> None:
    newest = outside.days[-1]
    outside.unrated.add((AUTUMN, newest))
    with lying(outside.twilio.server, f"{AUTUMN}/Usage", _total_of(newest, price)):
        syncs(capdesk, pulled, {"twilio": f"^Autumn: {newest} could not be taken .*it is asked for again next time"})
    assert pulled.watermark(AUTUMN, "twilio") == newest - timedelta(days=1)
    outside.unrated.clear()
    recovers(capdesk, pulled)


def _total_of(day: object, price: Any) -> Lie:
    def lie(body: Any) -> None:
        for record in records(body):
            if (record["start_date"], record["category"]) == (str(day), "totalprice"):
                record["price"] = price

    return lie


def test_that_what_is_added_to_the_format_changes_nothing(capdesk: Capdesk, outside: Outside, pulled: Pulled) -> None:
    with lying(outside.twilio.server, "", lambda body: body | {"meta": {"next": None}, "new": [0.5]} and None):
        for path in ("/Accounts.json", "/Usage", "/Calls", "/Recordings"):
            outside.move()
            with lying(outside.twilio.server, path, put(annotation={"of": ["any", 1, None]}, more=0.1)):
                syncs(capdesk, pulled, {})
    recovers(capdesk, pulled)
