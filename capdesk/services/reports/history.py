"""What happened with one experiment, in order: its costs by day, its caps, its runs and its verdicts, as of a moment.

Everything here is from facts recorded up to that moment, so it adds up to the experiment's report of the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import NotFound
from capdesk.services.dates import business_date
from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import View
from capdesk.services.reports.experiments_at import ExperimentAt, evaluations_at, experiments_at, seen
from capdesk.services.reports.model import SOURCES
from capdesk.services.signals import Caps, PastEvaluation, Rules, caps_in_force

MOST_MOMENTS = 240
"""More of them than a slider has room for: then the last of each day stands for the day."""

_COSTS = text("""
SELECT r.date, r.source::text, sum(r.cost_usd),
       coalesce(sum(r.cost_usd) FILTER (WHERE c.final_on > (:as_of AT TIME ZONE 'UTC')::date), 0)
FROM cost_rollup r LEFT JOIN dated_charge c ON c.id = r.charge_id
WHERE r.experiment_id = :id AND r.recorded_at <= :as_of
GROUP BY 1, 2 ORDER BY 1, 2
""")

_RUNS = text("""
SELECT started_at, CASE WHEN end_recorded_at <= :as_of THEN ended_at END
FROM experiment_run WHERE experiment_id = :id AND start_recorded_at <= :as_of ORDER BY started_at
""")

_VERDICTS = text("SELECT id FROM evaluation WHERE experiment_id = :id AND created_at <= :moment ORDER BY id")

_MOMENTS = text("""
SELECT DISTINCT recorded_at FROM (
  SELECT created_at AS recorded_at FROM experiment WHERE id = :id
  UNION SELECT recorded_at FROM experiment_transition WHERE experiment_id = :id
  UNION SELECT created_at FROM evaluation WHERE experiment_id = :id
  UNION SELECT recorded_at FROM cost_rollup WHERE experiment_id = :id
  UNION SELECT recorded_at FROM event_tally WHERE experiment_id = :id
) AS recorded WHERE recorded_at <= :as_of ORDER BY 1
""")


@dataclass(frozen=True)
class DayCost:
    """What one date cost, by source. Sums may be negative; a part may be provisional."""

    day: date
    by_source: dict[str, Decimal]
    provisional_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        return sum(self.by_source.values(), ZERO)


@dataclass(frozen=True)
class CapStep:
    """The caps in force from a date on."""

    day: date
    caps: Caps


@dataclass(frozen=True)
class RunSpan:
    """One run; None while it goes on."""

    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class VerdictMark:
    """An evaluation, and the caps in force after it."""

    id: int
    recorded_at: datetime
    verdict: str
    caps: Caps


@dataclass(frozen=True)
class History:
    """`caps` begins with the experiment's own at its first date; later ones come from evaluations."""

    experiment_id: int
    as_of: datetime
    rules: Rules
    first_start: datetime | None
    ended_at: datetime | None
    days: tuple[DayCost, ...]
    caps: tuple[CapStep, ...]
    runs: tuple[RunSpan, ...]
    verdicts: tuple[VerdictMark, ...]


def history(session: Session, experiment_id: int, as_of: datetime, zone: ZoneInfo) -> History:
    """As of a moment that `resolve_as_of` gave. Raises NotFound for an experiment that did not exist then."""
    view = View.at(as_of)
    found = experiments_at(session, view, [experiment_id])
    if not found:
        raise NotFound(f"There was no experiment {experiment_id} at that moment.")
    experiment, values = found[0], {**seen(view), "id": experiment_id}
    days = _days(session, values)
    numbers = session.scalars(_VERDICTS, values).all()
    past = evaluations_at(session, view, [experiment_id])[experiment_id]
    verdicts = _verdicts(numbers, past, experiment.rules)
    return History(
        experiment_id=experiment_id,
        as_of=as_of,
        rules=experiment.rules,
        first_start=experiment.first_start,
        ended_at=experiment.ended_at,
        days=days,
        caps=_caps(experiment, days, verdicts, zone),
        runs=tuple(RunSpan(*row) for row in session.execute(_RUNS, values)),
        verdicts=verdicts,
    )


def moments(
    session: Session, experiment_id: int, as_of: datetime, zone: ZoneInfo, most: int = MOST_MOMENTS
) -> tuple[datetime, ...]:
    """When something about the experiment was recorded, oldest first: the moments at which its report changes.

    Of more than `most`, the last of each business day.
    """
    found = list(session.scalars(_MOMENTS, {"id": experiment_id, "as_of": as_of}))
    if len(found) <= most:
        return tuple(found)
    days = groupby(found, lambda moment: business_date(moment, zone))
    return tuple(max(of_day) for _, of_day in days)


def _days(session: Session, values: dict[str, object]) -> tuple[DayCost, ...]:
    rows = session.execute(_COSTS, values).all()
    made = []
    for day, of_day in groupby(rows, lambda row: row[0]):
        costs, provisional = dict.fromkeys(SOURCES, ZERO), ZERO
        for _, source, usd, open_usd in of_day:
            costs[source] += usd
            provisional += open_usd
        made.append(DayCost(day, costs, provisional))
    return tuple(made)


def _verdicts(numbers: Sequence[int], past: Sequence[PastEvaluation], rules: Rules) -> tuple[VerdictMark, ...]:
    pairs = enumerate(zip(numbers, past, strict=True), 1)
    return tuple(
        VerdictMark(number, one.recorded_at, one.verdict, caps_in_force(rules, past[:count]))
        for count, (number, one) in pairs
    )


def _caps(
    experiment: ExperimentAt, days: Sequence[DayCost], verdicts: Sequence[VerdictMark], zone: ZoneInfo
) -> tuple[CapStep, ...]:
    own = Caps(experiment.rules.capital_cap_usd, experiment.rules.time_cap_days)
    marked = [CapStep(business_date(one.recorded_at, zone), one.caps) for one in verdicts]
    begun = [] if experiment.first_start is None else [business_date(experiment.first_start, zone)]
    first = min([*begun, *(one.day for one in days), *(one.day for one in marked)], default=None)
    steps = [] if first is None else [CapStep(first, own)]
    for step in marked:
        if step.caps != steps[-1].caps:
            steps.append(step)
    return tuple(steps)
