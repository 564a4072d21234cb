"""Whatever BigQuery, the sign-in or the network does wrong: one sentence, in bounded time, and never a wrong total."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable
from capdesk.services.providers.bigquery_wire import Patience
from capdesk.services.providers.billing_query import require_columns
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery, api_error, standard_schema
from capdesk.services.providers.local.http import (
    Answer,
    Cut,
    Drip,
    Fault,
    Instead,
    Late,
    Request,
    json_answer,
    no_fault,
    nth,
)
from tests.services.providers.billing_exports import (
    HASTY,
    ROWS,
    SHORT,
    TABLE,
    essence,
    export,
    from_file,
    pulled,
    refused,
)


@pytest.fixture
def bigquery() -> Iterator[LocalBigQuery]:
    with LocalBigQuery({TABLE: ExportTable(ROWS)}) as server:
        yield server
        assert server.errors == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *(
            ("cost", "STRING"),
            ("credits.amount", "NUMERIC"),
            ("usage_start_time", "DATETIME"),
            ("cost_type", "INTEGER"),
        ),
        *(("project.id", "INTEGER"), ("invoice.month", "DATE"), ("labels", "RECORD"), ("labels.key", "BYTES")),
    ],
)
def test_that_a_missing_or_retyped_column_refuses_the_pull_and_is_named(
    bigquery: LocalBigQuery, path: str, kind: str
) -> None:
    bigquery.tables[TABLE].retype(path, kind)
    assert f"has a column {path} of type {kind}" in refused(export(bigquery.url))
    bigquery.tables[TABLE].drop_column(path)
    assert f"has no column {path}" in refused(export(bigquery.url))


def test_that_other_words_for_the_same_types_are_the_same_types() -> None:
    words = json.dumps(standard_schema()).replace('"FLOAT"', '"FLOAT64"').replace('"RECORD"', '"STRUCT"')
    require_columns(TABLE, json.loads(words))


def test_that_added_columns_change_nothing(bigquery: LocalBigQuery) -> None:
    bigquery.tables[TABLE].schema.append({"name": "consumption_model", "type": "RECORD", "fields": []})
    bigquery.tables[TABLE].schema.insert(0, {"name": "subscription", "type": "STRING"})
    assert essence(pulled(export(bigquery.url)).statements) == essence(from_file(ROWS))


def test_that_a_column_that_goes_between_the_look_and_the_query_is_named(bigquery: LocalBigQuery) -> None:
    def drop(request: Request) -> None:
        if request.method == "POST":
            bigquery.fault = no_fault
            bigquery.tables[TABLE].drop_column("cost_type")

    bigquery.fault = drop
    assert "Unrecognized name: cost_type" in refused(export(bigquery.url))


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        ("bigquery.tables.get", "grant it the role BigQuery Data Viewer .*dataset acme-billing.costs"),
        ("bigquery.jobs.create", r"grant it the role BigQuery Job User \(roles/bigquery.jobUser\) on .*acme-queries"),
        ("bigquery.tables.getData", "roles/bigquery.dataViewer.* and .*roles/bigquery.jobUser"),
    ],
)
def test_that_a_missing_role_is_named_with_where_to_grant_it(bigquery: LocalBigQuery, denied: str, words: str) -> None:
    key = bigquery.service_account("sync@acme.iam.gserviceaccount.com")
    bigquery.denied.add(denied)
    with pytest.raises(ProviderRefused, match=f"denies the service account sync@acme.*{words}"):
        pulled(export(bigquery.url, key=key))
    bigquery.denied.clear()
    assert pulled(export(bigquery.url, key=key)).rows == len(ROWS)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"table": "acme-billing.costs.gcp_billing_export_v1_000000_000000_000000"}, "There is no table .* any more"),
        ({"table": "acme-billing.cost.gcp_billing_export_v1_000000_000000_000000"}, "no dataset acme-billing.cost "),
        ({"location": "EU"}, "no dataset acme-billing.costs where BigQuery looks for it; check its name and location"),
    ],
)
def test_that_what_is_not_there_is_named(bigquery: LocalBigQuery, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ProviderRefused, match=words):
        pulled(export(bigquery.url, **settings))


def test_that_a_table_that_vanishes_between_two_requests_refuses_the_pull(bigquery: LocalBigQuery) -> None:
    def vanish(request: Request) -> None:
        if request.method == "POST":
            bigquery.tables["acme-billing.costs.other"] = bigquery.tables.pop(TABLE, ExportTable())

    bigquery.fault = vanish
    assert "There is no table" in refused(export(bigquery.url))


def test_that_a_query_over_its_limit_of_bytes_is_refused_with_the_limit(bigquery: LocalBigQuery) -> None:
    """Google says so in two ways: the request is refused, or the job it made has failed (as an error 500)."""
    bigquery.tables[TABLE].add(ROWS * 36_000)
    styles: tuple[Literal["job", "answer"], ...] = ("job", "answer")
    for bigquery.byte_trip in styles:
        words = refused(export(bigquery.url, max_bytes=10 * 2**20))
        assert "would read more than the limit of 10 MiB" in words
        assert "billed nothing" in words
    assert pulled(export(bigquery.url)).rows == len(ROWS) * 36_001


@pytest.mark.parametrize(
    ("status", "reason", "kind", "words"),
    [
        (403, "quotaExceeded", ProviderUnavailable, "quota of the project acme-queries is used up"),
        (403, "accessNotConfigured", ProviderRefused, "API is switched off in the project acme-queries"),
        (403, "forbidden", ProviderRefused, "grant it the role"),
        (400, "invalidQuery", ProviderRefused, r"refuses capdesk's query on .* \(Syntax"),
        (400, "resourcesExceeded", ProviderRefused, r"\(resourcesExceeded\)"),
        (401, "authError", ProviderRefused, "connect it again"),
        (404, "notFound", ProviderRefused, "check"),
        (403, "rateLimitExceeded", ProviderUnavailable, r"asks for patience .* \(rateLimitExceeded\)"),
        (503, "backendError", ProviderUnavailable, r"asks for patience .* \(backendError\)"),
        (500, "internalError", ProviderUnavailable, r"asks for patience"),
        (429, "tooMany", ProviderRefused, "tooMany"),
    ],
)
@pytest.mark.parametrize("path", ["/tables/", "/jobs"])
def test_that_each_reason_has_its_sentence(
    bigquery: LocalBigQuery, status: int, reason: str, kind: type[CapdeskError], words: str, path: str
) -> None:
    bigquery.fault = nth(1, Instead(api_error(status, reason, "Syntax error: no")), 10_000, path=path)
    with pytest.raises(kind, match=words):
        pulled(export(bigquery.url))


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "backendError"])
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_that_a_passing_fault_at_any_request_changes_nothing(bigquery: LocalBigQuery, reason: str, place: int) -> None:
    bigquery.fault = nth(place, Instead(api_error(403, reason, "slow down")), times=2)
    assert essence(pulled(export(bigquery.url)).statements) == essence(from_file(ROWS))


@pytest.mark.parametrize("path", ["/tables/", "/jobs", "/queries/"])
def test_that_repetitions_are_bounded(bigquery: LocalBigQuery, path: str) -> None:
    bigquery.fault = nth(1, Instead(api_error(503, "backendError", "down")), 10_000, path=path)
    started = time.monotonic()
    refused(export(bigquery.url), ProviderUnavailable)
    assert time.monotonic() - started < 4
    assert 2 <= sum(path in one.path for one in bigquery.requests) <= 30


def test_that_in_production_a_dead_endpoint_is_given_up_within_two_minutes() -> None:
    usual = Patience()
    assert usual.answer_s + usual.retry_s + usual.answer_s <= 120


def test_that_nobody_listening_is_told_as_such() -> None:
    with LocalBigQuery({}) as server:
        gone = server.url
    assert "could not be reached" in refused(export(gone), ProviderUnavailable)


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("request_number", [1, 2, 3, 4])
def test_that_an_answer_cut_anywhere_is_asked_for_again(bigquery: LocalBigQuery, request_number: int, how: Any) -> None:
    """Each request of a pull, cut once at each of many bytes: the figures are the same, or there are none."""
    whole = essence(from_file(ROWS))
    for after in (0, 1, 9, 17, 40, 80, 120, 160, 250, 400, 600, 900, 1200):
        bigquery.tables = {TABLE: ExportTable(ROWS)}
        bigquery.fault = nth(request_number, Cut(after, how))
        assert essence(pulled(export(bigquery.url)).statements) == whole
    bigquery.fault = nth(request_number, Cut(30, how), 10_000)
    assert "connection was lost" in refused(export(bigquery.url), ProviderUnavailable)


@pytest.mark.parametrize(
    "fault", [Cut(0, "hang"), Cut(60, "hang"), Cut(300, "hang"), Late(5), Drip(9, 0.02), Drip(1, 0.05)]
)
@pytest.mark.parametrize("path", ["/tables/", "/queries/"])
def test_that_silence_is_not_waited_for(bigquery: LocalBigQuery, path: str, fault: Fault) -> None:
    """Silence from the start, in the headers, in the body, and either dripping for longer than anybody waits."""
    bigquery.fault = nth(1, fault, 10_000, path=path)
    started = time.monotonic()
    assert "again" in refused(export(bigquery.url, patience=SHORT), ProviderUnavailable)
    assert time.monotonic() - started < 3


def test_that_a_query_that_never_ends_is_cancelled(bigquery: LocalBigQuery) -> None:
    bigquery.unfinished = 1_000_000
    assert "did not answer about" in refused(export(bigquery.url, patience=SHORT), ProviderUnavailable)
    assert bigquery.requests[-1].path.endswith("/cancel")


_NOT_DONE = {"kind": "bigquery#getQueryResultsResponse", "jobComplete": False}


def lie(change: Any) -> Any:
    """Every page of results as `change` would have it."""

    def fault(request: Request) -> Fault | None:
        return Instead(json_answer(change)) if "/queries/" in request.path else None

    return fault


@pytest.mark.parametrize(
    "answer",
    [
        _NOT_DONE,
        {"jobComplete": True, "totalRows": "0"},
        {"jobComplete": True, "totalRows": "0", "schema": {"fields": [{"name": "records", "type": "INTEGER"}]}},
        {"jobComplete": True, "totalRows": "1", "rows": [{"f": [{"v": "0"}]}]},
        *([], {}, {"jobComplete": True, "rows": 7}, {"jobComplete": True, "totalRows": "many"}, "text"),
    ],
)
def test_that_an_answer_of_another_shape_is_never_taken_for_no_cost(bigquery: LocalBigQuery, answer: Any) -> None:
    bigquery.fault = lie(answer)
    refused(export(bigquery.url, patience=SHORT), CapdeskError)


def tampered(bigquery: LocalBigQuery, change: Any) -> None:
    """From now on the rows of the grain query are changed on their way."""

    def fault(request: Request) -> Fault | None:
        if "/queries/" not in request.path or request.first("maxResults") == "0":
            return None
        job = request.path.rsplit("/", 1)[-1]
        page = json.loads(bigquery.results(request.path.split("/")[4], job).body)
        change(page)
        return Instead(json_answer(page))

    bigquery.fault = fault


def _lose(page: Any) -> None:
    page["rows"].pop()


def _lose_told(page: Any) -> None:
    page["rows"].pop()
    page["totalRows"] = str(len(page["rows"]))


def _double(page: Any) -> None:
    page["rows"].append(page["rows"][0])


def _same_again(page: Any) -> None:
    page["pageToken"] = "0"


def _nothing_again(page: Any) -> None:
    page.pop("rows", None)
    page["pageToken"] = "7"


@pytest.mark.parametrize("change", [_same_again, _nothing_again])
def test_that_pages_in_a_circle_are_refused(bigquery: LocalBigQuery, change: Any) -> None:
    tampered(bigquery, change)
    assert "cannot be used" in refused(export(bigquery.url))
    bigquery.forget_requests()
    bigquery.tables[TABLE].replace([])
    assert "its pages have no end" in refused(export(bigquery.url))
    assert len(bigquery.requests) < 20


def _put(place: int, value: Any) -> Any:
    def change(page: Any) -> None:
        page["rows"][0]["f"][place]["v"] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        *(_lose, _lose_told, _double, _put(1, "2026-01-01"), _put(1, "soon"), _put(11, None), _put(11, "much")),
        *(_put(13, "0"), _put(13, None), _put(15, "7"), _put(16, "70")),
    ],
)
def test_that_lost_doubled_or_changed_rows_refuse_the_whole_pull(bigquery: LocalBigQuery, change: Any) -> None:
    tampered(bigquery, change)
    assert "cannot be used" in refused(export(bigquery.url))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, b"<html>Please sign in to the hotel network</html>"), "on the way to BigQuery"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), "refuses what is asked"),
        (Answer(502, b"<html>Bad gateway</html>"), "asks for patience"),
        (json_answer([]), "another shape"),
        (json_answer({"location": "US"}), "another shape"),
    ],
)
def test_that_something_else_than_bigquery_is_told_as_such(bigquery: LocalBigQuery, answer: Answer, words: str) -> None:
    bigquery.fault = nth(1, Instead(answer), 10_000)
    assert words in refused(export(bigquery.url), CapdeskError)


def test_that_patience_is_the_callers(bigquery: LocalBigQuery) -> None:
    bigquery.fault = nth(1, Late(0.5), path="/tables/")
    assert pulled(export(bigquery.url, patience=replace(HASTY, answer_s=2.0))).rows == len(ROWS)
