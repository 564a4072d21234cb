"""Calls and performance events: facts that hold ids only. What names a person lies in the detail tables.

A dialer call *is* its dial attempt, conversation and qpc: they are read from it by the locked definition (the view
`performance_event`), never stored beside it. The other event types are recorded explicitly.

Rows enter only through `record_calls` and `record_events`, which join every id they write to the row it names; those
rows can never be deleted. So these two tables carry no foreign keys (a check per key and row would cost more than the
import itself), and `capdesk verify` proves the references.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from capdesk.models.base import ATTRIBUTION, EVENT_TYPE, OUTCOME, Attribution, Base, EventType, Id, Outcome


class Call(Base):
    """One call. `source` is `dialer`, `twilio` or a profile's own; a call known only to Twilio makes no event.

    `experiment_id` is that of the run containing `occurred_at`; `attribution` says why its events count or not.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("duration_s >= 0", name="duration"),
        CheckConstraint("occurred_at <= recorded_at AND isfinite(occurred_at)", name="not_ahead"),
        CheckConstraint(
            "num_nulls(outcome, attribution) = CASE WHEN source = 'twilio' THEN 2 ELSE 0 END", name="dialer"
        ),
        CheckConstraint("(attribution IS NOT DISTINCT FROM 'run') = (experiment_id IS NOT NULL)", name="attributed"),
        Index("uq_call_source_id", "source", "source_id", unique=True, postgresql_where="source_id IS NOT NULL"),
        Index(
            "uq_call_content",
            "campaign_id",
            "source",
            "occurred_at",
            "duration_s",
            "outcome",
            "phone_key",
            "team_member_id",
            "occurrence",
            unique=True,
            postgresql_where="source_id IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_call_occurred_at", "occurred_at", postgresql_using="brin"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int]
    experiment_id: Mapped[int | None]
    lead_id: Mapped[int | None]
    team_member_id: Mapped[int | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    batch_id: Mapped[int]
    duration_s: Mapped[int] = mapped_column(Integer)
    line: Mapped[int | None] = mapped_column(Integer)
    occurrence: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[Outcome | None] = mapped_column(OUTCOME)
    attribution: Mapped[Attribution | None] = mapped_column(ATTRIBUTION)
    phone_key: Mapped[uuid.UUID | None]
    source: Mapped[str]
    source_id: Mapped[str | None]


class CallDetail(Base):
    """Erasable: the number of an unknown lead, and the columns capdesk has no word for."""

    __tablename__ = "call_detail"

    call_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str | None]
    metadata_json: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ExplicitEvent(Base):
    """A performance event that no call tells of: installs and paid conversions."""

    __tablename__ = "explicit_event"
    __table_args__ = (
        CheckConstraint("event_type NOT IN ('dial_attempt', 'conversation', 'qpc')", name="not_dialed"),
        CheckConstraint("(attribution = 'run') = (experiment_id IS NOT NULL)", name="attributed"),
        CheckConstraint("event_timestamp <= recorded_at AND isfinite(event_timestamp)", name="not_ahead"),
        Index("ix_explicit_event_event_timestamp", "event_timestamp"),
        Index("uq_explicit_event_source_id", "source_id", unique=True, postgresql_where="source_id IS NOT NULL"),
        Index(
            "uq_explicit_event_content",
            "campaign_id",
            "event_type",
            "event_timestamp",
            "phone_key",
            "team_member_id",
            "occurrence",
            unique=True,
            postgresql_where="source_id IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_explicit_event_paid_lead", "lead_id", postgresql_where="event_type = 'paid_conversion'"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int]
    experiment_id: Mapped[int | None]
    lead_id: Mapped[int | None]
    team_member_id: Mapped[int | None]
    event_timestamp: Mapped[datetime]
    recorded_at: Mapped[datetime]
    batch_id: Mapped[int]
    event_type: Mapped[EventType] = mapped_column(EVENT_TYPE)
    attribution: Mapped[Attribution] = mapped_column(ATTRIBUTION)
    line: Mapped[int | None] = mapped_column(Integer)
    occurrence: Mapped[int] = mapped_column(Integer)
    phone_key: Mapped[uuid.UUID | None]
    source_id: Mapped[str | None]


class EventDetail(Base):
    """Erasable: what came along with an explicit event."""

    __tablename__ = "event_detail"

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str | None]
    metadata_json: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class EventTally(Base):
    """How many events each recording added per experiment, type and date, so that reports need not count millions.

    Written with the facts themselves; a reversal appends minus one. Its sums are the counts.
    """

    __tablename__ = "event_tally"
    __table_args__ = (
        CheckConstraint("(attribution = 'run') = (experiment_id IS NOT NULL)", name="attributed"),
        Index("ix_event_tally_experiment_id_date", "experiment_id", "date"),
        Index("ix_event_tally_campaign_id_last_event_at", "campaign_id", "last_event_at"),
        Index("ix_event_tally_recorded_at", "recorded_at"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int]
    experiment_id: Mapped[int | None]
    date: Mapped[date]
    event_type: Mapped[EventType] = mapped_column(EVENT_TYPE)
    attribution: Mapped[Attribution] = mapped_column(ATTRIBUTION)
    count: Mapped[int]
    last_event_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    batch_id: Mapped[int | None]
    reversal_id: Mapped[int | None]
