"""Sums over the ledger as a view sees it: a few grouped queries, never one per row."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import View
from capdesk.services.reports.experiments_at import seen
from capdesk.services.reports.model import EVENT_TYPES, SOURCES, Figures, Unassigned
from capdesk.services.signals import DayFigures

_DAYS = text("""
SELECT experiment_id, date, sum(usd), sum(qpc), sum(installs), sum(paid)
FROM (
  SELECT experiment_id, date, sum(cost_usd) AS usd, 0 AS events, 0 AS qpc, 0 AS installs, 0 AS paid
  FROM cost_rollup
  WHERE experiment_id = ANY(:ids) AND date <= :last_day AND recorded_at <= :as_of GROUP BY 1, 2
  UNION ALL
  SELECT experiment_id, date, 0, sum(count), coalesce(sum(count) FILTER (WHERE event_type = 'qpc'), 0),
         coalesce(sum(count) FILTER (WHERE event_type = 'calculator_installed'), 0),
         coalesce(sum(count) FILTER (WHERE event_type = 'paid_conversion'), 0)
  FROM event_tally
  WHERE experiment_id = ANY(:ids) AND date <= :last_day AND recorded_at <= :as_of GROUP BY 1, 2
) AS figures
GROUP BY 1, 2 HAVING sum(usd) <> 0 OR sum(events) <> 0 ORDER BY 1, 2
""")

_SPENT = text("""
SELECT experiment_id, sum(cost_usd) FROM cost_rollup
WHERE experiment_id = ANY(:ids) AND date <= :last_day AND recorded_at <= :as_of GROUP BY 1
""")

_BY_SOURCE = text("""
SELECT experiment_id, source::text, sum(cost_usd) FROM cost_rollup
WHERE experiment_id = ANY(:ids) AND date <= :last_day AND recorded_at <= :as_of GROUP BY 1, 2
""")

_EVENTS = text("""
SELECT experiment_id, event_type::text, sum(count)::bigint FROM event_tally
WHERE experiment_id = ANY(:ids) AND date BETWEEN :first_day AND :last_day AND recorded_at <= :as_of GROUP BY 1, 2
""")

_PROVISIONAL_OF_EXPERIMENTS = text("""
SELECT r.experiment_id, sum(r.cost_usd) FROM cost_rollup r JOIN dated_charge c ON c.id = r.charge_id
WHERE r.experiment_id = ANY(:ids) AND r.date <= :last_day AND r.recorded_at <= :as_of
  AND c.final_on > (:as_of AT TIME ZONE 'UTC')::date
GROUP BY 1
""")

_CHARGES = text("""
SELECT sum(amount_usd), sum(amount_usd) FILTER (WHERE usage_date >= :first_day),
       sum(amount_usd) FILTER (WHERE final_on > (:as_of AT TIME ZONE 'UTC')::date)
FROM dated_charge WHERE usage_date <= :last_day AND recorded_at <= :as_of
""")

_ASSIGNED = text("""
SELECT sum(cost_usd), sum(cost_usd) FILTER (WHERE date >= :first_day)
FROM cost_rollup WHERE charge_id IS NOT NULL AND date <= :last_day AND recorded_at <= :as_of
""")

_OVERHEAD = text("""
SELECT sum(cost_usd) FILTER (WHERE date >= :first_day), sum(cost_usd)
FROM cost_rollup WHERE experiment_id IS NULL AND date <= :last_day AND recorded_at <= :as_of
""")


# Every charge counts once, mapped or not: its own ledger rows are left out.
_DESK_DAYS = text("""
SELECT date, sum(usd) FROM (
  SELECT date, cost_usd AS usd FROM cost_rollup
  WHERE charge_id IS NULL AND date BETWEEN :first_day AND :last_day AND recorded_at <= :as_of
  UNION ALL
  SELECT usage_date, amount_usd FROM provider_charge
  WHERE usage_date BETWEEN :first_day AND :last_day AND recorded_at <= :as_of
) AS costs
GROUP BY 1
""")


@dataclass(frozen=True)
class Charges:
    """What providers charged: the part no campaign is mapped to, and the part that may still be restated."""

    unassigned: Unassigned
    provisional_usd: Decimal


def days_of(session: Session, view: View, ids: Collection[int]) -> dict[int, list[DayFigures]]:
    """Each experiment's days that hold anything, in order."""
    days: dict[int, list[DayFigures]] = {number: [] for number in ids}
    for number, day, usd, *counts in session.execute(_DAYS, {**seen(view), "ids": list(ids)}):
        days[number].append(DayFigures(day, _usd(usd), *map(int, counts)))
    return days


