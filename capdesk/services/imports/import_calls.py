"""Calls, a chunk at a time: while the database records one, the next is read."""

import gc
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from operator import itemgetter

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import func, select, text

from capdesk.models import EventTally, staged_call
from capdesk.models.base import EventType
from capdesk.services import find
from capdesk.services.imports.coverage import Coverage, warn_of_attribution
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.parse_calls import CallRow, parse_calls
from capdesk.services.imports.receipt import Answer
from capdesk.services.imports.staging import connection_of, stage

CHUNK = 100_000
"""Rows. Two chunks are in memory at a time; smaller ones cost the database more per row."""
_FIRST = 10_000
"""The first chunk is small, so that the database soon has something to do; each next one is twice as large."""

_TYPES = ("int8", "int4", "text", "timestamptz", "int4", "text", "uuid", "text", "int8", "jsonb")
"""Of the columns of `staged_call`; an enum travels as text."""
_RECORD = text("""
    WITH answers AS MATERIALIZED (SELECT * FROM record_calls(:batch, :campaign, :source, :last))
    SELECT line, status, field, reason FROM answers WHERE status <> 'duplicate'
    UNION ALL SELECT NULL, 'duplicate', NULL, count(*)::text FROM answers WHERE status = 'duplicate'
""")
"""Duplicates are only counted: a file that is known already has as many as rows."""
_starts = itemgetter(2)


def load(job: TableJob) -> None:
    """Records the file. Raises RuleRefused where calls lie before the campaign's first run."""
    parsed = parse_calls(
        job.source.records(), job.profile, members=job.members(), phones=find.phone_book(job.session), now=job.now
    )
    rows = job.tally.rows(parsed)
    coverage = Coverage(job)
    with _collecting_no_garbage(), _worker(job) as worker:
        recording: Future[list[Answer]] | None = None
        size, last = _FIRST, False
        while not last:
            chunk = list(islice(rows, size))
            last, size = len(chunk) < size, min(size * 2, CHUNK)
            if recording is not None:
                job.tally.answered(recording.result())
                recording = None
            if job.profile.source == "twilio" or coverage.holds(map(_starts, chunk)):
                stage(job.session, staged_call, _staged(job.batch, chunk), _TYPES)
                recording = worker.submit(_record, job, last)
            job.progress(job.tally.read, job.source.lines)
        if recording is not None:
            job.tally.answered(recording.result())
    coverage.refuse("calls")
    _warn(job)


def _record(job: TableJob, last: bool) -> list[Answer]:
    values = {"batch": job.batch, "campaign": job.home.id, "source": job.profile.source, "last": last}
    return [(row[0], row[1], row[2], row[3]) for row in job.session.execute(_RECORD, values)]


def _staged(batch: int, chunk: list[CallRow]) -> Iterator[tuple[object, ...]]:
    for row in chunk:
        metadata = row[8]
        yield (batch, *row) if metadata is None else (batch, *row[:8], Jsonb(metadata, dumps=_as_it_is))


def _as_it_is(written: str) -> str:
    return written


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Rows hold no cycles, and looking for some among millions costs a third of the time it takes to read them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _worker(job: TableJob) -> Iterator[ThreadPoolExecutor]:
    """One thread, which has the session to itself until its result is taken. Stopped in the middle, so is its query."""
    connection = connection_of(job.session)
    with ThreadPoolExecutor(1, "recording") as pool:
        try:
            yield pool
        except BaseException:
            with suppress(psycopg.Error):
                connection.cancel_safe()
            raise


def _warn(job: TableJob) -> None:
    query = (
        select(EventTally.attribution, func.sum(EventTally.count))
        .where(EventTally.batch_id == job.batch, EventTally.event_type == EventType.DIAL_ATTEMPT)
        .group_by(EventTally.attribution)
    )
    warn_of_attribution(job, "call", {why: int(count) for why, count in job.session.execute(query)})
