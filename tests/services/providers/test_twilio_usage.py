"""Twilio usage files: totalprice per account and UTC day is the truth, and every record is accounted for."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import FileRefused
from capdesk.services.providers import twilio_usage
from capdesk.services.providers.charges import ChargeFile

TODAY = date(2026, 11, 21)
MAIN = "AC" + "0" * 32
SUB = "AC" + "1" * 32


def record(category: str = "totalprice", **changes: Any) -> dict[str, Any]:
    return {
        "account_sid": MAIN,
        "api_version": "2010-04-01",
        "as_of": "2026-11-21T02:00:00+00:00",
        "category": category,
        "count": None,
        "usage": "40.00",
        "usage_unit": "usd",
        "price": "40.00",
        "price_unit": "usd",
        "start_date": "2026-11-18",
        "end_date": "2026-11-18",
    } | changes


def envelope(*records: Any, **changes: Any) -> dict[str, Any]:
    uri = f"/2010-04-01/Accounts/{MAIN}/Usage/Records/Daily.json?IncludeSubaccounts=false&PageSize=1000"
    return {
        "first_page_uri": uri + "&Page=0",
        "next_page_uri": None,
        "page": 0,
        "uri": uri,
        "usage_records": list(records),
    } | changes


def parsed(content: Any) -> ChargeFile:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    result = twilio_usage.parse(io.BytesIO(raw), today_utc=TODAY)
    assert result.read == sum(s.records for s in result.statements) + len(result.rejects)
    return result


def only_reason(content: Any) -> str:
    reasons = {reject.reason for reject in parsed(content).rejects}
    assert len(reasons) == 1
    return reasons.pop()


def test_that_totalprice_is_what_a_day_cost_and_categories_are_metadata_never_added() -> None:
    result = parsed(
        envelope(record("calls", price="30.00", count="210"), record(), record("calls-outbound", price="28.00"))
    )
    [statement] = result.statements
    assert (statement.account, statement.usage_date) == (MAIN, date(2026, 11, 18))
    assert statement.amount_usd == Decimal("40.000000")
    assert (statement.records, statement.first_line) == (3, 2)
    categories = statement.breakdown["categories"]
    assert isinstance(categories, dict)
    assert set(categories) == {"calls", "calls-outbound"}
    assert categories["calls"]["price"] == "30.00"
    assert categories["calls"]["count"] == "210"
    assert result.covered == {(MAIN, date(2026, 11, 18))}
    assert result.warnings == ()


@pytest.mark.parametrize(
    "content",
    [
        envelope(record(), record(account_sid=SUB)),
        [envelope(record()), envelope(record(account_sid=SUB))],
        [record(), record(account_sid=SUB)],
        b"\n".join(json.dumps(r).encode() for r in (record(), record(account_sid=SUB))),
        b"\r\n\r\n".join(json.dumps(envelope(r)).encode() for r in (record(), record(account_sid=SUB))),
        b"\xef\xbb\xbf" + json.dumps(envelope(record(), record(account_sid=SUB)), indent=2).encode(),
    ],
)
def test_that_every_shape_the_api_and_its_tools_write_states_the_same_days(content: Any) -> None:
    assert [(s.account, s.amount_usd) for s in parsed(content).statements] == [(MAIN, Decimal(40)), (SUB, Decimal(40))]


@pytest.mark.parametrize("price", ['"0.1"', "0.1", "0.10000000000000000001"])
def test_that_a_price_is_exact_whether_it_is_text_or_a_number(price: str) -> None:
    raw = json.dumps(envelope(record(price="@"))).replace('"@"', price).encode()
    assert parsed(raw).statements[0].amount_usd == Decimal("0.100000")


@pytest.mark.parametrize("price", ["0.0000005", "0.0000015"])
def test_that_an_amount_is_rounded_once_half_even(price: str) -> None:
    expected = {"0.0000005": Decimal("0.000000"), "0.0000015": Decimal("0.000002")}[price]
    assert parsed(envelope(record(price=price))).statements[0].amount_usd == expected


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"end_date": "2026-11-30", "start_date": "2026-11-01"}, "end_date", "only daily records"),
        ({"price_unit": "eur"}, "price_unit", "only US dollars"),
        ({"price_unit": None}, "price_unit", "is missing"),
        ({"price": None}, "price", "price is missing, not an amount"),
        ({"price": "NaN"}, "price", "not an amount"),
        ({"price": True}, "price", "not an amount"),
        ({"price": "1_000"}, "price", "not an amount"),
        ({"price": "1e30"}, "price", "out of the range"),
        ({"price": "500000000"}, "price", "too large"),
        ({"start_date": "18.11.2026", "end_date": "18.11.2026"}, "start_date", "not a date like"),
        ({"start_date": "2026-02-30", "end_date": "2026-02-30"}, "start_date", "not a date like"),
        ({"start_date": "2026-11-21", "end_date": "2026-11-21"}, "usage_date", "has not ended in UTC"),
        ({"account_sid": ""}, "account_sid", "account_sid is ''"),
        ({"account_sid": 7}, "account_sid", "names it as text"),
    ],
)
def test_that_a_total_that_cannot_be_taken_is_refused_with_its_own_sentence(
    changes: dict[str, Any], field: str, words: str
) -> None:
    result = parsed(envelope(record(account_sid=SUB), record(**changes)))
    [reject] = result.rejects
    assert (reject.line, reject.field) == (2, field)
    assert words in reject.reason
    assert [s.account for s in result.statements] == [SUB]


def test_that_upper_case_usd_is_dollars_too() -> None:
    assert parsed(envelope(record(price_unit="USD"))).statements


def test_that_yesterday_has_ended_and_today_has_not() -> None:
    days = [record(start_date=day, end_date=day) for day in ("2026-11-20", "2026-11-21", "2026-11-22")]
    result = parsed(envelope(*days))
    assert [s.usage_date for s in result.statements] == [date(2026, 11, 20)]
    assert [r.line for r in result.rejects] == [2, 3]


def test_that_a_day_without_its_total_is_rejected_whole() -> None:
    result = parsed(envelope(record("calls"), record("sms"), record(account_sid=SUB)))
    assert [r.line for r in result.rejects] == [1, 2]
    assert all("totalprice" in r.reason and "is missing" in r.reason for r in result.rejects)
    assert result.covered == {(SUB, date(2026, 11, 18))}


def test_that_a_refused_total_takes_its_day_along_and_says_so() -> None:
    result = parsed(envelope(record("calls"), record(price_unit="eur")))
    assert result.statements == ()
    assert ["was refused" in r.reason for r in result.rejects] == [True, False]


def test_that_a_refused_category_leaves_the_total_standing() -> None:
    result = parsed(envelope(record(), record("calls", price="many")))
    assert result.statements[0].amount_usd == 40
    assert [r.line for r in result.rejects] == [2]


def test_that_a_category_without_a_price_yet_is_kept_as_such() -> None:
    statement = parsed(envelope(record(), record("calls", price=None, price_unit=None))).statements[0]
    assert statement.breakdown["categories"]["calls"]["price"] is None  # type: ignore[index]


def test_that_two_different_totals_of_a_day_refuse_the_day() -> None:
    content = envelope(record(), record("calls"), record(price="43.10"))
    assert "as 40.00 and as 43.10" in only_reason(content)
    assert parsed(content).statements == ()


def test_that_the_same_total_twice_is_one_total() -> None:
    [statement] = parsed([envelope(record()), envelope(record(price="40.0"))]).statements
    assert (statement.amount_usd, statement.records) == (Decimal(40), 2)


def test_that_a_category_stated_twice_differently_is_refused() -> None:
    content = envelope(record(), record("calls", price="1"), record("calls", price="1"), record("calls", price="2"))
    assert "stated twice, differently" in only_reason(content)


def test_that_an_answer_not_asked_without_subaccounts_is_warned_about() -> None:
    [warning] = parsed(envelope(record(), uri="/x.json", first_page_uri="/x.json?Page=0")).warnings
    assert "IncludeSubaccounts=false" in warning
    [warning] = parsed([record()]).warnings
    assert "without the answer they came in" in warning


def test_that_a_page_that_is_not_in_the_file_is_warned_about() -> None:
    follows = str(envelope()["uri"]) + "&Page=1&PageToken=PA1"
    [warning] = parsed(envelope(record(), next_page_uri=follows)).warnings
    assert "more pages follow" in warning
    pages = [envelope(record(), next_page_uri=follows), envelope(record(account_sid=SUB), page=1, uri=follows)]
    assert parsed(pages).warnings == ()


def test_that_an_answer_without_records_is_no_error() -> None:
    result = parsed(envelope())
    assert (result.read, result.statements) == (0, ())
    assert "holds no usage records" in result.warnings[0]


def test_that_a_line_that_is_not_json_is_rejected_by_its_number() -> None:
    lines = [json.dumps(record()), "", '{"category": "totalprice', json.dumps(record(account_sid=SUB)), "7"]
    result = parsed("\n".join(lines).encode())
    assert [r.line for r in result.rejects] == [3, 5]
    assert "not JSON" in result.rejects[0].reason
    assert "not a usage record" in result.rejects[1].reason
    assert len(result.statements) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"account_sid,category,price\nAC1,totalprice,40\n", "may be a CSV"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b'{"category": "\xe9"}', "not UTF-8 at byte 14"),
        (b'{"usage_records": [{"category"', "is not complete JSON"),
        (b"[" * 100_000, "is not complete JSON"),
        (b"[1" + b"0" * 5000 + b"]", "is not complete JSON"),
        (b'{"code": 20003, "message": "Authenticate", "status": 401}', "holds no usage records"),
        (b'[{"billing_account_id": "1"}]', "holds no usage records"),
    ],
)
def test_that_a_file_that_is_something_else_is_refused_whole(content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        parsed(content)


def test_that_a_path_is_read_and_named_in_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "usage für Mai.json"
    with pytest.raises(FileRefused, match="cannot be read"):
        twilio_usage.parse(path, today_utc=TODAY)
    path.write_text("")
    with pytest.raises(FileRefused, match=r"usage für Mai\.json is empty"):
        twilio_usage.parse(path, today_utc=TODAY)
    path.write_text(json.dumps(envelope(record())))
    assert twilio_usage.parse(path, today_utc=TODAY).read == 1


_anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_records = st.builds(
    record,
    category=st.sampled_from(["totalprice", "calls", "sms", ""]) | _anything,
    account_sid=st.sampled_from([MAIN, SUB]) | _anything,
    price=st.sampled_from(["1.5", 1.5, None]) | _anything,
    price_unit=st.sampled_from(["usd", "USD", "eur"]),
    start_date=st.sampled_from(["2026-11-18", "2026-11-19", "2026-11-21"]),
    end_date=st.sampled_from(["2026-11-18", "2026-11-19", "2026-11-21"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_records | _anything, max_size=12), st.booleans())
def test_that_whatever_the_records_hold_each_is_in_one_statement_or_rejected(records: list[Any], lines: bool) -> None:
    content = b"\n".join(json.dumps(r).encode() for r in records) if lines else envelope(*records)
    try:
        result = parsed(content)
    except FileRefused:
        return
    assert result.read == len([item for r in records for item in (r if lines and isinstance(r, list) else [r])])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(-9999, 9999, places=7), min_size=1, max_size=20), st.randoms())
def test_that_pages_in_any_order_state_the_same_totals(prices: list[Decimal], random: Any) -> None:
    records = [record(account_sid=f"AC{n}", price=str(price)) for n, price in enumerate(prices)]
    shuffled = random.sample(records, len(records))
    once = {(s.account, s.amount_usd) for s in parsed(envelope(*records)).statements}
    assert once == {(s.account, s.amount_usd) for s in parsed([envelope(r) for r in shuffled]).statements}
