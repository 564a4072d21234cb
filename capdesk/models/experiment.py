"""An experiment, its bonus rules, its runs and every step of its life."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import EVENT_TYPE, EXPERIMENT_STATUS, Base, EventType, ExperimentStatus, Id


class Experiment(Base):
    """A conversion hypothesis with capital rules. Rules are locked from the first start, all is frozen at the end."""

    __tablename__ = "experiment"
    __table_args__ = (
        UniqueConstraint("campaign_id", "name"),
        UniqueConstraint("id", "campaign_id"),
        CheckConstraint("btrim(name) <> ''", name="named"),
        CheckConstraint("capital_cap_usd > 0 AND capital_cap_usd < 'NaN'", name="capital_cap"),
        CheckConstraint("time_cap_days >= 1", name="time_cap"),
        CheckConstraint("tranche_size_usd > 0 AND tranche_size_usd <= capital_cap_usd", name="tranche"),
        CheckConstraint("(status = 'planned') = (start_date IS NULL) OR status = 'terminated'", name="start_date"),
        CheckConstraint("(status IN ('completed', 'terminated')) = (end_date IS NOT NULL)", name="end_date"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str]
    hypothesis: Mapped[str]
    status: Mapped[ExperimentStatus] = mapped_column(EXPERIMENT_STATUS, server_default="planned")
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    capital_cap_usd: Mapped[Decimal]
    time_cap_days: Mapped[int]
    tranche_size_usd: Mapped[Decimal]
    primary_success_event: Mapped[EventType] = mapped_column(EVENT_TYPE)
    secondary_events: Mapped[list[EventType]] = mapped_column(ARRAY(EVENT_TYPE), server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class BonusRule(Base):
    """What a member earns for one event of the type while the experiment runs."""

    __tablename__ = "bonus_rule"
    __table_args__ = (
        UniqueConstraint("experiment_id", "event_type"),
        CheckConstraint("bonus_amount_usd > 0 AND bonus_amount_usd < 'NaN'", name="amount"),
    )

    id: Mapped[Id]
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"))
    event_type: Mapped[EventType] = mapped_column(EVENT_TYPE)
    bonus_amount_usd: Mapped[Decimal]


class ExperimentRun(Base):
    """One stretch [started_at, ended_at) in which the experiment runs; no two of a campaign overlap."""

    __tablename__ = "experiment_run"
    __table_args__ = (
        ForeignKeyConstraint(["experiment_id", "campaign_id"], ["experiment.id", "experiment.campaign_id"]),
        ForeignKeyConstraint(["started_by", "started_by_admin"], ["app_user.id", "app_user.is_admin"]),
        ForeignKeyConstraint(["ended_by", "ended_by_admin"], ["app_user.id", "app_user.is_admin"]),
        CheckConstraint("ended_at > started_at", name="not_empty"),
        CheckConstraint("isfinite(started_at)", name="finite_start"),
        CheckConstraint("isfinite(ended_at)", name="finite_end"),
        CheckConstraint("started_at <= start_recorded_at", name="start_not_ahead"),
        CheckConstraint("ended_at <= end_recorded_at", name="end_not_ahead"),
        CheckConstraint("num_nulls(ended_at, end_recorded_at, ended_by) IN (0, 3)", name="ended_whole"),
        CheckConstraint("started_by_admin AND ended_by_admin", name="by_admin"),
        ExcludeConstraint(
            (text("int8range(campaign_id, campaign_id, '[]')"), "&&"),
            (text("tstzrange(started_at, ended_at)"), "&&"),
            name="ex_experiment_run_one_per_campaign",
            using="gist",
        ),
    )

    id: Mapped[Id]
    experiment_id: Mapped[int]
    campaign_id: Mapped[int]
    started_at: Mapped[datetime]
    start_recorded_at: Mapped[datetime]
    started_by: Mapped[int]
    started_by_admin: Mapped[bool] = mapped_column(server_default="true")
    ended_at: Mapped[datetime | None]
    end_recorded_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    ended_by_admin: Mapped[bool] = mapped_column(server_default="true")


class ExperimentTransition(Base):
    """Append-only: every start, pause, resume, completion and termination, with the rules that held."""

    __tablename__ = "experiment_transition"
    __table_args__ = (
        ForeignKeyConstraint(["admin_user_id", "by_admin"], ["app_user.id", "app_user.is_admin"]),
        CheckConstraint("by_admin", name="by_admin"),
        CheckConstraint("occurred_at <= recorded_at", name="not_ahead"),
        CheckConstraint("action IN ('start', 'pause', 'resume', 'complete', 'terminate')", name="action"),
        Index("ix_experiment_transition_experiment_id", "experiment_id"),
    )

    id: Mapped[Id]
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"))
    action: Mapped[str]
    status: Mapped[ExperimentStatus] = mapped_column(EXPERIMENT_STATUS)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    admin_user_id: Mapped[int]
    by_admin: Mapped[bool] = mapped_column(server_default="true")
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
