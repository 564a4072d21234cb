"""Twilio's usage asked of a local Twilio by the real client: exact, whole, and what is not understood is refused."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import ProviderRefused
from capdesk.services.providers import twilio_usage
from capdesk.services.providers.local.http import Answer, Request
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import usage_day, usage_record
from capdesk.services.providers.pull import Account
from capdesk.services.providers.pull_fakes import FakeCosts
from capdesk.services.providers.twilio_accounts import KeyMayNotList
from capdesk.services.providers.twilio_api import TwilioCalls, TwilioCosts, TwilioCredentials
from tests.services.providers.cost_source_contract import DAY, NONE, SPAN, CostSourceContract
from tests.services.providers.twilio_support import (
    LOGIN,
    MAIN,
    NOW,
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

KEY = TwilioCredentials(MAIN, "key-secret", "SK" + "a" * 32)
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


@dataclass
class FakeWorld:
    source: FakeCosts
    account: str = MAIN
    other: str = SUB

    def state(self, account: str, day: date, usd: str) -> None:
        self.source.state(account, day, usd)

    def forget(self, account: str, day: date) -> None:
        self.source.forget(account, day)

    def close(self, account: str) -> None:
        self.source.account(account, closed=True)

    def refuse(self) -> None:
        self.source.failures[self.account] = ProviderRefused("Twilio refused the token.")


class TestFakeCosts(CostSourceContract):
    @pytest.fixture
    def world(self) -> FakeWorld:
        fake = FakeCosts()
        fake.account(MAIN)
        fake.account(SUB)
        return FakeWorld(fake)


@dataclass
class TwilioWorld:
    twilio: LocalTwilio
    source: TwilioCosts
    account: str = MAIN
    other: str = SUB

    def state(self, account: str, day: date, usd: str) -> None:
        self.twilio.restate(account, day, Decimal(usd))

    def forget(self, account: str, day: date) -> None:
        def left(body: dict[str, Any]) -> None:
            body["usage_records"] = [one for one in body["usage_records"] if one["start_date"] != day.isoformat()]

        changed(self.twilio, left, f"{account}/{USAGE}")

    def close(self, account: str) -> None:
        self.twilio.close_subaccount(account)

    def refuse(self) -> None:
        self.twilio.revoke_token("another")


class TestTwilioCosts(CostSourceContract):
    @pytest.fixture
    def world(self) -> Iterator[TwilioWorld]:
        with a_twilio() as twilio:
            yield TwilioWorld(twilio, costs_of(twilio))


def test_that_totalprice_is_the_cost_and_the_other_categories_are_its_breakdown(twilio: LocalTwilio) -> None:
    statement = pulled(twilio).statements[-1]
    assert (statement.usage_date, statement.amount_usd, statement.records) == (DAY, Decimal("4.500000"), 4)
    categories = statement.breakdown["categories"]
    assert isinstance(categories, dict)
    assert {name: part["price"] for name, part in categories.items()} == PARTS


def test_that_a_pull_and_a_file_of_the_same_answer_make_the_same_statements(twilio: LocalTwilio, tmp_path: Any) -> None:
    answers: list[dict[str, Any]] = []
    changed(twilio, answers.append, USAGE)
    pull = pulled(twilio)
    file = tmp_path / "daily.json"
    file.write_text(json.dumps(answers))
    assert twilio_usage.parse(file, today_utc=NOW.now().date()).statements == pull.statements


def test_that_it_asks_for_exactly_one_account_and_all_categories(twilio: LocalTwilio) -> None:
    pulled(twilio, SUB)
    (request,) = twilio.server.requests
    assert request.path == f"/2010-04-01/Accounts/{SUB}/Usage/Records/Daily.json"
    assert request.query == {
        "StartDate": ["2026-11-16"],
        "EndDate": ["2026-11-18"],
        "IncludeSubaccounts": ["false"],
        "PageSize": ["1000"],
    }
    assert request.headers["user-agent"].startswith("twilio-python/")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 12, 13])
def test_that_pages_of_any_size_add_up_to_the_same(twilio: LocalTwilio, size: int) -> None:
    whole = {one.usage_date: one.amount_usd for one in pulled(twilio).statements}
    small_pages(twilio, size)
    told: list[int] = []
    pull = costs_of(twilio).pull(Account(MAIN, ""), SPAN, told.append)
    assert {one.usage_date: one.amount_usd for one in pull.statements} == whole
    assert told == [*range(size, 12, size), 12]


@pytest.mark.parametrize(
    ("today", "first"),
    [
        *(("2026-11-21", "2026-11-11"), ("2026-11-06", "2026-10-27"), ("2026-11-05", "2026-10-01")),
        *(("2027-01-01", "2026-12-01"), ("2026-03-01", "2026-02-01")),
    ],
)
def test_that_it_looks_back_ten_days_and_over_the_month_before_until_that_is_settled(today: str, first: str) -> None:
    source = TwilioCosts(LOGIN, clock=NOW)
    assert source.look_back(date.fromisoformat(today)) == date.fromisoformat(first)


def test_that_accounts_are_itself_and_its_subaccounts_without_their_tokens(twilio: LocalTwilio) -> None:
    twilio.set_status(SUB, "suspended")
    accounts = costs_of(twilio).accounts()
    assert accounts == [Account(MAIN, "Main account"), Account(SUB, "Autumn", closed=True)]


def test_that_a_main_api_key_opens_what_the_token_opens_and_a_standard_one_is_explained() -> None:
    with LocalTwilio(MAIN, TOKEN, key_sid=KEY.key_sid, secret=KEY.secret) as twilio:
        assert [one.id for one in costs_of(twilio, KEY).accounts()] == [MAIN]
    with LocalTwilio(MAIN, TOKEN, key_sid=KEY.key_sid, secret=KEY.secret, key_kind="standard") as twilio:
        assert pulled(twilio, login=KEY).statements == ()
        with pytest.raises(KeyMayNotList, match=r"Standard or Restricted key, .*`capdesk connect twilio --alone`\.$"):
            costs_of(twilio, KEY).accounts()


@pytest.mark.parametrize("make", [TwilioCosts, lambda *a, **n: TwilioCalls(*a, phone_key=lambda _: None, **n)])
def test_that_an_account_alone_is_known_without_asking_and_says_so(make: Callable[..., TwilioCosts]) -> None:
    with a_twilio(usage=usage_day(MAIN, DAY, "4.50"), key_sid=KEY.key_sid, secret=KEY.secret) as twilio:
        source = make(KEY, clock=NOW, base_url=twilio.url, alone=True)
        assert source.accounts() == [Account(MAIN, f"{MAIN} (this account alone)")]
        assert twilio.server.requests == []


def test_that_a_refused_token_is_not_told_to_ask_for_its_account_alone(twilio: LocalTwilio) -> None:
    twilio.revoke_token("another")
    with pytest.raises(ProviderRefused, match="refused the account SID or the token") as refused:
        costs_of(twilio).accounts()
    assert "--alone" not in str(refused.value)


def test_that_a_day_that_is_not_rated_yet_is_faulty_and_the_others_land(twilio: LocalTwilio) -> None:
    twilio.usage.add(usage_record(MAIN, DAY, "totalprice", "0") | {"price": None})
    pull = pulled(twilio)
    assert pull.faulty == {DAY}
    assert len(pull.statements) == 2
    assert pull.warnings == (
        f"{MAIN} on 2026-11-18 was not taken, what was known of it stays: totalprice is not rated yet.",
    )
    twilio.restate(MAIN, DAY, Decimal("5.25"))
    again = pulled(twilio)
    assert (again.faulty, again.statements[-1].amount_usd) == (NONE, Decimal("5.25"))
    assert again.warnings == ()


@pytest.mark.parametrize("price", ["abc", "NaN", "1e30", "", True])
def test_that_a_total_that_cannot_be_read_makes_its_day_faulty(twilio: LocalTwilio, price: Any) -> None:
    twilio.usage.add(usage_record(MAIN, DAY, "totalprice", "0") | {"price": price})
    pull = pulled(twilio)
    assert (pull.faulty, len(pull.statements), len(pull.warnings)) == (frozenset({DAY}), 2, 1)


def test_that_categories_without_a_total_make_their_day_faulty() -> None:
    with a_twilio(usage=[usage_record(MAIN, DAY, "calls", "3")]) as twilio:
        pull = pulled(twilio)
    assert pull.faulty == {DAY}
    assert pull.statements == ()
    assert "totalprice of" in pull.warnings[0]
    assert "is missing" in pull.warnings[0]


def test_that_a_category_that_cannot_be_read_costs_its_day_nothing_and_is_told(twilio: LocalTwilio) -> None:
    twilio.usage.add(usage_record(MAIN, DAY, "calls", "0") | {"price": "three"})
    pull = pulled(twilio)
    assert (pull.faulty, len(pull.statements), pull.rows) == (NONE, 3, 12)
    assert pull.warnings[0].startswith(f"calls of {MAIN} on 2026-11-18 cannot be read")


def test_that_another_currency_refuses_the_pull_and_names_account_day_and_currency(twilio: LocalTwilio) -> None:
    twilio.change_currency("EUR")
    said = sentence(ProviderRefused, twilio)
    assert all(word in said for word in (MAIN, "2026-11-18", "'EUR'"))


@pytest.mark.parametrize("name", ["account_sid", "category", "start_date", "end_date", "price", "price_unit"])
def test_that_a_missing_field_is_refused_by_name(twilio: LocalTwilio, name: str) -> None:
    changed(twilio, lambda body: body["usage_records"][5].pop(name) and None, USAGE)
    assert f"the field '{name}' is missing" in sentence(ProviderRefused, twilio)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("account_sid", 7), ("category", None), ("start_date", 20261118), ("end_date", "18.11.2026")),
        *(("account_sid", SUB), ("start_date", "2026-11-19"), ("usage_records", None)),
    ],
)
def test_that_a_field_of_another_kind_is_refused_by_name(twilio: LocalTwilio, name: str, value: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        (body if name in body else body["usage_records"][0])[name] = value
        if name == "start_date" and isinstance(value, str):
            body["usage_records"][0]["end_date"] = value

    changed(twilio, change, USAGE)
    assert f"'{name}'" in sentence(ProviderRefused, twilio)


def test_that_added_fields_change_nothing(twilio: LocalTwilio) -> None:
    before = pulled(twilio)

    def change(body: dict[str, Any]) -> None:
        body["total"] = 12
        body["meta"] = {"more": [1]}
        for record in body["usage_records"]:
            record["carbon"] = {"grams": 1.5}

    changed(twilio, change, USAGE)
    assert pulled(twilio) == before


def test_that_a_price_that_is_a_number_is_as_exact_as_text(twilio: LocalTwilio) -> None:
    original = twilio.server.answer

    def answer(request: Request) -> Answer:
        true = original(request)
        return replace(true, body=true.body.replace(b'"price":"4.50"', b'"price":0.1'))

    twilio.server.answer = answer
    assert pulled(twilio).statements[0].amount_usd == Decimal("0.100000")


def test_that_an_account_list_without_the_account_itself_is_refused(twilio: LocalTwilio) -> None:
    changed(twilio, lambda body: body | {"accounts": body["accounts"][1:]}, "Accounts.json")
    with pytest.raises(ProviderRefused, match=f"never is {MAIN}"):
        costs_of(twilio).accounts()


@pytest.mark.parametrize("name", ["sid", "friendly_name", "status"])
@pytest.mark.parametrize("value", [None, 7])
def test_that_an_account_without_what_is_needed_is_refused_by_name(twilio: LocalTwilio, name: str, value: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        body["accounts"][0].pop(name)
        if value is not None:
            body["accounts"][0][name] = value

    changed(twilio, change, "Accounts.json")
    with pytest.raises(ProviderRefused, match=f"the field '{name}' is") as raised:
        costs_of(twilio).accounts()
    assert TOKEN not in str(raised.value)


def test_that_what_would_be_asked_is_told_with_its_address() -> None:
    (question,) = TwilioCosts(LOGIN, clock=NOW).explain(Account(SUB, "Autumn"), SPAN)
    assert question.asked.endswith(
        f"GET https://api.twilio.com/2010-04-01/Accounts/{SUB}/Usage/Records/Daily.json"
        "?StartDate=2026-11-16&EndDate=2026-11-18&IncludeSubaccounts=false&PageSize=1000"
    )
    assert TOKEN not in question.asked


amounts = st.dictionaries(
    st.dates(SPAN.first, SPAN.last), st.decimals(0, 9999, places=5, allow_nan=False), min_size=1, max_size=3
)


@given(histories=st.lists(amounts, min_size=1, max_size=4), size=st.integers(1, 4))
def test_that_after_any_restatements_a_pull_states_what_twilio_says_now(
    histories: list[dict[date, Decimal]], size: int
) -> None:
    with a_twilio() as twilio:
        small_pages(twilio, size)
        now: dict[date, Decimal] = {}
        for stated in histories:
            now |= stated
            for day, price in stated.items():
                twilio.restate(MAIN, day, price, as_of=datetime(2026, 11, 20, tzinfo=UTC))
            assert {one.usage_date: one.amount_usd for one in pulled(twilio).statements} == now
