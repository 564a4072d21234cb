"""What campaigns consumed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.migrations.capital_core.vocabulary import COST_SOURCE, EVENT_TYPE, MOMENT, MONEY, PROVIDER

TABLES = ("bonus_event", "provider_charge", "provider_mapping", "cost_rollup")


def upgrade() -> None:
    _bonus_event()
    _provider_charge()
    _provider_mapping()
    _cost_rollup()


def _bonus_event() -> None:
    op.create_table(
        "bonus_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("experiment_id", sa.BigInteger(), nullable=False),
        sa.Column("team_member_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("event_type", EVENT_TYPE, nullable=False),
        sa.Column("bonus_amount_usd", MONEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("bonus_amount_usd > 0", name=op.f("ck_bonus_event_amount")),
        sa.CheckConstraint("num_nonnulls(call_id, event_id) = 1", name=op.f("ck_bonus_event_one_event")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_bonus_event_call_id")),
        sa.ForeignKeyConstraint(["event_id"], ["explicit_event.id"], name=op.f("fk_bonus_event_event_id")),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_bonus_event_experiment_id")),
        sa.ForeignKeyConstraint(["team_member_id"], ["team_member.id"], name=op.f("fk_bonus_event_team_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus_event")),
        sa.UniqueConstraint("call_id", "event_type", name=op.f("uq_bonus_event_call_id_event_type")),
        sa.UniqueConstraint("event_id", name=op.f("uq_bonus_event_event_id")),
    )
    op.create_index("ix_bonus_event_experiment_id", "bonus_event", ["experiment_id"])


def _provider_charge() -> None:
    op.create_table(
        "provider_charge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("invoice_month", sa.Text(), nullable=True),
        sa.Column("cost_type", sa.Text(), nullable=True),
        sa.Column("grain_key", sa.Uuid(), nullable=False),
        sa.Column("amount_usd", MONEY, nullable=False),
        sa.Column("stated_usd", MONEY, nullable=False),
        sa.Column("breakdown", JSONB(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(provider = 'gcp') = (invoice_month IS NOT NULL)", name=op.f("ck_provider_charge_invoice_month")
        ),
        sa.CheckConstraint(
            "invoice_month ~ '^[0-9]{4}(0[1-9]|1[0-2])$'", name=op.f("ck_provider_charge_invoice_month_form")
        ),
        sa.CheckConstraint("stated_usd < 'NaN'", name=op.f("ck_provider_charge_stated")),
        sa.CheckConstraint("isfinite(usage_date)", name=op.f("ck_provider_charge_finite_date")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_charge")),
    )
    op.create_index("ix_provider_charge_account_usage_date", "provider_charge", ["provider", "account", "usage_date"])
    op.create_index("ix_provider_charge_grain_key", "provider_charge", ["grain_key"])


def _provider_mapping() -> None:
    op.create_table(
        "provider_mapping",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("admin_user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_admin", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("by_admin", name=op.f("ck_provider_mapping_by_admin")),
        sa.CheckConstraint(
            "num_nonnulls(account, project, label) >= 1", name=op.f("ck_provider_mapping_names_something")
        ),
        sa.ForeignKeyConstraint(
            ["admin_user_id", "by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_provider_mapping_admin_user_id_by_admin"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_provider_mapping_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_mapping")),
    )


def _cost_rollup() -> None:
    op.create_table(
        "cost_rollup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("experiment_id", sa.BigInteger(), nullable=True),
        sa.Column("source", COST_SOURCE, nullable=False),
        sa.Column("cost_usd", MONEY, nullable=False),
        sa.Column("time_log_id", sa.BigInteger(), nullable=True),
        sa.Column("bonus_event_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.Column("mapping_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "CASE source WHEN 'labor' THEN time_log_id IS NOT NULL"
            " WHEN 'bonus' THEN bonus_event_id IS NOT NULL AND experiment_id IS NOT NULL"
            " ELSE charge_id IS NOT NULL END",
            name=op.f("ck_cost_rollup_fact_of_source"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(time_log_id, bonus_event_id, charge_id) = 1", name=op.f("ck_cost_rollup_one_fact")
        ),
        sa.ForeignKeyConstraint(["bonus_event_id"], ["bonus_event.id"], name=op.f("fk_cost_rollup_bonus_event_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_cost_rollup_campaign_id")),
        sa.ForeignKeyConstraint(["charge_id"], ["provider_charge.id"], name=op.f("fk_cost_rollup_charge_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id", "campaign_id"],
            ["experiment.id", "experiment.campaign_id"],
            name=op.f("fk_cost_rollup_experiment_id_campaign_id"),
        ),
        sa.ForeignKeyConstraint(["mapping_id"], ["provider_mapping.id"], name=op.f("fk_cost_rollup_mapping_id")),
        sa.ForeignKeyConstraint(["reversal_id"], ["reversal.id"], name=op.f("fk_cost_rollup_reversal_id")),
        sa.ForeignKeyConstraint(["time_log_id"], ["time_log.id"], name=op.f("fk_cost_rollup_time_log_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_rollup")),
    )
    op.create_index("ix_cost_rollup_campaign_id_date", "cost_rollup", ["campaign_id", "date"])
    op.create_index("ix_cost_rollup_charge_id", "cost_rollup", ["charge_id"])
    op.create_index("ix_cost_rollup_experiment_id_date", "cost_rollup", ["experiment_id", "date"])
    op.create_index("ix_cost_rollup_recorded_at", "cost_rollup", ["recorded_at"])
