-- bonus_event
-- Each event with a member and a rule earned exactly one. Numbers as in performance_event: explicit id * 4,
-- call id * 4 + 1, 2 or 3.
SELECT coalesce('id ' || min(id), 'event ' || event), format('event %s earns %s bonuses of $%s for member %s, %s are there',
       event, sum(due), bonus_amount_usd, team_member_id, sum(there))
FROM (
  SELECT c.id * 4 + d.number AS event, d.event_type, c.experiment_id, c.team_member_id, r.bonus_amount_usd, c.recorded_at,
         1 AS due, 0 AS there, NULL::bigint AS id
  FROM bonus_rule r
  JOIN call c ON c.experiment_id = r.experiment_id AND c.team_member_id IS NOT NULL
  JOIN dialer_rule d ON d.outcome = c.outcome AND c.duration_s >= d.min_duration_s AND d.event_type = r.event_type
  UNION ALL
  SELECT e.id * 4, e.event_type, e.experiment_id, e.team_member_id, r.bonus_amount_usd, e.recorded_at, 1, 0, NULL
  FROM bonus_rule r JOIN explicit_event e ON e.experiment_id = r.experiment_id AND e.event_type = r.event_type
  WHERE e.team_member_id IS NOT NULL
  UNION ALL
  SELECT coalesce(b.event_id * 4, b.call_id * 4 + CASE b.event_type WHEN 'dial_attempt' THEN 1 WHEN 'conversation' THEN 2 ELSE 3 END),
         b.event_type, b.experiment_id, b.team_member_id, b.bonus_amount_usd, b.created_at, 0, 1, b.id
  FROM bonus_event b
) bonus
GROUP BY event, event_type, experiment_id, team_member_id, bonus_amount_usd, recorded_at
HAVING sum(due) <> sum(there)
ORDER BY min(id), event
