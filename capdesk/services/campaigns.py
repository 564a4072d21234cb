"""Campaigns: long-lived theses that own leads. Their status is set by hand and by nobody else."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import Campaign, CampaignStatusChange, CostRollup, Experiment, Lead, Product
from capdesk.models.base import CampaignStatus, ExperimentStatus
from capdesk.services import find
from capdesk.services.money import ZERO, money
from capdesk.services.seen import Seen, require_unchanged


class CampaignFields(TypedDict, total=False):
    """What may be given; None clears a date or the budget."""

    description: str
    status: CampaignStatus
    start_date: date | None
    end_date: date | None
    capital_budget_usd: Decimal | None


@dataclass(frozen=True)
class CampaignRow:
    id: int
    name: str
    product: str
    status: CampaignStatus
    start_date: date | None
    end_date: date | None
    capital_budget_usd: Decimal | None
    running: str | None
    """The name of the experiment that runs in it now."""


@dataclass(frozen=True)
class ExperimentLine:
    id: int
    name: str
    status: ExperimentStatus


@dataclass(frozen=True)
class StatusChange:
    status: CampaignStatus
    recorded_at: datetime


@dataclass(frozen=True)
class CampaignDetails:
    campaign: CampaignRow
    description: str
    spent_usd: Decimal
    leads: int
    experiments: list[ExperimentLine]
    history: list[StatusChange]


def add_campaign(
    session: Session, product: find.Ref, name: str, owner_id: int, **fields: Unpack[CampaignFields]
) -> CampaignRow:
    """A new campaign of a product, planned unless said otherwise. Raises NotFound, UsageRefused, RuleRefused."""
    kept = find.new_name(name, "campaign")
    values = _checked(fields) | {"name": kept, "product_id": find.product(session, product).id}
    _check_dates(values.get("start_date"), values.get("end_date"))
    try:
        made = session.scalars(insert(Campaign).values(owner_user_id=owner_id, **values).returning(Campaign)).one()
    except IntegrityError as error:
        raise find.refused(error, _taken(kept)) from error
    return _rows(session, made.id)[0]


def edit_campaign(
    session: Session,
    ref: find.Ref,
    *,
    name: str | None = None,
    product: find.Ref | None = None,
    seen: Seen | None = None,
    **fields: Unpack[CampaignFields],
) -> CampaignRow:
    """Changes what is given; `seen` is what it was when one began. Raises NotFound, UsageRefused, RuleRefused."""
    campaign = find.campaign(session, ref)
    if seen is not None:
        session.refresh(campaign, with_for_update={"key_share": True})
        now = vars(_rows(session, campaign.id)[0]) | {"description": campaign.description}
        require_unchanged(f'Campaign "{campaign.name}"', seen, now)
    if name is not None:
        campaign.name = find.new_name(name, "campaign")
    if product is not None:
        campaign.product_id = find.product(session, product).id
    for field, value in _checked(fields).items():
        setattr(campaign, field, value)
    _check_dates(campaign.start_date, campaign.end_date)
    find.flush(session, _taken(campaign.name))
    return _rows(session, campaign.id)[0]


def list_campaigns(session: Session) -> list[CampaignRow]:
    """By name."""
    return _rows(session)


def show_campaign(session: Session, ref: find.Ref) -> CampaignDetails:
    """Everything about one campaign, with what it has spent in all. Raises NotFound."""
    campaign = find.campaign(session, ref)
    spent = session.scalar(select(func.sum(CostRollup.cost_usd)).where(CostRollup.campaign_id == campaign.id))
    experiments = session.execute(
        select(Experiment.id, Experiment.name, Experiment.status)
        .where(Experiment.campaign_id == campaign.id)
        .order_by(Experiment.id)
    )
    history = session.execute(
        select(CampaignStatusChange.status, CampaignStatusChange.recorded_at)
        .where(CampaignStatusChange.campaign_id == campaign.id)
        .order_by(CampaignStatusChange.id)
    )
    return CampaignDetails(
        campaign=_rows(session, campaign.id)[0],
        description=campaign.description,
        spent_usd=spent or ZERO,
        leads=session.scalar(select(func.count()).where(Lead.campaign_id == campaign.id)) or 0,
        experiments=[ExperimentLine(*row) for row in experiments],
        history=[StatusChange(*row) for row in history],
    )


def _rows(session: Session, campaign_id: int | None = None) -> list[CampaignRow]:
    running = (Experiment.campaign_id == Campaign.id) & (Experiment.status == ExperimentStatus.RUNNING)
    query = (
        select(
            Campaign.id,
            Campaign.name,
            Product.name,
            Campaign.status,
            Campaign.start_date,
            Campaign.end_date,
            Campaign.capital_budget_usd,
            Experiment.name,
        )
        .join(Product, Product.id == Campaign.product_id)
        .outerjoin(Experiment, running)
        .order_by(Campaign.name)
    )
    if campaign_id is not None:
        query = query.where(Campaign.id == campaign_id)
    return [CampaignRow(*row) for row in session.execute(query)]


def _checked(fields: CampaignFields) -> dict[str, Any]:
    values: dict[str, Any] = dict(fields)
    budget = fields.get("capital_budget_usd")
    if budget is not None:
        values["capital_budget_usd"] = money(budget)
        if values["capital_budget_usd"] <= 0:
            raise UsageRefused("The capital budget of a campaign is more than $0; leave it out where there is none.")
    return values


def _check_dates(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise UsageRefused(f"The campaign would end on {end}, before it starts on {start}: give a later end date.")


def _taken(name: str) -> str:
    return f'There is a campaign "{name}" already: choose another name.'
