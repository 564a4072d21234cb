"""Campaigns and experiments: what they are now is what their sealed history says."""

from capdesk.services.verify.truth import Truth

CAMPAIGNS = Truth(
    "campaign",
    """
SELECT 'id ' || c.id, format('is %s, but its history ends with %s', c.status, coalesce(h.status::text, 'nothing'))
FROM campaign c LEFT JOIN LATERAL (
  SELECT status FROM campaign_status WHERE campaign_id = c.id ORDER BY id DESC LIMIT 1) h ON true
WHERE c.status IS DISTINCT FROM h.status ORDER BY c.id
""",
)

STATUS = Truth(
    "experiment",
    """
SELECT 'id ' || e.id, format('is %s from %s to %s, but its history says %s from %s to %s', e.status, coalesce(e.start_date::text, '—'),
  coalesce(e.end_date::text, '—'), coalesce(h.status, 'planned'), coalesce(h.start_date::text, '—'), coalesce(h.end_date::text, '—'))
FROM experiment e LEFT JOIN (
  SELECT experiment_id, (array_agg(status ORDER BY id DESC))[1] AS status,
         min((occurred_at AT TIME ZONE :zone)::date) FILTER (WHERE action = 'start') AS start_date,
         max((occurred_at AT TIME ZONE :zone)::date) FILTER (WHERE status IN ('completed', 'terminated')) AS end_date
  FROM experiment_transition GROUP BY 1) h ON h.experiment_id = e.id
WHERE (e.status, e.start_date, e.end_date) IS DISTINCT FROM (coalesce(h.status, 'planned'), h.start_date, h.end_date)
ORDER BY e.id
""",
)

RULES = Truth(
    "experiment",
    """
SELECT 'id ' || t.experiment_id, format('its rules are not those it had at its %s on %s', t.action, t.occurred_at::date)
FROM experiment_transition t WHERE t.rules <> experiment_rules(t.experiment_id) ORDER BY t.id
""",
)

# Each start and resume opened one run, which the next transition closed.
RUNS = Truth(
    "experiment_run",
    """
SELECT coalesce('id ' || min(id), 'experiment ' || experiment_id),
       format('experiment %s from %s to %s: %s runs by its history, %s are there', experiment_id, started_at,
              coalesce(ended_at::text, 'now'), sum(due), sum(there))
FROM (
  SELECT t.experiment_id, e.campaign_id, t.occurred_at AS started_at, t.recorded_at AS start_recorded_at, t.admin_user_id AS started_by,
         n.occurred_at AS ended_at, n.recorded_at AS end_recorded_at, n.admin_user_id AS ended_by, 1 AS due, 0 AS there, NULL::bigint AS id
  FROM experiment_transition t JOIN experiment e ON e.id = t.experiment_id
  LEFT JOIN LATERAL (SELECT * FROM experiment_transition WHERE experiment_id = t.experiment_id AND id > t.id ORDER BY id LIMIT 1) n ON true
  WHERE t.status = 'running'
  UNION ALL
  SELECT experiment_id, campaign_id, started_at, start_recorded_at, started_by, ended_at, end_recorded_at, ended_by, 0, 1, id
  FROM experiment_run
) run
GROUP BY experiment_id, campaign_id, started_at, start_recorded_at, started_by, ended_at, end_recorded_at, ended_by
HAVING sum(due) <> sum(there)
ORDER BY min(id)
""",
)

FLOATS = Truth(
    "schema",
    """
SELECT table_name || '.' || column_name, 'holds floating-point numbers'
FROM information_schema.columns
WHERE table_schema = 'capdesk' AND data_type IN ('real', 'double precision') ORDER BY 1
""",
)

STATE = (CAMPAIGNS, STATUS, RULES, RUNS, FLOATS)
