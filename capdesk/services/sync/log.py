"""`sync --log`: what was pulled when, what came of it, and what Google bills for the asking."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.money import money
from capdesk.services.providers.pull import USD_PER_TIB
from capdesk.services.sync.report import SourceName
from capdesk.services.sync.runs import BEING_PULLED

RunState = Literal["done", "failed", "running", "interrupted"]

_RUNS = text(f"""
SELECT r.id, r.recorded_at, r.source, c.account AS connection,
       coalesce(s.accounts, 0) AS accounts, s.first_day, s.through, coalesce(s.rows, 0)::bigint AS rows,
       coalesce(s.landed, 0)::bigint AS landed, coalesce(s.difference_usd, 0.000000) AS difference_usd,
       coalesce(o.bytes_billed, 0) AS bytes_billed, o.recorded_at AS ended_at, coalesce(o.detail, '') AS detail,
       CASE WHEN o.id IS NOT NULL THEN o.outcome
            WHEN newest.id = r.id AND {BEING_PULLED} THEN 'running'
            ELSE 'interrupted' END AS state
FROM sync_run r
JOIN connection c ON c.id = r.connection_id
LEFT JOIN sync_outcome o ON o.run_id = r.id
LEFT JOIN LATERAL (
  SELECT count(DISTINCT account) AS accounts, min(first_day) AS first_day, max(through) AS through, sum(rows) AS rows,
         sum(landed) AS landed, sum(difference_usd) AS difference_usd
  FROM sync_step WHERE run_id = r.id) s ON true
LEFT JOIN LATERAL (
  SELECT max(id) AS id FROM sync_run WHERE connection_id = r.connection_id AND source = r.source) newest ON true
ORDER BY r.id DESC LIMIT :limit
""")  # noqa: S608 - no value goes into it


@dataclass(frozen=True)
class SyncRunRow:
    """One pull of one source: `rows` read at the provider, `landed` new here, `difference_usd` what they changed.

    `estimated_usd` is what Google's queries cost at its list price. An interrupted run was killed before it ended; what
    it had recorded by then stands, and the next one goes on from there.
    """

    id: int
    began_at: datetime
    ended_at: datetime | None
    source: SourceName
    connection: str
    accounts: int
    first_day: date | None
    through: date | None
    rows: int
    landed: int
    difference_usd: Decimal
    bytes_billed: int
    estimated_usd: Decimal
    state: RunState
    detail: str


def sync_log(session: Session, limit: int = 30) -> list[SyncRunRow]:
    """The newest runs first."""
    return [
        SyncRunRow(
            began_at=row["recorded_at"],
            estimated_usd=query_price(row["bytes_billed"]),
            **{name: value for name, value in row.items() if name != "recorded_at"},
        )
        for row in session.execute(_RUNS, {"limit": limit}).mappings()
    ]


def query_price(bytes_billed: int) -> Decimal:
    """An estimate in dollars, at the list price."""
    return money(USD_PER_TIB * bytes_billed / 2**40)
