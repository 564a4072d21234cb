"""Runs: recorded before the first request, ended once, and never two of a source at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import ColumnElement, Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.models import SyncOutcome, SyncRun
from capdesk.services.sync.report import SourceName

_LONGER = text("SET LOCAL lock_timeout = '2min'")

BEING_PULLED = """
EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
        AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (k.classid::bigint << 32 | k.objid::bigint)
            = hashtext('capdesk syncing ' || r.connection_id || ' ' || r.source)::bigint)
"""
"""SQL: whether a process pulls the source of run `r` just now."""


def wait_longer(session: Session) -> None:
    """What was pulled must not be lost because somebody else writes for a moment."""
    session.execute(_LONGER)


def open_run(session: Session, connection_id: int, source: SourceName) -> int:
    """To be committed before the first request."""
    wait_longer(session)
    values = {"connection_id": connection_id, "source": source}
    return session.scalars(insert(SyncRun).values(**values).returning(SyncRun.id)).one()


def close_run(session: Session, run_id: int, error: str | None, bytes_billed: int = 0) -> None:
    """How it ended: done, or failed with one sentence."""
    wait_longer(session)
    outcome = "done" if error is None else "failed"
    values = {"run_id": run_id, "outcome": outcome, "detail": error or "", "bytes_billed": bytes_billed}
    session.execute(insert(SyncOutcome).values(**values))


@contextmanager
def sole_puller(engine: Engine, connection_id: int, source: SourceName) -> Iterator[bool]:
    """Whether this process alone pulls the source, until the end of the block or of the process."""
    key = _key(connection_id, source)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield mine
        finally:
            if mine:
                with suppress(DBAPIError):  # a connection that was lost has let go of it
                    connection.execute(select(func.pg_advisory_unlock(key)))


def _key(connection_id: int, source: SourceName) -> ColumnElement[int]:
    return func.hashtext(f"capdesk syncing {connection_id} {source}")
