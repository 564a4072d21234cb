"""Leads: one per campaign and number. Who they are is kept apart from facts, and can be erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, null, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from capdesk.models import Campaign, Lead, LeadContact, LeadStatus, staged_lead
from capdesk.models.base import LEAD_STATUS, LeadStatusName
from capdesk.services import find
from capdesk.services.by_hand import Entry, record_entry
from capdesk.services.imports.fields import parse_email
from capdesk.services.seen import Seen, require_unchanged


@dataclass(frozen=True)
class LeadRow:
    """A lead with what is known of who answers; `extra` are the columns capdesk has no word for."""

    id: int
    campaign: str
    status: LeadStatusName
    created_at: datetime
    exited_at: datetime | None
    phone: str | None
    name: str | None
    email: str | None
    extra: dict[str, Any]


@dataclass(frozen=True)
class LeadStatusChange:
    """`event_id` is the paid conversion that set it, None where a person did."""

    status: LeadStatusName
    recorded_at: datetime
    event_id: int | None


@dataclass(frozen=True)
class LeadDetails:
    lead: LeadRow
    history: list[LeadStatusChange]


@dataclass(frozen=True)
class AddedLead:
    lead: LeadRow
    landed: bool
    """False where just this lead was there already."""


@dataclass(frozen=True)
class LeadPage:
    """The newest leads first; `more` of them are not shown."""

    leads: list[LeadRow]
    more: int


def add_lead(
    session: Session,
    campaign: find.Ref,
    phone: str,
    user_id: int,
    *,
    name: str = "",
    email: str = "",
    extra: Mapping[str, str] | None = None,
) -> AddedLead:
    """One lead, recorded as a batch of one. Raises NotFound, UsageRefused, RuleRefused where the number is known
    with other contact data.
    """
    home = find.campaign(session, campaign)
    e164, key = find.phone_book(session).look_up(phone)
    row = {
        "name": name.strip() or None,
        "phone_key": key,
        "phone": e164,
        "email": parse_email(email) if email else None,
        "extra": {key: value for key, value in (extra or {}).items() if value} or null(),
    }
    entry = Entry(
        kind="leads",
        table=staged_lead,
        row=row,
        record=lambda batch: func.record_leads(batch, home.id),
        refusal=lambda reason: f'{e164} is a lead of campaign "{home.name}" already, but {reason}.',
        user_id=user_id,
        campaign_id=home.id,
    )
    landed = record_entry(session, entry).landed
    made = session.scalars(select(Lead.id).filter_by(campaign_id=home.id, phone_key=key)).one()
    return AddedLead(_rows(session, Lead.id == made)[0], landed)


def set_lead_status(
    session: Session, ref: find.Ref, status: LeadStatusName, campaign: find.Ref | None = None
) -> LeadRow:
    """Raises NotFound, UsageRefused, and RuleRefused where the lead has a terminal status."""
    lead = find.lead(session, ref, campaign)
    session.execute(select(func.set_lead_status(lead.id, literal(status, LEAD_STATUS))))
    return _rows(session, Lead.id == lead.id)[0]


def show_lead(session: Session, ref: find.Ref, campaign: find.Ref | None = None) -> LeadDetails:
    """A lead with every status it has had, oldest first. Raises NotFound."""
    lead = find.lead(session, ref, campaign)
    changes = (
        select(LeadStatus.status, LeadStatus.recorded_at, LeadStatus.event_id)
        .where(LeadStatus.lead_id == lead.id)
        .order_by(LeadStatus.id)
    )
    history = [LeadStatusChange(*row) for row in session.execute(changes)]
    return LeadDetails(_rows(session, Lead.id == lead.id)[0], history)


def edit_lead(
    session: Session,
    ref: find.Ref,
    campaign: find.Ref | None = None,
    *,
    name: str | None = None,
    email: str | None = None,
    extra: Mapping[str, str] | None = None,
    seen: Seen | None = None,
) -> LeadRow:
    """Changes the contact data given; an empty text clears. The number stays: it is what makes the lead.

    `seen` is what it was when one began. Raises NotFound, UsageRefused, RuleRefused.
    """
    lead = find.lead(session, ref, campaign)
    if seen is not None:
        session.execute(select(LeadContact.lead_id).where(LeadContact.lead_id == lead.id).with_for_update())
        require_unchanged(f"Lead {lead.id}", seen, vars(_rows(session, Lead.id == lead.id)[0]))
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = name.strip() or None
    if email is not None:
        values["email"] = parse_email(email) if email else None
    if extra is not None:
        merged = _rows(session, Lead.id == lead.id)[0].extra | dict(extra)
        values["extra"] = {key: value for key, value in merged.items() if value != ""} or null()
    if values:
        session.execute(update(LeadContact).where(LeadContact.lead_id == lead.id).values(**values))
    return _rows(session, Lead.id == lead.id)[0]


def list_leads(
    session: Session, *, campaign: find.Ref | None = None, status: LeadStatusName | None = None, limit: int = 50
) -> LeadPage:
    """Raises NotFound for the campaign."""
    criteria = []
    if campaign is not None:
        criteria.append(Lead.campaign_id == find.campaign(session, campaign).id)
    if status is not None:
        criteria.append(Lead.status == status)
    rows = _rows(session, *criteria, limit=limit)
    total = session.scalar(select(func.count()).select_from(Lead).where(*criteria)) or 0
    return LeadPage(rows, total - len(rows))


def _rows(session: Session, *criteria: Any, limit: int | None = None) -> list[LeadRow]:
    columns: tuple[Any, ...] = (
        *(Lead.id, Campaign.name, Lead.status, Lead.created_at, Lead.exited_at),
        *(LeadContact.phone, LeadContact.name, LeadContact.email),
        func.coalesce(LeadContact.extra, literal({}, JSONB)),
    )
    query = (
        select(*columns)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .outerjoin(LeadContact, LeadContact.lead_id == Lead.id)
        .where(*criteria)
        .order_by(Lead.id.desc())
        .limit(limit)
    )
    return [LeadRow(*row) for row in session.execute(query)]
