"""Where capital stands now: every experiment under way, what belongs to none, and what waits for the owner."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.dates import Week, business_date
from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import View, newest_seal
from capdesk.services.reports.experiment_report import pace_at
from capdesk.services.reports.experiments_at import Assessment, ExperimentAt, assess, evaluations_at, experiments_at
from capdesk.services.reports.figures import (
    charges,
    counts_of,
    days_of,
    desk_days,
    overhead,
    provisionals_of,
    sources_of,
    spent,
)
from capdesk.services.reports.model import Pace, Reason, SourceStanding, Unassigned
from capdesk.services.reports.sources import source_standings
from capdesk.services.reports.standings import ExperimentStanding
from capdesk.services.signals import DayFigures, PastEvaluation, tranches_consumed
from capdesk.services.signals.values import ENDED

if TYPE_CHECKING:
    from capdesk.services.notifications.log import Notification

STRIP_DAYS = 14
UNDER_WAY = ("running", "paused")

_TROUBLED = ("failed", "unknown")
_STEPS = text("""
SELECT EXISTS (SELECT FROM campaign) AS campaign, EXISTS (SELECT FROM team_member) AS member,
       EXISTS (SELECT FROM experiment) AS experiment, EXISTS (SELECT FROM call) AS calls,
       EXISTS (SELECT FROM connection WHERE active) AS connected, mail_host IS NOT NULL AS mail,
       cardinality(recipients) > 0 AS recipients, weekly_weekday, weekly_time
