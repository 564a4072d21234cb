"""Leads belong to a campaign. Who they are lies in `lead_contact` and can be erased; the lead stays."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import LEAD_STATUS, Base, Id, LeadStatusName


class Lead(Base):
    """`phone_key` is a keyed hash of the E.164 number: it finds the lead without naming the person."""

    __tablename__ = "lead"
    __table_args__ = (UniqueConstraint("campaign_id", "phone_key"),)

    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    phone_key: Mapped[uuid.UUID]
    status: Mapped[LeadStatusName] = mapped_column(LEAD_STATUS, server_default="active")
    exited_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LeadContact(Base):
    """Personal data, outside facts and seals."""

    __tablename__ = "lead_contact"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    phone: Mapped[str | None]
    name: Mapped[str | None]
    email: Mapped[str | None]
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class LeadStatus(Base):
    """Append-only history. A terminal status is final."""

    __tablename__ = "lead_status"
    __table_args__ = (Index("ix_lead_status_lead_id", "lead_id"),)

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    status: Mapped[LeadStatusName] = mapped_column(LEAD_STATUS)
    event_id: Mapped[int | None]
    recorded_at: Mapped[datetime]
