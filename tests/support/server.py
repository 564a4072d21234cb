"""A real server for tests, gone without a trace afterwards."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from capdesk.services.database.embedded import Connection, EmbeddedServer


@contextlib.contextmanager
def temporary_server(desk: Path) -> Iterator[Connection]:
    """The connection to a new server; stopped and deleted at the end, whoever still uses it."""
    server = EmbeddedServer(desk)
    try:
        with server.attach() as lease:
            yield lease.connection
    finally:
        server.remove(force=True)
