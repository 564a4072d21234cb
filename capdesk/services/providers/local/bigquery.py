"""BigQuery on 127.0.0.1: billing-export tables served with the real wire format, and capdesk's queries answered."""

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import unquote

from capdesk.services.clock import Clock, SystemClock
from capdesk.services.providers.local.bigquery_answers import InvalidQuery, Parameters, Result, answer, table_of
from capdesk.services.providers.local.bigquery_jobs import Job, Refused, api_error
from capdesk.services.providers.local.bigquery_table import ExportTable, Row, standard_schema
from capdesk.services.providers.local.bigquery_token import TokenEndpoint
from capdesk.services.providers.local.http import Answer, Faults, LocalServer, Request, json_answer

__all__ = ["ExportTable", "LocalBigQuery", "Row", "api_error", "standard_schema"]

_PROJECT = r"/bigquery/v2/projects/(?P<project>[^/]+)"
_EMAIL = "capdesk@local-project.iam.gserviceaccount.com"
_ANSWERS_KEPT = 16
_Asked = tuple[ExportTable, str, int]


class LocalBigQuery:
    """A context manager; `url` is the base URL, `tables` what it holds by 'project.dataset.table'.

    All of these may change while it runs: `tables` and what they hold; `denied`, the permissions nobody has
    (`bigquery.tables.get`, `bigquery.tables.getData`, `bigquery.jobs.create`); `unfinished`, how many times the next
    queries say they still run; `byte_trip`, whether a query over its limit of bytes fails as a job or as an answer;
    `page_rows`, the most rows of a page; `signed_in_only`; `fault`, what goes wrong on the way (`server` has more). The
    clock is Google's.
    """

    def __init__(self, tables: Mapping[str, ExportTable], *, port: int = 0, clock: Clock | None = None) -> None:
        self.tables: dict[str, ExportTable] = dict(tables)
        self.denied: set[str] = set()
        self.unfinished = 0
        self.byte_trip: Literal["job", "answer"] = "job"
        self.page_rows = 20_000
        self.signed_in_only = False
        self.tokens = TokenEndpoint(clock or SystemClock())
        self.server = LocalServer(self._answer, port=port)
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, str], Job] = {}
        self._seen: dict[_Asked, Result] = {}
        self._numbers = itertools.count(1)
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Request, dict[str, str]], Answer]]] = [
            ("GET", re.compile(_PROJECT + r"/datasets/(?P<dataset>[^/]+)/tables/(?P<table>[^/]+)"), self._table),
            ("POST", re.compile(_PROJECT + "/jobs"), self._insert),
            ("POST", re.compile(_PROJECT + "/queries"), self._query),
            ("GET", re.compile(_PROJECT + "/jobs/(?P<job>[^/]+)"), self._get),
            ("POST", re.compile(_PROJECT + "/jobs/(?P<job>[^/]+)/cancel"), self._cancel),
            ("GET", re.compile(_PROJECT + "/queries/(?P<job>[^/]+)"), self._results),
        ]

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def requests(self) -> list[Request]:
        return self.server.requests

    @property
    def errors(self) -> list[Exception]:
        return self.server.errors

    def forget_requests(self) -> None:
        self.server.forget_requests()

    @property
    def fault(self) -> Faults:
        return self.server.fault

    @fault.setter
    def fault(self, faults: Faults) -> None:
        self.server.fault = faults

    def service_account(self, email: str = _EMAIL) -> str:
        """A key file for the account, as JSON, whose token endpoint is this server."""
        return self.tokens.service_account(self.url, email)

    def results(self, project: str, job: str) -> Answer:
        """The first page of a job's results, for whoever wants to answer something else instead."""
        return self._page(self._known({"project": project, "job": job}), 0, self.page_rows)

    def _answer(self, request: Request) -> Answer:
        if request.method == "POST" and request.path == "/token":
            return self.tokens.answer(request)
        sent = request.headers.get("authorization")
        if (sent is not None or self.signed_in_only) and not self.tokens.accepts(sent):
            return api_error(401, "authError", "Request had invalid authentication credentials.")
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                try:
                    return handler(request, {name: unquote(part) for name, part in found.groupdict().items()})
                except Refused as refused:
                    return refused.answer
        return api_error(404, "notFound", "Not found")

    def _table(self, _request: Request, part: dict[str, str]) -> Answer:
        name = f"{part['project']}.{part['dataset']}.{part['table']}"
        table = self._found(name, "bigquery.tables.get")
        resource: dict[str, Any] = {
            "kind": "bigquery#table",
            "id": _colon(name),
            "tableReference": {"projectId": part["project"], "datasetId": part["dataset"], "tableId": part["table"]},
            "schema": {"fields": table.schema},
            "numRows": str(len(table)),
            "location": table.location,
            "type": "TABLE",
        }
        if table.partition_field is None:
            resource |= {"timePartitioning": {"type": "DAY"}, "requirePartitionFilter": False}
        elif table.partition_field:
            resource |= {"timePartitioning": {"type": "DAY", "field": table.partition_field}}
        return json_answer(resource)

    def _found(self, name: str, permission: str) -> ExportTable:
        if permission in self.denied:
            raise Refused(
                403,
                "accessDenied",
                f"Access Denied: Table {_colon(name)}: Permission {permission} denied on table {_colon(name)} "
                "(or it may not exist).",
            )
        table = self.tables.get(name)
        if table is not None:
            return table
        dataset = name.rpartition(".")[0]
        if any(known.startswith(f"{dataset}.") for known in self.tables):
            raise Refused(404, "notFound", f"Not found: Table {_colon(name)}")
        raise Refused(404, "notFound", f"Not found: Dataset {dataset.replace('.', ':')}")

    def _insert(self, request: Request, part: dict[str, str]) -> Answer:
        body = json.loads(request.body)
        configuration, reference = body["configuration"], body.get("jobReference", {})
        query = configuration["query"]
        job = self._run(part["project"], query, configuration, reference)
        if configuration.get("dryRun"):
            return json_answer(self._resource(job, dry=True))
        return json_answer(self._resource(job))

    def _query(self, request: Request, part: dict[str, str]) -> Answer:
        body = json.loads(request.body)
        dry = bool(body.get("dryRun"))
        job = self._run(part["project"], body, {"query": body, "dryRun": dry}, {"location": body.get("location")})
        if dry:
            return json_answer(
                {
                    "kind": "bigquery#queryResponse",
                    "jobComplete": True,
                    "schema": _schema(job.result),
                    "totalBytesProcessed": str(job.result.read),
                }
            )
        return self._page(job, 0, int(body.get("maxResults", self.page_rows)), kind="bigquery#queryResponse")

    def _run(
        self, project: str, query: dict[str, Any], configuration: dict[str, Any], reference: dict[str, Any]
    ) -> Job:
        """Answers a query now; what is wrong with it is raised or kept, as the real one does either."""
        if "bigquery.jobs.create" in self.denied:
            raise Refused(
                403,
                "accessDenied",
                f"Access Denied: Project {project}: User does not have bigquery.jobs.create permission in project "
                f"{project}.",
            )
        dry = bool(configuration.get("dryRun"))
        try:
            name = table_of(query["query"])
            table = self._found(name, "bigquery.tables.getData")
            if reference.get("location") not in (None, table.location):
                dataset = _colon(name).rpartition(".")[0]
                raise Refused(
                    404, "notFound", f"Not found: Dataset {dataset} was not found in location {reference['location']}"
                )
            cache_key, result, cached = self._result(query, table)
        except InvalidQuery as error:
            raise Refused(400, "invalidQuery", str(error)) from None
        job_id = str(reference.get("jobId") or f"job_{next(self._numbers)}")
        unfinished = 0 if dry else self.unfinished
        job = Job(project, job_id, table.location, configuration, result, unfinished, cached)
        job.error = None if dry else self._over_limit(query, job)
        if not dry:
            with self._lock:
                if (project, job_id) in self._jobs:
                    raise Refused(409, "duplicate", f"Already Exists: Job {project}:{job.location}.{job_id}")
                self._jobs[project, job_id] = job
                if len(self._seen) >= _ANSWERS_KEPT:
                    self._seen.clear()
                if job.error is None:
                    self._seen[cache_key] = result
        return job

    def _result(self, query: dict[str, Any], table: ExportTable) -> tuple[_Asked, Result, bool]:
        """The answer, and whether it was given before: an unchanged table bills the same question once."""
        parameters: Parameters = {
            one["name"]: one["parameterValue"].get("value") for one in query.get("queryParameters", ())
        }
        key = (table, query["query"] + repr(sorted(parameters.items())), table.version)
        with self._lock:
            seen = self._seen.get(key) if query.get("useQueryCache", True) else None
        return key, seen or answer(query["query"], parameters, table), seen is not None

    def _over_limit(self, query: dict[str, Any], job: Job) -> Refused | None:
        limit = query.get("maximumBytesBilled")
        if limit is None or job.billed <= int(limit):
            return None
        refused = Refused(
            400,
            "bytesBilledLimitExceeded",
            f"Query exceeded limit for bytes billed: {limit}. {job.result.billed} or higher required.",
        )
        if self.byte_trip == "answer":
            raise refused
        return refused

    def _resource(self, job: Job, *, dry: bool = False) -> dict[str, Any]:
        done = job.unfinished <= 0
        statistics = {
            "totalBytesProcessed": str(job.result.read),
            "query": {
                "totalBytesProcessed": str(job.result.read),
                "totalBytesBilled": str(0 if dry else job.billed),
                "cacheHit": job.cached,
                "statementType": "SELECT",
            },
        }
        reference = {name: value for name, value in job.reference.items() if not dry or name != "jobId"}
        status: dict[str, Any] = {"state": "DONE" if done or dry else "RUNNING"}
        if done and job.error is not None:
            status["errorResult"] = {"reason": job.error.reason, "message": job.error.message}
            status["errors"] = [status["errorResult"]]
        return {
            "kind": "bigquery#job",
            "id": f"{job.project}:{job.location}.{job.id}",
            "jobReference": reference,
            "configuration": job.configuration,
            "status": status,
            "statistics": statistics,
        }

    def _known(self, part: dict[str, str]) -> Job:
        with self._lock:
            job = self._jobs.get((part["project"], part["job"]))
        if job is None:
            raise Refused(404, "notFound", f"Not found: Job {part['project']}:{part['job']}")
        return job

    def _get(self, _request: Request, part: dict[str, str]) -> Answer:
        return json_answer(self._resource(self._known(part)))

    def _cancel(self, _request: Request, part: dict[str, str]) -> Answer:
        job = self._known(part)
        return json_answer({"kind": "bigquery#jobCancelResponse", "job": self._resource(job)})

    def _results(self, request: Request, part: dict[str, str]) -> Answer:
        job = self._known(part)
        if job.unfinished > 0:
            job.unfinished -= 1
            return json_answer(
                {"kind": "bigquery#getQueryResultsResponse", "jobComplete": False, "jobReference": job.reference}
            )
        if job.error is not None:
            raise job.error
        start = int(request.first("pageToken") or request.first("startIndex") or 0)
        return self._page(job, start, int(request.first("maxResults") or self.page_rows))

    def _page(self, job: Job, start: int, wanted: int, *, kind: str = "bigquery#getQueryResultsResponse") -> Answer:
        if job.unfinished > 0:
            return json_answer({"kind": kind, "jobComplete": False, "jobReference": job.reference})
        if job.error is not None:
            raise job.error
        rows = job.result.rows
        end = min(start + min(wanted, self.page_rows), len(rows))
        page: dict[str, Any] = {
            "kind": kind,
            "jobComplete": True,
            "jobReference": job.reference,
            "schema": _schema(job.result),
            "totalRows": str(len(rows)),
            "totalBytesProcessed": "0" if job.cached else str(job.result.read),
            "totalBytesBilled": str(job.billed),
            "cacheHit": job.cached,
        }
        if end > start:
            page["rows"] = [{"f": [{"v": value} for value in row]} for row in rows[start:end]]
        if end < len(rows) and wanted:
            page["pageToken"] = str(end)
        return json_answer(page)


def _schema(result: Result) -> dict[str, Any]:
    return {"fields": [{"name": name, "type": kind, "mode": "NULLABLE"} for name, kind in result.columns]}


def _colon(name: str) -> str:
    return name.replace(".", ":", 1)
