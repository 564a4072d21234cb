"""Calls as they are recorded: listed, and reversed together with the events read from them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from capdesk.errors import NotFound
from capdesk.models import (
    BonusEvent,
    Call,
    CallDetail,
    Campaign,
    Experiment,
    LeadContact,
    Reversal,
    TeamMember,
)
from capdesk.models.base import Attribution, Outcome
from capdesk.services import find
from capdesk.services.by_hand import Span, why
from capdesk.services.money import ZERO


@dataclass(frozen=True)
class CallRow:
    """One call. `attribution` says why its events count or not; a call known only to Twilio has no outcome and none."""

    id: int
    campaign: str
    experiment: str | None
    member: str | None
    lead_id: int | None
    phone: str | None
    occurred_at: datetime
    duration_s: int
    outcome: Outcome | None
    attribution: Attribution | None
    source: str
    source_id: str | None
    metadata: dict[str, Any]
    recorded_at: datetime
    reversed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class CallPage:
    """The newest calls first; `more` where there are others."""

    calls: list[CallRow]
    more: bool


@dataclass(frozen=True)
class ReversedCall:
    """`bonus_usd` is what its events had earned and the ledger has taken back."""

    call: CallRow
    bonus_usd: Decimal


def list_calls(
    session: Session,
    span: Span,
    *,
    campaign: str | None = None,
    member: str | None = None,
    outcome: Outcome | None = None,
    limit: int = 50,
) -> CallPage:
    """Raises NotFound for the campaign or the member."""
    criteria = span.moments(Call.occurred_at)
    if campaign is not None:
        criteria.append(Call.campaign_id == find.campaign(session, campaign).id)
    if member is not None:
        criteria.append(Call.team_member_id == find.member(session, member).id)
    if outcome is not None:
        criteria.append(Call.outcome == outcome)
    rows = _rows(session, *criteria, limit=limit + 1)
    return CallPage(rows[:limit], len(rows) > limit)


def show_call(session: Session, number: int) -> CallRow:
    """One call with what its file told of it besides. Raises NotFound."""
    found = _rows(session, Call.id == number, limit=1)
    if not found:
        raise NotFound(f"There is no call {number}.")
    return found[0]


def reverse_call(session: Session, number: int, reason: str, user_id: int) -> ReversedCall:
    """Takes back the events read from the call and what they earned. Raises NotFound, UsageRefused, RuleRefused."""
    session.execute(select(func.reverse_call(number, why(reason), user_id)))
    earned = select(func.coalesce(func.sum(BonusEvent.bonus_amount_usd), ZERO)).where(BonusEvent.call_id == number)
    return ReversedCall(_rows(session, Call.id == number, limit=1)[0], session.scalars(earned).one())


def _rows(session: Session, *criteria: ColumnElement[bool], limit: int) -> list[CallRow]:
    # What is told of a call is joined to the page alone: of a million calls only their moments are read.
    page = (
        select(Call.id)
        .where(*criteria)
        .order_by(Call.occurred_at.desc(), Call.id.desc())
        .limit(limit)
        .cte("page")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    columns: tuple[Any, ...] = (
        *(Call.id, Campaign.name, Experiment.name, TeamMember.email, Call.lead_id),
        func.coalesce(LeadContact.phone, CallDetail.phone),
        *(Call.occurred_at, Call.duration_s, Call.outcome, Call.attribution, Call.source, Call.source_id),
        func.coalesce(CallDetail.metadata_json, literal({}, JSONB)),
        *(Call.recorded_at, Reversal.recorded_at, Reversal.reason),
    )
    query = (
        select(*columns)
        .select_from(page)
        .join(Call, Call.id == page.c.id)
        .join(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(Experiment, Experiment.id == Call.experiment_id)
        .outerjoin(TeamMember, TeamMember.id == Call.team_member_id)
        .outerjoin(LeadContact, LeadContact.lead_id == Call.lead_id)
        .outerjoin(CallDetail, CallDetail.call_id == Call.id)
        .outerjoin(Reversal, Reversal.call_id == Call.id)
        .order_by(Call.occurred_at.desc(), Call.id.desc())
    )
    return [CallRow(*row) for row in session.execute(query)]
