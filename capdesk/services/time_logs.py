"""Hours by hand: recorded with the campaign and the rate of their date, reversed, listed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, select
from sqlalchemy.orm import Session

from capdesk.models import Campaign, CostRollup, Experiment, Reversal, TeamMember, TimeLog, staged_time_log
from capdesk.services import find
from capdesk.services.by_hand import Entry, Span, record_entry, why
from capdesk.services.imports.fields import parse_hours
from capdesk.services.money import ZERO

_ROLLUP_OF_LOG = and_(
    CostRollup.campaign_id == TimeLog.campaign_id,
    CostRollup.date == TimeLog.date,
    CostRollup.time_log_id == TimeLog.id,
    CostRollup.reversal_id.is_(None),
)


@dataclass(frozen=True)
class TimeLogRow:
    """Hours of one member on one date; without an experiment they are the campaign's overhead."""

    id: int
    date: date
    member: str
    campaign: str
    experiment: str | None
    hours: Decimal
    hourly_rate_usd: Decimal
    cost_usd: Decimal
    recorded_at: datetime
    reversed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class TimeLogPage:
    """The newest dates first; `more` are not shown. The sums are over all of them, net of reversals."""

    logs: list[TimeLogRow]
    more: int
    hours: Decimal
    cost_usd: Decimal


def add_time_log(session: Session, member: find.Ref, day: date, hours: Decimal, user_id: int) -> TimeLogRow:
    """Hours worked, as one more time log even where one is recorded that looks the same.

    Raises NotFound, UsageRefused, and RuleRefused for a date in the future or a member of no campaign then.
    """
    who = find.member(session, member)
    entry = Entry(
        kind="timelogs",
        table=staged_time_log,
        row={"team_member_id": who.id, "date": day, "hours_logged": parse_hours(format(hours, "f"))},
        record=lambda batch: func.record_time_logs(batch, null(), True),
        refusal=lambda reason: _refusal(reason, day, who.email),
        user_id=user_id,
    )
    batch = record_entry(session, entry).batch
    return _rows(session, TimeLog.batch_id == batch, limit=1)[0]


def reverse_time_log(session: Session, number: int, reason: str, user_id: int) -> TimeLogRow:
    """Takes the hours and their cost back, on their own date. Raises NotFound, UsageRefused, RuleRefused."""
    session.execute(select(func.reverse_time_log(number, why(reason), user_id)))
    return _rows(session, TimeLog.id == number)[0]


def list_time_logs(
    session: Session, span: Span, *, member: str | None = None, campaign: str | None = None, limit: int = 50
) -> TimeLogPage:
    """Raises NotFound for the member or the campaign."""
    criteria = span.dates(TimeLog.date)
    if member is not None:
        criteria.append(TimeLog.team_member_id == find.member(session, member).id)
    if campaign is not None:
        criteria.append(TimeLog.campaign_id == find.campaign(session, campaign).id)
    counts = Reversal.id.is_(None)
    sums = (
        select(
            func.count(),
            func.coalesce(func.sum(case((counts, TimeLog.hours_logged))), ZERO),
            func.coalesce(func.sum(case((counts, TimeLog.cost_usd))), ZERO),
        )
        .select_from(TimeLog)
        .outerjoin(Reversal, Reversal.time_log_id == TimeLog.id)
        .where(*criteria)
    )
    total, hours, cost = session.execute(sums).one()
    rows = _rows(session, *criteria, limit=limit)
    return TimeLogPage(rows, total - len(rows), hours, cost)


def _refusal(reason: str, day: date, email: str) -> str:
    if reason == "lies in the future":
        return f"{day} lies in the future: log hours once they have been worked."
    if reason.endswith("has no hourly rate"):
        return f"{reason}: set one with `capdesk team edit {email} --rate R`, then log the hours again."
    return f"{reason}: say which with `capdesk team assign {email} CAMPAIGN`, then log the hours again."


def _rows(session: Session, *criteria: ColumnElement[bool], limit: int | None = None) -> list[TimeLogRow]:
    columns: tuple[Any, ...] = (
        *(TimeLog.id, TimeLog.date, TeamMember.email, Campaign.name, Experiment.name),
        *(TimeLog.hours_logged, TimeLog.hourly_rate_usd, TimeLog.cost_usd, TimeLog.recorded_at),
        *(Reversal.recorded_at, Reversal.reason),
    )
    query = (
        select(*columns)
        .join(TeamMember, TeamMember.id == TimeLog.team_member_id)
        .join(Campaign, Campaign.id == TimeLog.campaign_id)
        .join(CostRollup, _ROLLUP_OF_LOG)
        .outerjoin(Experiment, Experiment.id == CostRollup.experiment_id)
        .outerjoin(Reversal, Reversal.time_log_id == TimeLog.id)
        .where(*criteria)
        .order_by(TimeLog.date.desc(), TimeLog.id.desc())
        .limit(limit)
    )
    return [TimeLogRow(*row) for row in session.execute(query)]
