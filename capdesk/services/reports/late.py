"""What arrived late: facts recorded in a week but dated before it."""

from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.reports.model import Late

# A charge no campaign is mapped to belongs to no experiment; once mapped, its ledger rows take its place. So both are
# counted: the charge, and minus what the ledger took over of it.
_COSTS = text("""
SELECT f.date, e.name, f.what, sum(f.usd)
FROM (
  SELECT date, experiment_id, source::text AS what, cost_usd AS usd
  FROM cost_rollup WHERE recorded_at >= :start AND recorded_at < :end AND recorded_at <= :as_of AND date < :first_day
  UNION ALL
  SELECT date, NULL, source::text, -cost_usd
  FROM cost_rollup
  WHERE recorded_at >= :start AND recorded_at < :end AND recorded_at <= :as_of AND date < :first_day
    AND charge_id IS NOT NULL
  UNION ALL
  SELECT usage_date, NULL, provider::text, amount_usd
  FROM provider_charge
  WHERE recorded_at >= :start AND recorded_at < :end AND recorded_at <= :as_of AND usage_date < :first_day
) f LEFT JOIN experiment e ON e.id = f.experiment_id
GROUP BY f.experiment_id, e.name, f.date, f.what HAVING sum(f.usd) <> 0
ORDER BY f.date, e.name COLLATE "C" NULLS LAST, f.experiment_id, f.what COLLATE "C"
""")

_EVENTS = text("""
SELECT t.date, e.name, t.event_type::text, sum(t.count)::bigint
FROM event_tally t LEFT JOIN experiment e ON e.id = t.experiment_id
WHERE t.recorded_at >= :start AND t.recorded_at < :end AND t.recorded_at <= :as_of AND t.date < :first_day
GROUP BY t.experiment_id, e.name, t.date, t.event_type HAVING sum(t.count) <> 0
ORDER BY t.date, e.name COLLATE "C" NULLS LAST, t.experiment_id, t.event_type
""")


def late_facts(session: Session, start: datetime, end: datetime, first_day: date, as_of: datetime) -> tuple[Late, ...]:
    """Costs, then events, recorded in [start, end) and dated before `first_day`, summed by date, experiment and kind.

    What adds up to nothing moved nothing, and is left out.
    """
    values = {"start": start, "end": end, "first_day": first_day, "as_of": as_of}
    costs = [Late("cost", row[0], row[1], row[2], amount_usd=row[3]) for row in session.execute(_COSTS, values)]
    events = [Late("event", row[0], row[1], row[2], count=row[3]) for row in session.execute(_EVENTS, values)]
    return (*costs, *events)
