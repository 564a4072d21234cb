"""What Twilio says of calls: metadata that makes no event and no figure."""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class TwilioCall(Base):
    """A call as Twilio stated it; the newest row of a `sid` holds. Erasable: `phone` is the other side's number, and
    where a call was passed on `own_number` may be one too.

    `price_usd` is what it cost (Twilio states it negative), null until rated; the recording is kept from 150 s on. Like
    calls it carries no foreign key: rows enter only through `record_twilio_calls`, which knows its run.
    """

    __tablename__ = "twilio_call"
    __table_args__ = (
        CheckConstraint("recording_sid IS NULL OR duration_s >= 150", name="recording"),
        CheckConstraint("duration_s >= 0 AND isfinite(started_at)", name="call"),
        Index("ix_twilio_call_sid_id", "sid", "id"),
        Index("ix_twilio_call_started_at", "started_at", postgresql_using="brin"),
    )

    id: Mapped[Id]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    run_id: Mapped[int]
    duration_s: Mapped[int] = mapped_column(Integer)
    price_usd: Mapped[Decimal | None]
    phone_key: Mapped[uuid.UUID | None]
    sid: Mapped[str]
    parent_sid: Mapped[str | None]
    account: Mapped[str]
    direction: Mapped[str]
    status: Mapped[str]
    answered_by: Mapped[str | None]
    own_number: Mapped[str | None]
    phone: Mapped[str | None]
    recording_sid: Mapped[str | None]
