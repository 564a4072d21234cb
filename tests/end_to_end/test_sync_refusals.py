"""Google refuses, lies or changes its export, or a clock is wrong: one sentence, nothing summed, the others go on."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock, SystemClock
from capdesk.services.providers.local.bigquery import ExportTable, api_error
from capdesk.services.providers.local.http import Answer, Instead, Request
from tests.conftest import Capdesk
from tests.support.lying import lying, recovers, syncs
from tests.support.outside import BILLING, DAY, EMAIL, MAIN, TABLE, Outside, quick_sync
from tests.support.pulled import Pulled


def well(desk: Desk, pulled: Pulled) -> None:
    """A sync of which nothing goes wrong."""
    pulled.outside.well()
    assert not quick_sync(desk, since=pulled.outside.first).failed
    pulled.after_a_good_sync()


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        ("bigquery.tables.get", r"denies .*sync@shop.* BigQuery Data Viewer .* on the dataset shop\.billing"),
        ("bigquery.tables.getData", r"denies .*roles/bigquery\.dataViewer.* and .*roles/bigquery\.jobUser"),
        ("bigquery.jobs.create", r"denies .* BigQuery Job User \(roles/bigquery\.jobUser\) on the project queries"),
    ],
)
def test_that_a_revoked_role_is_named_and_stops_google_alone(
    capdesk: Capdesk, outside: Outside, pulled: Pulled, permission: str, words: str
) -> None:
    recovers(capdesk, pulled)
    outside.move()
    outside.google.denied.add(permission)
    syncs(capdesk, pulled, {"gcp": words})
    outside.google.denied.clear()
    recovers(capdesk, pulled)


def test_that_a_vanished_table_or_dataset_takes_nothing_back(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    recovers(capdesk, pulled)
    before = pulled.ledger()
    outside.google.tables = {"shop.billing.other": ExportTable()}
    syncs(capdesk, pulled, {"gcp": f"There is no table {TABLE} any more"})
    outside.google.tables = {}
    syncs(capdesk, pulled, {"gcp": "There is no dataset shop.billing where BigQuery looks for it"})
    assert pulled.ledger() == before
    outside.google.tables = {TABLE: outside.table}
    recovers(capdesk, pulled)


def test_that_a_table_that_vanishes_between_any_two_answers_takes_nothing_back(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    well(desk, pulled)
    for number in range(1, 10):
        outside.move()
        outside.at(number, then=outside.google.tables.clear)
        report = quick_sync(desk, "gcp")
        pulled.after_a_fault()
        assert all(pull.detail.endswith(".") for pull in report.pulls if pull.state == "failed")
        outside.google.tables[TABLE] = outside.table
    well(desk, pulled)


def test_that_another_currency_is_refused_and_never_summed(capdesk: Capdesk, outside: Outside, pulled: Pulled) -> None:
    recovers(capdesk, pulled)
    outside.row(outside.days[1], Decimal(5), currency="EUR")
    foreign = outside.rows_of(outside.days[1])[-1]
    syncs(
        capdesk, pulled, {"gcp": f"The billing account {BILLING} in {TABLE} has costs in the currency 'EUR'; only US"}
    )
    outside.instead(foreign)
    recovers(capdesk, pulled)


def test_that_a_changed_column_is_named_and_an_added_one_is_not_minded(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    recovers(capdesk, pulled)
    whole = [dict(field) for field in outside.table.schema]
    for path, words in (("cost", "no column cost"), ("credits", "no column credits"), ("invoice", "invoice.month")):
        outside.move()
        outside.table.drop_column(path)
        syncs(capdesk, pulled, {"gcp": f"{words}.* so its costs would be wrong and nothing was recorded"})
        outside.table.schema[:] = [dict(field) for field in whole]
    for path, kind in (("cost", "STRING"), ("usage_start_time", "DATETIME"), ("currency", "INTEGER")):
        outside.move()
        outside.table.retype(path, kind)
        syncs(capdesk, pulled, {"gcp": f"a column {path} of type {kind} instead of"})
        outside.table.schema[:] = [dict(field) for field in whole]
    outside.table.schema.insert(0, {"name": "consumption_model", "type": "RECORD", "mode": "NULLABLE", "fields": []})
    recovers(capdesk, pulled)


@pytest.mark.parametrize("style", ["job", "answer"])
def test_that_a_query_over_the_limit_of_bytes_is_refused(
    desk: Desk, capdesk: Capdesk, outside: Outside, pulled: Pulled, style: Literal["job", "answer"]
) -> None:
    recovers(capdesk, pulled)
    outside.connect(desk, max_bytes=10 * 2**20)
    free = outside.rows_of(outside.days[0])[0] | {"cost": 0.0}
    outside.table.add([free] * 120_000)
    outside.google.byte_trip = style
    syncs(capdesk, pulled, {"gcp": "would read more than the limit of 10 MiB, so Google refused it and billed nothing"})
    outside.connect(desk, max_bytes=2**30)
    recovers(capdesk, pulled)


def test_that_an_expired_token_is_signed_anew_at_any_request(desk: Desk, outside: Outside, pulled: Pulled) -> None:
    for number in range(2, 9):
        outside.move()
        met = outside.at(number, then=outside.google.tokens.expire)
        assert not quick_sync(desk, "gcp", since=outside.first).failed
        assert met.is_set()
        pulled.after_a_fault()
    well(desk, pulled)


def test_that_a_deleted_key_a_deleted_account_and_a_wrong_clock_are_told_apart(
    capdesk: Capdesk, outside: Outside, pulled: Pulled
) -> None:
    recovers(capdesk, pulled)
    tokens = outside.google.tokens
    for hours in (-2, 2):
        outside.move()
        tokens.clock = FixedClock(SystemClock().now() + timedelta(hours=hours))
        syncs(capdesk, pulled, {"gcp": f"sign-in of the service account {EMAIL} because this computer's clock is off"})
    tokens.clock = SystemClock()
    recovers(capdesk, pulled)
    tokens.revoke(EMAIL)
    syncs(capdesk, pulled, {"gcp": f"no longer accepts the key of the service account {EMAIL}"})
    tokens.forget(EMAIL)
    syncs(capdesk, pulled, {"gcp": f"no longer knows the service account {EMAIL}: it was deleted or disabled"})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (api_error(429, "rateLimitExceeded", "slow down"), "asks for patience"),
        (api_error(403, "quotaExceeded", "used up"), "quota of the project queries is used up"),
        (Answer(503, b"<html><body>Service Unavailable</body></html>", {"Content-Type": "text/html"}), "for patience"),
        (Answer(200, b"<html>Sign in to the hotel network</html>", {"Content-Type": "text/html"}), "on the way to"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), "refuses what is asked"),
    ],
)
def test_that_what_answers_instead_of_google_is_told_and_takes_nothing_back(
    desk: Desk, outside: Outside, pulled: Pulled, answer: Answer, words: str
) -> None:
    well(desk, pulled)
    for path in ("/tables/", "/jobs", "/queries/"):
        outside.move()

        def instead(request: Request, path: str = path) -> Instead | None:
            return Instead(answer) if path in request.path else None

        outside.google.fault = instead
        report = quick_sync(desk)
        (failed,) = [pull for pull in report.pulls if pull.state == "failed"]
        assert failed.source == "gcp"
        assert re.search(words, failed.detail), failed.detail
        pulled.after_a_fault()
    well(desk, pulled)


Lie = Callable[[Any], object]


def _cell(place: int, value: Any) -> Lie:
    """Another value in the first row of each page of figures."""

    def lie(body: Any) -> None:
        for row in body.get("rows", [])[:1]:
            if len(row["f"]) > place:
                row["f"][place]["v"] = value

    return lie


def _no_rows(body: Any) -> None:
    body.pop("rows", None)


def _empty_for_ever(body: Any) -> None:
    body.pop("rows", None)
    body["pageToken"] = "5"


def _the_same_for_ever(body: Any) -> None:
    body["pageToken"] = "0"


def _raw(text: str) -> Lie:
    return lambda body: json.dumps(body | {"totalRows": "HERE"}).replace('"HERE"', text).encode()


def google_lies(desk: Desk, pulled: Pulled, lie: Lie) -> str:
    """What is said of Google, which alone fails."""
    with lying(pulled.outside.google.server, "/queries/", lie):
        report = quick_sync(desk)
    (failed,) = [pull for pull in report.pulls if pull.state == "failed"]
    assert failed.source == "gcp"
    assert re.fullmatch(r"[^\n]+\.", failed.detail)
    assert "mistake" not in failed.detail
    return failed.detail


def test_that_figures_that_lie_are_refused_whole(desk: Desk, outside: Outside, pulled: Pulled) -> None:
    well(desk, pulled)
    for lie in (
        *(_cell(11, value) for value in (None, "much", "1,5")),
        *(_cell(1, value) for value in ("2999-01-01", "1970-01-01", "soon", "2026-13-45")),
        *(_cell(13, value) for value in ("0", "-1", "NaN", None, "9" * 5000)),
        *(_cell(16, "1"), _no_rows, _empty_for_ever, _the_same_for_ever),
        *(_raw("NaN"), _raw("9" * 5000), _raw("Infinity"), lambda _body: b"[]", lambda _body: b"{"),
    ):
        outside.move()
        words = google_lies(desk, pulled, lie)
        assert re.search("cannot be used|on the way to BigQuery", words), words
        pulled.after_a_fault()
    well(desk, pulled)


LIES: list[tuple[Lie, str]] = [
    (_cell(11, "NaN"), "out of the range of an amount"),
    (_cell(11, "-1e400"), "out of the range of an amount"),
    (_cell(12, "9" * 5000), "out of the range of an amount"),
    (_cell(2, "a\x00b"), "project.id holds what cannot be kept"),
    (_cell(4, "\ud800"), "sku.id holds what cannot be kept"),
    (_cell(6, "209913"), "invoice.month is '209913'"),
    (_cell(7, None), "cost_type is missing"),
]


@pytest.mark.parametrize(("lie", "words"), LIES)
def test_that_a_grain_nobody_can_read_holds_its_day_back(
    desk: Desk, outside: Outside, pulled: Pulled, lie: Lie, words: str
) -> None:
    """Each of the two pages begins with such a grain."""
    well(desk, pulled)
    held = {(BILLING, day) for day in outside.days if day != outside.days[1]}
    for day in outside.days:
        outside.row(day, Decimal("0.5"), project="new")
    outside.unrated |= held
    said = google_lies(desk, pulled, lie)
    assert words in said
    assert re.search(r"and 1 more day could not be taken .*; it is asked for again next time\.$", said)
    pulled.after_a_fault()
    assert pulled.watermark(BILLING, "gcp") == min(day for _, day in held) - DAY
    outside.unrated.clear()
    well(desk, pulled)


def test_that_days_that_are_each_an_amount_are_recorded_whatever_they_add_up_to(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    for day in outside.days:
        outside.state(MAIN, day, Decimal("60000000"))
    well(desk, pulled)


def test_that_what_google_bills_is_recorded_also_where_its_answer_was_refused(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    billed = text("SELECT bytes_billed FROM sync_outcome ORDER BY id DESC LIMIT 1")
    well(desk, pulled)
    outside.move()
    google_lies(desk, pulled, _cell(16, "1"))
    assert desk.read(lambda session: session.scalar(billed)) >= 2 * 10 * 2**20
