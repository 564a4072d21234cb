"""Lists of what was decided, sent and read in: evaluations, overrides, notifications, imports and their rejects."""

from capdesk.models.base import Verdict
from capdesk.services.listings.columns import campaign, experiment, number, ordered, recorded, words
from capdesk.services.listings.model import Column, Listing

_VERDICT = Column("verdict", "Verdict", "choice", "v.verdict", words(Verdict), nullable=False)
_CAPITAL = "(v.snapshot #>> '{capital,spent_usd}')::numeric"

EVALUATIONS = Listing(
    key="evaluations",
    title="Evaluations",
    columns=(
        number("v.id"),
        recorded("v.created_at"),
        experiment("v.experiment_id", nullable=False),
        _VERDICT,
        Column("reason", "Reason", "text", "v.reason", nullable=False),
        Column("next", "Next action", "text", "nullif(v.recommended_next_action, '')"),
        Column("spent", "Capital spent then", "money", _CAPITAL),
        Column("overrides", "Overrides", "number", "coalesce(o.overrides, 0)", nullable=False),
        campaign("x.campaign_id", nullable=False, shown=False),
        Column("cap", "Capital cap", "money", "v.capital_cap_usd", nullable=False, shown=False),
        Column("timecap", "Time cap, days", "number", "v.time_cap_days", nullable=False, shown=False),
        Column("notes", "Notes", "text", "nullif(v.admin_notes, '')", shown=False),
        Column("asof", "As of", "moment", "v.as_of", nullable=False, shown=False),
        Column("admin", "Admin", "text", "u.name", nullable=False, shown=False),
    ),
    source="""evaluation v
JOIN experiment x ON x.id = v.experiment_id
JOIN campaign g ON g.id = x.campaign_id
JOIN app_user u ON u.id = v.admin_user_id
LEFT JOIN (SELECT evaluation_id, count(*) AS overrides FROM override_log GROUP BY 1) o ON o.evaluation_id = v.id""",
    id_sql="v.id",
    order="recorded",
    scopes={"experiment": "v.experiment_id = :scope", "campaign": "x.campaign_id = :scope"},
    empty="Evaluate an experiment once it has run: the verdict seals the evidence it rests on.",
)

OVERRIDES = Listing(
    key="overrides",
    title="Overrides",
    columns=(
        number("o.id"),
        recorded("o.created_at"),
        experiment("v.experiment_id", nullable=False),
        _VERDICT,
        Column("rationale", "Rationale", "text", "o.rationale", nullable=False),
        Column("evaluation", "Evaluation", "id", "o.evaluation_id", nullable=False),
        campaign("x.campaign_id", nullable=False, shown=False),
        Column("reason", "Reason of the verdict", "text", "v.reason", nullable=False, shown=False),
        Column("admin", "Admin", "text", "u.name", nullable=False, shown=False),
    ),
    source="""override_log o
JOIN evaluation v ON v.id = o.evaluation_id
JOIN experiment x ON x.id = v.experiment_id
JOIN campaign g ON g.id = x.campaign_id
JOIN app_user u ON u.id = o.admin_user_id""",
    id_sql="o.id",
    order="recorded",
    scopes={
        "experiment": "v.experiment_id = :scope",
        "campaign": "x.campaign_id = :scope",
        "evaluation": "o.evaluation_id = :scope",
    },
    empty="No override: nobody has acted against an evaluation.",
)

_STATE = """(CASE WHEN s.id IS NOT NULL THEN 'skipped' WHEN o.id IS NOT NULL THEN o.outcome
      WHEN a.id IS NULL THEN 'due' ELSE 'unknown' END)"""

# The key of an alert is experiment:ID:KIND:THRESHOLD:CAP; another one is shown as it is.
_CAP = "split_part(l.period, ':', 5)"
_OCCASION = f"""(CASE WHEN l.kind = 'weekly' THEN 'Week ' || l.period
      WHEN {_CAP} !~ '^[0-9]+([.][0-9]+)?$' THEN l.period
      ELSE initcap(split_part(l.period, ':', 3)) || ': ' || split_part(l.period, ':', 4) || ' % of '
        || CASE split_part(l.period, ':', 3) WHEN 'time' THEN {_CAP} || ' days'
           ELSE to_char({_CAP}::numeric, 'FM$999,999,999,990.00') END END)"""

