"""Verdicts, what was sent, and the seals over everything."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.migrations.capital_core.vocabulary import MOMENT, MONEY, VERDICT

TABLES = (
    "evaluation",
    "override_log",
    "notification_log",
    "notification_attempt",
    "notification_outcome",
    "seal",
    "seal_block",
)


def upgrade() -> None:
    _evaluation()
    _override_log()
    _notification_log()
    _notification_attempt()
    _notification_outcome()
    _seal()
    _seal_block()


def _evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("experiment_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("capital_cap_usd", MONEY, nullable=False),
        sa.Column("time_cap_days", sa.BigInteger(), nullable=False),
        sa.Column("tranche_size_usd", MONEY, nullable=False),
        sa.Column("verdict", VERDICT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recommended_next_action", sa.Text(), server_default="", nullable=False),
        sa.Column("admin_notes", sa.Text(), server_default="", nullable=False),
        sa.Column("snapshot", JSONB(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("admin_user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_admin", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_evaluation_reason")),
        sa.CheckConstraint(
            "capital_cap_usd > 0 AND capital_cap_usd < 'NaN' AND time_cap_days >= 1", name=op.f("ck_evaluation_caps")
        ),
        sa.CheckConstraint("by_admin", name=op.f("ck_evaluation_by_admin")),
        sa.CheckConstraint("tranche_size_usd <= capital_cap_usd", name=op.f("ck_evaluation_tranche")),
        sa.ForeignKeyConstraint(
            ["admin_user_id", "by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_evaluation_admin_user_id_by_admin"),
        ),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_evaluation_experiment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index("ix_evaluation_experiment_id", "evaluation", ["experiment_id"])


def _override_log() -> None:
    op.create_table(
        "override_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("admin_user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_admin", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("btrim(rationale) <> ''", name=op.f("ck_override_log_rationale")),
        sa.CheckConstraint("by_admin", name=op.f("ck_override_log_by_admin")),
        sa.ForeignKeyConstraint(
            ["admin_user_id", "by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_override_log_admin_user_id_by_admin"),
        ),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_override_log_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override_log")),
    )


def _notification_log() -> None:
    op.create_table(
        "notification_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.BigInteger(), nullable=True),
        sa.Column("about", JSONB(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('weekly', 'alert')", name=op.f("ck_notification_log_kind")),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_notification_log_experiment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_log")),
        sa.UniqueConstraint("kind", "period", "recipient", name=op.f("uq_notification_log_kind_period_recipient")),
    )


def _notification_attempt() -> None:
    op.create_table(
        "notification_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification_log.id"], name=op.f("fk_notification_attempt_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_attempt")),
        sa.UniqueConstraint("notification_id", "number", name=op.f("uq_notification_attempt_notification_id_number")),
    )


def _notification_outcome() -> None:
    op.create_table(
        "notification_outcome",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(outcome = 'skipped') = (attempt_id IS NULL)", name=op.f("ck_notification_outcome_skipped_untried")
        ),
        sa.CheckConstraint(
            "outcome IN ('sent', 'failed', 'unknown', 'skipped')", name=op.f("ck_notification_outcome_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["notification_attempt.id"], name=op.f("fk_notification_outcome_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification_log.id"], name=op.f("fk_notification_outcome_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_outcome")),
    )
    op.create_index("ix_notification_outcome_notification_id", "notification_outcome", ["notification_id"])


def _seal() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("octet_length(previous_hash) = 32 AND octet_length(hash) = 32", name=op.f("ck_seal_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_seal_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_seal_previous_hash")),
    )


def _seal_block() -> None:
    op.create_table(
        "seal_block",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("seal_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_block_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_block")),
        sa.UniqueConstraint("table_name", "first_id", name=op.f("uq_seal_block_table_name_first_id")),
    )
