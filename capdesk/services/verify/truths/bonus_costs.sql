-- cost_rollup
-- Each bonus is in the ledger once, on its event's date and experiment, and once more as minus where that was reversed.
WITH due AS (
  SELECT b.id AS fact, (coalesce(c.occurred_at, e.event_timestamp) AT TIME ZONE :zone)::date AS date,
         coalesce(c.campaign_id, e.campaign_id) AS campaign_id, b.experiment_id, b.bonus_amount_usd AS cost_usd,
         b.created_at AS recorded_at, NULL::bigint AS reversal_id, b.call_id, b.event_id
  FROM bonus_event b LEFT JOIN call c ON c.id = b.call_id LEFT JOIN explicit_event e ON e.id = b.event_id
), expected AS (
  SELECT fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id FROM due
  UNION ALL
  SELECT d.fact, d.date, d.campaign_id, d.experiment_id, -d.cost_usd, v.recorded_at, v.id
  FROM due d JOIN (SELECT id, recorded_at, call_id, event_id, coalesce(call_id * 2, event_id * 2 + 1) AS key FROM reversal) v
    ON v.key = coalesce(d.call_id * 2, d.event_id * 2 + 1)
)
SELECT coalesce('id ' || min(id), 'bonus_event ' || fact), format('bonus_event %s costs $%s on %s for experiment %s in %s rows, %s are there',
       fact, cost_usd, date, coalesce(experiment_id::text, '—'), sum(due), sum(there))
FROM (
  SELECT *, 1 AS due, 0 AS there, NULL::bigint AS id FROM expected
  UNION ALL
  SELECT bonus_event_id, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id, 0, 1, id
  FROM cost_rollup WHERE source = 'bonus'
) ledger
GROUP BY fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id
HAVING sum(due) <> sum(there)
ORDER BY min(id), fact
