-- call
-- What a call names exists, and how it counts follows from the runs and leads known when it was recorded.
-- Runs never overlap: only the last one started by then can contain a moment.
WITH started AS MATERIALIZED (
  SELECT campaign_id, array_agg(id ORDER BY started_at) AS runs, array_agg(started_at ORDER BY started_at) AS moments
  FROM experiment_run GROUP BY 1
)
SELECT 'id ' || id, what FROM (
  SELECT f.id, CASE
    WHEN k.id IS NULL THEN format('its campaign %s is not there', f.campaign_id)
    WHEN f.lead_id IS NOT NULL AND l.id IS NULL THEN format('lead %s is not that of its number', f.lead_id)
    WHEN f.team_member_id IS NOT NULL AND m.id IS NULL THEN format('its member %s is not there', f.team_member_id)
    WHEN b.id IS NULL THEN format('its batch %s is not there', f.batch_id)
    WHEN (f.attribution, f.experiment_id) IS DISTINCT FROM
         (d.attribution, CASE WHEN d.attribution = 'run' THEN r.experiment_id END)
      THEN format('counts as %s for experiment %s, but follows to be %s for experiment %s',
                  coalesce(f.attribution::text, 'nothing'), coalesce(f.experiment_id::text, '—'),
                  coalesce(d.attribution::text, 'nothing'),
                  coalesce(CASE WHEN d.attribution = 'run' THEN r.experiment_id END::text, '—'))
    END AS what
  FROM call f
  LEFT JOIN campaign k ON k.id = f.campaign_id
  LEFT JOIN lead l ON l.id = f.lead_id AND l.campaign_id = f.campaign_id AND l.phone_key = f.phone_key
  LEFT JOIN team_member m ON m.id = f.team_member_id
  LEFT JOIN import_batch b ON b.id = f.batch_id
  LEFT JOIN started s ON s.campaign_id = f.campaign_id
  LEFT JOIN experiment_run r ON r.id = s.runs[width_bucket(f.occurred_at, s.moments)]
    AND r.start_recorded_at < f.recorded_at
    AND (r.ended_at IS NULL OR r.end_recorded_at > f.recorded_at OR r.ended_at > f.occurred_at)
  CROSS JOIN LATERAL (
    SELECT CASE WHEN f.source = 'twilio' THEN NULL
         WHEN r.id IS NULL THEN 'no_run'
         WHEN l.exited_at < f.occurred_at THEN 'lead_exited'
         ELSE 'run' END::attribution AS attribution) d
) judged WHERE what IS NOT NULL ORDER BY id
