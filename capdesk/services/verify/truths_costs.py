"""Hours, bonuses, charges and the ledger: each cost follows from its fact, once."""

from capdesk.services.verify.truth import Truth

# A cost is dated by its day, which lies in the desk zone; a run counts as it was known when the cost was recorded.
_DATED = """
  SELECT r.experiment_id FROM experiment_run r
  WHERE r.campaign_id = f.campaign_id AND r.start_recorded_at < f.recorded_at
    AND r.started_at < (f.date + 1)::timestamp AT TIME ZONE :zone
    AND (r.ended_at IS NULL OR r.end_recorded_at > f.recorded_at OR r.ended_at > f.date::timestamp AT TIME ZONE :zone)
  ORDER BY r.started_at LIMIT 1
"""

HOURS = Truth(
    "time_log",
    """
SELECT 'id ' || f.id, CASE
  WHEN b.id IS NULL THEN format('its batch %s is not there', f.batch_id)
  WHEN a.campaign_id IS DISTINCT FROM f.campaign_id THEN format('its member worked for campaign %s on that date', a.campaign_id)
  WHEN r.hourly_rate_usd IS DISTINCT FROM f.hourly_rate_usd THEN format('the rate on that date was %s', r.hourly_rate_usd)
  ELSE 'its cost is not hours times rate' END
FROM time_log f
LEFT JOIN import_batch b ON b.id = f.batch_id
LEFT JOIN LATERAL (SELECT campaign_id FROM member_assignment
  WHERE team_member_id = f.team_member_id AND from_date <= f.date AND recorded_at < f.recorded_at
  ORDER BY from_date DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT hourly_rate_usd FROM member_rate
  WHERE team_member_id = f.team_member_id AND from_date <= f.date AND recorded_at < f.recorded_at
  ORDER BY from_date DESC LIMIT 1) r ON true
WHERE b.id IS NULL OR a.campaign_id IS DISTINCT FROM f.campaign_id
   OR r.hourly_rate_usd IS DISTINCT FROM f.hourly_rate_usd
   OR f.cost_usd <> round_half_even(f.hours_logged * f.hourly_rate_usd)
ORDER BY f.id
""",
)

# Event numbers as in performance_event: explicit id * 4, call id * 4 + 1, 2 or 3.
BONUSES = Truth(
    "bonus_event",
    """
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
""",
)

_LEDGER = """
WITH due AS ({due}), expected AS (
  SELECT fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id FROM due
  UNION ALL
  SELECT d.fact, d.date, d.campaign_id, d.experiment_id, -d.cost_usd, v.recorded_at, v.id
  FROM due d JOIN reversal v ON {answers}
)
SELECT coalesce('id ' || min(id), '{fact} ' || fact), format('{fact} %s costs $%s on %s for experiment %s in %s rows, %s are there',
       fact, cost_usd, date, coalesce(experiment_id::text, '—'), sum(due), sum(there))
FROM (
  SELECT *, 1 AS due, 0 AS there, NULL::bigint AS id FROM expected
  UNION ALL
  SELECT {fact}_id, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id, 0, 1, id
  FROM cost_rollup WHERE source = '{source}'
) ledger
GROUP BY fact, date, campaign_id, experiment_id, cost_usd, recorded_at, reversal_id
HAVING sum(due) <> sum(there)
ORDER BY min(id), fact
"""

LABOR = Truth(
    "cost_rollup",
    _LEDGER.format(
        fact="time_log",
        source="labor",
        answers="v.time_log_id = d.fact",
        due=f"""
  SELECT f.id AS fact, f.date, f.campaign_id, ({_DATED}) AS experiment_id, f.cost_usd, f.recorded_at, NULL::bigint AS reversal_id
  FROM time_log f""",
    ),
)

BONUS_COSTS = Truth(
    "cost_rollup",
    _LEDGER.format(
        fact="bonus_event",
        source="bonus",
        answers="v.call_id = d.call_id OR v.event_id = d.event_id",
        due="""
  SELECT b.id AS fact, (coalesce(c.occurred_at, e.event_timestamp) AT TIME ZONE :zone)::date AS date,
         coalesce(c.campaign_id, e.campaign_id) AS campaign_id, b.experiment_id, b.bonus_amount_usd AS cost_usd,
         b.created_at AS recorded_at, NULL::bigint AS reversal_id, b.call_id, b.event_id
  FROM bonus_event b LEFT JOIN call c ON c.id = b.call_id LEFT JOIN explicit_event e ON e.id = b.event_id""",
    ),
)

CHARGES = Truth(
    "provider_charge",
    """
SELECT 'ids ' || string_agg(id::text, ', ' ORDER BY id),
       format('%s %s on %s: the differences add up to $%s, the newest statement says $%s', min(provider), min(account),
              min(usage_date), sum(amount_usd), (array_agg(stated_usd ORDER BY id DESC))[1])
FROM provider_charge GROUP BY grain_key
HAVING sum(amount_usd) <> (array_agg(stated_usd ORDER BY id DESC))[1]
    OR count(DISTINCT (provider, account, usage_date, project, service, sku, label, invoice_month, cost_type)) > 1
UNION ALL
SELECT 'id ' || c.id, format('its batch %s is not there', c.batch_id)
FROM provider_charge c LEFT JOIN import_batch b ON b.id = c.batch_id WHERE b.id IS NULL
""",
)

# A grain's cost lies wholly in the campaign its mapping names now, and nowhere where none does.
MAPPED = Truth(
    "cost_rollup",
    """
WITH owner AS MATERIALIZED (
  SELECT o.*, (mapping_of(o.provider, o.account, o.project, o.label)).campaign_id
  FROM (SELECT DISTINCT provider, account, project, label FROM provider_charge) o
)
SELECT 'charge ' || min(charge_id), format('$%s of it are stated for campaign %s, $%s are in its ledger', sum(stated), campaign_id, sum(held))
FROM (
  SELECT c.grain_key, o.campaign_id, c.amount_usd AS stated, 0 AS held, c.id AS charge_id
  FROM provider_charge c JOIN owner o ON o.provider = c.provider AND o.account = c.account
    AND (o.project, o.label) IS NOT DISTINCT FROM (c.project, c.label)
  WHERE o.campaign_id IS NOT NULL
  UNION ALL
  SELECT c.grain_key, r.campaign_id, 0, r.cost_usd, c.id FROM cost_rollup r JOIN provider_charge c ON c.id = r.charge_id
) grain
GROUP BY grain_key, campaign_id HAVING sum(stated) <> sum(held)
ORDER BY min(charge_id)
""",
)

DATES = Truth(
    "cost_rollup",
    """
SELECT 'id ' || r.id, format('is %s on %s, its charge %s on %s', r.source, r.date, c.provider, c.usage_date)
FROM cost_rollup r JOIN provider_charge c ON c.id = r.charge_id
WHERE r.date <> c.usage_date OR r.source::text <> c.provider::text ORDER BY r.id
""",
)

COSTS = (HOURS, BONUSES, LABOR, BONUS_COSTS, CHARGES, MAPPED, DATES)
