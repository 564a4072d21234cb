-- experiment
-- Status and dates of an experiment are what its history says.
SELECT 'id ' || e.id, format('is %s from %s to %s, but its history says %s from %s to %s', e.status, coalesce(e.start_date::text, '—'),
  coalesce(e.end_date::text, '—'), coalesce(h.status, 'planned'), coalesce(h.start_date::text, '—'), coalesce(h.end_date::text, '—'))
FROM experiment e LEFT JOIN (
  SELECT experiment_id, (array_agg(status ORDER BY id DESC))[1] AS status,
         min((occurred_at AT TIME ZONE :zone)::date) FILTER (WHERE action = 'start') AS start_date,
         max((occurred_at AT TIME ZONE :zone)::date) FILTER (WHERE status IN ('completed', 'terminated')) AS end_date
  FROM experiment_transition GROUP BY 1) h ON h.experiment_id = e.id
WHERE (e.status, e.start_date, e.end_date) IS DISTINCT FROM (coalesce(h.status, 'planned'), h.start_date, h.end_date)
ORDER BY e.id
