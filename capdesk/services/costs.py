"""What was spent, summed by source, day, experiment or campaign; what no campaign pays for is in every total."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.services.money import ZERO
from capdesk.services.reports.as_of import resolve_as_of

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

By = Literal["source", "day", "experiment", "campaign"]

# Each way to sum: its key, its campaign where the key is an experiment's name, and what makes it one of its kind.
_KEYS: dict[By, tuple[str, str, str]] = {
    "source": ("r.source::text", "NULL", "r.source"),
    "day": ("r.date::text", "NULL", "r.date"),
    "experiment": ("e.name", "c.name", "lower(c.name), c.id, e.id"),
    "campaign": ("c.name", "NULL", "lower(c.name), c.id"),
}

_LEDGER = """
SELECT {key}, {campaign}, sum(r.cost_usd),
       coalesce(sum(r.cost_usd) FILTER (WHERE f.final_on > (:as_of AT TIME ZONE 'UTC')::date), 0.000000)
FROM cost_rollup r
JOIN campaign c ON c.id = r.campaign_id
LEFT JOIN experiment e ON e.id = r.experiment_id
LEFT JOIN dated_charge f ON f.id = r.charge_id
WHERE r.recorded_at <= :as_of AND r.date BETWEEN :first_day AND :last_day
  AND (CAST(:campaign_id AS bigint) IS NULL OR r.campaign_id = :campaign_id)
  AND (CAST(:experiment_id AS bigint) IS NULL OR r.experiment_id = :experiment_id)
GROUP BY {order}, 1, 2 ORDER BY {order}
"""

_SHARES = """
SELECT {key}, {campaign}, r.source::text, sum(r.cost_usd)
FROM cost_rollup r
JOIN campaign c ON c.id = r.campaign_id
LEFT JOIN experiment e ON e.id = r.experiment_id
WHERE r.recorded_at <= :as_of AND r.date BETWEEN :first_day AND :last_day
  AND (CAST(:campaign_id AS bigint) IS NULL OR r.campaign_id = :campaign_id)
  AND (CAST(:experiment_id AS bigint) IS NULL OR r.experiment_id = :experiment_id)
GROUP BY 1, 2, 3
"""

_UNASSIGNED = text("""
SELECT sum(usd), sum(usd) FILTER (WHERE final_on > (:as_of AT TIME ZONE 'UTC')::date)
FROM (
  SELECT amount_usd AS usd, final_on FROM dated_charge
  WHERE recorded_at <= :as_of AND usage_date BETWEEN :first_day AND :last_day
  UNION ALL
  SELECT -r.cost_usd, f.final_on FROM cost_rollup r JOIN dated_charge f ON f.id = r.charge_id
  WHERE r.recorded_at <= :as_of AND r.date BETWEEN :first_day AND :last_day
) AS charges
""")


@dataclass(frozen=True)
class CostFilter:
    """Dates are inclusive; a campaign or an experiment leaves out what is unassigned, which belongs to neither."""

    first_day: date | None = None
    last_day: date | None = None
    campaign_id: int | None = None
    experiment_id: int | None = None

    @property
    def whole_desk(self) -> bool:
        return self.campaign_id is None and self.experiment_id is None


@dataclass(frozen=True)
class CostRow:
    """One line; by experiment, a key of None is that campaign's overhead."""

    key: str | None
    campaign: str | None
    spent_usd: Decimal
    provisional_usd: Decimal


@dataclass(frozen=True)
class CostTable:
    """Rows, unassigned spend (None where a filter leaves it out) and their exact total, in dollars."""

    by: By
    as_of: datetime
    first_day: date | None
    last_day: date | None
    rows: tuple[CostRow, ...]
    unassigned_usd: Decimal | None
    provisional_usd: Decimal
    total_usd: Decimal


def costs(desk: "Desk", by: By, wanted: CostFilter | None = None, as_of: datetime | None = None) -> CostTable:
    """The ledger summed. Raises UsageRefused for dates the wrong way round, RuleRefused for too late an `as_of`."""
    asked = wanted or CostFilter()
    if asked.first_day and asked.last_day and asked.first_day > asked.last_day:
        raise UsageRefused(f"--from {asked.first_day} lies after --to {asked.last_day}: exchange them.")
    moment = resolve_as_of(desk, as_of)
    return desk.read(lambda session: costs_at(session, by, asked, moment))


def costs_at(session: Session, by: By, wanted: CostFilter, as_of: datetime) -> CostTable:
    values = _values(wanted, as_of)
    key, campaign, order = _KEYS[by]
    found = session.execute(text(_LEDGER.format(key=key, campaign=campaign, order=order)), values)
    rows = tuple(CostRow(*row) for row in found)
    unassigned, open_part = session.execute(_UNASSIGNED, values).one() if wanted.whole_desk else (None, None)
    if wanted.whole_desk:
        unassigned = unassigned or ZERO
    return CostTable(
        by,
        as_of,
        wanted.first_day,
        wanted.last_day,
        rows,
        unassigned,
        sum((row.provisional_usd for row in rows), open_part or ZERO),
        sum((row.spent_usd for row in rows), unassigned or ZERO),
    )


def shares_at(
    session: Session, by: By, wanted: CostFilter, as_of: datetime
) -> dict[tuple[str | None, str | None], dict[str, Decimal]]:
    """What each row of `costs_at` is made of: by its key and campaign, dollars by source."""
    key, campaign, _ = _KEYS[by]
    found: dict[tuple[str | None, str | None], dict[str, Decimal]] = {}
    for what, home, source, usd in session.execute(
        text(_SHARES.format(key=key, campaign=campaign)), _values(wanted, as_of)
    ):
        found.setdefault((what, home), {})[source] = usd
    return found


def _values(wanted: CostFilter, as_of: datetime) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "first_day": wanted.first_day or date.min,
        "last_day": wanted.last_day or date.max,
        "campaign_id": wanted.campaign_id,
        "experiment_id": wanted.experiment_id,
    }
