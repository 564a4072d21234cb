"""Lists of facts: calls, performance events and time logs."""

from capdesk.models.base import Outcome
from capdesk.services.listings.columns import (
    campaign,
    contact,
    contact_via,
    counts,
    detail_via,
    event_type,
    experiment,
    member,
    number,
    reason,
    recorded,
    reversed_at,
    words,
)
from capdesk.services.listings.model import Column, Listing

_PHONE_OF_CALL = "coalesce(lc.phone, cd.phone)"

CALLS = Listing(
    key="calls",
    title="Calls",
    columns=(
        number("c.id"),
        Column("when", "Started", "moment", "c.occurred_at", nullable=False),
        Column("outcome", "Outcome", "choice", "c.outcome", words(Outcome)),
        Column("seconds", "Seconds", "number", "c.duration_s", nullable=False),
        member("c.team_member_id"),
        contact("name", "Lead", "lc.name", "c.lead_id"),
        Column(
            "phone",
            "Phone",
            "text",
            _PHONE_OF_CALL,
            via=(contact_via("phone", "c.lead_id"), detail_via("c.id", "call_detail", "call_id")),
            order=_PHONE_OF_CALL,
        ),
        campaign("c.campaign_id", nullable=False),
        experiment("c.experiment_id"),
        counts("c.attribution", shown=False),
        Column("source", "Source", "text", "c.source", nullable=False, shown=False, searched=False),
        Column("sourceid", "Source id", "text", "c.source_id", shown=False),
        recorded("c.recorded_at", shown=False),
        reversed_at("v.recorded_at", shown=False),
        reason("v.reason", call_id="c.id"),
        Column("batch", "Import", "id", "c.batch_id", nullable=False, shown=False),
        Column("lead", "Lead no.", "id", "c.lead_id", shown=False),
    ),
    source="""call c
LEFT JOIN campaign g ON g.id = c.campaign_id
LEFT JOIN experiment x ON x.id = c.experiment_id
LEFT JOIN team_member m ON m.id = c.team_member_id
LEFT JOIN lead_contact lc ON lc.lead_id = c.lead_id
LEFT JOIN call_detail cd ON cd.call_id = c.id
LEFT JOIN reversal v ON v.call_id = c.id""",
    id_sql="c.id",
    order="when",
    scopes={
        "campaign": "c.campaign_id = :scope",
        "experiment": "c.experiment_id = :scope",
        "lead": "c.lead_id = :scope",
        "member": "c.team_member_id = :scope",
        "batch": "c.batch_id = :scope",
    },
    empty="Import calls from the dialer's file.",
)

_EVENTS = """(
  SELECT e.id * 4 AS id, NULL::bigint AS call_id, e.id AS event_id, e.campaign_id, e.experiment_id, e.lead_id,
         e.team_member_id, e.event_type, e.event_timestamp, NULL::call_outcome AS outcome, NULL::integer AS duration_s,
         e.attribution, e.recorded_at, e.batch_id
  FROM explicit_event e{explicit}
  UNION ALL
  SELECT c.id * 4 + r.number, c.id, NULL, c.campaign_id, c.experiment_id, c.lead_id, c.team_member_id, r.event_type,
         c.occurred_at, c.outcome, c.duration_s, c.attribution, c.recorded_at, c.batch_id
  FROM call c JOIN dialer_rule r ON r.outcome = c.outcome AND c.duration_s >= r.min_duration_s
  WHERE c.source <> 'twilio'{calls}
) p
LEFT JOIN campaign g ON g.id = p.campaign_id
LEFT JOIN experiment x ON x.id = p.experiment_id
LEFT JOIN team_member m ON m.id = p.team_member_id
LEFT JOIN lead_contact lc ON lc.lead_id = p.lead_id
LEFT JOIN event_detail ed ON ed.event_id = p.event_id
LEFT JOIN call_detail cd ON cd.call_id = p.call_id
LEFT JOIN reversal ve ON ve.event_id = p.event_id
LEFT JOIN reversal vc ON vc.call_id = p.call_id
LEFT JOIN bonus_event be ON be.event_id = p.event_id
LEFT JOIN bonus_event bc ON bc.call_id = p.call_id AND bc.event_type = p.event_type"""
_BY_ID = {
    "explicit": " WHERE e.id IN (SELECT n >> 2 FROM unnest(CAST(:ids AS bigint[])) n WHERE n & 3 = 0)",
    "calls": " AND c.id IN (SELECT n >> 2 FROM unnest(CAST(:ids AS bigint[])) n WHERE n & 3 <> 0)",
}
_PHONE = "coalesce(lc.phone, ed.phone, cd.phone)"
# A reversal appends minus one to the tally; the list shows what was reversed as well.
_DAYS = "SELECT date, sum(count)::bigint FROM event_tally WHERE reversal_id IS NULL{scope} GROUP BY date"

