"""The log of what was due: reading its states, and appending to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.models import NotificationAttempt, NotificationLog, NotificationOutcome

Kind = Literal["weekly", "alert"]
State = Literal["due", "sending", "sent", "failed", "unknown", "skipped"]

_SENDING = "hashtext('capdesk sending ' || {id})::bigint"
_STATES = text(f"""
SELECT l.id, l.kind, l.period, l.recipient, l.about, a.id AS attempt_id, coalesce(a.number, 0) AS attempts,
  CASE WHEN s.id IS NOT NULL THEN 'skipped'
       WHEN o.id IS NOT NULL THEN o.outcome
       WHEN EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
                    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (k.classid::bigint << 32 | k.objid::bigint) = {_SENDING.format(id="l.id")}) THEN 'sending'
       WHEN a.id IS NULL THEN 'due'
       ELSE 'unknown' END AS state,
  coalesce(o.detail, s.detail, '') AS detail
FROM notification_log l
LEFT JOIN LATERAL (SELECT id, number FROM notification_attempt
                   WHERE notification_id = l.id ORDER BY id DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT id, outcome, detail FROM notification_outcome
                   WHERE notification_id = l.id AND attempt_id = a.id ORDER BY id DESC LIMIT 1) o ON true
LEFT JOIN notification_outcome s ON s.notification_id = l.id AND s.outcome = 'skipped'
WHERE l.kind = :kind AND (CAST(:period AS text) IS NULL OR l.period = :period)
ORDER BY l.id
""")  # noqa: S608 - no value goes into it


@dataclass(frozen=True)
class Notification:
    """One email that was due. `detail` is what is known of its newest attempt; `attempts` how many there were."""

    id: int
    kind: Kind
    period: str
    recipient: str
    about: dict[str, Any]
    attempt_id: int | None
    attempts: int
    state: State
    detail: str


def notifications(session: Session, kind: Kind, period: str | None = None) -> list[Notification]:
    """All of a kind, or of one period, oldest first. An attempt without an outcome that nobody works on is unknown."""
    found = session.execute(_STATES, {"kind": kind, "period": period})
    return [Notification(**row) for row in found.mappings()]


def claim(session: Session, kind: Kind, period: str, recipient: str, about: dict[str, Any], **more: Any) -> int | None:
    """Records that an email is due; None where that is recorded already."""
    statement = (
        insert(NotificationLog)
        .values(kind=kind, period=period, recipient=recipient, about=about, **more)
        .on_conflict_do_nothing(index_elements=["kind", "period", "recipient"])
        .returning(NotificationLog.id)
    )
    return session.scalar(statement)


def record_attempt(session: Session, notification: Notification, message_id: str) -> int:
    """Must be committed before the first byte goes out. Refused by the database unless the last attempt failed."""
    values = {"notification_id": notification.id, "number": notification.attempts + 1, "message_id": message_id}
    statement = insert(NotificationAttempt).values(**values).returning(NotificationAttempt.id)
    return session.scalars(statement).one()


def record_outcome(session: Session, notification_id: int, attempt_id: int, outcome: State, detail: str) -> None:
    """Waits longer for the ledger than others do: what is known of an email must not be lost."""
    session.execute(text("SET LOCAL lock_timeout = '2min'"))
    session.execute(
        insert(NotificationOutcome).values(
            notification_id=notification_id, attempt_id=attempt_id, outcome=outcome, detail=detail
        )
    )


def skip(session: Session, notification_id: int, detail: str) -> bool:
    """Whether it could be skipped: not while somebody works on it, nor where an attempt may have gone through."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_sending_key(notification_id)))):
        return False
    values = {"notification_id": notification_id, "outcome": "skipped", "detail": detail}
    try:
        with session.begin_nested():
            session.execute(insert(NotificationOutcome).values(**values))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "CD001":
            return False
        raise
    return True


@contextmanager
def sole_sender(engine: Engine, notification_id: int) -> Iterator[bool]:
    """Whether this process alone works on the notification, until the end of the block or of the process."""
    key = _sending_key(notification_id)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield mine
        finally:
            if mine:
                connection.execute(select(func.pg_advisory_unlock(key)))


def _sending_key(notification_id: int) -> ColumnElement[int]:
    return func.hashtext(f"capdesk sending {notification_id}")
