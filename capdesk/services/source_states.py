"""How far the providers' costs were in at a moment: what a report says beside its figures, and doctor of connections.

It stands apart from `sync`, which a report need not load.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.plain import utc_stamp
from capdesk.services.providers.charges import Provider

# All but `connected` comes from rows that only ever grow. An account's newest step says how far it is complete; one
# that a later pull, done as a whole, no longer named is gone at the provider.
_STATES = text("""
WITH run AS (
  SELECT r.id, r.connection_id, r.recorded_at, o.outcome, o.detail, o.recorded_at AS ended_at
  FROM sync_run r LEFT JOIN sync_outcome o ON o.run_id = r.id AND o.recorded_at <= :as_of
  WHERE r.recorded_at <= :as_of AND r.source <> 'twilio-calls'
), step AS (
  SELECT r.connection_id, s.id, s.account, s.through, s.through < s.first_day AS bare, s.run_id, r.outcome
  FROM sync_step s JOIN run r ON r.id = s.run_id WHERE s.recorded_at <= :as_of
), newest AS (
  SELECT DISTINCT ON (connection_id, account) connection_id, account, through, bare, run_id FROM step
  ORDER BY connection_id, account, run_id DESC, id DESC
), whole AS (
  SELECT connection_id, max(run_id) AS run_id FROM step WHERE outcome = 'done' GROUP BY 1
)
SELECT c.provider::text AS provider, c.account, c.active AS connected,
       (SELECT CASE WHEN NOT bool_and(n.bare) THEN min(n.through) END
        FROM newest n LEFT JOIN whole w USING (connection_id)
        WHERE n.connection_id = c.id AND n.run_id >= coalesce(w.run_id, 0)) AS through,
       (SELECT max(ended_at) FROM run WHERE connection_id = c.id AND outcome = 'done') AS last_done_at,
       last.outcome, last.detail, last.recorded_at AS began_at
FROM connection c
LEFT JOIN LATERAL (SELECT * FROM run WHERE connection_id = c.id ORDER BY id DESC LIMIT 1) last ON true
WHERE c.created_at <= :as_of AND (c.active OR (:disconnected AND last.id IS NOT NULL))
ORDER BY 1, 2
""")


@dataclass(frozen=True)
class SourceState:
    """The costs of one connection. `through` is the usage day (UTC) up to which no account of it lacks anything.

    `last_error` says what went wrong with the newest pull, None where it was done or there was none. `connected` is as
    it is now.
    """

    provider: Provider
    account: str
    through: date | None
    last_done_at: datetime | None
    last_error: str | None
    connected: bool = True


def source_states(session: Session, as_of: datetime, *, disconnected: bool = False) -> list[SourceState]:
    """Of every connection, from what was recorded up to `as_of`; with `disconnected` also those asked no more."""
    return [
        SourceState(
            provider=row.provider,
            account=row.account,
            through=row.through,
            last_done_at=row.last_done_at,
            last_error=_error(row.outcome, row.detail, row.began_at),
            connected=row.connected,
        )
        for row in session.execute(_STATES, {"as_of": as_of, "disconnected": disconnected})
    ]


def _error(outcome: str | None, detail: str | None, began_at: datetime | None) -> str | None:
    if began_at is None or outcome == "done":
        return None
    return detail if outcome == "failed" else f"Its pull of {utc_stamp(began_at.replace(microsecond=0))} has not ended."
