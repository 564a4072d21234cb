"""Lists of money: the ledger, bonuses, what providers charged, where it goes, and how it was pulled."""

from capdesk.models.base import CostSource, Provider
from capdesk.services.listings.columns import (
    UTC_TODAY,
    campaign,
    event_type,
    experiment,
    member,
    number,
    ordered,
    reason,
    recorded,
    reversed_at,
    words,
)
from capdesk.services.listings.model import Column, Listing
from capdesk.services.sync.report import SOURCES
from capdesk.services.sync.runs import BEING_PULLED

_FACT = """CASE r.source
  WHEN 'labor' THEN concat(m.name, ', ', trim_scale(t.hours_logged), ' h')
  WHEN 'bonus' THEN concat(m.name, ', ', b.event_type)
  ELSE concat_ws(' / ', p.account, p.project, p.service, p.sku, p.label) END"""
_PROVISIONAL = f"coalesce(f.final_on > {UTC_TODAY}, false)"

COSTS = Listing(
    key="costs",
    title="Costs",
    columns=(
        number("r.id"),
        Column("date", "Date", "date", "r.date", nullable=False),
        Column("source", "Source", "choice", "r.source", words(CostSource), nullable=False),
        Column("what", "What", "text", _FACT, nullable=False),
        campaign("r.campaign_id", nullable=False),
        Column("experiment", "Experiment", "text", "coalesce(x.name, 'overhead')", nullable=False),
        Column("cost", "Cost", "money", "r.cost_usd", nullable=False),
        Column("provisional", "Provisional", "flag", _PROVISIONAL, nullable=False),
        Column("reversing", "Reversing", "flag", "(r.reversal_id IS NOT NULL)", nullable=False, shown=False),
        recorded("r.recorded_at", shown=False),
        Column("member", "Team member", "text", "m.name", shown=False),
        Column("charge", "Charge", "id", "r.charge_id", shown=False),
        Column("time", "Time log", "id", "r.time_log_id", shown=False),
        Column("bonus", "Bonus", "id", "r.bonus_event_id", shown=False),
    ),
    source="""cost_rollup r
LEFT JOIN campaign g ON g.id = r.campaign_id
LEFT JOIN experiment x ON x.id = r.experiment_id
LEFT JOIN time_log t ON t.id = r.time_log_id
LEFT JOIN bonus_event b ON b.id = r.bonus_event_id
LEFT JOIN team_member m ON m.id = coalesce(t.team_member_id, b.team_member_id)
LEFT JOIN provider_charge p ON p.id = r.charge_id
LEFT JOIN dated_charge f ON f.id = r.charge_id""",
    id_sql="r.id",
    order="date",
    scopes={
        "campaign": "r.campaign_id = :scope",
        "experiment": "r.experiment_id = :scope",
        "member": "m.id = :scope",
        "charge": "r.charge_id = :scope",
        "time": "r.time_log_id = :scope",
        "bonus": "r.bonus_event_id = :scope",
    },
    empty="Nothing was spent yet: log time, or connect Twilio and Google Cloud.",
)

BONUSES = Listing(
    key="bonuses",
    title="Bonuses",
    columns=(
        number("b.id"),
        Column("when", "Event at", "moment", "coalesce(e.event_timestamp, c.occurred_at)", nullable=False),
        event_type("type", "Event", "b.event_type", nullable=False),
        member("b.team_member_id", nullable=False),
        experiment("b.experiment_id", nullable=False),
        campaign("x.campaign_id", nullable=False),
        Column("amount", "Bonus", "money", "b.bonus_amount_usd", nullable=False),
        recorded("b.created_at"),
        reversed_at("v.recorded_at", shown=False),
        reason("v.reason", call_id="b.call_id", event_id="b.event_id"),
        Column("call", "Call", "id", "b.call_id", shown=False),
        Column("event", "Event no.", "id", "coalesce(b.event_id * 4, b.call_id * 4 + d.number)", shown=False),
    ),
    source="""bonus_event b
LEFT JOIN experiment x ON x.id = b.experiment_id
LEFT JOIN campaign g ON g.id = x.campaign_id
LEFT JOIN team_member m ON m.id = b.team_member_id
LEFT JOIN explicit_event e ON e.id = b.event_id
LEFT JOIN call c ON c.id = b.call_id
LEFT JOIN dialer_rule d ON d.outcome = c.outcome AND d.event_type = b.event_type
LEFT JOIN reversal v ON v.event_id = b.event_id OR v.call_id = b.call_id""",
    id_sql="b.id",
    order="recorded",
    scopes={
        "campaign": "x.campaign_id = :scope",
        "experiment": "b.experiment_id = :scope",
        "member": "b.team_member_id = :scope",
    },
    empty="No event has earned a bonus yet: an experiment's bonus rules say which do.",
)

