"""Engines and transactions. Services take a session and never commit; `transaction` does, and retries."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import ByteaLoader
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from capdesk.errors import CapdeskError, DatabaseUnavailable, NotFound, RuleRefused
from capdesk.models.base import SCHEMA

T = TypeVar("T")

APP_ROLE = "capdesk_app"
OWNER_ROLE = "capdesk_owner"
_RETRIED = {"40001", "40P01"}
_ATTEMPTS = 6


class Unshown(bytes):
    """Bytes as they are read: the key of the phone numbers is among them, and a log may show every row."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class _UnshownLoader(ByteaLoader):
    def load(self, data: Buffer) -> bytes:
        return Unshown(super().load(bytes(data)))


def make_engine(url: URL) -> Engine:
    """An engine whose connections see the schema, wait for locks at most 5 s and speak UTC.

    However much is logged of it, neither parameters nor bytes are.
    """
    engine = create_engine(
        url,
        pool_size=2,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "capdesk"},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[object], _record: object) -> None:
        connection.adapters.register_loader("bytea", _UnshownLoader)
        connection.execute(
            f"SET search_path = {SCHEMA}, pg_temp; SET timezone = 'UTC'; SET lock_timeout = '5s';"
            " SET idle_in_transaction_session_timeout = '10min'"
        )
        connection.commit()

    return engine


def transaction(engine: Engine, action: Callable[[Session], T], *, snapshot: bool = False) -> T:
    """Runs the action in one transaction and commits; serialization failures and deadlocks are tried again.

    With `snapshot`, all its queries see the same state. Raises RuleRefused, NotFound or DatabaseUnavailable for what
    the database refused.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with Session(engine, expire_on_commit=False) as session:
                if snapshot:
                    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                result = action(session)
                session.commit()
                return result
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in _RETRIED and attempt < _ATTEMPTS:
                continue
            raise translated(error) from error
    raise AssertionError("unreachable")


def translated(error: DBAPIError) -> Exception:
    """The catalogue's error for what the database said; the error itself where it is our own mistake."""
    state = getattr(error.orig, "sqlstate", None)
    if state in ("CD001", "CD002"):
        message = getattr(error.orig, "diag", None)
        text = str(message.message_primary) if message is not None else str(error.orig)
        return (RuleRefused if state == "CD001" else NotFound)(text)
    if state == "55P03":
        return DatabaseUnavailable("Another capdesk process is writing just now; try again in a moment.")
    if state == "22003":
        return RuleRefused("An amount is out of the range the ledger keeps (twelve digits before the point).")
    if state == "53100":
        return DatabaseUnavailable("The disk of the database is full: free some space, then try again.")
    if isinstance(error, OperationalError):
        return unreachable(error)
    return error


def unreachable(error: Exception) -> CapdeskError:
    """One sentence for a connection that failed, without the password that may stand in the original text."""
    text = str(getattr(error, "orig", error)).lower()
    if "password authentication failed" in text or "no password supplied" in text:
        return DatabaseUnavailable("The database refused the password: check the database URL in `capdesk settings`.")
    if "does not exist" in text and "database" in text:
        return DatabaseUnavailable(
            "That database does not exist: create it, then run `capdesk db init --admin-url ...`."
        )
    if "role" in text and "does not exist" in text:
        return DatabaseUnavailable("The role does not exist there: run `capdesk db init --admin-url ...` first.")
    return DatabaseUnavailable("The database cannot be reached: check that it runs and that its URL is right.")
