"""How far the providers' costs were in when a report was made: what has not been pulled is missing from its figures."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from capdesk.services.dates import Week
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.model import SourceStanding

_DAY = timedelta(days=1)

# All but `connected` comes from rows that only ever grow. An account's newest step says how far it is complete; one
# that a later pull, done as a whole, no longer named is gone at the provider.
_PULLS = text("""
WITH run AS (
  SELECT r.id, r.connection_id, r.recorded_at, o.outcome, o.detail
  FROM sync_run r LEFT JOIN sync_outcome o ON o.run_id = r.id AND o.recorded_at <= :as_of
  WHERE r.recorded_at <= :as_of AND r.source <> 'twilio-calls'
), step AS (
  SELECT r.connection_id, s.id, s.account, s.through, s.run_id, r.outcome
  FROM sync_step s JOIN run r ON r.id = s.run_id WHERE s.recorded_at <= :as_of
), newest AS (
  SELECT DISTINCT ON (connection_id, account) connection_id, through, run_id
  FROM step ORDER BY connection_id, account, run_id DESC, id DESC
), whole AS (
  SELECT connection_id, max(run_id) AS run_id FROM step WHERE outcome = 'done' GROUP BY connection_id
)
SELECT c.provider::text AS provider, c.account, c.active AS connected,
       (SELECT min(n.through) FROM newest n LEFT JOIN whole w USING (connection_id)
        WHERE n.connection_id = c.id AND n.run_id >= coalesce(w.run_id, 0)) AS through,
       last.outcome, last.detail, last.recorded_at AS began_at
FROM connection c
LEFT JOIN LATERAL (SELECT * FROM run WHERE connection_id = c.id ORDER BY id DESC LIMIT 1) last ON true
WHERE c.created_at <= :as_of AND (c.active OR last.id IS NOT NULL)
ORDER BY 1, 2
""")


def source_standings(session: Session, week: Week, as_of: datetime) -> tuple[SourceStanding, ...]:
    """Of each connected account, from what was recorded up to `as_of`; of one disconnected since, while the week has
    days of it.
    """
    ended = min(week.sunday, as_of.astimezone(UTC).date() - _DAY)
    standings = (_standing(row, week, ended) for row in session.execute(_PULLS, {"as_of": as_of}))
    return tuple(one for one in standings if one.connected or (one.through and one.through >= week.monday))


def _standing(row: Row[tuple[object, ...]], week: Week, ended: date) -> SourceStanding:
    first = week.monday if row.through is None else max(week.monday, row.through + _DAY)
    missing = tuple(first + n * _DAY for n in range((ended - first).days + 1))
    return SourceStanding(
        provider=row.provider,
        account=row.account,
        through=row.through,
        missing=missing,
        error=_error(row) if missing else None,
        connected=row.connected,
    )


def _error(row: Row[tuple[object, ...]]) -> str | None:
    """Of the newest pull, where it was not done."""
    if row.outcome == "failed":
        return str(row.detail)
    if row.outcome is None and row.began_at is not None:
        return f"Its pull of {utc_stamp(row.began_at.replace(microsecond=0))} has not ended."
    return None
