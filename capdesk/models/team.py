"""Team members, what an hour of theirs costs, the campaign they work for, and the hours they logged."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import Base, Id


class TeamMember(Base):
    """`role` is free text and grants nothing."""

    __tablename__ = "team_member"
    __table_args__ = (
        CheckConstraint("email = lower(btrim(email)) AND email <> ''", name="email_lower"),
        CheckConstraint("btrim(name) <> ''", name="named"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class MemberRate(Base):
    """Append-only. The first rate holds from the beginning (`-infinity`)."""

    __tablename__ = "member_rate"
    __table_args__ = (
        UniqueConstraint("team_member_id", "from_date"),
        CheckConstraint("hourly_rate_usd >= 0 AND hourly_rate_usd < 'NaN'", name="rate"),
    )

    id: Mapped[Id]
    team_member_id: Mapped[int] = mapped_column(ForeignKey("team_member.id"))
    hourly_rate_usd: Mapped[Decimal]
    from_date: Mapped[date]
    recorded_at: Mapped[datetime]


class MemberAssignment(Base):
    """Append-only: one campaign at a time. The first assignment holds from the beginning."""

    __tablename__ = "member_assignment"
    __table_args__ = (UniqueConstraint("team_member_id", "from_date"),)

    id: Mapped[Id]
    team_member_id: Mapped[int] = mapped_column(ForeignKey("team_member.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    from_date: Mapped[date]
    recorded_at: Mapped[datetime]


class TimeLog(Base):
    """Append-only: hours of one member on one date; rate and campaign are those of that date."""

    __tablename__ = "time_log"
    __table_args__ = (
        CheckConstraint("hours_logged > 0 AND hours_logged <= 24", name="hours"),
        CheckConstraint("isfinite(date)", name="finite_date"),
        Index("ix_time_log_member_date", "team_member_id", "date"),
        Index("uq_time_log_source_id", "source_id", unique=True, postgresql_where="source_id IS NOT NULL"),
        Index(
            "uq_time_log_content",
            "team_member_id",
            "date",
            "hours_logged",
            "occurrence",
            unique=True,
            postgresql_where="source_id IS NULL",
        ),
    )

    id: Mapped[Id]
    team_member_id: Mapped[int] = mapped_column(ForeignKey("team_member.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    date: Mapped[date]
    hours_logged: Mapped[Decimal]
    hourly_rate_usd: Mapped[Decimal]
    cost_usd: Mapped[Decimal]
    source_id: Mapped[str | None]
    occurrence: Mapped[int]
    batch_id: Mapped[int]
    line: Mapped[int | None]
    recorded_at: Mapped[datetime]
