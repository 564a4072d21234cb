"""Emails and alerts that were due: intent, attempt, outcome, each appended before the next step happens."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class NotificationLog(Base):
    """One email that was due. The unique key makes a second one for the same occasion impossible."""

    __tablename__ = "notification_log"
    __table_args__ = (
        UniqueConstraint("kind", "period", "recipient"),
        CheckConstraint("kind IN ('weekly', 'alert')", name="kind"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    period: Mapped[str]
    recipient: Mapped[str]
    experiment_id: Mapped[int | None] = mapped_column(ForeignKey("experiment.id"))
    about: Mapped[dict[str, Any]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime]


class NotificationAttempt(Base):
    """Committed before the first byte goes out."""

    __tablename__ = "notification_attempt"
    __table_args__ = (UniqueConstraint("notification_id", "number"),)

    id: Mapped[Id]
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification_log.id"))
    number: Mapped[int]
    message_id: Mapped[str]
    recorded_at: Mapped[datetime]


class NotificationOutcome(Base):
    """What became of an attempt, or that a notification was skipped (no attempt). None yet means unknown.

    An unknown one may be answered once by a later row: the owner found out, or chose to send again.
    """

    __tablename__ = "notification_outcome"
    __table_args__ = (
        Index("ix_notification_outcome_notification_id", "notification_id"),
        CheckConstraint("outcome IN ('sent', 'failed', 'unknown', 'skipped')", name="outcome"),
        CheckConstraint("(outcome = 'skipped') = (attempt_id IS NULL)", name="skipped_untried"),
    )

    id: Mapped[Id]
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification_log.id"))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("notification_attempt.id"))
    outcome: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="")
    recorded_at: Mapped[datetime]
