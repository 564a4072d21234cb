"""Where provider costs and calls come from. Settings, not facts; secrets are kept elsewhere (`services/secrets`)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import PROVIDER, Base, Id, Provider


class Connection(Base):
    """An account the owner connected. `account` is Twilio's account SID or the full name of Google's export table.

    `base_url` replaces the provider's own address; an inactive connection is kept because its pulls name it.
    """

    __tablename__ = "connection"
    __table_args__ = (
        UniqueConstraint("provider", "account"),
        CheckConstraint("btrim(account) <> ''", name="account"),
        CheckConstraint("base_url ~ '^https?://'", name="base_url"),
    )

    id: Mapped[Id]
    provider: Mapped[Provider] = mapped_column(PROVIDER)
    account: Mapped[str]
    base_url: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
