"""Changes told from process to process: who writes notifies inside its transaction, who shows figures listens.

Postgres delivers a notification when its transaction commits, and only then; nothing is told of what was undone.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Engine, text

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.orm import Session

CHANNEL = "capdesk_changed"
News = Literal["changed", "lost", "back"]
"""`lost`: nothing is heard any more. `back`: it is again, and something may have been missed in between."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 10.0
_CONNECT_S = 5
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def notify(session: "Session") -> None:
    """Tells every listener, once, when the transaction of the session commits."""
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


class Listener:
    """Listens on a connection of its own until it is stopped; sleeps in between, and wakes at once when stopped."""

    def __init__(self, engine: Engine, tell: Callable[[News], object]) -> None:
        self._engine, self._tell = engine, tell
        self._bell, self._rope = socket.socketpair()
        self._stopped = False

    def run(self) -> None:
        """Returns when stopped. A lost connection is tried again, at first soon, then every ten seconds."""
        wait, heard = _FIRST_WAIT_S, False
        try:
            while not self._stopped:
                connection = self._connected()
                if connection is not None:
                    wait = _FIRST_WAIT_S
                    with contextlib.closing(connection):
                        if heard:
                            self._tell("back")
                        heard = True
                        self._listen(connection)
                    if not self._stopped:
                        self._tell("lost")
                self._sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT_S)
        finally:
            self._bell.close()
            self._rope.close()

    def stop(self) -> None:
        """From any thread, and more than once."""
        self._stopped = True
        with contextlib.suppress(OSError):
            self._rope.send(b"x")

    def _connected(self) -> "psycopg.Connection[Any] | None":
        import psycopg  # noqa: PLC0415 - 130 ms; it is there already where anybody listens

        _, where = self._engine.dialect.create_connect_args(self._engine.url)
        own = {"application_name": "capdesk listener", "connect_timeout": _CONNECT_S, **_KEEPALIVE}
        try:
            connection = psycopg.connect(**{**where, **own}, autocommit=True)
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error:
            return None
        return connection

    def _listen(self, connection: "psycopg.Connection[Any]") -> None:
        """Until the connection breaks or it is stopped."""
        import psycopg  # noqa: PLC0415

        try:
            while not self._stopped:
                ready, _, _ = select.select([connection.fileno(), self._bell.fileno()], [], [])
                if connection.fileno() in ready and list(connection.notifies(timeout=0)):
                    self._tell("changed")
        except (psycopg.Error, OSError):
            return

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopped and (left := deadline - time.monotonic()) > 0:
            select.select([self._bell], [], [], left)
