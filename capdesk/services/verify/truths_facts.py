"""Calls, events, tallies, batches and leads: what they name exists, and what was derived from them still follows.

A run counts as it was known when a fact was recorded: one recorded later, or ended later, does not change what was
decided before.
"""

from capdesk.services.verify.truth import Truth

# The run that contains a moment, as known when the fact was recorded. `f` is the fact, `at` its moment.
_RUN = """
LEFT JOIN experiment_run r ON r.campaign_id = f.campaign_id
  AND r.start_recorded_at < f.recorded_at AND r.started_at <= f.{at}
  AND (r.ended_at IS NULL OR r.end_recorded_at > f.recorded_at OR r.ended_at > f.{at})
"""

_NAMED = """
LEFT JOIN campaign k ON k.id = f.campaign_id
LEFT JOIN lead l ON l.id = f.lead_id AND l.campaign_id = f.campaign_id AND l.phone_key = f.phone_key
LEFT JOIN team_member m ON m.id = f.team_member_id
LEFT JOIN import_batch b ON b.id = f.batch_id
"""

_UNNAMED = """
  CASE WHEN k.id IS NULL THEN format('names campaign %s, which is not there', f.campaign_id)
       WHEN f.lead_id IS NOT NULL AND l.id IS NULL THEN format('names lead %s, which is not that of its number', f.lead_id)
       WHEN f.team_member_id IS NOT NULL AND m.id IS NULL THEN format('names member %s, who is not there', f.team_member_id)
       WHEN b.id IS NULL THEN format('names batch %s, which is not there', f.batch_id)
"""

_MISNAMED = """
  k.id IS NULL OR b.id IS NULL OR (f.lead_id IS NOT NULL AND l.id IS NULL)
  OR (f.team_member_id IS NOT NULL AND m.id IS NULL)
"""

CALLS = Truth(
    "call",
    f"""
SELECT 'id ' || f.id, {_UNNAMED}
  ELSE format('counts as %s of experiment %s, but follows to be %s of experiment %s', coalesce(f.attribution::text, 'nothing'),
              coalesce(f.experiment_id::text, '—'), coalesce(f.derived::text, 'nothing'), coalesce(f.derived_experiment::text, '—')) END
FROM (
  SELECT f.*, k.id AS k_id, l.id AS l_id, m.id AS m_id, b.id AS b_id, d.derived,
         CASE WHEN d.derived = 'run' THEN r.experiment_id END AS derived_experiment
  FROM call f {_NAMED} {_RUN.format(at="occurred_at")}
  CROSS JOIN LATERAL (SELECT CASE WHEN f.source = 'twilio' THEN NULL WHEN r.id IS NULL THEN 'no_run'
    WHEN l.exited_at < f.occurred_at THEN 'lead_exited' ELSE 'run' END::attribution AS derived) d
) f
""",
)
