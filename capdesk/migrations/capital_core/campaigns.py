"""Who uses the desk, what it offers, and the experiments that test it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from capdesk.migrations.capital_core.vocabulary import CAMPAIGN_STATUS, EVENT_TYPE, EXPERIMENT_STATUS, MOMENT, MONEY

TABLES = (
    "app_user",
    "desk",
    "product",
    "campaign",
    "campaign_status",
    "experiment",
    "bonus_rule",
    "experiment_run",
    "experiment_transition",
)


def upgrade() -> None:
    _app_user()
    _desk()
    _product()
    _campaign()
    _campaign_status()
    _experiment()
    _bonus_rule()
    _experiment_run()
    _experiment_transition()


def _app_user() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
        sa.UniqueConstraint("id", "is_admin", name=op.f("uq_app_user_id_is_admin")),
    )


def _desk() -> None:
    op.create_table(
        "desk",
        sa.Column("id", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("phone_region", sa.Text(), server_default="US", nullable=False),
        sa.Column("phone_key", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("recipients", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("weekly_weekday", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("weekly_time", sa.Time(), server_default=sa.text("'07:30'"), nullable=False),
        sa.Column("gcp_label_key", sa.Text(), server_default="campaign", nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=True),
        sa.Column("mail_host", sa.Text(), nullable=True),
        sa.Column("mail_port", sa.BigInteger(), nullable=True),
        sa.Column("mail_user", sa.Text(), nullable=True),
        sa.Column("mail_security", sa.Text(), server_default="starttls", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("mail_security IN ('starttls', 'ssl', 'plain')", name=op.f("ck_desk_mail_security")),
        sa.CheckConstraint("id = 1", name=op.f("ck_desk_one_row")),
        sa.CheckConstraint("weekly_weekday BETWEEN 1 AND 7", name=op.f("ck_desk_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
    )


def _product() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_product_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("name", name=op.f("uq_product_name")),
    )


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_user_id", sa.BigInteger(), nullable=False),
        sa.Column("status", CAMPAIGN_STATUS, server_default="planned", nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("capital_budget_usd", MONEY, nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_campaign_named")),
        sa.CheckConstraint("capital_budget_usd > 0 AND capital_budget_usd < 'NaN'", name=op.f("ck_campaign_budget")),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_campaign_dates")),
        sa.ForeignKeyConstraint(["owner_user_id"], ["app_user.id"], name=op.f("fk_campaign_owner_user_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_campaign_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )


def _campaign_status() -> None:
    op.create_table(
        "campaign_status",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("status", CAMPAIGN_STATUS, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_status_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_status")),
    )


def _experiment() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("status", EXPERIMENT_STATUS, server_default="planned", nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("capital_cap_usd", MONEY, nullable=False),
        sa.Column("time_cap_days", sa.BigInteger(), nullable=False),
        sa.Column("tranche_size_usd", MONEY, nullable=False),
        sa.Column("primary_success_event", EVENT_TYPE, nullable=False),
        sa.Column("secondary_events", sa.ARRAY(EVENT_TYPE), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'planned') = (start_date IS NULL) OR status = 'terminated'",
            name=op.f("ck_experiment_start_date"),
        ),
        sa.CheckConstraint(
            "(status IN ('completed', 'terminated')) = (end_date IS NOT NULL)", name=op.f("ck_experiment_end_date")
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_experiment_named")),
        sa.CheckConstraint("capital_cap_usd > 0 AND capital_cap_usd < 'NaN'", name=op.f("ck_experiment_capital_cap")),
        sa.CheckConstraint("time_cap_days >= 1", name=op.f("ck_experiment_time_cap")),
        sa.CheckConstraint(
            "tranche_size_usd > 0 AND tranche_size_usd <= capital_cap_usd", name=op.f("ck_experiment_tranche")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_experiment_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_experiment_campaign_id_name")),
        sa.UniqueConstraint("id", "campaign_id", name=op.f("uq_experiment_id_campaign_id")),
    )


def _bonus_rule() -> None:
    op.create_table(
        "bonus_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("experiment_id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", EVENT_TYPE, nullable=False),
        sa.Column("bonus_amount_usd", MONEY, nullable=False),
        sa.CheckConstraint("bonus_amount_usd > 0 AND bonus_amount_usd < 'NaN'", name=op.f("ck_bonus_rule_amount")),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_bonus_rule_experiment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus_rule")),
        sa.UniqueConstraint("experiment_id", "event_type", name=op.f("uq_bonus_rule_experiment_id_event_type")),
    )


def _experiment_run() -> None:
    op.create_table(
        "experiment_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("experiment_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("start_recorded_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=False),
        sa.Column("started_by_admin", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("end_recorded_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_by_admin", sa.Boolean(), server_default="true", nullable=False),
        ExcludeConstraint(
            (sa.text("int8range(campaign_id, campaign_id, '[]')"), "&&"),
            (sa.text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_experiment_run_one_per_campaign",
        ),
        sa.CheckConstraint("ended_at <= end_recorded_at", name=op.f("ck_experiment_run_end_not_ahead")),
        sa.CheckConstraint("ended_at > started_at", name=op.f("ck_experiment_run_not_empty")),
        sa.CheckConstraint("isfinite(ended_at)", name=op.f("ck_experiment_run_finite_end")),
        sa.CheckConstraint("isfinite(started_at)", name=op.f("ck_experiment_run_finite_start")),
        sa.CheckConstraint(
            "num_nulls(ended_at, end_recorded_at, ended_by) IN (0, 3)", name=op.f("ck_experiment_run_ended_whole")
        ),
        sa.CheckConstraint("started_at <= start_recorded_at", name=op.f("ck_experiment_run_start_not_ahead")),
        sa.CheckConstraint("started_by_admin AND ended_by_admin", name=op.f("ck_experiment_run_by_admin")),
        sa.ForeignKeyConstraint(
            ["ended_by", "ended_by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_experiment_run_ended_by_ended_by_admin"),
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id", "campaign_id"],
            ["experiment.id", "experiment.campaign_id"],
            name=op.f("fk_experiment_run_experiment_id_campaign_id"),
        ),
        sa.ForeignKeyConstraint(
            ["started_by", "started_by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_experiment_run_started_by_started_by_admin"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_run")),
    )


def _experiment_transition() -> None:
    op.create_table(
        "experiment_transition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("experiment_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("status", EXPERIMENT_STATUS, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("admin_user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_admin", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("rules", JSONB(), nullable=False),
        sa.CheckConstraint(
            "action IN ('start', 'pause', 'resume', 'complete', 'terminate')",
            name=op.f("ck_experiment_transition_action"),
        ),
        sa.CheckConstraint("by_admin", name=op.f("ck_experiment_transition_by_admin")),
        sa.CheckConstraint("occurred_at <= recorded_at", name=op.f("ck_experiment_transition_not_ahead")),
        sa.ForeignKeyConstraint(
            ["admin_user_id", "by_admin"],
            ["app_user.id", "app_user.is_admin"],
            name=op.f("fk_experiment_transition_admin_user_id_by_admin"),
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiment.id"], name=op.f("fk_experiment_transition_experiment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_transition")),
    )
    op.create_index("ix_experiment_transition_experiment_id", "experiment_transition", ["experiment_id"])
