"""The desk itself, its people with a login, and its settings."""

import uuid
from datetime import datetime, time

from sqlalchemy import ARRAY, CheckConstraint, LargeBinary, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class AppUser(Base):
    """Who may use the desk. An admin (the owner) alone decides about capital."""

    __tablename__ = "app_user"
    __table_args__ = (UniqueConstraint("id", "is_admin"),)

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    is_admin: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Desk(Base):
    """One row: the desk zone and what the owner set."""

    __tablename__ = "desk"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("weekly_weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("mail_security IN ('starttls', 'ssl', 'plain')", name="mail_security"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    zone: Mapped[str]
    phone_region: Mapped[str] = mapped_column(server_default="US")
    phone_key: Mapped[bytes] = mapped_column(LargeBinary)
    instance_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    weekly_weekday: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    weekly_time: Mapped[time] = mapped_column(server_default=text("'07:30'"))
    gcp_label_key: Mapped[str] = mapped_column(server_default="campaign")
    mail_from: Mapped[str | None]
    mail_host: Mapped[str | None]
    mail_port: Mapped[int | None]
    mail_user: Mapped[str | None]
    mail_security: Mapped[str] = mapped_column(server_default="starttls")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    daily_time: Mapped[time] = mapped_column(server_default=text("'06:00'"))
