"""Lists of what the work is made of: products, campaigns, experiments, leads and the team."""

from capdesk.models.base import LeadStatusName, Verdict
from capdesk.services.listings.columns import TODAY, campaign, contact, event_type, number, ordered, recorded, words
from capdesk.services.listings.model import Column, Listing

_ASSIGNED = f"""(
  SELECT DISTINCT ON (team_member_id) team_member_id, campaign_id FROM member_assignment
  WHERE from_date <= {TODAY} ORDER BY team_member_id, from_date DESC)"""  # noqa: S608 - constants
_RATES = f"""(
  SELECT DISTINCT ON (team_member_id) team_member_id, hourly_rate_usd FROM member_rate
  WHERE from_date <= {TODAY} ORDER BY team_member_id, from_date DESC)"""  # noqa: S608 - constants
_CAMPAIGN_STATUSES = ("active", "planned", "paused", "completed")
_STATUSES = ("running", "paused", "planned", "completed", "terminated")
"""What wants attention first."""

PRODUCTS = Listing(
    key="products",
    title="Products",
    columns=(
        number("p.id"),
        Column("name", "Product", "text", "p.name", nullable=False),
        Column("active", "Active", "flag", "p.active", nullable=False),
        Column("campaigns", "Campaigns", "number", "coalesce(n.campaigns, 0)", nullable=False),
        Column("created", "Created", "moment", "p.created_at", nullable=False, shown=False),
    ),
    source="""product p
LEFT JOIN (SELECT product_id, count(*) AS campaigns FROM campaign GROUP BY 1) n ON n.product_id = p.id""",
    id_sql="p.id",
    order="name",
    descending=False,
    empty="Add the first product: it anchors campaigns.",
)

CAMPAIGNS = Listing(
    key="campaigns",
    title="Campaigns",
    columns=(
        number("c.id"),
        Column("name", "Campaign", "text", "c.name", nullable=False),
        Column("product", "Product", "text", "p.name", nullable=False),
        ordered("status", "Status", "c.status::text", _CAMPAIGN_STATUSES, nullable=False),
        Column("running", "Running experiment", "text", "x.name"),
        Column("budget", "Capital budget", "money", "c.capital_budget_usd"),
        Column("spent", "Spent", "money", "coalesce(s.usd, 0.000000)", nullable=False),
        Column("experiments", "Experiments", "number", "coalesce(n.experiments, 0)", nullable=False),
        Column("leads", "Leads", "number", "coalesce(l.leads, 0)", nullable=False),
        Column("members", "Team members", "number", "coalesce(a.members, 0)", nullable=False, shown=False),
        Column("start", "Start", "date", "c.start_date", shown=False),
        Column("end", "End", "date", "c.end_date", shown=False),
        Column("overhead", "Overhead", "money", "coalesce(s.overhead_usd, 0.000000)", nullable=False, shown=False),
        Column("description", "Description", "text", "nullif(c.description, '')", shown=False),
        Column("created", "Created", "moment", "c.created_at", nullable=False, shown=False),
    ),
    source=f"""campaign c
JOIN product p ON p.id = c.product_id
LEFT JOIN (SELECT campaign_id, min(name) AS name FROM experiment WHERE status = 'running' GROUP BY 1) x
  ON x.campaign_id = c.id
LEFT JOIN (SELECT campaign_id, sum(cost_usd) AS usd, sum(cost_usd) FILTER (WHERE experiment_id IS NULL) AS overhead_usd
           FROM cost_rollup GROUP BY 1) s ON s.campaign_id = c.id
LEFT JOIN (SELECT campaign_id, count(*) AS experiments FROM experiment GROUP BY 1) n ON n.campaign_id = c.id
LEFT JOIN (SELECT campaign_id, count(*) AS leads FROM lead GROUP BY 1) l ON l.campaign_id = c.id
LEFT JOIN (SELECT campaign_id, count(*) AS members FROM {_ASSIGNED} a GROUP BY 1) a ON a.campaign_id = c.id""",  # noqa: S608 - constants
    id_sql="c.id",
    order="status",
    descending=False,
    scopes={"campaign": "c.id = :scope", "product": "c.product_id = :scope"},
    empty="Add the first campaign: a long-lived thesis that owns leads and experiments.",
)

_SPENT = "coalesce(s.usd, 0.000000)"
_USED_DAYS = f"(coalesce(x.end_date, {TODAY}) - x.start_date)"

