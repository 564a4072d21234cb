"""Connections to providers, what was pulled over them, and when the day's work is due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.migrations.capital_core.vocabulary import MOMENT, MONEY, PROVIDER

revision = "0002"
down_revision = "0001"

TABLES = (
    "connection",
    "sync_run",
    "sync_step",
    "sync_outcome",
    "twilio_call",
    "staged_coverage",
    "staged_twilio_call",
)


def upgrade() -> None:
    op.add_column("desk", sa.Column("daily_time", sa.Time(), server_default=sa.text("'06:00'"), nullable=False))
    _connection()
    _sync_run()
    _sync_step()
    _sync_outcome()
    _twilio_call()
    _staged_coverage()
    _staged_twilio_call()


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS unknown_twilio_calls(bigint)")  # a rule that returns rows of a table
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("desk", "daily_time")


def _connection() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("settings", JSONB(), server_default="{}", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("btrim(account) <> ''", name=op.f("ck_connection_account")),
        sa.CheckConstraint("base_url ~ '^https?://'", name=op.f("ck_connection_base_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("provider", "account", name=op.f("uq_connection_provider_account")),
    )


def _sync_run() -> None:
    op.create_table(
        "sync_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("source IN ('twilio', 'twilio-calls', 'gcp')", name=op.f("ck_sync_run_source")),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_sync_run_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )


def _sync_step() -> None:
    op.create_table(
        "sync_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("landed", sa.BigInteger(), nullable=False),
        sa.Column("difference_usd", sa.Numeric(20, 6), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "first_day <= through + 1 AND isfinite(first_day) AND isfinite(through)", name=op.f("ck_sync_step_days")
        ),
        sa.CheckConstraint("least(rows, landed) >= 0 AND difference_usd < 'NaN'", name=op.f("ck_sync_step_figures")),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_step_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_step")),
    )
    op.create_index("ix_sync_step_run_id", "sync_step", ["run_id"])


def _sync_outcome() -> None:
    op.create_table(
        "sync_outcome",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes_billed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'failed')", name=op.f("ck_sync_outcome_outcome")),
        sa.CheckConstraint("bytes_billed >= 0", name=op.f("ck_sync_outcome_bytes_billed")),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_outcome_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_outcome")),
        sa.UniqueConstraint("run_id", name=op.f("uq_sync_outcome_run_id")),
    )


def _twilio_call() -> None:
    op.create_table(
        "twilio_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("price_usd", MONEY, nullable=True),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("parent_sid", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("own_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("recording_sid", sa.Text(), nullable=True),
        sa.CheckConstraint("recording_sid IS NULL OR duration_s >= 150", name=op.f("ck_twilio_call_recording")),
        sa.CheckConstraint("duration_s >= 0 AND isfinite(started_at)", name=op.f("ck_twilio_call_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_twilio_call")),
    )
    op.create_index("ix_twilio_call_sid_id", "twilio_call", ["sid", "id"])
    op.create_index("ix_twilio_call_started_at", "twilio_call", ["started_at"], postgresql_using="brin")


def _staged_coverage() -> None:
    op.create_table(
        "staged_coverage",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        prefixes=["UNLOGGED"],
    )


def _staged_twilio_call() -> None:
    op.create_table(
        "staged_twilio_call",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("parent_sid", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("price_usd", MONEY, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("own_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Uuid(), nullable=True),
        sa.Column("recording_sid", sa.Text(), nullable=True),
        prefixes=["UNLOGGED"],
    )