# The mapping of each owner of charges, asked for once and not once per charge.
_MAPPED = """(
  SELECT o.*, (mapping_of(o.provider, o.account, CASE WHEN NOT o.projectless THEN o.project END,
                          CASE WHEN NOT o.labelless THEN o.label END)).id AS mapping_id
  FROM (SELECT DISTINCT provider, account, coalesce(project, '') AS project, project IS NULL AS projectless,
               coalesce(label, '') AS label, label IS NULL AS labelless FROM provider_charge) o)"""

CHARGES = Listing(
    key="charges",
    title="Charges",
    columns=(
        number("p.id"),
        Column("date", "Usage day", "date", "p.usage_date", nullable=False),
        Column("provider", "Provider", "choice", "p.provider", words(Provider), nullable=False),
        Column("account", "Account", "text", "p.account", nullable=False),
        Column("project", "Project", "text", "p.project"),
        Column("service", "Service", "text", "p.service"),
        campaign("w.campaign_id"),
        Column("amount", "Charged", "money", "p.amount_usd", nullable=False),
        Column("provisional", "Provisional", "flag", f"(f.final_on > {UTC_TODAY})", nullable=False),
        Column("label", "Label", "text", "p.label", shown=False),
        Column("unassigned", "Unassigned", "flag", "(y.mapping_id IS NULL)", nullable=False, shown=False),
        Column("sku", "SKU", "text", "p.sku", shown=False),
        Column("stated", "Stated", "money", "p.stated_usd", nullable=False, shown=False),
        Column("final", "Final on", "date", "f.final_on", nullable=False, shown=False),
        Column("month", "Invoice month", "text", "p.invoice_month", shown=False),
        Column("costtype", "Cost type", "text", "p.cost_type", shown=False),
        recorded("p.recorded_at", shown=False),
        Column("batch", "Import", "id", "p.batch_id", nullable=False, shown=False),
    ),
    source=f"""provider_charge p
JOIN dated_charge f ON f.id = p.id
LEFT JOIN {_MAPPED} y ON y.provider = p.provider AND y.account = p.account
  AND y.project = coalesce(p.project, '') AND y.projectless = (p.project IS NULL)
  AND y.label = coalesce(p.label, '') AND y.labelless = (p.label IS NULL)
LEFT JOIN provider_mapping w ON w.id = y.mapping_id
LEFT JOIN campaign g ON g.id = w.campaign_id""",
    id_sql="p.id",
    order="date",
    scopes={
        "campaign": "w.campaign_id = :scope",
        "experiment": "p.grain_key IN (SELECT d.grain_key FROM cost_rollup r"
        " JOIN provider_charge d ON d.id = r.charge_id WHERE r.experiment_id = :scope)",
        "batch": "p.batch_id = :scope",
        "connection": "(p.provider, p.account) IN (SELECT c.provider, s.account FROM sync_run r"
        " JOIN sync_step s ON s.run_id = r.id JOIN connection c ON c.id = r.connection_id WHERE c.id = :scope)",
        "run": "p.batch_id IN (SELECT batch_id FROM sync_step WHERE run_id = :scope)",
        "mapping": "y.mapping_id = :scope",
    },
    empty="Nothing was charged yet: connect Twilio or Google Cloud, or import their usage files.",
)

