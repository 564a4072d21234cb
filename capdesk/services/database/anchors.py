"""Sessions of the superuser, and the advisory lock that says which processes use the server."""

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import cluster, passwords
from capdesk.services.database.place import Place
from capdesk.services.database.process import PidFile

if TYPE_CHECKING:
    import psycopg

_IN_USE = 0x0CA9_DE5C
"""The advisory lock, in the database `postgres`, that every process using the server shares."""

_PASSING = (
    *("the database system is", "unexpected postmaster exit", "administrator command"),
    *("closed the connection", "No such file", "refused"),
)

_HOLDERS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND classid = 0 AND objid = %s
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class NotYet(DatabaseUnavailable):
    """It is starting, stopping or recovering; a moment later it may answer."""


@dataclass(frozen=True)
class Connection:
    """How to reach the server. The passwords are not in its repr."""

    host: str
    """The socket's folder, or 127.0.0.1 on Windows."""
    port: int
    admin_user: str
    """The bootstrap superuser."""
    admin_password: str = field(repr=False)
    app_password: str = field(repr=False)
    """Kept for the application's role, which migrations make."""

    def as_admin(self, database: str = "postgres") -> dict[str, Any]:
        """The superuser's arguments for `psycopg.connect`."""
        return {
            **{"host": self.host, "port": self.port, "dbname": database},
            **{"user": self.admin_user, "password": self.admin_password},
            **{"sslmode": "disable", "gssencmode": "disable"},  # it never leaves this machine
        }


def connect(where: Place, found: PidFile) -> tuple[Connection, "psycopg.Connection[Any]"]:
    import psycopg  # noqa: PLC0415 - 130 ms, in which the server starts

    secrets = passwords.read(where.passwords)
    connection = Connection(found.host, found.port, cluster.ADMIN, secrets.admin, secrets.app)
    try:
        session = psycopg.connect(
            **connection.as_admin(), autocommit=True, connect_timeout=10, application_name="capdesk anchor"
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
        kind = NotYet if any(mark in str(error) for mark in _PASSING) else DatabaseUnavailable
        raise kind(
            f"The database server of {where.desk} (process {found.pid}) does not let capdesk in ({reason}); "
            "try again, or stop it with `capdesk db stop --force`."
        ) from error
    return connection, session


def hold(anchor: "psycopg.Connection[Any]") -> None:
    import psycopg  # noqa: PLC0415 - 130 ms, in which the server starts

    try:
        anchor.execute("SELECT pg_advisory_lock_shared(%s)", [_IN_USE])
    except psycopg.Error as error:
        anchor.close()
        raise DatabaseUnavailable("The database server stopped while capdesk attached to it; try again.") from error


def is_last(where: Place, found: PidFile, anchor: "psycopg.Connection[Any]") -> bool:
    """Whether nobody but this anchor holds the server."""
    import psycopg  # noqa: PLC0415 - 130 ms, in which the server starts

    with contextlib.suppress(psycopg.Error):
        return is_free(anchor)
    session = connect(where, found)[1]  # the server lost all its sessions in between
    with contextlib.closing(session):
        return is_free(session)


def is_free(session: "psycopg.Connection[Any]") -> bool:
    row = session.execute("SELECT pg_try_advisory_lock(%s)", [_IN_USE]).fetchone()
    return row is not None and bool(row[0])


def count(session: "psycopg.Connection[Any]") -> int:
    row = session.execute(_HOLDERS, [_IN_USE]).fetchone()
    return 0 if row is None else int(row[0])


def holders(where: Place, found: PidFile) -> int | None:
    with contextlib.suppress(DatabaseUnavailable), contextlib.closing(connect(where, found)[1]) as session:
        return count(session)
    return None
