-- event_tally
-- Each recording's tallies are the count of what it recorded; a reversal's are minus one for each event it answers.
WITH counted AS (
  SELECT recorded_at, campaign_id, experiment_id, date, event_type, attribution, n, last_at
  FROM (
    SELECT recorded_at, campaign_id, experiment_id, (occurred_at AT TIME ZONE :zone)::date AS date, outcome, attribution,
           duration_s >= 150 AS long, count(*) AS n, max(occurred_at) AS last_at
    FROM call WHERE source <> 'twilio' GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) c JOIN dialer_rule r ON r.outcome = c.outcome AND (c.long OR r.min_duration_s < 150)
  UNION ALL
  SELECT recorded_at, campaign_id, experiment_id, (event_timestamp AT TIME ZONE :zone)::date, event_type, attribution,
         count(*), max(event_timestamp)
  FROM explicit_event GROUP BY 1, 2, 3, 4, 5, 6
  UNION ALL
  SELECT reversed_at, campaign_id, experiment_id, (event_timestamp AT TIME ZONE :zone)::date, event_type, attribution,
         -1, event_timestamp
  FROM performance_event WHERE reversed_at IS NOT NULL
), both_sides AS (
  SELECT *, 0 AS tallied, NULL::timestamptz AS tallied_at, NULL::bigint AS id FROM counted
  UNION ALL
  SELECT recorded_at, campaign_id, experiment_id, date, event_type, attribution, 0, NULL, count, last_event_at, id
  FROM event_tally
)
SELECT coalesce('id ' || min(id), date::text),
       format('%s of %s for experiment %s: %s tallied, %s recorded', event_type, date, coalesce(experiment_id::text, '—'),
              sum(tallied), sum(n))
FROM both_sides GROUP BY recorded_at, campaign_id, experiment_id, date, event_type, attribution
HAVING sum(tallied) <> sum(n) OR max(tallied_at) IS DISTINCT FROM max(last_at)
ORDER BY min(id), date
