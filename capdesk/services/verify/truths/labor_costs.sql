-- cost_rollup
-- Each time log is in the ledger once, with the first experiment that had run on its date as known when it was
-- recorded, and once more as minus where it was reversed.
WITH due AS (
  SELECT f.id AS fact, f.date, f.campaign_id, f.cost_usd, f.recorded_at, NULL::bigint AS reversal_id, (
    SELECT r.experiment_id FROM experiment_run r
    WHERE r.campaign_id = f.campaign_id AND r.start_recorded_at < f.recorded_at
      AND r.started_at < (f.date + 1)::timestamp AT TIME ZONE :zone
      AND (r.ended_at IS NULL OR r.end_recorded_at > f.recorded_at OR r.ended_at > f.date::timestamp AT TIME ZONE :zone)
    ORDER BY r.started_at LIMIT 1) AS experiment_id
  FROM time_log f
), expected AS (
  SELECT fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id FROM due
  UNION ALL
  SELECT d.fact, d.date, d.campaign_id, d.experiment_id, -d.cost_usd, v.recorded_at, v.id
  FROM due d JOIN reversal v ON v.time_log_id = d.fact
)
SELECT coalesce('id ' || min(id), 'time_log ' || fact), format('time_log %s costs $%s on %s for experiment %s in %s rows, %s are there',
       fact, cost_usd, date, coalesce(experiment_id::text, '—'), sum(due), sum(there))
FROM (
  SELECT *, 1 AS due, 0 AS there, NULL::bigint AS id FROM expected
  UNION ALL
  SELECT time_log_id, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id, 0, 1, id
  FROM cost_rollup WHERE source = 'labor'
) ledger
GROUP BY fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id
HAVING sum(due) <> sum(there)
ORDER BY min(id), fact
