"""Products anchor campaigns; a campaign is a long-lived thesis that owns leads."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import CAMPAIGN_STATUS, Base, CampaignStatus, Id


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (CheckConstraint("btrim(name) <> ''", name="named"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Campaign(Base):
    """`capital_budget_usd` is shown beside spend, never enforced."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", name="named"),
        CheckConstraint("end_date >= start_date", name="dates"),
        CheckConstraint("capital_budget_usd > 0 AND capital_budget_usd < 'NaN'", name="budget"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    owner_user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    status: Mapped[CampaignStatus] = mapped_column(CAMPAIGN_STATUS, server_default="planned")
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    capital_budget_usd: Mapped[Decimal | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CampaignStatusChange(Base):
    """Append-only: each status the owner set, and when."""

    __tablename__ = "campaign_status"

    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    status: Mapped[CampaignStatus] = mapped_column(CAMPAIGN_STATUS)
    recorded_at: Mapped[datetime]
