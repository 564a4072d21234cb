"""The local BigQuery speaks the wire format of the real one: asked in raw HTTP and through Google's own client."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, InternalServerError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from capdesk.services.providers import billing_query
from capdesk.services.providers.billing_query import BillingQuery, Layout
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery, standard_schema
from tests.services.providers.billing_exports import TABLE, row

LAYOUT = Layout("US", "_PARTITIONTIME")
GRAINS = billing_query.grains(TABLE, LAYOUT, "campaign", date(2026, 11, 1), date(2026, 11, 30))
COUNT = billing_query.count(TABLE, LAYOUT, date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def server() -> Iterator[LocalBigQuery]:
    rows = [row(f"2026-11-{1 + n % 20:02d}", 0.1, sku={"id": f"S{n % 3}"}) for n in range(100)]
    with LocalBigQuery({TABLE: ExportTable(rows)}) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def client(server: LocalBigQuery) -> Iterator[bigquery.Client]:
    options, nobody = ClientOptions(api_endpoint=server.url), AnonymousCredentials()
    with closing(bigquery.Client("p1", credentials=nobody, client_options=options)) as made:
        yield made


def config(query: BillingQuery, **options: Any) -> bigquery.QueryJobConfig:
    parameters = [bigquery.ScalarQueryParameter(*one) for one in query.parameters]
    return bigquery.QueryJobConfig(query_parameters=parameters, **options)


def asked(server: LocalBigQuery, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    line = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
    with closing(line):
        line.request(method, path, None if body is None else json.dumps(body))
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())


def test_that_a_table_is_described_as_google_describes_it(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = client.get_table(TABLE)
    assert [field.name for field in table.schema] == [field["name"] for field in standard_schema()]
    assert (table.num_rows, table.location) == (100, "US")
    assert table.time_partitioning is not None
    assert (table.time_partitioning.type_, table.time_partitioning.field) == ("DAY", None)
    server.tables[TABLE] = ExportTable(partition_field="usage_start_time", location="EU")
    assert client.get_table(TABLE).to_api_repr()["timePartitioning"]["field"] == "usage_start_time"
    server.tables[TABLE] = ExportTable(partition_field="")
    assert client.get_table(TABLE).time_partitioning is None


def test_that_both_ways_of_asking_give_the_same_rows_in_pages(server: LocalBigQuery, client: bigquery.Client) -> None:
    server.page_rows = 7
    server.unfinished = 1
    waited = sorted(tuple(one) for one in client.query_and_wait(GRAINS.sql, job_config=config(GRAINS), page_size=5))
    job = client.query(GRAINS.sql, job_config=config(GRAINS))
    rows = job.result()
    assert sorted(tuple(one) for one in rows) == waited
    assert (rows.total_rows, job.total_bytes_billed, job.cache_hit) == (60, 0, True)
    assert [field.name for field in rows.schema] == list(GRAINS.columns)


def test_that_a_table_that_became_empty_is_not_answered_from_before(
    server: LocalBigQuery, client: bigquery.Client
) -> None:
    for rows, count in (([row("2026-11-02")], 1), ([], 0)):
        server.tables[TABLE].replace(rows)
        assert [tuple(one) for one in client.query(COUNT.sql, job_config=config(COUNT)).result()] == [(count,)]


def test_that_values_are_text_and_sums_are_exact(server: LocalBigQuery) -> None:
    parameters = [
        {"name": name, "parameterType": {"type": kind}, "parameterValue": {"value": str(value)}}
        for name, kind, value in COUNT.parameters
    ]
    body = {"query": COUNT.sql, "useLegacySql": False, "queryParameters": parameters}
    status, answer = asked(server, "POST", "/bigquery/v2/projects/p1/queries", body)
    assert (status, answer["rows"], answer["totalRows"]) == (200, [{"f": [{"v": "100"}]}], "1")
    assert answer["jobComplete"] is True
    assert answer["jobReference"]["projectId"] == "p1"


def test_that_ten_dimes_make_a_dollar(server: LocalBigQuery, client: bigquery.Client) -> None:
    server.tables[TABLE] = ExportTable([row("2026-11-02", 0.1)] * 10)
    [found] = client.query_and_wait(GRAINS.sql, job_config=config(GRAINS))
    assert str(found["cost_usd"]) == "1"
    assert (found["records"], found["all_grains"], found["all_records"]) == (10, 1, 10)


def test_that_a_dry_run_reads_nothing_and_touches_only_its_partitions(client: bigquery.Client) -> None:
    early = billing_query.grains(TABLE, LAYOUT, "campaign", date(2026, 11, 20), date(2026, 11, 30))
    whole, part = (
        client.query(one.sql, job_config=config(one, dry_run=True, use_query_cache=False)) for one in (GRAINS, early)
    )
    assert 0 < (part.total_bytes_processed or 0) < (whole.total_bytes_processed or 0) / 5
    assert list(whole.result()) == []


@pytest.mark.parametrize(("style", "error"), [("job", InternalServerError), ("answer", BadRequest)])
def test_that_the_limit_of_bytes_trips_as_a_failed_job_or_as_an_answer(
    server: LocalBigQuery, client: bigquery.Client, style: Any, error: type[Exception]
) -> None:
    server.byte_trip = style
    with pytest.raises(error, match="limit for bytes billed"):
        client.query(GRAINS.sql, job_config=config(GRAINS, maximum_bytes_billed=1), job_retry=None).result()
    with pytest.raises(BadRequest):
        client.query_and_wait(GRAINS.sql, job_config=config(GRAINS, maximum_bytes_billed=1))


@pytest.mark.parametrize(
    ("sql", "words"),
    [("SELECT 1", "Expected a table"), (f"SELECT * FROM `{TABLE}`", "capdesk's own queries only")],
)
def test_that_only_capdesks_queries_are_answered(client: bigquery.Client, sql: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        client.query_and_wait(sql)


@pytest.mark.parametrize("column", ["cost_type", "cost", "credits", "project.labels", "invoice.month", "labels"])
def test_that_a_column_the_table_lacks_is_an_error(server: LocalBigQuery, client: bigquery.Client, column: str) -> None:
    server.tables[TABLE].drop_column(column)
    with pytest.raises(BadRequest, match=f"Unrecognized name: {column} "):
        client.query_and_wait(GRAINS.sql, job_config=config(GRAINS))


def test_that_days_are_summed_whole(client: bigquery.Client) -> None:
    parameters = [("first", "TIMESTAMP", datetime(2026, 11, 1, 8, tzinfo=UTC)), *COUNT.parameters[1:]]
    shifted = BillingQuery("count", COUNT.sql, tuple(parameters), COUNT.columns)
    with pytest.raises(BadRequest, match="whole UTC days"):
        client.query_and_wait(shifted.sql, job_config=config(shifted))


def test_that_a_name_a_job_has_already_is_refused_and_the_job_is_found(client: bigquery.Client) -> None:
    client.query(COUNT.sql, job_config=config(COUNT), job_id="one", job_retry=None).result()
    assert client.get_job("one", location="US").state == "DONE"
    with pytest.raises(NotFound):
        client.get_job("another", location="US")
    with pytest.raises(Exception, match="Already Exists"):
        client.query(COUNT.sql, job_config=config(COUNT), job_id="one", job_retry=None)


def test_that_a_table_elsewhere_is_not_found(server: LocalBigQuery, client: bigquery.Client) -> None:
    with pytest.raises(NotFound, match="not found in location EU"):
        client.query_and_wait(COUNT.sql, job_config=config(COUNT), location="EU")
    assert asked(server, "GET", "/bigquery/v2/projects/p/elsewhere")[0] == 404
    assert asked(server, "DELETE", "/")[1]["error"]["errors"][0]["reason"] == "notFound"


@pytest.mark.parametrize("assertion", ["", "a.b.c", "e30.e30.e30"])
def test_that_a_token_is_given_for_a_signed_assertion_only(server: LocalBigQuery, assertion: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
    grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
    with closing(line):
        for form, error in ((grant + assertion, "invalid_grant"), ("grant_type=password", "unsupported_grant_type")):
            line.request("POST", "/token", form)
            answer = line.getresponse()
            assert (answer.status, json.loads(answer.read())["error"]) == (400, error)


def test_that_a_schema_may_be_changed_without_touching_another_table() -> None:
    one, other = ExportTable(), ExportTable()
    one.drop_column("project.id")
    one.retype("credits", "RECORD")
    assert "project.id" not in one.paths()
    assert other.paths() == ExportTable().paths()
    assert "project.labels.key" in one.paths()
