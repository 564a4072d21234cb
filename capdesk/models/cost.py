"""What campaigns consumed: bonuses, provider charges, their mapping to campaigns, and the ledger itself."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import COST_SOURCE, EVENT_TYPE, PROVIDER, Base, CostSource, EventType, Id, Provider


class BonusEvent(Base):
    """Earned once by one event (an explicit one, or one type of a call), with the amount its rule had; locked."""

    __tablename__ = "bonus_event"
    __table_args__ = (
        CheckConstraint("bonus_amount_usd > 0", name="amount"),
        CheckConstraint("num_nonnulls(call_id, event_id) = 1", name="one_event"),
        UniqueConstraint("call_id", "event_type"),
        Index("ix_bonus_event_experiment_id", "experiment_id"),
    )

    id: Mapped[Id]
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"))
    team_member_id: Mapped[int] = mapped_column(ForeignKey("team_member.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("explicit_event.id"), unique=True)
    event_type: Mapped[EventType] = mapped_column(EVENT_TYPE)
    bonus_amount_usd: Mapped[Decimal]
    created_at: Mapped[datetime]


class ProviderCharge(Base):
    """The difference a statement of a provider makes to what was known of one grain of one usage day.

    `amount_usd` is that difference, `stated_usd` the provider's whole figure; the sum of a grain's amounts is its
    newest stated figure. Dates are the provider's own usage days (UTC).
    """

    __tablename__ = "provider_charge"
    __table_args__ = (
        CheckConstraint("stated_usd < 'NaN'", name="stated"),
        CheckConstraint("isfinite(usage_date)", name="finite_date"),
        CheckConstraint("(provider = 'gcp') = (invoice_month IS NOT NULL)", name="invoice_month"),
        CheckConstraint("invoice_month ~ '^[0-9]{4}(0[1-9]|1[0-2])$'", name="invoice_month_form"),
        Index("ix_provider_charge_grain_key", "grain_key"),
        Index("ix_provider_charge_account_usage_date", "provider", "account", "usage_date"),
    )

    id: Mapped[Id]
    provider: Mapped[Provider] = mapped_column(PROVIDER)
    account: Mapped[str]
    usage_date: Mapped[date]
    project: Mapped[str | None]
    service: Mapped[str | None]
    sku: Mapped[str | None]
    label: Mapped[str | None]
    invoice_month: Mapped[str | None]
    cost_type: Mapped[str | None]
    grain_key: Mapped[uuid.UUID]
    amount_usd: Mapped[Decimal]
    stated_usd: Mapped[Decimal]
    breakdown: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    batch_id: Mapped[int]
    recorded_at: Mapped[datetime]


class ProviderMapping(Base):
    """Append-only: which campaign a provider's account, project or label pays for; the newest of equals holds.

    A null campaign takes a mapping back: its charges are unassigned again.
    """

    __tablename__ = "provider_mapping"
    __table_args__ = (
        ForeignKeyConstraint(["admin_user_id", "by_admin"], ["app_user.id", "app_user.is_admin"]),
        CheckConstraint("by_admin", name="by_admin"),
        CheckConstraint("num_nonnulls(account, project, label) >= 1", name="names_something"),
    )

    id: Mapped[Id]
    provider: Mapped[Provider] = mapped_column(PROVIDER)
    account: Mapped[str | None]
    project: Mapped[str | None]
    label: Mapped[str | None]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    admin_user_id: Mapped[int]
    by_admin: Mapped[bool] = mapped_column(server_default="true")
    recorded_at: Mapped[datetime]


class CostRollup(Base):
    """The ledger: append-only rows whose sums are the truth. Without an experiment a row is campaign overhead."""

    __tablename__ = "cost_rollup"
    __table_args__ = (
        ForeignKeyConstraint(["experiment_id", "campaign_id"], ["experiment.id", "experiment.campaign_id"]),
        CheckConstraint("num_nonnulls(time_log_id, bonus_event_id, charge_id) = 1", name="one_fact"),
        CheckConstraint(
            "CASE source WHEN 'labor' THEN time_log_id IS NOT NULL"
            " WHEN 'bonus' THEN bonus_event_id IS NOT NULL AND experiment_id IS NOT NULL"
            " ELSE charge_id IS NOT NULL END",
            name="fact_of_source",
        ),
        Index("ix_cost_rollup_experiment_id_date", "experiment_id", "date"),
        Index("ix_cost_rollup_campaign_id_date", "campaign_id", "date"),
        Index("ix_cost_rollup_charge_id", "charge_id"),
        Index("ix_cost_rollup_recorded_at", "recorded_at"),
    )

    id: Mapped[Id]
    date: Mapped[date]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    experiment_id: Mapped[int | None]
    source: Mapped[CostSource] = mapped_column(COST_SOURCE)
    cost_usd: Mapped[Decimal]
    time_log_id: Mapped[int | None] = mapped_column(ForeignKey("time_log.id"))
    bonus_event_id: Mapped[int | None] = mapped_column(ForeignKey("bonus_event.id"))
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("provider_charge.id"))
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("reversal.id"))
    mapping_id: Mapped[int | None] = mapped_column(ForeignKey("provider_mapping.id"))
    recorded_at: Mapped[datetime]
