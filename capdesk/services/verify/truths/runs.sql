-- experiment_run
-- Each start and resume opened one run, which the next transition closed.
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
