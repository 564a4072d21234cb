"""The calls Twilio tells of beside those that were imported. Only looked at: no figure rests on it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

Match = Literal["joined", "probable"]

# `known` is what was last said of each call; `page` those asked for, `around` also those that compete with them for an
# imported call. A call that names a SID is that call of Twilio's or none, whatever its number and time.
# Nothing in here has statistics: as NOT EXISTS the two exclusions of `pair` would become nested loops over all calls.
_CALLS = text("""
WITH known AS NOT MATERIALIZED (
  SELECT t.* FROM twilio_call t
  WHERE (CAST(:since AS timestamptz) IS NULL OR t.started_at >= CAST(:since AS timestamptz) - interval '4 minutes')
    AND (CAST(:until AS timestamptz) IS NULL OR t.started_at < CAST(:until AS timestamptz) + interval '4 minutes')
    AND NOT EXISTS (SELECT FROM twilio_call newer WHERE newer.sid = t.sid AND newer.id > t.id)
), page AS MATERIALIZED (
  SELECT * FROM known
  WHERE (CAST(:since AS timestamptz) IS NULL OR started_at >= :since)
    AND (CAST(:until AS timestamptz) IS NULL OR started_at < :until)
  ORDER BY started_at DESC, sid LIMIT CAST(:first AS bigint)
), span AS MATERIALIZED (
  SELECT min(started_at) - interval '4 minutes' AS low, max(started_at) + interval '4 minutes' AS high FROM page
), around AS MATERIALIZED (
  SELECT k.sid, k.phone_key, k.started_at FROM known k, span WHERE k.started_at BETWEEN span.low AND span.high
), named AS (
  SELECT c.source_id AS sid, c.id FROM call c WHERE c.source_id IN (SELECT sid FROM around)
  UNION ALL
  SELECT told.value, d.call_id
  FROM call_detail d CROSS JOIN LATERAL jsonb_each_text(
    CASE WHEN jsonb_typeof(d.metadata_json) = 'object' THEN d.metadata_json END) told
  WHERE told.value IN (SELECT sid FROM around)
), joined AS MATERIALIZED (
  SELECT sid, min(id) AS call_id FROM named GROUP BY sid
), pair AS (
  SELECT a.sid, c.id AS call_id,
         row_number() OVER (PARTITION BY a.sid ORDER BY apart.seconds, c.id) AS here,
         row_number() OVER (PARTITION BY c.id ORDER BY apart.seconds, a.sid) AS there
  FROM around a
  JOIN call c ON c.phone_key = a.phone_key
             AND c.occurred_at BETWEEN a.started_at - interval '2 minutes' AND a.started_at + interval '2 minutes'
  CROSS JOIN LATERAL (SELECT abs(extract(epoch FROM c.occurred_at - a.started_at)) AS seconds) apart
  WHERE c.occurred_at BETWEEN (SELECT low FROM span) AND (SELECT high FROM span)
    AND coalesce(c.source_id !~ '^CA[0-9a-f]{32}$', true)
    AND a.sid NOT IN (SELECT sid FROM joined)
    AND c.id NOT IN (SELECT call_id FROM reversal WHERE call_id IS NOT NULL)
    AND NOT EXISTS (
      SELECT FROM call_detail d CROSS JOIN LATERAL jsonb_each_text(
        CASE WHEN jsonb_typeof(d.metadata_json) = 'object' THEN d.metadata_json END) told
      WHERE d.call_id = c.id AND told.value ~ '^CA[0-9a-f]{32}$')
), matched AS MATERIALIZED (
  SELECT sid, 'joined' AS how, call_id FROM joined
  UNION ALL SELECT sid, 'probable', call_id FROM pair WHERE here = 1 AND there = 1
)
SELECT p.sid, p.parent_sid, p.account, p.direction, p.status, p.started_at, p.ended_at, p.duration_s, p.price_usd,
       p.answered_by, p.own_number, p.phone, p.recording_sid, m.how, m.call_id
FROM page p LEFT JOIN matched m USING (sid)
WHERE NOT :unmatched OR m.call_id IS NULL
ORDER BY p.started_at DESC, p.sid LIMIT :rows
""")


@dataclass(frozen=True)
class TwilioCallRow:
    """A call as Twilio last stated it; `price_usd` is what it cost, None until rated.

    `match` says how `call_id`, an imported call, was found: `joined` by the SID it names, `probable` by number and
    time alone; None where there is none.
    """

    sid: str
    parent_sid: str | None
    account: str
    direction: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: int
    price_usd: Decimal | None
    answered_by: str | None
    own_number: str | None
    phone: str | None
    recording_sid: str | None
    match: Match | None
    call_id: int | None


@dataclass(frozen=True)
class TwilioCallPage:
    """The newest calls first; `more` where there are others."""

    calls: list[TwilioCallRow]
    more: bool


def list_twilio_calls(
    session: Session, since: datetime | None, until: datetime | None, limit: int = 50, *, unmatched: bool = False
) -> TwilioCallPage:
    """Calls that started in [since, until), None being open; with `unmatched` only those beside no imported call.

    Probable is an imported call of the same number that started within two minutes, when each is the other's nearest.
    """
    values = {
        "since": since,
        "until": until,
        "unmatched": unmatched,
        "first": None if unmatched else limit + 1,
        "rows": limit + 1,
    }
    rows = [TwilioCallRow(*row) for row in session.execute(_CALLS, values)]
    return TwilioCallPage(rows[:limit], len(rows) > limit)
