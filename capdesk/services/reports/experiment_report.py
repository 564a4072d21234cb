"""One experiment's report: what it spent, what that bought, and whether a verdict is due."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk.errors import NotFound
from capdesk.models import Experiment
from capdesk.services.dates import business_date
from capdesk.services.money import ZERO
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.as_of import View, resolve_as_of
from capdesk.services.reports.experiments_at import ExperimentAt, assess, evaluations_at, experiments_at
from capdesk.services.reports.figures import by_source, days_of, event_counts, provisional_of
from capdesk.services.reports.model import ExperimentReport, Pace
from capdesk.services.signals import Caps, DayFigures, pace, tranche_table, tranches_consumed

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk


def experiment_report(desk: "Desk", experiment_id: int, as_of: datetime | None = None) -> ExperimentReport:
    """From facts recorded up to `as_of`, by default now.

    Raises NotFound for an experiment that did not exist then, RuleRefused for an `as_of` at which writes were in
    flight.
    """
    moment = resolve_as_of(desk, as_of)
    return desk.read(lambda session: experiment_at(session, experiment_id, moment, desk.zone))


def experiment_at(session: Session, experiment_id: int, as_of: datetime, zone: ZoneInfo) -> ExperimentReport:
    """The report as of a moment that `resolve_as_of` gave. Raises NotFound."""
    view = View.at(as_of)
    found = experiments_at(session, view, [experiment_id])
    if not found:
        name = session.scalar(select(Experiment.name).where(Experiment.id == experiment_id))
        words = f'experiment "{name}"' if name else f"experiment {experiment_id}"
        raise NotFound(f"There was no {words} at {utc_stamp(as_of)}: name a later moment.")
    experiment = found[0]
    days = days_of(session, view, [experiment_id])[experiment_id]
    sources = by_source(session, view, experiment_id)
    past = evaluations_at(session, view, [experiment_id])[experiment_id]
    now = assess(experiment, sum(sources.values(), ZERO), past, view, zone)
    size = experiment.rules.tranche_size_usd
    return ExperimentReport(
        experiment_id=experiment.id,
        experiment=experiment.name,
        campaign=experiment.campaign,
        status=experiment.status,
        hypothesis=experiment.hypothesis,
        as_of=as_of,
        zone=zone.key,
        spent_usd=now.spent_usd,
        cap_usd=now.caps.capital_usd,
        by_source=sources,
        provisional_usd=provisional_of(session, view, experiment_id),
        used_days=now.used_days,
        cap_days=now.caps.time_days,
        events=event_counts(session, view, experiment_id),
        primary_success_event=experiment.primary_success_event,
        secondary_events=experiment.secondary_events,
        tranche_size_usd=size,
        tranches_consumed=tranches_consumed(now.spent_usd, size),
        tranches=tranche_table(days, size),
        pace=pace_at(experiment, days, now.caps, as_of, zone),
        evaluation_recommended=bool(now.reasons),
        reasons=now.reasons,
    )


def pace_at(experiment: ExperimentAt, days: list[DayFigures], caps: Caps, as_of: datetime, zone: ZoneInfo) -> Pace:
    """The estimate from every day of the experiment up to `as_of`."""
    started = experiment.first_start
    return pace(
        days,
        started_on=None if started is None else business_date(started, zone),
        today=business_date(as_of, zone),
        cap_usd=caps.capital_usd,
        ended=experiment.ended_at is not None,
    )
