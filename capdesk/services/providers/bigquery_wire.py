"""BigQuery's REST interface by Google's own client library, every wait bounded."""

import io
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as StillRunning
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, cast
from uuid import uuid4

import requests
import urllib3
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict
from google.auth import credentials as auth
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import bigquery
from google.cloud.bigquery.job import QueryJob

from capdesk.services.providers.base_url import is_local
from capdesk.services.providers.bigquery_errors import Where, sentence, told
from capdesk.services.providers.billing_grains import IllShaped
from capdesk.services.providers.billing_query import BillingQuery, Layout, require_columns
from capdesk.services.providers.bounded_http import bound

GOOGLE = "https://bigquery.googleapis.com"
# At DEBUG Google's libraries write down what signs us in, and whatever an answer repeats of it.
for _name in ("google.auth.transport.requests", "google.api_core.retry", "google.cloud.bigquery.retry"):
    logging.getLogger(_name).disabled = True
_CHUNK = 1 << 20
# No answer has so many pages: a server that never ends is stopped.
_MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds: for one whole answer, for repeating a failed request, and for a query to end.

    `pause_s` is the first pause before a repetition. `page_rows` is asked for at once, None: as many as Google gives.
    """

    answer_s: float = 30.0
    retry_s: float = 60.0
    job_s: float = 300.0
    pause_s: float = 1.0
    page_rows: int | None = None


USUAL = Patience()


class _Bounded(requests.Session):
    """Reads each answer whole within the time it is given, however slowly it drips, and follows nobody elsewhere.

    The client library waits at least two minutes for each page, and `requests` bounds only the wait for the next byte.
    """

    answer_s: float = 30.0

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": self.answer_s, "stream": True, "allow_redirects": False}
        answer = super().send(request, **kwargs)
        body = _whole(answer.raw)
        if answer.status_code == requests.codes.ok and not body:
            # What is left of an answer cut in its headers; BigQuery never has nothing to say.
            raise requests.ConnectionError("the answer is empty")
        answer.raw = io.BytesIO(body)
        return answer


class _Authorized(_Bounded, AuthorizedSession):
    """The same, signed in."""


def _whole(raw: urllib3.HTTPResponse) -> bytes:
    read = bytearray()
    try:
        while chunk := raw.read1(_CHUNK, decode_content=True):
            read += chunk
    except urllib3.exceptions.ReadTimeoutError:
        raise requests.ReadTimeout("the answer takes too long") from None
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from None
    finally:
        raw.close()
        raw.release_conn()
    return bytes(read)


class Wire:
    """One conversation with BigQuery about one table. A context manager; errors are capdesk's own sentences."""

    def __init__(self, where: Where, credentials: auth.Credentials, base_url: str | None, patience: Patience) -> None:
        self._where, self._patience = where, patience
        self._retry = bigquery.DEFAULT_RETRY.with_delay(initial=patience.pause_s).with_timeout(patience.retry_s)
        plain = _Bounded()
        self._session = _Authorized(credentials, auth_request=Request(plain))
        for session in (plain, self._session):
            session.answer_s = patience.answer_s
            bound(session, patience.answer_s)
            # A proxy in the environment is for the way out, and must not see what stays on this computer.
            session.trust_env = base_url is None or not is_local(base_url)
        self._client = bigquery.Client(
            project=where.query_project,
            credentials=credentials,
            _http=self._session,
            client_options=ClientOptions(api_endpoint=(base_url or GOOGLE).rstrip("/")),
        )
        self.bytes_billed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.close()

    def layout(self, location: str | None) -> Layout:
        """Where the table lies and how it is partitioned. Raises ProviderRefused where a needed column is not there."""
        with told(self._where, querying=False):
            table = self._client.get_table(self._where.table, retry=self._retry, timeout=self._patience.answer_s)
            resource = table.to_api_repr()
            found = Layout(location or str(resource["location"]), *_partition(resource), rows=table.num_rows)
            schema = resource["schema"]["fields"]
        require_columns(self._where.table, schema)
        return found

    def estimate(self, query: BillingQuery, layout: Layout) -> int:
        """The bytes the query would read, by a dry run, which is free."""
        config = bigquery.QueryJobConfig(
            dry_run=True, use_query_cache=False, query_parameters=_parameters(query), labels=_labels(query)
        )
        with told(self._where, querying=True):
            return int(self._begun(query, config, layout).total_bytes_processed)

    def rows(self, query: BillingQuery, layout: Layout, max_bytes: int) -> Iterator[Sequence[object]]:
        """The rows of the answer in the query's own columns, page by page; complete, or an error is raised."""
        config = bigquery.QueryJobConfig(
            query_parameters=_parameters(query), labels=_labels(query), maximum_bytes_billed=max_bytes
        )
        with told(self._where, querying=True):
            job = self._begun(query, config, layout)
            pages = self._ended(job)
            self.bytes_billed += int(job.total_bytes_billed or 0)
            if job.state != "DONE" or [field.name for field in pages.schema] != list(query.columns):
                raise IllShaped(self._where.table, "its columns are others")
            # A job that is done without a result makes the library say there are no rows; its total is then None or 0.
            came, total = 0, pages.total_rows
            for row in self._each(pages):
                came += 1
                yield tuple(row)
            if total is None or came != total:
                raise IllShaped(self._where.table, f"{came} rows came of {total}")

    def _each(self, pages: bigquery.table.RowIterator) -> Iterator[bigquery.table.Row]:
        """The library goes on as long as a page names a next one, be it the same."""
        seen: set[str] = set()
        for page in pages.pages:
            yield from page
            following = pages.next_page_token
            if following is None:
                return
            if following in seen or len(seen) >= _MOST_PAGES:
                raise IllShaped(self._where.table, "its pages have no end")
            seen.add(following)

    def _begun(self, query: BillingQuery, config: bigquery.QueryJobConfig, layout: Layout) -> QueryJob:
        """The job, asked for under a name of our own: if an answer is lost and the request repeated, it is found again.

        The library would look for it too, but for more than three minutes.
        """
        name = str(uuid4())
        try:
            return self._client.query(
                query.sql,
                job_config=config,
                job_id=name,
                location=layout.location,
                retry=self._retry,
                timeout=self._patience.answer_s,
                job_retry=None,
            )
        except Conflict:
            known = self._client.get_job(
                name, location=layout.location, retry=self._retry, timeout=self._patience.answer_s
            )
            return cast("QueryJob", known)

    def _ended(self, job: QueryJob) -> bigquery.table.RowIterator:
        patience = self._patience
        try:
            return job.result(page_size=patience.page_rows, retry=self._retry, timeout=patience.job_s, job_retry=None)
        except StillRunning as error:
            with suppress(Exception):  # the query may end as it likes, nobody waits for it any more
                job.cancel(retry=None, timeout=patience.answer_s)
            raise sentence(self._where, error, querying=True) from None


def _parameters(query: BillingQuery) -> list[bigquery.ScalarQueryParameter]:
    return [bigquery.ScalarQueryParameter(name, kind, value) for name, kind, value in query.parameters]


def _labels(query: BillingQuery) -> dict[str, str]:
    """By these the owner finds the cost of capdesk's own queries in the billing export."""
    return {"capdesk": query.name}


def _partition(resource: dict[str, Any]) -> tuple[str | None, str]:
    """Without a field in its partitioning, a table is partitioned by the day its rows arrive."""
    partitioning = resource.get("timePartitioning")
    if not partitioning:
        return None, "DAY"
    return str(partitioning.get("field") or "_PARTITIONTIME"), str(partitioning.get("type") or "DAY")
