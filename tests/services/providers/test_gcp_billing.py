"""Google billing-export rows: summed exactly into their grain, never deduplicated, every row accounted for."""

import io
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import FileRefused
from capdesk.services.providers import gcp_billing
from capdesk.services.providers.charges import ChargeFile

TODAY = date(2026, 11, 21)
ACCOUNT = "01338E-BE3FD6-363B4C"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "billing_account_id": ACCOUNT,
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "D973-5D65-BAB2", "description": "Storage PD Capacity"},
        "usage_start_time": "2026-11-18 07:00:00 UTC",
        "usage_end_time": "2026-11-18 08:00:00 UTC",
        "project": {"id": "outreach", "number": "1", "name": "Outreach", "labels": [], "ancestry_numbers": None},
        "labels": [],
        "system_labels": [],
        "export_time": "2026-11-18 12:00:00 UTC",
        "cost": 1.25,
        "currency": "USD",
        "credits": [],
        "invoice": {"month": "202611"},
        "cost_type": "regular",
    } | changes


def parsed(*rows: Any, **options: Any) -> ChargeFile:
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in rows]
    result = gcp_billing.parse(io.BytesIO(b"\n".join(lines)), today_utc=TODAY, **options)
    assert result.read == sum(s.records for s in result.statements) + len(result.rejects)
    return result


def test_that_a_grain_costs_its_cost_plus_its_credits() -> None:
    credits = [{"name": "Free", "amount": -0.2}, {"name": "Promo", "amount": "-0.05"}]
    [statement] = parsed(row(credits=credits), row(cost="0.5")).statements
    assert statement.amount_usd == Decimal("1.500000")
    assert statement.breakdown == {
        "service": "Compute Engine",
        "sku": "Storage PD Capacity",
        "cost": "1.75",
        "credits": "-0.25",
    }
    assert (statement.provider, statement.account, statement.usage_date) == ("gcp", ACCOUNT, date(2026, 11, 18))
    assert (statement.project, statement.service, statement.sku) == ("outreach", "6F81-5844-456A", "D973-5D65-BAB2")
    assert (statement.label, statement.invoice_month, statement.cost_type) == (None, "202611", "regular")
    assert (statement.first_line, statement.records) == (1, 2)


def test_that_identical_rows_are_genuine_and_all_count() -> None:
    assert parsed(row(), row(), row()).statements[0].amount_usd == Decimal("3.75")


@pytest.mark.parametrize(
    "other",
    [
        {"billing_account_id": "OTHER"},
        {"usage_start_time": "2026-11-19 07:00:00 UTC"},
        {"project": {"id": "sandbox"}},
        {"project": None},
        {"service": {"id": "95FF-2EF5-5EA1"}},
        {"sku": {"id": "X"}},
        {"labels": [{"key": "campaign", "value": "roofers"}]},
        {"invoice": {"month": "202612"}},
        {"cost_type": "adjustment"},
    ],
)
def test_that_each_part_of_the_grain_parts_the_cost(other: dict[str, Any]) -> None:
    assert [s.records for s in parsed(row(), row(**other)).statements] == [1, 1]


def test_that_a_label_of_the_resource_wins_over_the_projects() -> None:
    labelled = {"id": "outreach", "labels": [{"key": "campaign", "value": "solar"}]}
    both = row(project=labelled, labels=[{"key": "env", "value": "prod"}, {"key": "campaign", "value": "roofers"}])
    labels = [s.label for s in parsed(both, row(project=labelled), row()).statements]
    assert sorted(map(str, labels)) == ["None", "campaign=roofers", "campaign=solar"]
    assert [s.label for s in parsed(both, label_key="env").statements] == ["env=prod"]
    assert [s.label for s in parsed(row(labels=[{"key": "campaign", "value": ""}])).statements] == ["campaign="]


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-18T23:59:59Z",
        "2026-11-18 23:59:59 UTC",
        "2026-11-18 23:59:59.999999 UTC",
        "2026-11-18T23:59:59+00:00",
        "2026-11-18T15:59:59-08:00",
        "2026-11-19T01:59:59+02:00",
        1795046399,
        1795046399.5,
        "1.795046399E9",
        "1795046399999999",
        1795046399999999,
    ],
)
def test_that_the_usage_day_is_the_utc_day_of_the_start_however_it_is_written(stamp: Any) -> None:
    assert parsed(row(usage_start_time=stamp)).statements[0].usage_date == date(2026, 11, 18)


