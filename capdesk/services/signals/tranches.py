"""Capital in slices: which days fell into which tranche, and how many are used up."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from capdesk.services.money import ZERO, ratio
from capdesk.services.reports.model import Tranche
from capdesk.services.signals.values import DayFigures

_NO_RATIO = Decimal("0.0000")


def tranches_consumed(spent_usd: Decimal, size_usd: Decimal) -> Decimal:
    """Spent ÷ size with 4 decimals; may exceed the tranches in the cap, and is negative after net credits."""
    # half-even leaves a minus on a zero: a credit under half a ratio step must read 0.0000
    return ratio(spent_usd, size_usd) or _NO_RATIO


def tranches_completed(spent_usd: Decimal, size_usd: Decimal) -> int:
    """Whole tranches spent, at least 0. Exact, where `tranches_consumed` is rounded."""
    return int(max(spent_usd, ZERO) // size_usd)


def tranche_table(days: Sequence[DayFigures], size_usd: Decimal) -> tuple[Tranche, ...]:
    """The tranches from the first to the one of the last day. One item per day, in any order.

    A day belongs as a whole to the tranche it begins in, so a row's spend may exceed the size, and a
    credit never moves a later day back.
    """
    rows: list[Tranche] = []
    cumulative = highest = ZERO
    for figures in sorted(days, key=lambda one: one.day):
        index = 1 + tranches_completed(highest, size_usd)
        while len(rows) < index:
            rows.append(Tranche(len(rows) + 1, None, None, ZERO, 0, 0, 0))
        rows[-1] = _with_day(rows[-1], figures)
        cumulative += figures.spend_usd
        highest = max(highest, cumulative)
    return tuple(rows)


def _with_day(row: Tranche, figures: DayFigures) -> Tranche:
    return replace(
        row,
        first_day=row.first_day or figures.day,
        last_day=figures.day,
        spent_usd=row.spent_usd + figures.spend_usd,
        qpc=row.qpc + figures.qpc,
        installs=row.installs + figures.installs,
        paid_conversions=row.paid_conversions + figures.paid_conversions,
    )