NOTIFICATIONS = Listing(
    key="notifications",
    title="Notifications",
    columns=(
        number("l.id"),
        recorded("l.recorded_at", "Due since"),
        ordered("kind", "Kind", "l.kind", ("weekly", "alert"), nullable=False),
        Column("occasion", "Occasion", "text", _OCCASION, nullable=False),
        experiment("l.experiment_id"),
        Column("recipient", "Recipient", "text", "l.recipient", nullable=False),
        ordered("state", "State", _STATE, ("due", "unknown", "failed", "sent", "skipped"), nullable=False),
        Column("attempts", "Attempts", "number", "coalesce(a.number, 0)", nullable=False),
        Column("detail", "Detail", "text", "nullif(coalesce(o.detail, s.detail), '')"),
        Column("attempted", "Attempted", "moment", "a.recorded_at", shown=False),
        Column("ended", "Answered", "moment", "coalesce(o.recorded_at, s.recorded_at)", shown=False),
        Column("period", "Key", "text", "l.period", nullable=False, shown=False),
        Column("message", "Message id", "text", "a.message_id", shown=False),
    ),
    source="""notification_log l
LEFT JOIN experiment x ON x.id = l.experiment_id
LEFT JOIN (SELECT DISTINCT ON (notification_id) notification_id, id, number, message_id, recorded_at
           FROM notification_attempt ORDER BY notification_id, id DESC) a ON a.notification_id = l.id
LEFT JOIN (SELECT DISTINCT ON (attempt_id) attempt_id, id, outcome, detail, recorded_at
           FROM notification_outcome WHERE attempt_id IS NOT NULL ORDER BY attempt_id, id DESC) o ON o.attempt_id = a.id
LEFT JOIN (SELECT DISTINCT ON (notification_id) notification_id, id, detail, recorded_at
           FROM notification_outcome WHERE outcome = 'skipped' ORDER BY notification_id, id DESC) s
  ON s.notification_id = l.id""",
    id_sql="l.id",
    order="recorded",
    scopes={"experiment": "l.experiment_id = :scope"},
    empty="Nothing was due yet: the weekly report and interrupt alerts appear here.",
)

_ORIGIN = "(CASE WHEN b.file_name IS NOT NULL THEN 'file' WHEN b.kind LIKE '%-pull' THEN 'pull' ELSE 'hand' END)"

IMPORTS = Listing(
    key="imports",
    title="Imports",
    columns=(
        number("b.id"),
        recorded("b.recorded_at"),
        Column("kind", "Kind", "text", "b.kind", nullable=False),
        Column("file", "File", "text", "b.file_name"),
        campaign("b.campaign_id"),
        Column("read", "Read", "number", "b.read", nullable=False),
        Column("landed", "Landed", "number", "b.landed", nullable=False),
        Column("duplicate", "Duplicate", "number", "b.duplicate", nullable=False),
        Column("rejected", "Rejected", "number", "b.rejected", nullable=False),
        Column("warnings", "Warnings", "number", "jsonb_array_length(b.warnings)", nullable=False),
        Column("profile", "Profile", "text", "b.profile", shown=False),
        ordered("origin", "Origin", _ORIGIN, ("file", "hand", "pull"), nullable=False, shown=False),
        Column("user", "Recorded by", "text", "u.name", nullable=False, shown=False),
        Column("sha256", "SHA-256", "text", "b.file_sha256", shown=False),
    ),
    source="""import_batch b
JOIN app_user u ON u.id = b.user_id
LEFT JOIN campaign g ON g.id = b.campaign_id""",
    id_sql="b.id",
    order="recorded",
    scopes={"campaign": "b.campaign_id = :scope", "batch": "b.id = :scope"},
    empty="Import the first file: leads, the team, time logs, calls, events or what providers charged.",
)

REJECTS = Listing(
    key="rejects",
    title="Rejected rows",
    columns=(
        number("r.id"),
        Column("batch", "Import", "id", "r.batch_id", nullable=False, shown=False),
        Column("file", "File", "text", "b.file_name"),
        Column("line", "Line", "number", "r.line", nullable=False),
        Column("field", "Field", "text", "r.field", nullable=False),
        Column("reason", "Reason", "text", "r.reason", nullable=False),
        Column("kind", "Kind", "text", "b.kind", nullable=False, shown=False),
        recorded("b.recorded_at", shown=False),
    ),
    source="""import_reject r
JOIN import_batch b ON b.id = r.batch_id""",
    id_sql="r.id",
    order="line",
    descending=False,
    scopes={"batch": "r.batch_id = :scope", "campaign": "b.campaign_id = :scope"},
    empty="No row was rejected.",
)
