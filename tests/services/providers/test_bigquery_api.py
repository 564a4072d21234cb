"""The billing export asked through Google's own client: whole grains, exact sums, corrections found however old."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import ProviderRefused, UsageRefused
from capdesk.services.providers.bigquery_api import BillingSettings, estimated_price
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.pull import Account, Span
from tests.services.providers.billing_exports import (
    ACCOUNT,
    HASTY,
    NOW,
    OCTOBER,
    TABLE,
    Desk,
    essence,
    export,
    from_file,
    nobody_waits,
    pulled,
    row,
)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalBigQuery]:
    with LocalBigQuery({}) as server:
        yield server
        assert server.errors == []


@pytest.fixture
def bigquery(running: LocalBigQuery) -> LocalBigQuery:
    running.tables = {TABLE: ExportTable()}
    running.page_rows, running.unfinished = 20_000, 0
    running.forget_requests()
    return running


def asked(server: LocalBigQuery) -> list[str]:
    """What was requested, in words."""
    return [f"{one.method} {one.path.rsplit('/', 2)[-2 if '/queries/' in one.path else -1]}" for one in server.requests]


def test_that_a_grain_costs_its_cost_plus_its_credits_and_says_both(bigquery: LocalBigQuery) -> None:
    credits = [{"amount": -0.2}, {"amount": -0.05}]
    bigquery.tables[TABLE].add([row(credits=credits), row(cost=0.5), row("2026-11-19")])
    found = pulled(export(bigquery.url))
    assert [s.amount_usd for s in found.statements] == [Decimal("1.500000"), Decimal("1.250000")]
    assert found.statements[0].breakdown == {
        "service": "Compute Engine",
        "sku": "Storage PD Capacity",
        "cost": "1.75",
        "credits": "-0.25",
    }
    assert (found.accounts, found.first, found.last) == ((ACCOUNT,), date(2026, 10, 1), date(2026, 11, 20))
    assert (found.rows, found.faulty, found.warnings, found.bytes_billed) == (3, frozenset(), (), 10 * 2**20)


_AMOUNTS = st.decimals(-5, 9000, places=7).map(float)
_LABELS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from(["campaign", "env"]), "value": st.sampled_from(["a", "", None])}),
    max_size=3,
)


@st.composite
def billing_rows(draw: st.DrawFn, days: list[date]) -> list[dict[str, Any]]:
    """Rows of few grains, so that they meet; some twice, some corrections, some without a project."""
    count = draw(st.integers(0, 6))
    made = [
        row(
            draw(st.sampled_from(days)),
            draw(_AMOUNTS),
            sku={"id": draw(st.sampled_from(["CPU", "RAM"])), "description": "N2"},
            labels=draw(_LABELS),
            project=draw(
                st.sampled_from([None, {"id": "p"}, {"id": "q", "labels": [{"key": "campaign", "value": "z"}]}])
            ),
            credits=[{"amount": one} for one in draw(st.lists(_AMOUNTS.map(lambda usd: -usd), max_size=2))],
            invoice={"month": draw(st.sampled_from(["202610", "202611"]))},
            cost_type=draw(st.sampled_from(["regular", "adjustment", "tax"])),
        )
        for _ in range(count)
    ]
    return made + draw(st.lists(st.sampled_from(made), max_size=2)) if made else made


_PULLED_DAYS = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 20)]


@settings(max_examples=40, deadline=None)
@given(rows=billing_rows(_PULLED_DAYS), data=st.data())
def test_that_a_pull_states_what_a_file_of_the_same_rows_does_in_whatever_pages_and_order(
    running: LocalBigQuery, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    running.tables = {TABLE: ExportTable(rows)}
    running.page_rows = data.draw(st.sampled_from([1, 2, 20_000]), "rows of a server page")
    running.unfinished = data.draw(st.integers(0, 2), "times still running")
    patience = replace(HASTY, page_rows=data.draw(st.sampled_from([None, 1, 3]), "rows asked for"))
    first = pulled(export(running.url, patience=patience))
    assert essence(first.statements) == essence(from_file(rows))
    assert first.rows == len(rows)
    running.tables = {TABLE: ExportTable(data.draw(st.permutations(rows), "order"))}
    again = pulled(export(running.url))
    assert (again.statements, again.rows) == (first.statements, first.rows)


_HISTORY_DAYS = [date(2026, 8, 5), date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 8), date(2026, 11, 9)]
_CORRECTIONS = st.sampled_from(["late", "negated", "month moved", "twice"])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_that_after_each_pull_the_desk_knows_what_google_says_now(running: LocalBigQuery, data: st.DataObject) -> None:
    """Rows arrive over two weeks, for days of months ago too; what is recorded is always what all rows say."""
    table, rows, desk = ExportTable(), list[dict[str, Any]](), Desk()
    running.tables = {TABLE: table}
    running.page_rows, running.unfinished = 20_000, 0
    now = datetime(2026, 11, 10, 6, tzinfo=UTC)
    for _ in range(data.draw(st.integers(1, 4), "pulls")):
        arriving: list[dict[str, Any]] = data.draw(billing_rows(_HISTORY_DAYS), "rows")
        if data.draw(st.booleans(), "a correction") and rows:
            arriving += corrected(data.draw(st.sampled_from(rows)), data.draw(_CORRECTIONS))
        table.add(arriving, arrived=now.date())
        rows += arriving
        found = desk.pull(running.url, now)
        assert desk.grains == essence(from_file(rows, now.date()))
        assert found.warnings == ()
        now += timedelta(hours=data.draw(st.sampled_from([1, 24, 72, 24 * 12]), "hours later"))


def corrected(one: dict[str, Any], how: str) -> list[dict[str, Any]]:
    """Further rows, which is how Google corrects."""
    taken_back = {**one, "cost": -one["cost"], "credits": [{"amount": -c["amount"]} for c in one["credits"]]}
    if how == "month moved":
        return [taken_back, {**one, "invoice": {"month": "202612"}}]
    return {"late": [one], "negated": [taken_back], "twice": [one, one]}[how]


def test_that_a_row_gone_from_a_day_looked_back_to_is_taken_back(bigquery: LocalBigQuery) -> None:
    desk, kept = Desk(), row("2026-11-01", 2.0)
    bigquery.tables[TABLE].add([kept, row("2026-11-02", 3.0)])
    desk.pull(bigquery.url, NOW)
    bigquery.tables[TABLE].replace([kept])
    desk.pull(bigquery.url, NOW + timedelta(days=1))
    assert desk.grains == essence(from_file([kept]))


def test_that_a_table_that_became_empty_takes_everything_back_only_after_counting(bigquery: LocalBigQuery) -> None:
    found = pulled(export(bigquery.url))
    assert (found.statements, found.rows, found.accounts) == ((), 0, (ACCOUNT,))
    assert sum(b"capdesk: count" in one.body for one in bigquery.requests) == 1


@pytest.mark.parametrize("first", [date(2026, 10, 1), date(2026, 11, 20)])
@pytest.mark.parametrize("partition_field", [None, "", "usage_start_time", "export_time"])
def test_that_a_late_row_of_an_old_day_moves_the_start_however_the_table_is_partitioned(
    bigquery: LocalBigQuery, partition_field: str | None, first: date
) -> None:
    table = ExportTable([row("2026-11-19"), row("2026-07-03", 7.0)], partition_field=partition_field)
    table.add([row("2026-07-03", 0.5, export_time="2026-11-20 03:00:00 UTC")])
    bigquery.tables[TABLE] = table
    span = Span(first, date(2026, 11, 20), datetime(2026, 11, 20, 6, tzinfo=UTC))
    found = pulled(export(bigquery.url), span)
    assert found.first == date(2026, 7, 3)
    assert [s.amount_usd for s in found.statements] == [Decimal("7.5"), Decimal("1.25")]
    quiet = pulled(export(bigquery.url), replace(span, changed_since=datetime(2026, 12, 24, tzinfo=UTC)))
    assert quiet.first == first


def test_that_usage_counts_on_its_utc_day_and_its_invoice_month_stands_beside_it(bigquery: LocalBigQuery) -> None:
    """The last evening of July in California is August in UTC; either month may invoice it."""
    bigquery.tables[TABLE].add(
        [
            row("2026-08-01", 1.0, usage_start_time="2026-08-01 05:00:00 UTC", invoice={"month": "202607"}),
            row("2026-08-01", 2.0, usage_start_time="2026-07-31T22:00:00-07:00", invoice={"month": "202608"}),
            row("2026-07-31", 4.0, usage_start_time="2026-07-31 23:59:59.999999 UTC", invoice={"month": "202608"}),
        ]
    )
    found = pulled(export(bigquery.url), Span(date(2026, 7, 1), date(2026, 8, 31)))
    days, months = dict[str, Decimal](), dict[str, Decimal]()
    for one in found.statements:
        days[str(one.usage_date)] = days.get(str(one.usage_date), Decimal(0)) + one.amount_usd
        months[str(one.invoice_month)] = months.get(str(one.invoice_month), Decimal(0)) + one.amount_usd
    assert days == {"2026-07-31": Decimal(4), "2026-08-01": Decimal(3)}
    assert months == {"202607": Decimal(1), "202608": Decimal(6)}
    only_august = pulled(export(bigquery.url), Span(date(2026, 8, 1), date(2026, 8, 31)))
    assert sum(one.amount_usd for one in only_august.statements) == 3


def test_that_a_day_that_has_not_ended_in_utc_is_not_asked_for(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row("2026-11-20"), row("2026-11-21")])
    span = Span(date(2026, 11, 1), date(2026, 11, 25))
    found = pulled(export(bigquery.url), span)
    assert (found.last, found.rows) == (date(2026, 11, 20), 1)
    bigquery.forget_requests()
    nothing = pulled(export(bigquery.url), Span(date(2026, 11, 21), date(2026, 11, 21)))
    assert (nothing.statements, nothing.rows, bigquery.requests) == ((), 0, [])


def test_that_a_partly_filled_column_makes_its_day_faulty_and_leaves_the_others(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add(
        [
            *(row("2026-11-02"), row("2026-11-02", sku={"id": None}), row("2026-11-03", cost=None)),
            *(row("2026-11-04", credits=[{"amount": None}]), row("2026-11-05", invoice={"month": "2026-11"})),
            *(row("2026-11-06"), row("2026-11-07", cost=5e9), row("2026-11-08", cost_type="")),
        ]
    )
    found = pulled(export(bigquery.url))
    assert [s.usage_date.day for s in found.statements] == [6]
    assert sorted(day.day for day in found.faulty) == [2, 3, 4, 5, 7, 8]
    told = " ".join(found.warnings)
    for words in ("sku.id is missing", "2 rows", "2026-11-03 and 1 other day,", "'2026-11'", "range of an amount"):
        assert words in told
    assert essence(found.statements) == essence(from_file([row("2026-11-06")]))


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[2Jb", "a\nb", "x" * 1001])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("billing_account_id", lambda text: {"billing_account_id": text}),
        ("project.id", lambda text: {"project": {"id": text}}),
        ("service.id", lambda text: {"service": {"id": text}}),
        ("sku.id", lambda text: {"sku": {"id": text}}),
        ("label", lambda text: {"labels": [{"key": "campaign", "value": text}]}),
        ("cost_type", lambda text: {"cost_type": text}),
    ],
)
def test_that_text_that_cannot_be_kept_or_shown_makes_its_day_faulty(
    bigquery: LocalBigQuery, name: str, change: Callable[[str], dict[str, Any]], text: str
) -> None:
    bigquery.tables[TABLE].add([row("2026-11-03", **change(text))])
    found = pulled(export(bigquery.url))
    assert found.faulty == {date(2026, 11, 3)}
    assert f"{name} holds what cannot be kept" in found.warnings[0]
    assert found.warnings[0].isprintable()
    assert found.accounts == (ACCOUNT,)


def test_that_names_are_kept_without_what_cannot_be_shown(bigquery: LocalBigQuery) -> None:
    service = {"id": "S1", "description": "Co\x00mpute\x1b[2J"}
    sku = {"id": "K1", "description": "x" * 5000}
    bigquery.tables[TABLE].replace([row("2026-11-03", service=service, sku=sku)])
    (one,) = pulled(export(bigquery.url)).statements
    assert one.breakdown["service"] == "Compute[2J"
    assert len(str(one.breakdown["sku"])) == 1000


def test_that_rows_without_a_day_are_told_of_and_counted_on_none(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row("2026-11-06"), row("2026-11-06", usage_start_time=None)])
    found = pulled(export(bigquery.url))
    assert ([s.records for s in found.statements], found.rows, found.faulty) == ([1], 2, frozenset())
    assert "1 rows" in found.warnings[0]
    assert "usage_start_time" in found.warnings[0]


@pytest.mark.parametrize("currency", ["EUR", None, "usd"])
def test_that_another_currency_refuses_the_pull(bigquery: LocalBigQuery, currency: str | None) -> None:
    bigquery.tables[TABLE].add([row(), row("2026-10-03", currency=currency)])
    with pytest.raises(ProviderRefused, match="only US dollars are recorded, never converted"):
        pulled(export(bigquery.url))


def test_that_costs_of_other_billing_accounts_are_stated_under_their_own(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row(), row(billing_account_id="AAAAAA-BBBBBB-CCCCCC", cost=3.0)])
    found = pulled(export(bigquery.url))
    assert found.accounts == (ACCOUNT, "AAAAAA-BBBBBB-CCCCCC")
    assert [(s.account, s.amount_usd) for s in found.statements] == [
        (ACCOUNT, Decimal("1.25")),
        ("AAAAAA-BBBBBB-CCCCCC", Decimal(3)),
    ]


@pytest.mark.parametrize(
    "name", ["gcp_billing_export_v1_01338E_BE3FD6_363B4C", "gcp_billing_export_resource_v1_01338E_BE3FD6_363B4C"]
)
def test_that_the_billing_account_is_read_from_the_name_of_the_table(name: str) -> None:
    assert export("http://127.0.0.1:9", table=f"p.d.{name}").accounts() == [
        Account(ACCOUNT, f"billing account {ACCOUNT}")
    ]


def test_that_a_table_of_another_name_is_asked_for_its_account(bigquery: LocalBigQuery) -> None:
    bigquery.tables["p.d.costs"] = ExportTable()
    source = export(bigquery.url, table="p.d.costs")
    with pytest.raises(ProviderRefused, match="has no row of the last two months that tells its billing account"):
        source.accounts()
    bigquery.tables["p.d.costs"].add([row()])
    assert [one.id for one in source.accounts()] == [ACCOUNT]


def test_that_the_label_asked_for_is_the_one_of_the_settings(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add(
        [row(labels=[{"key": "team", "value": "growth"}, {"key": "campaign", "value": "solar"}])]
    )
    assert [s.label for s in pulled(export(bigquery.url, label_key="team")).statements] == ["team=growth"]
    assert [s.label for s in pulled(export(bigquery.url, label_key="it's")).statements] == [None]


def test_that_explaining_asks_only_for_estimates(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row()] * 1000)
    source = export(bigquery.url)
    since = replace(OCTOBER, changed_since=NOW - timedelta(days=1))
    schema, changed, grains = source.explain(Account(ACCOUNT, ACCOUNT), since)
    assert "free" in schema.asked
    assert changed.bytes is not None
    assert grains.bytes is not None
    assert 0 < changed.bytes < grains.bytes
    assert "estimated $0.0001 at $6.25 per TiB" in grains.asked
    assert [one for one in asked(bigquery) if "queries" in one] == []
    assert all(b'"dryRun": true' in one.body for one in bigquery.requests if one.method == "POST")
    small = export(bigquery.url, max_bytes=10 * 2**20)
    bigquery.tables[TABLE].add([row()] * 100_000)
    assert "over this connection's limit of 10 MiB" in small.explain(Account(ACCOUNT, ACCOUNT), OCTOBER)[1].asked
    assert estimated_price(2**40) == "$6.2500 at $6.25 per TiB"


def test_that_the_partition_bound_spares_bytes(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row(date(2026, 1, 1) + timedelta(days=n)) for n in range(300)] * 10)
    account, source = Account(ACCOUNT, ACCOUNT), export(bigquery.url)
    whole, part = (
        source.explain(account, Span(first, OCTOBER.last))[1].bytes for first in (date(2026, 1, 1), date(2026, 10, 20))
    )
    assert part < whole / 10


def test_that_what_google_bills_is_told_and_an_unchanged_table_costs_nothing_again(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row()])
    source = export(bigquery.url)
    assert [pulled(source).bytes_billed, pulled(source).bytes_billed] == [10 * 2**20, 0]
    bigquery.tables[TABLE].add([row()])
    assert pulled(source).bytes_billed == 10 * 2**20


def test_that_progress_counts_source_rows_and_may_stop_the_pull(bigquery: LocalBigQuery) -> None:
    class Stop(Exception):
        pass

    def stop(rows: int) -> None:
        raise Stop(rows)

    bigquery.tables[TABLE].add([row(sku={"id": f"{n}"}) for n in range(1500)] * 2)
    told: list[int] = []
    source = export(bigquery.url)
    source.pull(Account(ACCOUNT, ACCOUNT), OCTOBER, told.append)
    assert told == [2000, 3000]
    with pytest.raises(Stop):
        source.pull(Account(ACCOUNT, ACCOUNT), OCTOBER, stop)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 21), date(2026, 10, 1)),
        (date(2026, 1, 1), date(2025, 12, 1)),
        (date(2024, 3, 31), date(2024, 2, 1)),
    ],
)
def test_that_a_pull_looks_back_to_the_first_of_the_month_before(today: date, first: date) -> None:
    assert export("http://127.0.0.1:9").look_back(today) == first


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table": "acme:billing.export"}, "is no BigQuery table; write it like"),
        ({"table": "a.b.c` UNION ALL SELECT 1 --"}, "is no BigQuery table"),
        ({"query_project": ""}, "is no project of Google Cloud"),
        ({"label_key": ""}, "has no name"),
        ({"max_bytes": 1}, "refuses every query"),
    ],
)
def test_that_settings_that_cannot_be_used_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageRefused, match=words):
        BillingSettings(**({"table": TABLE, "query_project": "p", "label_key": "campaign"} | changes))


def test_that_a_table_the_connection_does_not_read_is_left_alone(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].add([row()])
    bigquery.tables["acme-billing.costs.other"] = ExportTable([row(cost=99.0)])
    source = export(bigquery.url)
    assert source.pull(Account(ACCOUNT, ACCOUNT), OCTOBER, nobody_waits).rows == 1