def test_that_tax_without_a_project_is_a_grain_of_its_own() -> None:
    without = {key: value for key, value in row(cost_type="tax").items() if key != "project"}
    assert [s.project for s in parsed(without, row()).statements] == [None, "outreach"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"currency": "EUR"}, "currency", "never converted"),
        ({"currency": None}, "currency", "currency is missing"),
        ({"usage_start_time": "2026-11-18 07:00:00"}, "usage_start_time", "without a zone, which is never guessed"),
        ({"usage_start_time": None}, "usage_start_time", "is missing"),
        ({"usage_start_time": "Mon"}, "usage_start_time", "not a moment like"),
        ({"usage_start_time": True}, "usage_start_time", "not a moment like"),
        ({"usage_start_time": []}, "usage_start_time", "not a moment like"),
        ({"usage_start_time": 20261118}, "usage_start_time", "not a moment like"),
        ({"usage_start_time": "2026-11-21T00:00:00Z"}, "usage_date", "has not ended in UTC"),
        ({"billing_account_id": None}, "billing_account_id", "is missing"),
        ({"service": "Compute Engine"}, "service", "not a record with fields"),
        ({"service": None}, "service.id", "service.id is missing"),
        ({"sku": {"description": "Disk"}}, "sku.id", "sku.id is missing"),
        ({"project": "outreach"}, "project", "not a record with fields"),
        ({"project": {"id": 7}}, "project.id", "names it as text"),
        ({"labels": {"campaign": "x"}}, "labels", "labels is 'dict', not a list"),
        ({"labels": ["campaign=x"]}, "labels", "not a key and a value"),
        ({"labels": [{"key": "campaign", "value": 7}]}, "labels", "not text"),
        ({"invoice": "202611"}, "invoice", "not a record with fields"),
        ({"invoice": {"month": 202611}}, "invoice.month", "names it as text"),
        ({"invoice": {"month": "202613"}}, "invoice.month", "not a month like"),
        ({"cost_type": None}, "cost_type", "is missing"),
        ({"cost": None, "sku": {"id": "X"}}, "cost", "cost is missing"),
        ({"cost": True, "sku": {"id": "X"}}, "cost", "not an amount"),
        ({"cost": "free", "sku": {"id": "X"}}, "cost", "not an amount"),
        ({"cost": float("nan"), "sku": {"id": "X"}}, "cost", "not an amount"),
        ({"cost": 1e200, "sku": {"id": "X"}}, "cost", "out of the range"),
        ({"cost": 1e-200, "sku": {"id": "X"}}, "cost", "out of the range"),
        ({"cost": 500_000_000, "sku": {"id": "X"}}, "cost", "not an amount in dollars up to"),
        ({"credits": -1, "sku": {"id": "X"}}, "credits", "not a list"),
        ({"credits": [-1], "sku": {"id": "X"}}, "credits", "not a credit"),
        ({"credits": [{"name": "Free"}], "sku": {"id": "X"}}, "credits.amount", "is missing"),
    ],
)
def test_that_a_missing_or_retyped_column_refuses_its_row_with_the_reason(
    changes: dict[str, Any], field: str, words: str
) -> None:
    result = parsed(row(), row(**changes))
    [reject] = result.rejects
    assert (reject.line, reject.field) == (2, field)
    assert words in reject.reason
    assert result.statements[0].amount_usd == Decimal("1.25")


def test_that_columns_google_adds_later_change_nothing() -> None:
    later = row(consumption_model={"id": "x"}, subscription=[], cost_at_list=9.99, price={"effective_price": "1"})
    assert parsed(row()).statements == parsed(later).statements


@pytest.mark.parametrize("column", ["credits", "labels", "project"])
def test_that_a_column_no_row_has_refuses_the_file_but_one_row_may_lack_it(column: str) -> None:
    lacking = {key: value for key, value in row().items() if key != column}
    with pytest.raises(FileRefused, match=f"lacks the column {column}"):
        parsed(lacking, lacking)
    assert parsed(lacking, row()).rejects == ()


def test_that_a_grain_with_a_refused_row_is_not_stated_since_a_part_would_stand_for_the_whole() -> None:
    result = parsed(row(), row(cost="?"), row(), row(sku={"id": "X"}))
    assert [r.line for r in result.rejects] == [1, 2, 3]
    assert result.rejects[0].reason.startswith("Line 2, of the same day")
    assert [s.sku for s in result.statements] == ["X"]
    assert result.covered == frozenset()


def test_that_a_day_is_covered_only_when_each_of_its_rows_was_taken() -> None:
    next_day = row(usage_start_time="2026-11-19T00:00:00Z")
    whole = {(ACCOUNT, date(2026, 11, 18)), (ACCOUNT, date(2026, 11, 19))}
    assert parsed(row(), next_day).covered == whole
    assert parsed(row(), next_day, row(currency="EUR")).covered == {(ACCOUNT, date(2026, 11, 19))}
    assert parsed(row(), next_day, row(cost_type=None)).covered == frozenset()