EVENTS = Listing(
    key="events",
    title="Events",
    columns=(
        number("p.id"),
        Column("when", "When", "moment", "p.event_timestamp", nullable=False),
        event_type("type", "Event", "p.event_type", nullable=False),
        campaign("p.campaign_id", nullable=False),
        experiment("p.experiment_id"),
        contact("name", "Lead", "lc.name", "p.lead_id"),
        member("p.team_member_id"),
        counts("p.attribution", nullable=False),
        Column("bonus", "Bonus", "money", "coalesce(be.bonus_amount_usd, bc.bonus_amount_usd)"),
        Column(
            "phone",
            "Phone",
            "text",
            _PHONE,
            via=(
                contact_via("phone", "p.lead_id"),
                detail_via("p.event_id", "event_detail", "event_id"),
                detail_via("p.call_id", "call_detail", "call_id"),
            ),
            order=_PHONE,
            shown=False,
        ),
        Column("outcome", "Outcome", "choice", "p.outcome", words(Outcome), shown=False),
        Column("seconds", "Seconds", "number", "p.duration_s", shown=False),
        recorded("p.recorded_at", shown=False),
        reversed_at("coalesce(ve.recorded_at, vc.recorded_at)", shown=False),
        reason("coalesce(ve.reason, vc.reason)", event_id="p.event_id", call_id="p.call_id"),
        Column("call", "Call", "id", "p.call_id", shown=False),
        Column("batch", "Import", "id", "p.batch_id", nullable=False, shown=False),
        Column("lead", "Lead no.", "id", "p.lead_id", shown=False),
    ),
    source=_EVENTS.format(explicit="", calls=""),
    fetch=_EVENTS.format(**_BY_ID),
    id_sql="p.id",
    order="when",
    scopes={
        "campaign": "p.campaign_id = :scope",
        "experiment": "p.experiment_id = :scope",
        "lead": "p.lead_id = :scope",
        "member": "p.team_member_id = :scope",
        "batch": "p.batch_id = :scope",
        "call": "p.call_id = :scope",
    },
    empty="Import calls or events; each call of the dialer is an event by itself.",
    days={
        "": _DAYS.format(scope=""),
        "campaign": _DAYS.format(scope=" AND campaign_id = :scope"),
        "experiment": _DAYS.format(scope=" AND experiment_id = :scope"),
        "batch": _DAYS.format(scope=" AND batch_id = :scope"),
    },
)

TIME = Listing(
    key="time",
    title="Time",
    columns=(
        number("t.id"),
        Column("date", "Date", "date", "t.date", nullable=False),
        member("t.team_member_id", nullable=False),
        campaign("t.campaign_id", nullable=False),
        Column("experiment", "Experiment", "text", "x.name"),
        Column("hours", "Hours", "decimal", "t.hours_logged", nullable=False),
        Column("rate", "Hourly rate", "money", "t.hourly_rate_usd", nullable=False),
        Column("cost", "Labor", "money", "t.cost_usd", nullable=False),
        recorded("t.recorded_at", shown=False),
        reversed_at("v.recorded_at", shown=False),
        reason("v.reason", time_log_id="t.id"),
        Column("batch", "Import", "id", "t.batch_id", nullable=False, shown=False),
    ),
    source="""time_log t
LEFT JOIN campaign g ON g.id = t.campaign_id
LEFT JOIN team_member m ON m.id = t.team_member_id
LEFT JOIN (SELECT time_log_id, max(experiment_id) AS experiment_id FROM cost_rollup
           WHERE time_log_id IS NOT NULL AND reversal_id IS NULL GROUP BY 1) r ON r.time_log_id = t.id
LEFT JOIN experiment x ON x.id = r.experiment_id
LEFT JOIN reversal v ON v.time_log_id = t.id""",
    id_sql="t.id",
    order="date",
    scopes={
        "campaign": "t.campaign_id = :scope",
        "experiment": "r.experiment_id = :scope",
        "member": "t.team_member_id = :scope",
        "batch": "t.batch_id = :scope",
    },
    empty="Log the first hours, or import a timesheet.",
)
