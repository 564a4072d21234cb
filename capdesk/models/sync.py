"""What was asked of a provider and what came of it: a run before the first request, steps with rows, an outcome."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class SyncRun(Base):
    """A pull, committed before its first request. One without an outcome is under way or was killed."""

    __tablename__ = "sync_run"
    __table_args__ = (CheckConstraint("source IN ('twilio', 'twilio-calls', 'gcp')", name="source"),)

    id: Mapped[Id]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    source: Mapped[str]
    recorded_at: Mapped[datetime]


class SyncStep(Base):
    """What landed of one account, committed together with its rows: the newest `through` is the account's watermark.

    Days are the provider's own (UTC), both included; where the very first could not be taken, `through` is the day
    before it. `rows` were read at the source, `landed` were new here, `difference_usd` is what they change.
    """

    __tablename__ = "sync_step"
    __table_args__ = (
        CheckConstraint("first_day <= through + 1 AND isfinite(first_day) AND isfinite(through)", name="days"),
        CheckConstraint("least(rows, landed) >= 0 AND difference_usd < 'NaN'", name="figures"),
        Index("ix_sync_step_run_id", "run_id"),
    )

    id: Mapped[Id]
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id"))
    account: Mapped[str]
    first_day: Mapped[date]
    through: Mapped[date]
    rows: Mapped[int]
    landed: Mapped[int]
    difference_usd: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    batch_id: Mapped[int | None]
    recorded_at: Mapped[datetime]


class SyncOutcome(Base):
    """How a run ended. `detail` is one sentence where it failed, wholly or for some accounts.

    `bytes_billed` is what Google bills its queries by.
    """

    __tablename__ = "sync_outcome"
    __table_args__ = (
        UniqueConstraint("run_id"),
        CheckConstraint("outcome IN ('done', 'failed')", name="outcome"),
        CheckConstraint("bytes_billed >= 0", name="bytes_billed"),
    )

    id: Mapped[Id]
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id"))
    outcome: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="")
    bytes_billed: Mapped[int] = mapped_column(server_default="0")
    recorded_at: Mapped[datetime]
