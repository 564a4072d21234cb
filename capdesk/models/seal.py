"""Seals over ledger rows: a Merkle root chained to the one before, and the blocks it is made of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class Seal(Base):
    """`hash` covers `previous_hash` and `root`; a second seal on the same predecessor is impossible."""

    __tablename__ = "seal"
    __table_args__ = (
        UniqueConstraint("previous_hash"),
        UniqueConstraint("hash"),
        CheckConstraint("octet_length(previous_hash) = 32 AND octet_length(hash) = 32", name="sha256"),
    )

    id: Mapped[Id]
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int]
    recorded_at: Mapped[datetime]


class SealBlock(Base):
    """Up to 1,000 consecutive rows of one table, hashed together, so that a difference can be located."""

    __tablename__ = "seal_block"
    __table_args__ = (UniqueConstraint("table_name", "first_id"),)

    id: Mapped[Id]
    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"))
    table_name: Mapped[str]
    first_id: Mapped[int]
    last_id: Mapped[int]
    rows: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
