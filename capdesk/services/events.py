"""Performance events: the explicit ones by hand, and the list of all, those read from calls included."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, column, func, literal, null, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from capdesk.errors import RuleRefused
from capdesk.models import (
    BonusEvent,
    CallDetail,
    Campaign,
    EventDetail,
    Experiment,
    ExperimentRun,
    ExplicitEvent,
    LeadContact,
    Reversal,
    TeamMember,
    staged_event,
)
from capdesk.models.base import ATTRIBUTION, EVENT_TYPE, Attribution, EventType, ExperimentStatus
from capdesk.services import find
from capdesk.services.by_hand import Entry, Span, record_entry, why
from capdesk.services.imports.fields import parse_event_type
from capdesk.services.imports.jsontext import dump_json
from capdesk.services.plain import utc_stamp

_NO_LEAD = "The number is no lead of this campaign; the event landed without a lead."

_IDS = ("id", "campaign_id", "experiment_id", "lead_id", "team_member_id", "call_id")
_view = table(
    "performance_event",
    *(column(name, BigInteger) for name in _IDS),
    column("event_type", EVENT_TYPE),
    column("event_timestamp", ExplicitEvent.event_timestamp.type),
    column("attribution", ATTRIBUTION),
    column("recorded_at", ExplicitEvent.recorded_at.type),
).c


@dataclass(frozen=True)
class NewEvent:
    """What a person knows of an event: its type, when, and in which campaign; who earned it, of which number."""

    event_type: str
    at: datetime
    campaign: find.Ref
    member: find.Ref | None = None
    phone: str | None = None
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True)
class EventRow:
    """One event; `call_id` names the call it is read from, `attribution` says why it counts or not."""

    id: int
    event_type: EventType
    event_timestamp: datetime
    campaign: str
    experiment: str | None
    attribution: Attribution
    member: str | None
    lead_id: int | None
    phone: str | None
    call_id: int | None
    metadata: dict[str, Any]
    recorded_at: datetime
    reversed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class AddedEvent:
    """`bonus_usd` is what it earned its member; None where no rule or no member fits."""

    event: EventRow
    bonus_usd: Decimal | None
    warnings: list[str]


@dataclass(frozen=True)
class ReversedEvent:
    """`bonus_usd` is what the event had earned and the ledger has taken back."""

    event: EventRow
    bonus_usd: Decimal | None


@dataclass(frozen=True)
class EventPage:
    """The newest events first; `more` where there are others."""

    events: list[EventRow]
    more: bool


def add_event(session: Session, new: NewEvent, user_id: int, *, allow_unattributed: bool = False) -> AddedEvent:
    """One explicit event, recorded even where one is recorded that looks the same.

    Raises NotFound, UsageRefused, and RuleRefused for a moment in the future or, unless allowed, before every run.
    """
    kind, home = EventType(parse_event_type(new.event_type)), find.campaign(session, new.campaign)
    e164, key = find.phone_book(session).look_up(new.phone) if new.phone is not None else (None, None)
    row = {
        "event_type": kind,
        "event_timestamp": new.at,
        "phone_key": key,
        "phone": e164,
        "team_member_id": None if new.member is None else find.member(session, new.member).id,
        "metadata_json": cast(literal(dump_json(dict(new.metadata)), Text), JSONB) if new.metadata else null(),
    }
    entry = Entry(
        kind="events",
        table=staged_event,
        row=row,
        record=lambda batch: func.record_events(batch, home.id, True),
        refusal=lambda reason: f"{utc_stamp(new.at)} {reason}: record an event once it has happened.",
        user_id=user_id,
        campaign_id=home.id,
        unknown_lead=_NO_LEAD,
    )
    recorded = record_entry(session, entry)
    made = select(ExplicitEvent.id).filter_by(batch_id=recorded.batch).order_by(ExplicitEvent.id.desc()).limit(1)
    number = session.scalars(made).one()
    event = _explicit(session, number)
    if event.attribution is Attribution.NO_RUN and not allow_unattributed:
        _refuse_before_every_run(session, home, new.at)
    return AddedEvent(event, _bonus(session, number), recorded.warnings)


def reverse_event(session: Session, number: int, reason: str, user_id: int) -> ReversedEvent:
    """Takes one explicit event back by its number. Raises NotFound, UsageRefused, and RuleRefused for one of a call."""
    session.execute(select(func.reverse_event(number, why(reason), user_id)))
    return ReversedEvent(_explicit(session, number // 4), _bonus(session, number // 4))


def list_events(
    session: Session,
    span: Span,
    *,
    campaign: str | None = None,
    experiment: str | None = None,
    event_type: EventType | None = None,
    member: str | None = None,
    limit: int = 50,
) -> EventPage:
    """All events, those read from calls included. Raises NotFound, UsageRefused."""
    criteria = span.moments(_view.event_timestamp)
    if campaign is not None:
        criteria.append(_view.campaign_id == find.campaign(session, campaign).id)
    if experiment is not None:
        criteria.append(_view.experiment_id == find.experiment(session, experiment, campaign).id)
    if event_type is not None:
        criteria.append(_view.event_type == event_type)
    if member is not None:
        criteria.append(_view.team_member_id == find.member(session, member).id)
    rows = _rows(session, *criteria, limit=limit + 1)
    return EventPage(rows[:limit], len(rows) > limit)


def _refuse_before_every_run(session: Session, home: Campaign, at: datetime) -> None:
    """Asked after recording, when no run can start or end any more until the transaction ends."""
    first = session.scalar(select(func.min(ExperimentRun.started_at)).where(ExperimentRun.campaign_id == home.id))
    if first is not None and first <= at:
        return
    query = select(Experiment.name).filter_by(campaign_id=home.id, status=ExperimentStatus.PLANNED)
    planned = session.scalars(query).all()
    name = f'"{planned[0]}"' if len(planned) == 1 else "NAME"
    ran = "has never run an experiment" if first is None else f"first ran an experiment at {utc_stamp(first)}"
    raise RuleRefused(
        f'Campaign "{home.name}" {ran}, so an event at {utc_stamp(at)} would belong to none for good: back-date the '
        f"start with `capdesk experiment start {name} --at {utc_stamp(at)}`, or record it with --allow-unattributed."
    )


def _bonus(session: Session, event_id: int) -> Decimal | None:
    return session.scalar(select(BonusEvent.bonus_amount_usd).filter_by(event_id=event_id))


def _explicit(session: Session, event_id: int) -> EventRow:
    """By the event's own key: the view's numbers have no index."""
    at = select(ExplicitEvent.event_timestamp).filter_by(id=event_id).scalar_subquery()
    return _rows(session, _view.id == event_id * 4, _view.event_timestamp == at, _view.call_id.is_(None), limit=1)[0]


def _rows(session: Session, *criteria: ColumnElement[bool], limit: int) -> list[EventRow]:
    # What is told of an event is joined to the page alone: of a million calls only what makes the order is read.
    newest = (_view.event_timestamp.desc(), _view.id.desc())
    page = select(*_view).where(*criteria).order_by(*newest).limit(limit).subquery("page")
    of_event, of_call = aliased(Reversal), aliased(Reversal)
    own = page.c.id // 4
    columns: tuple[Any, ...] = (
        *(page.c.id, page.c.event_type, page.c.event_timestamp, Campaign.name, Experiment.name, page.c.attribution),
        *(TeamMember.email, page.c.lead_id),
        func.coalesce(LeadContact.phone, EventDetail.phone, CallDetail.phone),
        page.c.call_id,
        func.coalesce(EventDetail.metadata_json, CallDetail.metadata_json, literal({}, JSONB)),
        page.c.recorded_at,
        func.coalesce(of_event.recorded_at, of_call.recorded_at),
        func.coalesce(of_event.reason, of_call.reason),
    )
    explicit = page.c.call_id.is_(None)
    query = (
        select(*columns)
        .select_from(page)
        .join(Campaign, Campaign.id == page.c.campaign_id)
        .outerjoin(Experiment, Experiment.id == page.c.experiment_id)
        .outerjoin(TeamMember, TeamMember.id == page.c.team_member_id)
        .outerjoin(LeadContact, LeadContact.lead_id == page.c.lead_id)
        .outerjoin(EventDetail, explicit & (EventDetail.event_id == own))
        .outerjoin(of_event, explicit & (of_event.event_id == own))
        .outerjoin(CallDetail, CallDetail.call_id == page.c.call_id)
        .outerjoin(of_call, of_call.call_id == page.c.call_id)
        .order_by(page.c.event_timestamp.desc(), page.c.id.desc())
    )
    return [EventRow(*row) for row in session.execute(query)]