FROM desk
""")


@dataclass(frozen=True)
class EventCounts:
    """All seven types: in the present ISO week, in the one before it, and in total."""

    week: Mapping[str, int]
    before: Mapping[str, int]
    total: Mapping[str, int]


@dataclass(frozen=True)
class ExperimentNow:
    """A running or paused experiment: where its capital and time stand and what they bought."""

    experiment_id: int
    experiment: str
    campaign: str
    status: str
    spent_usd: Decimal
    cap_usd: Decimal
    tranche_size_usd: Decimal
    tranches_consumed: Decimal
    tranches_in_cap: Decimal
    by_source: Mapping[str, Decimal]
    provisional_usd: Decimal
    used_days: int | None
    cap_days: int
    pace: Pace
    week_usd: Decimal
    before_usd: Decimal
    days: tuple[tuple[date, Decimal], ...]
    """What the last days cost each, today last."""
    events: EventCounts
    success_events: tuple[str, ...]
    """The primary one first, then the secondary ones."""
    reasons: tuple[Reason, ...]
    alerts: tuple[str, ...]
    """One sentence for each interrupt alert that is due and was not sent to everybody yet."""


@dataclass(frozen=True)
class Named:
    """An experiment that is not under way, and why it is named."""

    experiment_id: int
    experiment: str
    campaign: str
    text: str = ""


@dataclass(frozen=True)
class FirstSteps:
    """What a desk has of what it needs."""

    campaign: bool
    member: bool
    experiment: bool
    calls: bool
    connected: bool
    mail: bool


@dataclass(frozen=True)
class Overview:
    """The desk at a moment. `week` is the present ISO week, `before` figures are of the one before it."""

    as_of: datetime
    zone: str
    week: Week
    today: date
    experiments: tuple[ExperimentNow, ...]
    planned: tuple[Named, ...]
    unjudged: tuple[Named, ...]
    """Ended, and no verdict since."""
    week_usd: Decimal
    before_usd: Decimal
    days: tuple[tuple[date, Decimal], ...]
    unassigned: Unassigned
    overhead: Unassigned
    provisional_usd: Decimal
    sources: tuple[SourceStanding, ...]
    """What of the costs of both weeks is not in."""
    troubled: tuple["Notification", ...]
    """Emails that were refused, or of which nobody can tell whether they arrived."""
    next_report: datetime | None
    """When the next weekly email is due; None where nobody is to get it."""
    steps: FirstSteps
    seal: str | None


@dataclass(frozen=True)
class _Moment:
    """The view with the weeks it stands in."""

    view: View
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return business_date(self.view.as_of, self.zone)

    @property
    def first_day(self) -> date:
        """Of the strip of days; the Monday of the week before is never earlier."""
        return self.today - timedelta(days=STRIP_DAYS - 1)

    @property
    def week(self) -> Week:
        return Week.of(self.today)

    @property
    def before(self) -> View:
        """Dated up to the end of the week before, but known as of now."""
        return replace(self.view, last_day=self.week.previous().sunday)

    def strip(self, amounts: Mapping[date, Decimal]) -> tuple[tuple[date, Decimal], ...]:
        days = (self.first_day + timedelta(days=number) for number in range(STRIP_DAYS))
        return tuple((day, amounts.get(day, ZERO)) for day in days)

    def weeks(self, amounts: Mapping[date, Decimal]) -> tuple[Decimal, Decimal]:
        """The sums of this week and of the one before."""
        monday = self.week.monday
        week = sum((usd for day, usd in amounts.items() if day >= monday), ZERO)
        before = self.week.previous().monday
        return week, sum((usd for day, usd in amounts.items() if before <= day < monday), ZERO)


@dataclass(frozen=True)
class _Parts:
    """What was read of every experiment under way, by its id."""

    days: Mapping[int, list[DayFigures]]
    sources: Mapping[int, Mapping[str, Decimal]]
    provisional: Mapping[int, Decimal]
    events: Mapping[int, EventCounts]
    alerts: Mapping[int, tuple[str, ...]]


def overview(session: Session, as_of: datetime, zone: ZoneInfo) -> Overview:
    """From facts recorded up to a moment that `resolve_as_of` gave; emails and settings are those of now."""
    at = _Moment(View.at(as_of), zone)
    known = experiments_at(session, at.view)
    experiments, troubled = _under_way(session, [one for one in known if one.status in UNDER_WAY], at)
    charged = charges(session, at.view, at.week.monday)
    amounts = desk_days(session, at.view, at.first_day)
    week_usd, before_usd = at.weeks(amounts)
    row = session.execute(_STEPS).one()
    return Overview(
        as_of=as_of,
        zone=zone.key,
        week=at.week,
        today=at.today,
        experiments=experiments,
        planned=tuple(Named(one.id, one.name, one.campaign) for one in known if one.status == "planned"),
        unjudged=_unjudged(session, [one for one in known if one.status in ENDED], at),
        week_usd=week_usd,
        before_usd=before_usd,
        days=at.strip(amounts),
        unassigned=charged.unassigned,
        overhead=overhead(session, at.view, at.week.monday),
        provisional_usd=charged.provisional_usd,
        sources=_sources(session, at),
        troubled=troubled,
        next_report=_next_report(row, at),
        steps=FirstSteps(row.campaign, row.member, row.experiment, row.calls, row.connected, row.mail),
        seal=newest_seal(session, as_of),
    )


def _under_way(
    session: Session, known: Sequence[ExperimentAt], at: _Moment
) -> tuple[tuple[ExperimentNow, ...], tuple["Notification", ...]]:
    ids = [one.id for one in known]
    days, past = days_of(session, at.view, ids), evaluations_at(session, at.view, ids)
    found = {one.id: _assessed(one, days[one.id], past[one.id], at) for one in known}
    sentences, troubled = _alerts(session, [(one, found[one.id]) for one in known], at)
    parts = _Parts(
        days,
        sources_of(session, at.view, ids),
        provisionals_of(session, at.view, ids),
        _events(session, ids, at),
        sentences,
    )
    return tuple(_experiment(one, found[one.id], parts, at) for one in known), troubled


def _assessed(
    experiment: ExperimentAt, days: Iterable[DayFigures], past: Sequence[PastEvaluation], at: _Moment
) -> Assessment:
    return assess(experiment, sum((day.spend_usd for day in days), ZERO), past, at.view, at.zone)


def _experiment(one: ExperimentAt, found: Assessment, parts: _Parts, at: _Moment) -> ExperimentNow:
    size, caps, days = one.rules.tranche_size_usd, found.caps, parts.days[one.id]
    amounts = {day.day: day.spend_usd for day in days}
    week_usd, before_usd = at.weeks(amounts)
    return ExperimentNow(
        experiment_id=one.id,
        experiment=one.name,
        campaign=one.campaign,
        status=one.status,
        spent_usd=found.spent_usd,
        cap_usd=caps.capital_usd,
        tranche_size_usd=size,
        tranches_consumed=tranches_consumed(found.spent_usd, size),
        tranches_in_cap=tranches_consumed(caps.capital_usd, size),
        by_source=parts.sources[one.id],
        provisional_usd=parts.provisional[one.id],
        used_days=found.used_days,
        cap_days=caps.time_days,
        pace=pace_at(one, days, caps, at.view.as_of, at.zone),
        week_usd=week_usd,
        before_usd=before_usd,
        days=at.strip(amounts),
        events=parts.events[one.id],
        success_events=tuple(dict.fromkeys((one.primary_success_event, *one.secondary_events))),
        reasons=found.reasons,
        alerts=parts.alerts[one.id],
    )


def _events(session: Session, ids: Sequence[int], at: _Moment) -> dict[int, EventCounts]:
    week = counts_of(session, at.view, ids, at.week.monday)
    before = counts_of(session, at.before, ids, at.week.previous().monday)
    total = counts_of(session, at.view, ids)
    return {number: EventCounts(week[number], before[number], total[number]) for number in ids}


def _alerts(
    session: Session, under_way: Sequence[tuple[ExperimentAt, Assessment]], at: _Moment
) -> tuple[dict[int, tuple[str, ...]], tuple["Notification", ...]]:
    """Sentences by experiment, and emails that went wrong."""
    from capdesk.services.alerts import alerts_at  # noqa: PLC0415 - what renders and sends emails comes with it
    from capdesk.services.notifications import notifications  # noqa: PLC0415

    standings = [
        ExperimentStanding(one.id, one.name, one.campaign, one.status, found.caps, found.spent_usd, found.used_days)
        for one, found in under_way
    ]
    due = alerts_at(session, standings, at.view.as_of, at.zone).due
    sentences = {
        one.id: tuple(alert.alert.sentence for alert in due if alert.experiment_id == one.id) for one, _ in under_way
    }
    emails = (*notifications(session, "weekly"), *notifications(session, "alert"))
    return sentences, tuple(one for one in emails if one.state in _TROUBLED)


def _unjudged(session: Session, ended: Sequence[ExperimentAt], at: _Moment) -> tuple[Named, ...]:
    ids = [one.id for one in ended]
    past, amounts = evaluations_at(session, at.view, ids), spent(session, at.view, ids)
    found = ((one, assess(one, amounts[one.id], past[one.id], at.view, at.zone).reasons) for one in ended)
    return tuple(Named(one.id, one.name, one.campaign, reasons[0].text) for one, reasons in found if reasons)


def _sources(session: Session, at: _Moment) -> tuple[SourceStanding, ...]:
    """Of each connected account, with the days of both weeks that are not in."""
    now = source_standings(session, at.week, at.view.as_of)
    earlier = {(one.provider, one.account): one for one in source_standings(session, at.week.previous(), at.view.as_of)}
    return tuple(
        replace(one, missing=before.missing + one.missing, error=before.error or one.error)
        for one in now
        if one.connected and (before := earlier.get((one.provider, one.account)))
    )


def _next_report(row: Any, at: _Moment) -> datetime | None:
    from capdesk.services.notifications.weekly import due_at, due_week  # noqa: PLC0415 - as above

    if not row.recipients:
        return None
    newest = due_week(at.view.as_of, at.zone, row.weekly_weekday, row.weekly_time)
    return due_at(Week.of(newest.monday + timedelta(days=7)), at.zone, row.weekly_weekday, row.weekly_time)
