"""The weekly report: what each experiment under way spent and bought in an ISO week, and whether a verdict is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import RuleRefused
from capdesk.services.dates import Week, business_date, day_start
from capdesk.services.reports.as_of import View, newest_seal, resolve_as_of
from capdesk.services.reports.experiments_at import (
    ExperimentAt,
    assess,
    evaluations_at,
    experiments_at,
    seen,
)
from capdesk.services.reports.figures import charges, days_of, overhead, summed
from capdesk.services.reports.late import late_facts
from capdesk.services.reports.model import WeeklyReport, WeeklyRow
from capdesk.services.reports.sources import source_standings
from capdesk.services.signals import DayFigures, PastEvaluation, tranches_consumed

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_INSTANT = timedelta(microseconds=1)

# Probes the indexes once per experiment instead of reading the whole ledger. The end of a run recorded after `as_of`
# is not known yet, so that run is still open.
_ACTIVE = text("""
SELECT e.id FROM experiment e
WHERE EXISTS (SELECT FROM cost_rollup WHERE experiment_id = e.id AND date BETWEEN :first_day AND :last_day
              AND recorded_at <= :as_of)
   OR EXISTS (SELECT FROM event_tally WHERE experiment_id = e.id AND date BETWEEN :first_day AND :last_day
              AND recorded_at <= :as_of)
UNION
SELECT experiment_id FROM cost_rollup WHERE recorded_at >= :start AND recorded_at < :end AND recorded_at <= :as_of
UNION
SELECT experiment_id FROM event_tally WHERE recorded_at >= :start AND recorded_at < :end AND recorded_at <= :as_of
UNION
SELECT experiment_id FROM experiment_run
WHERE start_recorded_at <= :as_of
  AND ((started_at < :end AND (ended_at > :start OR ended_at IS NULL OR end_recorded_at > :as_of))
       OR (start_recorded_at >= :start AND start_recorded_at < :end)
       OR (end_recorded_at >= :start AND end_recorded_at < :end AND end_recorded_at <= :as_of))
""")


def weekly_report(
    desk: "Desk", week: Week | None = None, as_of: datetime | None = None, skipped: tuple[str, ...] = ()
) -> WeeklyReport:
    """The report of a week, by default the last complete one, from facts recorded up to `as_of`, by default now.

    `skipped` are earlier weeks to name whose email was never sent. Raises RuleRefused for a week that has not begun,
    or an `as_of` at which writes were in flight.
    """
    moment = resolve_as_of(desk, as_of)
    chosen = week or Week.of(business_date(moment, desk.zone)).previous()
    if day_start(chosen.monday, desk.zone) > moment:
        raise RuleRefused(f"Week {chosen} had not begun by {business_date(moment, desk.zone)}: name an earlier week.")
    return desk.read(lambda session: _report(session, chosen, moment, desk.zone, skipped))


def _report(session: Session, week: Week, as_of: datetime, zone: ZoneInfo, skipped: tuple[str, ...]) -> WeeklyReport:
    start, end = day_start(week.monday, zone), week.end(zone)
    view = View(as_of, min(end - _INSTANT, as_of), week.sunday)
    charged = charges(session, view, week.monday)
    return WeeklyReport(
        week=str(week),
        first_day=week.monday,
        last_day=week.sunday,
        as_of=as_of,
        zone=zone.key,
        rows=_rows(session, view, week, zone),
        unassigned=charged.unassigned,
        overhead=overhead(session, view, week.monday),
        provisional_usd=charged.provisional_usd,
        sources=source_standings(session, week, as_of),
        late=late_facts(session, start, end, week.monday, as_of),
        skipped_weeks=skipped,
        seal=newest_seal(session, as_of),
    )


def _rows(session: Session, view: View, week: Week, zone: ZoneInfo) -> tuple[WeeklyRow, ...]:
    bounds = {"first_day": week.monday, "start": day_start(week.monday, zone), "end": week.end(zone)}
    active = set(session.scalars(_ACTIVE, {**seen(view), **bounds}))
    shown = [one for one in experiments_at(session, view) if one.id in active or one.status in ("running", "paused")]
    ids = [one.id for one in shown]
    days, past = days_of(session, view, ids), evaluations_at(session, view, ids)
    return tuple(_row(one, days[one.id], past[one.id], view, week, zone) for one in shown)


def _row(
    experiment: ExperimentAt,
    days: Sequence[DayFigures],
    past: Sequence[PastEvaluation],
    view: View,
    week: Week,
    zone: ZoneInfo,
) -> WeeklyRow:
    total = summed(days)
    found = assess(experiment, total.spend_usd, past, view, zone)
    size = experiment.rules.tranche_size_usd
    return WeeklyRow(
        campaign=experiment.campaign,
        experiment=experiment.name,
        experiment_id=experiment.id,
        status=experiment.status,
        week=summed(day for day in days if day.day >= week.monday),
        total=total,
        cap_usd=found.caps.capital_usd,
        tranches_consumed=tranches_consumed(total.spend_usd, size),
        tranches_in_cap=tranches_consumed(found.caps.capital_usd, size),
        time_used_days=found.used_days,
        time_cap_days=found.caps.time_days,
        evaluation_recommended=bool(found.reasons),
        reasons=found.reasons,
    )
