"""What became of every row of every file."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class ImportBatch(Base):
    """One recording: a file, or one row entered by hand (`file_name` null). It adds up."""

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint("read = landed + duplicate + rejected", name="adds_up"),
        CheckConstraint("least(read, landed, duplicate, rejected) >= 0", name="not_negative"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    file_name: Mapped[str | None]
    file_sha256: Mapped[str | None]
    profile: Mapped[str | None]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    read: Mapped[int]
    landed: Mapped[int]
    duplicate: Mapped[int]
    rejected: Mapped[int]
    warnings: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime]


class ImportReject(Base):
    """Erasable (a reason may name an address): the receipt of a row that did not land."""

    __tablename__ = "import_reject"
    __table_args__ = (Index("ix_import_reject_batch_id", "batch_id"),)

    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    line: Mapped[int]
    field: Mapped[str]
    reason: Mapped[str]


class ImportProfile(Base):
    """A column mapping the owner saved; it is chosen again by the header of a file."""

    __tablename__ = "import_profile"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB)
