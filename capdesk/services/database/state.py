"""How the database of a desk is, for people: which it is, how large, and how far it is sealed. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from capdesk.services.database import schema
from capdesk.services.settings import shown_address

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from capdesk.bootstrap import Desk

_SIZES = text("SELECT current_setting('server_version'), pg_database_size(current_database())")
_SEALS = text(
    "SELECT (SELECT count(*) FROM seal), (SELECT coalesce(sum(rows), 0) FROM seal), s.recorded_at, s.hash"
    " FROM (SELECT) one LEFT JOIN (SELECT recorded_at, hash FROM seal ORDER BY id DESC LIMIT 1) s ON true"
)


@dataclass(frozen=True)
class DatabaseState:
    """`address` is None for the embedded server; else it is shown without its password. `bytes` is its size.

    The newest seal's moment and hash (hex) are None before the first seal.
    """

    address: str | None
    version: str
    bytes: int
    revision: str | None
    seals: int
    sealed_rows: int
    sealed_at: datetime | None
    head: str | None


def database_state(desk: "Desk") -> DatabaseState:
    """As it is now."""
    address = None if desk._lease is not None else shown_address(desk.engine.url)

    def look(session: "Session") -> DatabaseState:
        version, size = session.execute(_SIZES).one()
        seals, rows, at, head = session.execute(_SEALS).one()
        revision = schema.revision(session.connection())
        shown = str(version).partition(" ")[0]
        return DatabaseState(address, shown, size, revision, seals, int(rows), at, None if head is None else head.hex())

    return desk.read(look)