def spent(session: Session, view: View, ids: Collection[int]) -> dict[int, Decimal]:
    """Each experiment's spend, in dollars."""
    rows = session.execute(_SPENT, {**seen(view), "ids": list(ids)})
    return dict.fromkeys(ids, ZERO) | {number: _usd(usd) for number, usd in rows}


def by_source(session: Session, view: View, experiment_id: int) -> dict[str, Decimal]:
    """Dollars of all four sources; they add up to the experiment's spend."""
    return sources_of(session, view, [experiment_id])[experiment_id]


def sources_of(session: Session, view: View, ids: Collection[int]) -> dict[int, dict[str, Decimal]]:
    """`by_source` of several experiments."""
    found = {number: dict.fromkeys(SOURCES, ZERO) for number in ids}
    for number, source, usd in session.execute(_BY_SOURCE, {**seen(view), "ids": list(ids)}):
        found[number][source] = _usd(usd)
    return found


def event_counts(session: Session, view: View, experiment_id: int) -> dict[str, int]:
    """All seven event types, net of reversals."""
    return counts_of(session, view, [experiment_id])[experiment_id]


def counts_of(
    session: Session, view: View, ids: Collection[int], first_day: date = date.min
) -> dict[int, dict[str, int]]:
    """`event_counts` of several experiments, since `first_day`."""
    found = {number: dict.fromkeys(EVENT_TYPES, 0) for number in ids}
    for number, kind, count in session.execute(_EVENTS, {**seen(view), "ids": list(ids), "first_day": first_day}):
        found[number][kind] = count
    return found


def provisional_of(session: Session, view: View, experiment_id: int) -> Decimal:
    """The part of the experiment's spend that its providers may still restate."""
    return provisionals_of(session, view, [experiment_id])[experiment_id]


def provisionals_of(session: Session, view: View, ids: Collection[int]) -> dict[int, Decimal]:
    """`provisional_of` several experiments."""
    rows = session.execute(_PROVISIONAL_OF_EXPERIMENTS, {**seen(view), "ids": list(ids)})
    return dict.fromkeys(ids, ZERO) | {number: _usd(usd) for number, usd in rows}


def desk_days(session: Session, view: View, first_day: date) -> dict[date, Decimal]:
    """What the whole desk spent on each day since `first_day`: experiments, overhead and unassigned spend together."""
    rows = session.execute(_DESK_DAYS, {**seen(view), "first_day": first_day})
    return {day: _usd(usd) for day, usd in rows}


def charges(session: Session, view: View, first_day: date) -> Charges:
    """Unassigned spend since `first_day` and in total, and what is provisional of all charges, mapped or not."""
    values = {**seen(view), "first_day": first_day}
    total, week, provisional = map(_usd, session.execute(_CHARGES, values).one())
    mapped_total, mapped_week = map(_usd, session.execute(_ASSIGNED, values).one())
    return Charges(Unassigned(week - mapped_week, total - mapped_total), provisional)


def overhead(session: Session, view: View, first_day: date) -> Unassigned:
    """Campaign costs of no experiment, since `first_day` and in total."""
    week, total = session.execute(_OVERHEAD, {**seen(view), "first_day": first_day}).one()
    return Unassigned(_usd(week), _usd(total))


def summed(days: Iterable[DayFigures]) -> Figures:
    found = list(days)
    return Figures(
        sum((one.spend_usd for one in found), ZERO),
        sum(one.qpc for one in found),
        sum(one.installs for one in found),
        sum(one.paid_conversions for one in found),
    )


def _usd(amount: Decimal | None) -> Decimal:
    return ZERO if amount is None else amount + ZERO
