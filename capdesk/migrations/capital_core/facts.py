"""Calls, events and hours as they were recorded, and where their rows wait before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.migrations.capital_core.vocabulary import ATTRIBUTION, EVENT_TYPE, MOMENT, MONEY, OUTCOME, PROVIDER

TABLES = (
    "call",
    "call_detail",
    "explicit_event",
    "event_detail",
    "event_tally",
    "time_log",
    "reversal",
    "staged_call",
    "staged_event",
    "staged_time_log",
    "staged_lead",
    "staged_charge",
)


def upgrade() -> None:
    _call()
    _call_detail()
    _explicit_event()
    _event_detail()
    _event_tally()
    _time_log()
    _reversal()
    _staged_call()
    _staged_event()
    _staged_time_log()
    _staged_lead()
    _staged_charge()


def _call() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("experiment_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("team_member_id", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("outcome", OUTCOME, nullable=True),
        sa.Column("attribution", ATTRIBUTION, nullable=True),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(attribution IS NOT DISTINCT FROM 'run') = (experiment_id IS NOT NULL)", name=op.f("ck_call_attributed")
        ),
        sa.CheckConstraint(
            "num_nulls(outcome, attribution) = CASE WHEN source = 'twilio' THEN 2 ELSE 0 END",
            name=op.f("ck_call_dialer"),
        ),
        sa.CheckConstraint("duration_s >= 0", name=op.f("ck_call_duration")),
        sa.CheckConstraint("occurred_at <= recorded_at AND isfinite(occurred_at)", name=op.f("ck_call_not_ahead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_occurred_at", "call", ["occurred_at"], postgresql_using="brin")
    op.create_index(
        "uq_call_content",
        "call",
        ["campaign_id", "source", "occurred_at", "duration_s", "outcome", "phone_key", "team_member_id", "occurrence"],
        unique=True,
        postgresql_where=sa.text("source_id IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_call_source_id",
        "call",
        ["source", "source_id"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )


def _call_detail() -> None:
    op.create_table(
        "call_detail",
        sa.Column("call_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("metadata_json", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_detail")),
    )


def _explicit_event() -> None:
    op.create_table(
        "explicit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("experiment_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("team_member_id", sa.BigInteger(), nullable=True),
        sa.Column("event_timestamp", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", EVENT_TYPE, nullable=False),
        sa.Column("attribution", ATTRIBUTION, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(attribution = 'run') = (experiment_id IS NOT NULL)", name=op.f("ck_explicit_event_attributed")
        ),
        sa.CheckConstraint(
            "event_type NOT IN ('dial_attempt', 'conversation', 'qpc')", name=op.f("ck_explicit_event_not_dialed")
        ),
        sa.CheckConstraint(
            "event_timestamp <= recorded_at AND isfinite(event_timestamp)", name=op.f("ck_explicit_event_not_ahead")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explicit_event")),
    )
    op.create_index("ix_explicit_event_event_timestamp", "explicit_event", ["event_timestamp"])
    op.create_index(
        "ix_explicit_event_paid_lead",
        "explicit_event",
        ["lead_id"],
        postgresql_where=sa.text("event_type = 'paid_conversion'"),
    )
    op.create_index(
        "uq_explicit_event_content",
        "explicit_event",
        ["campaign_id", "event_type", "event_timestamp", "phone_key", "team_member_id", "occurrence"],
        unique=True,
        postgresql_where=sa.text("source_id IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_explicit_event_source_id",
        "explicit_event",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )


def _event_detail() -> None:
    op.create_table(
        "event_detail",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("metadata_json", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_detail")),
    )


def _event_tally() -> None:
    op.create_table(
        "event_tally",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("experiment_id", sa.BigInteger(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("event_type", EVENT_TYPE, nullable=False),
        sa.Column("attribution", ATTRIBUTION, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_event_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(attribution = 'run') = (experiment_id IS NOT NULL)", name=op.f("ck_event_tally_attributed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_tally")),
    )
    op.create_index("ix_event_tally_campaign_id_last_event_at", "event_tally", ["campaign_id", "last_event_at"])
    op.create_index("ix_event_tally_experiment_id_date", "event_tally", ["experiment_id", "date"])
    op.create_index("ix_event_tally_recorded_at", "event_tally", ["recorded_at"])


def _time_log() -> None:
    op.create_table(
        "time_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("team_member_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("hours_logged", MONEY, nullable=False),
        sa.Column("hourly_rate_usd", MONEY, nullable=False),
        sa.Column("cost_usd", MONEY, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("hours_logged > 0 AND hours_logged <= 24", name=op.f("ck_time_log_hours")),
        sa.CheckConstraint("isfinite(date)", name=op.f("ck_time_log_finite_date")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_time_log_campaign_id")),
        sa.ForeignKeyConstraint(["team_member_id"], ["team_member.id"], name=op.f("fk_time_log_team_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_log")),
    )
    op.create_index("ix_time_log_member_date", "time_log", ["team_member_id", "date"])
    op.create_index(
        "uq_time_log_content",
        "time_log",
        ["team_member_id", "date", "hours_logged", "occurrence"],
        unique=True,
        postgresql_where=sa.text("source_id IS NULL"),
    )
    op.create_index(
        "uq_time_log_source_id",
        "time_log",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )


def _reversal() -> None:
    op.create_table(
        "reversal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("time_log_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_reversal_reason")),
        sa.CheckConstraint("num_nonnulls(call_id, event_id, time_log_id) = 1", name=op.f("ck_reversal_one_fact")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_reversal_call_id")),
        sa.ForeignKeyConstraint(["event_id"], ["explicit_event.id"], name=op.f("fk_reversal_event_id")),
        sa.ForeignKeyConstraint(["time_log_id"], ["time_log.id"], name=op.f("fk_reversal_time_log_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_reversal_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reversal")),
        sa.UniqueConstraint("call_id", name=op.f("uq_reversal_call_id")),
        sa.UniqueConstraint("event_id", name=op.f("uq_reversal_event_id")),
        sa.UniqueConstraint("time_log_id", name=op.f("uq_reversal_time_log_id")),
    )


def _staged_call() -> None:
    op.create_table(
        "staged_call",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("outcome", OUTCOME, nullable=True),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("team_member_id", sa.BigInteger(), nullable=True),
        sa.Column("metadata_json", JSONB(), nullable=True),
        prefixes=["UNLOGGED"],
    )


def _staged_event() -> None:
    op.create_table(
        "staged_event",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("event_type", EVENT_TYPE, nullable=False),
        sa.Column("event_timestamp", MOMENT, nullable=False),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("team_member_id", sa.BigInteger(), nullable=True),
        sa.Column("metadata_json", JSONB(), nullable=True),
        prefixes=["UNLOGGED"],
    )


def _staged_time_log() -> None:
    op.create_table(
        "staged_time_log",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("team_member_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("hours_logged", MONEY, nullable=False),
        prefixes=["UNLOGGED"],
    )


def _staged_lead() -> None:
    op.create_table(
        "staged_lead",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("extra", JSONB(), nullable=True),
        prefixes=["UNLOGGED"],
    )


def _staged_charge() -> None:
    op.create_table(
        "staged_charge",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("invoice_month", sa.Text(), nullable=True),
        sa.Column("cost_type", sa.Text(), nullable=True),
        sa.Column("stated_usd", MONEY, nullable=False),
        sa.Column("breakdown", JSONB(), nullable=True),
        prefixes=["UNLOGGED"],
    )
