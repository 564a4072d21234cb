-- experiment
-- Rules never changed since the first transition, which sealed them.
SELECT 'id ' || t.experiment_id, format('its rules are not those it had at its %s on %s', t.action, t.occurred_at::date)
FROM experiment_transition t WHERE t.rules <> experiment_rules(t.experiment_id) ORDER BY t.id