MAPPINGS = Listing(
    key="mappings",
    title="Mapping",
    columns=(
        number("m.id"),
        Column("provider", "Provider", "choice", "m.provider", words(Provider), nullable=False),
        Column("account", "Account", "text", "m.account"),
        Column("project", "Project", "text", "m.project"),
        Column("label", "Label", "text", "m.label"),
        campaign("m.campaign_id", nullable=False),
        Column("charged", "Charged", "money", "coalesce(r.usd, 0.000000)", nullable=False),
        Column("admin", "Mapped by", "text", "u.name", nullable=False, shown=False),
        recorded("m.recorded_at", "Mapped"),
    ),
    source="""provider_mapping m
JOIN campaign g ON g.id = m.campaign_id
JOIN app_user u ON u.id = m.admin_user_id
LEFT JOIN (SELECT w.id, sum(c.usd) AS usd
           FROM (SELECT provider, account, project, label, sum(amount_usd) AS usd FROM provider_charge
                 GROUP BY 1, 2, 3, 4) c
           CROSS JOIN LATERAL mapping_of(c.provider, c.account, c.project, c.label) w GROUP BY 1) r ON r.id = m.id
JOIN (SELECT max(id) AS id FROM provider_mapping GROUP BY provider, account, project, label) newest
  ON newest.id = m.id""",
    id_sql="m.id",
    order="recorded",
    scopes={"campaign": "m.campaign_id = :scope"},
    empty="Map an account, project or label to the campaign that pays for it; the rest is unassigned spend.",
)

_STATE = f"""CASE WHEN o.id IS NOT NULL THEN o.outcome
     WHEN newest.id = r.id AND {BEING_PULLED} THEN 'running' ELSE 'interrupted' END"""

SYNCS = Listing(
    key="syncs",
    title="Syncs",
    columns=(
        number("r.id"),
        recorded("r.recorded_at", "Began"),
        ordered("source", "Source", "r.source", SOURCES, nullable=False),
        ordered("outcome", "Outcome", f"({_STATE})", ("running", "done", "failed", "interrupted"), nullable=False),
        Column("connection", "Connection", "text", "c.account", nullable=False),
        Column("through", "Through", "date", "s.through"),
        Column("rows", "Read", "number", "coalesce(s.rows, 0)", nullable=False),
        Column("landed", "Landed", "number", "coalesce(s.landed, 0)", nullable=False),
        Column("difference", "Difference", "money", "coalesce(s.difference_usd, 0.000000)", nullable=False),
        Column("error", "Error", "text", "nullif(o.detail, '')"),
        Column("accounts", "Accounts", "text", "s.accounts", shown=False),
        Column("first", "First day", "date", "s.first_day", shown=False),
        Column("bytes", "Bytes billed", "number", "coalesce(o.bytes_billed, 0)", nullable=False, shown=False),
        Column("ended", "Ended", "moment", "o.recorded_at", shown=False),
        Column("provider", "Provider", "choice", "c.provider", words(Provider), nullable=False, shown=False),
    ),
    source="""sync_run r
JOIN connection c ON c.id = r.connection_id
JOIN (SELECT connection_id, source, max(id) AS id FROM sync_run GROUP BY 1, 2) newest
  ON newest.connection_id = r.connection_id AND newest.source = r.source
LEFT JOIN sync_outcome o ON o.run_id = r.id
LEFT JOIN (SELECT run_id, string_agg(DISTINCT account, ', ' ORDER BY account) AS accounts, min(first_day) AS first_day,
                  max(through) AS through, sum(rows)::bigint AS rows, sum(landed)::bigint AS landed,
                  sum(difference_usd) AS difference_usd
           FROM sync_step GROUP BY 1) s ON s.run_id = r.id""",
    id_sql="r.id",
    order="recorded",
    scopes={"connection": "r.connection_id = :scope"},
    empty="Nothing was pulled yet: connect Twilio or Google Cloud, then sync.",
)
