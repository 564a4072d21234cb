"""What most tests need first: a campaign with a running experiment, a member, a lead. Made through the services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models import Product
from capdesk.models.base import CampaignStatus, EventType
from capdesk.services import campaigns, experiments, leads, products, team
from capdesk.services.dates import business_date


@dataclass(frozen=True)
class Ids:
    """Of a campaign and its experiment."""

    campaign: int
    experiment: int


def campaign(desk: Desk, name: str = "Spring", *, status: CampaignStatus = CampaignStatus.ACTIVE) -> int:
    """A campaign of the product "Shop"; its id. Found again where it is there already."""
    return desk.write(lambda session: _campaign(session, desk.owner_id, name, status))


def planned_experiment(
    desk: Desk,
    *,
    campaign: str = "Spring",
    name: str = "Scripts",
    cap: str = "1000",
    tranche: str = "500",
    days: int = 10,
    bonus: Mapping[str, str] | None = None,
    hypothesis: str = "A better opening line books more installs.",
) -> Ids:
    """An experiment in an active campaign, not started; `bonus` as {"qpc": "5.00"}."""
    plan = experiments.ExperimentPlan(
        name=name,
        hypothesis=hypothesis,
        capital_cap_usd=Decimal(cap),
        time_cap_days=days,
        tranche_size_usd=Decimal(tranche),
        primary_success_event=EventType.CALCULATOR_INSTALLED,
        secondary_events=(EventType.QPC,),
        bonus_rules={EventType(event): Decimal(amount) for event, amount in (bonus or {}).items()},
    )

    def make(session: Session) -> Ids:
        home = _campaign(session, desk.owner_id, campaign, CampaignStatus.ACTIVE)
        return Ids(home, experiments.add_experiment(session, campaign, plan).id)

    return desk.write(make)


def running_experiment(
    desk: Desk,
    *,
    campaign: str = "Spring",
    name: str = "Scripts",
    at: datetime | None = None,
    cap: str = "1000",
    tranche: str = "500",
    days: int = 10,
    bonus: Mapping[str, str] | None = None,
) -> Ids:
    """An experiment that runs since `at`, or now."""
    ids = planned_experiment(desk, campaign=campaign, name=name, cap=cap, tranche=tranche, days=days, bonus=bonus)
    move(desk, ids.experiment, "start", at=at)
    return ids


def move(desk: Desk, experiment: int, action: str, *, at: datetime | None = None) -> datetime:
    """`start`, `pause`, `resume`, `complete` or `terminate`; the moment it holds from."""
    moved = desk.write(
        lambda session: experiments.move_experiment(session, str(experiment), action, desk.owner_id, at=at)
    )
    return moved.occurred_at


def member(
    desk: Desk, email: str = "ana@example.com", rate: str = "20", campaign: str | None = "Spring", name: str = "Ana"
) -> int:
    """A team member; the id."""
    today = business_date(desk.clock.now(), desk.zone)
    made = desk.write(
        lambda session: team.add_member(
            session, name=name, email=email, rate=Decimal(rate), campaign=campaign, today=today
        )
    )
    return made.id


def lead(desk: Desk, campaign: str = "Spring", phone: str = "+13055550123", name: str = "") -> int:
    """A lead; the id."""
    made = desk.write(lambda session: leads.add_lead(session, campaign, phone, desk.owner_id, name=name))
    return made.lead.id


def database_now(desk: Desk) -> datetime:
    """The clock that `recorded_at` comes from."""
    now: datetime = desk.read(lambda session: session.scalars(select(func.clock_timestamp())).one())
    return now


def _campaign(session: Session, owner_id: int, name: str, status: CampaignStatus) -> int:
    for row in campaigns.list_campaigns(session):
        if row.name == name:
            return row.id
    if session.scalar(select(Product.id).filter_by(name="Shop")) is None:
        products.add_product(session, "Shop")
    return campaigns.add_campaign(session, "Shop", name, owner_id, status=status).id
