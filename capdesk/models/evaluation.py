"""Human verdicts with the evidence they rest on, and overrides against them. Nothing follows from either."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import VERDICT, Base, Id, Verdict


class Evaluation(Base):
    """Immutable. `snapshot` holds every figure as known at `as_of`; what arrives later is shown beside it."""

    __tablename__ = "evaluation"
    __table_args__ = (
        ForeignKeyConstraint(["admin_user_id", "by_admin"], ["app_user.id", "app_user.is_admin"]),
        CheckConstraint("by_admin", name="by_admin"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        CheckConstraint("capital_cap_usd > 0 AND capital_cap_usd < 'NaN' AND time_cap_days >= 1", name="caps"),
        CheckConstraint("tranche_size_usd <= capital_cap_usd", name="tranche"),
        Index("ix_evaluation_experiment_id", "experiment_id"),
    )

    id: Mapped[Id]
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"))
    created_at: Mapped[datetime]
    capital_cap_usd: Mapped[Decimal]
    time_cap_days: Mapped[int]
    tranche_size_usd: Mapped[Decimal]
    verdict: Mapped[Verdict] = mapped_column(VERDICT)
    reason: Mapped[str]
    recommended_next_action: Mapped[str] = mapped_column(server_default="")
    admin_notes: Mapped[str] = mapped_column(server_default="")
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[datetime]
    admin_user_id: Mapped[int]
    by_admin: Mapped[bool] = mapped_column(server_default="true")


class OverrideLog(Base):
    """The admin acts against an evaluation, and says why."""

    __tablename__ = "override_log"
    __table_args__ = (
        ForeignKeyConstraint(["admin_user_id", "by_admin"], ["app_user.id", "app_user.is_admin"]),
        CheckConstraint("by_admin", name="by_admin"),
        CheckConstraint("btrim(rationale) <> ''", name="rationale"),
    )

    id: Mapped[Id]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    admin_user_id: Mapped[int]
    by_admin: Mapped[bool] = mapped_column(server_default="true")
    rationale: Mapped[str]
    created_at: Mapped[datetime]