def test_that_a_line_that_is_not_json_is_rejected_by_its_number_and_warned_about() -> None:
    result = parsed(row(), b"", b'{"billing_account_id": "01', b"\xff{}", b"7", row())
    assert [r.line for r in result.rejects] == [3, 4, 5]
    assert result.statements[0].records == 2
    assert "3 refused records (the first is 3)" in result.warnings[0]
    assert parsed(row(), row(currency="EUR")).warnings == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"[]", "not one readable row"),
        (b"billing_account_id,cost\n01,1.25\n", "may be a CSV"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"\x1f\x8b\x08", "compressed"),
        (b'{"billing', "not one readable row"),
        (b'{\n  "cost": 1\n}', "not one readable row"),
        (b'[{"cost": 1', "not complete JSON"),
        (b'{"usage_records": [], "page": 0}', "holds no billing rows"),
    ],
)
def test_that_a_file_that_is_something_else_is_refused_whole(content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        gcp_billing.parse(io.BytesIO(content), today_utc=TODAY)


def test_that_an_array_of_rows_is_taken_and_its_records_counted() -> None:
    content = json.dumps([row(), row(currency="EUR")], indent=2).encode()
    result = gcp_billing.parse(io.BytesIO(content), today_utc=TODAY)
    assert result.statements == parsed(row()).statements
    assert [r.line for r in result.rejects] == [2]


def test_that_a_path_is_read_and_named_in_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "billing.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(row()).encode() + b"\r\n")
    assert gcp_billing.parse(path, today_utc=TODAY).statements == parsed(row()).statements
    with pytest.raises(FileRefused, match="cannot be read"):
        gcp_billing.parse(tmp_path, today_utc=TODAY)


def test_that_the_usage_day_and_the_invoice_month_each_tie_to_the_rows() -> None:
    july_usage_in_august = row(usage_start_time="2026-07-31T23:00:00Z", invoice={"month": "202608"}, cost=3)
    august_usage_in_july = row(usage_start_time="2026-08-01T00:00:00Z", invoice={"month": "202607"}, cost=5)
    by_month: dict[object, Decimal] = defaultdict(Decimal)
    for statement in parsed(july_usage_in_august, august_usage_in_july).statements:
        by_month[statement.usage_date.month, statement.invoice_month] += statement.amount_usd
    assert by_month == {(7, "202608"): 3, (8, "202607"): 5}


_amounts = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-30)
_rows = st.builds(
    row,
    cost=_amounts | _amounts.map(repr),
    credits=st.lists(st.fixed_dictionaries({"amount": _amounts}), max_size=3),
    sku=st.sampled_from([{"id": "A"}, {"id": "B"}]),
    project=st.sampled_from([None, {"id": "p"}]),
    usage_start_time=st.sampled_from(["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"]),
)


def _net(rows: Iterable[dict[str, Any]]) -> Fraction:
    amounts = [r["cost"] for r in rows] + [c["amount"] for r in rows for c in r["credits"]]
    return sum((Fraction(str(amount)) for amount in amounts), Fraction(0))


@settings(max_examples=100, deadline=None)
@given(st.lists(_rows, min_size=1, max_size=25), st.randoms())
def test_that_the_exact_sum_of_a_grain_is_rounded_once_in_any_order_of_rows(rows: list[Any], random: Any) -> None:
    statements = parsed(*rows).statements
    assert statements == parsed(*rows).statements
    shuffled = parsed(*random.sample(rows, len(rows))).statements
    assert [(s.sku, s.project, s.amount_usd) for s in shuffled] == [
        (s.sku, s.project, s.amount_usd) for s in statements
    ]
    for statement in statements:
        same = [
            r
            for r in rows
            if r["sku"]["id"] == statement.sku
            and (r["project"] or {}).get("id") == statement.project
            and r["usage_start_time"].startswith(str(statement.usage_date))
        ]
        assert statement.amount_usd == Decimal(round(_net(same) * 10**6)).scaleb(-6)


_anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "key", "value"]), inner),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(row())), _anything), min_size=1, max_size=12))
def test_that_whatever_a_column_holds_its_row_is_in_one_statement_or_rejected(changes: list[tuple[str, Any]]) -> None:
    result = parsed(row(), *(row(**{column: value}) for column, value in changes))
    assert result.read == len(changes) + 1


def test_that_a_large_file_is_read_in_a_stream() -> None:
    content = b"\n".join([json.dumps(row()).encode()] * 20_000)
    result = gcp_billing.parse(io.BytesIO(content), today_utc=TODAY)
    assert result.read == 20_000
    assert result.statements[0].amount_usd == 25_000
