"""Calls, events, tallies, batches and leads: what they name exists, and what was derived from them still follows.

A run counts as it was known when a fact was recorded: one recorded later, or ended later, does not change what was
decided before.
"""

from capdesk.services.verify.truth import Truth

_ATTRIBUTED = """
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
  FROM {table} f
  LEFT JOIN campaign k ON k.id = f.campaign_id
  LEFT JOIN lead l ON l.id = f.lead_id AND l.campaign_id = f.campaign_id AND l.phone_key = f.phone_key
  LEFT JOIN team_member m ON m.id = f.team_member_id
  LEFT JOIN import_batch b ON b.id = f.batch_id
  LEFT JOIN experiment_run r ON r.campaign_id = f.campaign_id
    AND r.start_recorded_at < f.recorded_at AND r.started_at <= f.{at}
    AND (r.ended_at IS NULL OR r.end_recorded_at > f.recorded_at OR r.ended_at > f.{at})
  CROSS JOIN LATERAL (SELECT CASE {first} WHEN r.id IS NULL THEN 'no_run' WHEN l.exited_at < f.{at} THEN 'lead_exited'
                             {then} ELSE 'run' END::attribution AS attribution) d
) judged WHERE what IS NOT NULL ORDER BY id
"""

CALLS = Truth(
    "call",
    _ATTRIBUTED.format(table="call", at="occurred_at", first="WHEN f.source = 'twilio' THEN NULL", then=""),
)

# A second paid conversion of a lead never counts: not after one recorded before, nor after an earlier one of its batch.
EVENTS = Truth(
    "explicit_event",
    _ATTRIBUTED.format(
        table="explicit_event",
        at="event_timestamp",
        first="",
        then="""WHEN f.event_type = 'paid_conversion' AND EXISTS (
          SELECT FROM explicit_event p WHERE p.lead_id = f.lead_id AND p.event_type = 'paid_conversion'
          AND (p.recorded_at, p.event_timestamp, p.line) < (f.recorded_at, f.event_timestamp, f.line)) THEN 'lead_exited'""",
    ),
)

# Each recording's tallies are the count of what it recorded; a reversal's are minus one for each event it answers.
TALLIES = Truth(
    "event_tally",
    """
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
""",
)

BATCHES = Truth(
    "import_batch",
    """
SELECT 'id ' || b.id, format('says %s rows landed, %s are there', b.landed, f.rows)
FROM (
  SELECT batch_id, sum(n) AS rows FROM (
    SELECT batch_id, count(*) AS n FROM call GROUP BY 1
    UNION ALL SELECT batch_id, count(*) FROM explicit_event GROUP BY 1
    UNION ALL SELECT batch_id, count(*) FROM time_log GROUP BY 1
  ) facts GROUP BY 1
) f JOIN import_batch b ON b.id = f.batch_id WHERE f.rows <> b.landed
UNION ALL
SELECT 'id ' || b.id, 'read, landed, duplicate and rejected rows do not add up'
FROM import_batch b WHERE b.read <> b.landed + b.duplicate + b.rejected
""",
)

LEADS = Truth(
    "lead",
    """
SELECT 'id ' || l.id, format('is %s, but its history ends with %s', l.status, coalesce(h.status::text, 'nothing'))
FROM lead l LEFT JOIN LATERAL (
  SELECT status, recorded_at FROM lead_status WHERE lead_id = l.id ORDER BY id DESC LIMIT 1) h ON true
WHERE l.status IS DISTINCT FROM h.status
   OR l.exited_at IS DISTINCT FROM CASE WHEN h.status <> 'active' THEN h.recorded_at END
ORDER BY l.id
""",
)

HISTORY = Truth(
    "lead_status",
    """
SELECT 'id ' || s.id, format('names event %s, which is no paid conversion of its lead', s.event_id)
FROM lead_status s LEFT JOIN explicit_event e
  ON e.id = s.event_id AND e.lead_id = s.lead_id AND e.event_type = 'paid_conversion'
WHERE s.event_id IS NOT NULL AND e.id IS NULL ORDER BY s.id
""",
)

FACTS = (CALLS, EVENTS, TALLIES, BATCHES, LEADS, HISTORY)
