"""Team members: what an hour of theirs costs, and the one campaign they work for at a time."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, insert, literal_column, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import Campaign, MemberAssignment, MemberRate, TeamMember
from capdesk.services import find
from capdesk.services.imports.fields import parse_email
from capdesk.services.money import dollars, money
from capdesk.services.seen import Seen, require_unchanged


class MemberFields(TypedDict, total=False):
    """What may be changed; None leaves it."""

    name: str | None
    email: str | None
    role: str | None
    active: bool | None


@dataclass(frozen=True)
class MemberRow:
    """`hourly_rate_usd` and `campaign` are those that hold on the date that was asked for."""

    id: int
    name: str
    email: str
    role: str
    active: bool
    hourly_rate_usd: Decimal | None
    campaign: str | None


@dataclass(frozen=True)
class Since:
    """What holds from a date on, None being the beginning: an hourly rate in dollars, or a campaign."""

    from_date: date | None
    value: Decimal | str


@dataclass(frozen=True)
class MemberHistory:
    """Every rate and every assignment, oldest first."""

    rates: list[Since]
    assignments: list[Since]


def add_member(
    session: Session,
    *,
    name: str,
    email: str,
    rate: Decimal,
    role: str = "",
    campaign: find.Ref | None = None,
    today: date,
) -> MemberRow:
    """A new member whose first rate (dollars per hour) and campaign hold from the beginning.

    Raises UsageRefused, NotFound for the campaign, RuleRefused for an e-mail that is taken.
    """
    kept, address = find.new_name(name, "team member"), parse_email(email)
    hourly = _rate(rate)
    try:
        made = session.scalars(
            insert(TeamMember).values(name=kept, email=address, role=role.strip()).returning(TeamMember)
        ).one()
    except IntegrityError as error:
        raise find.refused(error, _taken(address)) from error
    session.execute(select(func.set_member_rate(made.id, hourly, today)))
    if campaign is not None:
        session.execute(select(func.assign_member(made.id, find.campaign(session, campaign).id, today)))
    return _rows(session, today, made.id)[0]


def edit_member(
    session: Session, ref: find.Ref, *, today: date, seen: Seen | None = None, **fields: Unpack[MemberFields]
) -> MemberRow:
    """Changes what is given; `seen` is what it was when one began. Raises NotFound, UsageRefused, RuleRefused."""
    member = find.member(session, ref)
    if seen is not None:
        session.refresh(member, with_for_update={"key_share": True})
        require_unchanged(member.name, seen, vars(_rows(session, today, member.id)[0]))
    if (name := fields.get("name")) is not None:
        member.name = find.new_name(name, "team member")
    if (email := fields.get("email")) is not None:
        member.email = parse_email(email)
    if (role := fields.get("role")) is not None:
        member.role = role.strip()
    if (active := fields.get("active")) is not None:
        member.active = active
    find.flush(session, _taken(member.email))
    return _rows(session, today, member.id)[0]


def set_rate(session: Session, ref: find.Ref, rate: Decimal, *, from_date: date, today: date) -> MemberRow:
    """A new rate from a date after every date already logged; a first one from the beginning.

    Raises NotFound, UsageRefused, RuleRefused.
    """
    member = find.member(session, ref)
    session.execute(select(func.set_member_rate(member.id, _rate(rate), from_date)))
    return _rows(session, today, member.id)[0]


def assign_member(session: Session, ref: find.Ref, campaign: find.Ref, *, from_date: date, today: date) -> MemberRow:
    """The campaign of a member from a date after every date already logged; a first one from the beginning.

    Raises NotFound, RuleRefused.
    """
    member, home = find.member(session, ref), find.campaign(session, campaign)
    session.execute(select(func.assign_member(member.id, home.id, from_date)))
    return _rows(session, today, member.id)[0]


def list_members(session: Session, today: date) -> list[MemberRow]:
    """By name, with the rate and campaign of that day."""
    return _rows(session, today)


def member_history(session: Session, ref: find.Ref) -> MemberHistory:
    """Raises NotFound."""
    member = find.member(session, ref)
    rates = select(_since(MemberRate.from_date), MemberRate.hourly_rate_usd).where(
        MemberRate.team_member_id == member.id
    )
    homes = (
        select(_since(MemberAssignment.from_date), Campaign.name)
        .join(Campaign, Campaign.id == MemberAssignment.campaign_id)
        .where(MemberAssignment.team_member_id == member.id)
    )
    return MemberHistory(
        [Since(*row) for row in session.execute(rates.order_by(MemberRate.from_date))],
        [Since(*row) for row in session.execute(homes.order_by(MemberAssignment.from_date))],
    )


def _rows(session: Session, today: date, member_id: int | None = None) -> list[MemberRow]:
    rate = (
        select(MemberRate.hourly_rate_usd)
        .where(MemberRate.team_member_id == TeamMember.id, MemberRate.from_date <= today)
        .order_by(MemberRate.from_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    campaign = (
        select(Campaign.name)
        .join(MemberAssignment)
        .where(MemberAssignment.team_member_id == TeamMember.id, MemberAssignment.from_date <= today)
        .order_by(MemberAssignment.from_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (
        *(TeamMember.id, TeamMember.name, TeamMember.email, TeamMember.role, TeamMember.active),
        *(rate, campaign),
    )
    query = select(*columns).order_by(TeamMember.name, TeamMember.id)
    if member_id is not None:
        query = query.where(TeamMember.id == member_id)
    return [MemberRow(*row) for row in session.execute(query)]


def _since(column: Any) -> Any:
    """The first one holds from -infinity, which no date of Python can say: None."""
    return func.nullif(column, literal_column("'-infinity'::date"))


def _rate(rate: Decimal) -> Decimal:
    hourly = money(rate)
    if hourly < 0:
        raise UsageRefused(f"The hourly rate is {dollars(hourly)}; it must be $0 or more.")
    return hourly


def _taken(email: str) -> str:
    return f"There is a team member with the e-mail {email} already: edit that one, or give another address."
