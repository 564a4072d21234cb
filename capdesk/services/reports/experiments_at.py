"""Experiments as they stood at a moment: their rules, status and evaluations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.dates import business_date
from capdesk.services.reports.as_of import View
from capdesk.services.reports.model import Reason
from capdesk.services.signals import Caps, PastEvaluation, Rules, Standing, caps_in_force, recommendation, time_used
from capdesk.services.signals.values import ENDED

_EXPERIMENTS = text("""
SELECT e.id, e.name, c.name, e.hypothesis, e.capital_cap_usd, e.time_cap_days, e.tranche_size_usd,
       e.primary_success_event, e.secondary_events::text[], coalesce(last.status, 'planned'), last.occurred_at,
       last.recorded_at,
       (SELECT min(occurred_at) FROM experiment_transition
        WHERE experiment_id = e.id AND action = 'start' AND recorded_at <= :as_of AND occurred_at <= :moment)
FROM experiment e
JOIN campaign c ON c.id = e.campaign_id
LEFT JOIN LATERAL (
  SELECT status, occurred_at, recorded_at FROM experiment_transition
  WHERE experiment_id = e.id AND recorded_at <= :as_of AND occurred_at <= :moment
  ORDER BY occurred_at DESC LIMIT 1) last ON true
WHERE e.created_at <= :as_of AND (CAST(:ids AS bigint[]) IS NULL OR e.id = ANY(CAST(:ids AS bigint[])))
ORDER BY lower(c.name) COLLATE "C", c.id, e.id
""")

_EVALUATIONS = text("""
SELECT experiment_id, created_at, verdict::text, capital_cap_usd, time_cap_days,
       snapshot #>> '{caps_before,capital_cap_usd}', (snapshot #>> '{caps_before,time_cap_days}')::bigint,
       snapshot #>> '{capital,spent_usd}', (snapshot #>> '{time,used_days}')::bigint
FROM evaluation WHERE experiment_id = ANY(:ids) AND created_at <= :moment ORDER BY id
""")


@dataclass(frozen=True)
class ExperimentAt:
    """An experiment at a moment. `changed_at` and `change_recorded_at` are of its newest status change."""

    id: int
    name: str
    campaign: str
    hypothesis: str
    rules: Rules
    primary_success_event: str
    secondary_events: tuple[str, ...]
    status: str
    changed_at: datetime | None
    change_recorded_at: datetime | None
    first_start: datetime | None

    @property
    def ended_at(self) -> datetime | None:
        return self.changed_at if self.status in ENDED else None

    def used_days(self, view: View, zone: ZoneInfo) -> int | None:
        return time_used(self.first_start, self.ended_at or view.moment, zone)


@dataclass(frozen=True)
class Assessment:
    """What an experiment's spend says about it at a moment."""

    caps: Caps
    spent_usd: Decimal
    used_days: int | None
    reasons: tuple[Reason, ...]


def experiments_at(session: Session, view: View, ids: Collection[int] | None = None) -> tuple[ExperimentAt, ...]:
    """Those of `ids`, or all, that existed at the view, by campaign, oldest first."""
    found = session.execute(_EXPERIMENTS, {**seen(view), "ids": None if ids is None else list(ids)})
    return tuple(_experiment(row) for row in found)


def evaluations_at(session: Session, view: View, ids: Collection[int]) -> dict[int, list[PastEvaluation]]:
    """The evaluations recorded up to the view's moment, by experiment."""
    found: dict[int, list[PastEvaluation]] = {number: [] for number in ids}
    for row in session.execute(_EVALUATIONS, {"moment": view.moment, "ids": list(ids)}):
        number, recorded_at, verdict, capital, days, capital_before, days_before, spent, used = row
        found[number].append(
            PastEvaluation(
                recorded_at, verdict, capital, days, Decimal(capital_before), days_before, Decimal(spent), used
            )
        )
    return found


def assess(
    experiment: ExperimentAt, spent_usd: Decimal, past: Sequence[PastEvaluation], view: View, zone: ZoneInfo
) -> Assessment:
    caps = caps_in_force(experiment.rules, past)
    used = experiment.used_days(view, zone)
    ended_on = None if experiment.ended_at is None else business_date(experiment.ended_at, zone)
    standing = Standing(
        experiment.status,
        caps,
        experiment.rules.tranche_size_usd,
        spent_usd,
        used,
        ended_on,
        None if ended_on is None else experiment.change_recorded_at,
    )
    return Assessment(caps, spent_usd, used, recommendation(standing, past))


def seen(view: View) -> dict[str, object]:
    """The view as parameters of a query."""
    return {"as_of": view.as_of, "moment": view.moment, "last_day": view.last_day}


def _experiment(row: Any) -> ExperimentAt:
    number, name, campaign, hypothesis, capital, days, tranche, primary, secondary, *state = row
    rules = Rules(capital, days, tranche)
    return ExperimentAt(number, name, campaign, hypothesis, rules, primary, tuple(secondary), *state)
