"""How the desk is, at a glance: where its database is, how far it is sealed, when costs were last pulled."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from capdesk.services.database.seals import sealed_columns

COUNTED = 10_000
"""Unsealed rows are counted up to here; beyond, there are simply many."""

_SEAL = text("SELECT id, hash, recorded_at FROM seal ORDER BY id DESC LIMIT 1")
_ENDS = text("SELECT table_name, max(last_id) AS last_id FROM seal_block GROUP BY 1")
_SYNCS = text("""
SELECT count(*) FILTER (WHERE c.active) AS connected,
       (SELECT max(o.recorded_at) FROM sync_outcome o WHERE o.outcome = 'done') AS last_done_at,
       (SELECT count(*) FROM connection f WHERE f.active AND (
          SELECT o.outcome FROM sync_run r JOIN sync_outcome o ON o.run_id = r.id
          WHERE r.connection_id = f.id ORDER BY r.id DESC LIMIT 1) = 'failed') AS failing
FROM connection c
""")


@dataclass(frozen=True)
class DeskState:
    """`seal` is the number of the newest seal; None where nothing was sealed yet."""

    seal: int | None
    seal_hash: str
    sealed_at: datetime | None
    unsealed: int
    connections: int
    failing: int
    """Connections whose newest pull failed."""
    last_sync_at: datetime | None


def desk_state(session: Session) -> DeskState:
    newest = session.execute(_SEAL).one_or_none()
    syncs = session.execute(_SYNCS).one()
    return DeskState(
        seal=None if newest is None else newest.id,
        seal_hash="" if newest is None else bytes(newest.hash).hex(),
        sealed_at=None if newest is None else newest.recorded_at,
        unsealed=_unsealed(session),
        connections=syncs.connected,
        failing=syncs.failing,
        last_sync_at=syncs.last_done_at,
    )


def server_name(engine: Engine) -> str | None:
    """The host of a remote database; None where the server is this computer's own, reached by a socket."""
    host = engine.url.host or str(engine.url.query.get("host", ""))
    return None if host.startswith("/") or host in ("", "127.0.0.1", "localhost") else host


def _unsealed(session: Session) -> int:
    """Ledger rows after the last seal, counted no further than need be."""
    ends: dict[str, int] = {row.table_name: row.last_id for row in session.execute(_ENDS)}
    counted = " UNION ALL ".join(
        f"(SELECT id FROM {table} WHERE id > {int(ends.get(table, 0))} LIMIT {COUNTED})"  # noqa: S608 - our own names
        for table in sealed_columns()
    )
    return int(session.scalar(text(f"SELECT count(*) FROM (SELECT 1 FROM ({counted}) a LIMIT {COUNTED}) b")) or 0)  # noqa: S608