EXPERIMENTS = Listing(
    key="experiments",
    title="Experiments",
    columns=(
        number("x.id"),
        Column("name", "Experiment", "text", "x.name", nullable=False),
        campaign("x.campaign_id", "c.name", nullable=False),
        ordered("status", "Status", "x.status::text", _STATUSES, nullable=False),
        Column("spent", "Capital spent", "money", _SPENT, nullable=False),
        Column("cap", "Cap in force", "money", "k.capital_cap_usd", nullable=False, shown=False),
        Column(
            "used", "Cap used, %", "decimal", f"trunc({_SPENT} * 100 / k.capital_cap_usd, 1)", nullable=False, places=1
        ),
        Column(
            "tranches",
            "Tranches",
            "decimal",
            f"trunc({_SPENT} / x.tranche_size_usd, 1)",
            nullable=False,
            places=1,
            shown=False,
        ),
        Column("left", "Days left", "number", f"k.time_cap_days - {_USED_DAYS}"),
        Column("qpc", "qpc", "number", "coalesce(t.qpc, 0)", nullable=False),
        Column("installs", "Installs", "number", "coalesce(t.installs, 0)", nullable=False),
        Column("paid", "Paid conversions", "number", "coalesce(t.paid, 0)", nullable=False),
        Column("verdict", "Last verdict", "choice", "w.verdict", words(Verdict), shown=False),
        Column("days", "Days used", "number", _USED_DAYS, shown=False),
        Column("timecap", "Time cap in force, days", "number", "k.time_cap_days", nullable=False, shown=False),
        Column("tranche", "Tranche size", "money", "x.tranche_size_usd", nullable=False, shown=False),
        Column("evaluations", "Evaluations", "number", "coalesce(v.evaluations, 0)", nullable=False, shown=False),
        Column("start", "Start", "date", "x.start_date", shown=False),
        Column("end", "End", "date", "x.end_date", shown=False),
        event_type("primary", "Primary success event", "x.primary_success_event", nullable=False, shown=False),
        Column(
            "secondary", "Secondary events", "text", "array_to_string(x.secondary_events::text[], ', ')", shown=False
        ),
        Column("hypothesis", "Hypothesis", "text", "x.hypothesis", shown=False),
        Column("created", "Created", "moment", "x.created_at", nullable=False, shown=False),
    ),
    source="""experiment x
JOIN campaign c ON c.id = x.campaign_id
CROSS JOIN LATERAL caps_in_force(x.id) k
LEFT JOIN (SELECT experiment_id, sum(cost_usd) AS usd FROM cost_rollup WHERE experiment_id IS NOT NULL GROUP BY 1) s
  ON s.experiment_id = x.id
LEFT JOIN (SELECT experiment_id, sum(count) FILTER (WHERE event_type = 'qpc')::bigint AS qpc,
                  sum(count) FILTER (WHERE event_type = 'calculator_installed')::bigint AS installs,
                  sum(count) FILTER (WHERE event_type = 'paid_conversion')::bigint AS paid
           FROM event_tally WHERE experiment_id IS NOT NULL GROUP BY 1) t ON t.experiment_id = x.id
LEFT JOIN (SELECT experiment_id, count(*) AS evaluations FROM evaluation GROUP BY 1) v ON v.experiment_id = x.id
LEFT JOIN (SELECT DISTINCT ON (experiment_id) experiment_id, verdict FROM evaluation ORDER BY experiment_id, id DESC) w
  ON w.experiment_id = x.id""",
    id_sql="x.id",
    order="status",
    descending=False,
    scopes={
        "campaign": "x.campaign_id = :scope",
        "experiment": "x.id = :scope",
        "product": "c.product_id = :scope",
    },
    empty="Add the first experiment: a conversion hypothesis with a capital cap, a time cap and tranches.",
)

LEADS = Listing(
    key="leads",
    title="Leads",
    columns=(
        number("l.id"),
        contact("name", "Lead", "lc.name", "l.id"),
        contact("phone", "Phone", "lc.phone", "l.id"),
        contact("email", "Email", "lc.email", "l.id"),
        campaign("l.campaign_id", "c.name", nullable=False),
        Column("status", "Status", "choice", "l.status", words(LeadStatusName), nullable=False),
        Column("exited", "Exited", "moment", "l.exited_at"),
        recorded("l.created_at"),
    ),
    source="""lead l
LEFT JOIN campaign c ON c.id = l.campaign_id
LEFT JOIN lead_contact lc ON lc.lead_id = l.id""",
    id_sql="l.id",
    order="recorded",
    scopes={"campaign": "l.campaign_id = :scope", "lead": "l.id = :scope"},
    empty="Import a list of leads into a campaign.",
)

TEAM = Listing(
    key="team",
    title="Team",
    columns=(
        number("m.id"),
        Column("name", "Team member", "text", "m.name", nullable=False),
        Column("email", "Email", "text", "m.email", nullable=False),
        Column("role", "Role", "text", "nullif(m.role, '')"),
        campaign("a.campaign_id", "c.name"),
        Column("rate", "Hourly rate", "money", "r.hourly_rate_usd"),
        Column("hours", "Hours logged", "decimal", "coalesce(t.hours, 0.000000)", nullable=False),
        Column("labor", "Labor", "money", "coalesce(t.usd, 0.000000)", nullable=False),
        Column("bonuses", "Bonuses", "money", "coalesce(b.usd, 0.000000)", nullable=False),
        Column("active", "Active", "flag", "m.active", nullable=False),
        Column("logged", "Last logged", "date", "t.last_date", shown=False),
        Column("created", "Created", "moment", "m.created_at", nullable=False, shown=False),
    ),
    source=f"""team_member m
LEFT JOIN {_RATES} r ON r.team_member_id = m.id
LEFT JOIN {_ASSIGNED} a ON a.team_member_id = m.id
LEFT JOIN campaign c ON c.id = a.campaign_id
LEFT JOIN (SELECT t.team_member_id, sum(t.hours_logged) AS hours, sum(t.cost_usd) AS usd, max(t.date) AS last_date
           FROM time_log t WHERE NOT EXISTS (SELECT FROM reversal v WHERE v.time_log_id = t.id)
           GROUP BY 1) t ON t.team_member_id = m.id
LEFT JOIN (SELECT b.team_member_id, sum(r.cost_usd) AS usd
           FROM bonus_event b JOIN cost_rollup r ON r.bonus_event_id = b.id GROUP BY 1) b
  ON b.team_member_id = m.id""",  # noqa: S608 - constants
    id_sql="m.id",
    order="name",
    descending=False,
    scopes={"campaign": "a.campaign_id = :scope", "member": "m.id = :scope"},
    empty="Add the first team member, with an hourly rate and the campaign they work for.",
)
