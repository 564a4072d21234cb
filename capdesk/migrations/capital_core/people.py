"""Team members, leads, and the receipts of what was recorded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.migrations.capital_core.vocabulary import LEAD_STATUS, MOMENT, MONEY

TABLES = (
    "team_member",
    "member_rate",
    "member_assignment",
    "lead",
    "lead_contact",
    "lead_status",
    "import_batch",
    "import_reject",
    "import_profile",
)


def upgrade() -> None:
    _team_member()
    _member_rate()
    _member_assignment()
    _lead()
    _lead_contact()
    _lead_status()
    _import_batch()
    _import_reject()
    _import_profile()


def _team_member() -> None:
    op.create_table(
        "team_member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_team_member_named")),
        sa.CheckConstraint("email = lower(btrim(email)) AND email <> ''", name=op.f("ck_team_member_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
        sa.UniqueConstraint("email", name=op.f("uq_team_member_email")),
    )


def _member_rate() -> None:
    op.create_table(
        "member_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("team_member_id", sa.BigInteger(), nullable=False),
        sa.Column("hourly_rate_usd", MONEY, nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("hourly_rate_usd >= 0 AND hourly_rate_usd < 'NaN'", name=op.f("ck_member_rate_rate")),
        sa.ForeignKeyConstraint(["team_member_id"], ["team_member.id"], name=op.f("fk_member_rate_team_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_rate")),
        sa.UniqueConstraint("team_member_id", "from_date", name=op.f("uq_member_rate_team_member_id_from_date")),
    )


def _member_assignment() -> None:
    op.create_table(
        "member_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("team_member_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_member_assignment_campaign_id")),
        sa.ForeignKeyConstraint(
            ["team_member_id"], ["team_member.id"], name=op.f("fk_member_assignment_team_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_assignment")),
        sa.UniqueConstraint("team_member_id", "from_date", name=op.f("uq_member_assignment_team_member_id_from_date")),
    )


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_key", sa.Uuid(), nullable=False),
        sa.Column("status", LEAD_STATUS, server_default="active", nullable=False),
        sa.Column("exited_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_lead_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("campaign_id", "phone_key", name=op.f("uq_lead_campaign_id_phone_key")),
    )


def _lead_contact() -> None:
    op.create_table(
        "lead_contact",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("extra", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_contact_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_contact")),
    )


def _lead_status() -> None:
    op.create_table(
        "lead_status",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("status", LEAD_STATUS, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_status_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_status")),
    )
    op.create_index("ix_lead_status_lead_id", "lead_status", ["lead_id"])


def _import_batch() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("landed", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("warnings", JSONB(), server_default="[]", nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("least(read, landed, duplicate, rejected) >= 0", name=op.f("ck_import_batch_not_negative")),
        sa.CheckConstraint("read = landed + duplicate + rejected", name=op.f("ck_import_batch_adds_up")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_import_batch_campaign_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_import_batch_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )


def _import_reject() -> None:
    op.create_table(
        "import_reject",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_reject_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_reject")),
    )
    op.create_index("ix_import_reject_batch_id", "import_reject", ["batch_id"])


def _import_profile() -> None:
    op.create_table(
        "import_profile",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True)),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_profile")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_import_profile_kind_name")),
    )
