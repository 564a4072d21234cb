"""A wrong fact is never edited: a reversing row answers it and says why."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class Reversal(Base):
    """Answers one call, event or time log. Reversing a call reverses its events, which are read from it."""

    __tablename__ = "reversal"
    __table_args__ = (
        CheckConstraint("num_nonnulls(call_id, event_id, time_log_id) = 1", name="one_fact"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
    )

    id: Mapped[Id]
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("explicit_event.id"), unique=True)
    time_log_id: Mapped[int | None] = mapped_column(ForeignKey("time_log.id"), unique=True)
    reason: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime]
