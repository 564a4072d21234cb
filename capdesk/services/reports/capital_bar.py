"""The capital bar of an email: one slice per tranche of the cap, filled as far as capital is spent."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

_MOST_SLICES = 24
_NEAR = Decimal("0.8")


@dataclass(frozen=True)
class Slice:
    """A table cell: its width and how much of it is filled, both in whole percent."""

    width: int
    fill: int


@dataclass(frozen=True)
class CapitalBar:
    slices: tuple[Slice, ...]
    level: Literal["below", "near", "over"]


def capital_bar(spent: Decimal, cap: Decimal, tranches_in_cap: Decimal | int) -> CapitalBar:
    """Widths sum to 100. More tranches than can be told apart are drawn as one slice. `cap` > 0."""
    used = min(max(spent / cap, Decimal(0)), Decimal(1))
    level: Literal["below", "near", "over"] = "over" if used >= 1 else "near" if used >= _NEAR else "below"
    count = int(Decimal(tranches_in_cap).to_integral_value(ROUND_CEILING))
    if not 1 < count <= _MOST_SLICES:
        return CapitalBar((_slice(Decimal(0), Decimal(1), used, 100),), level)
    edges = [min(Decimal(at) / Decimal(tranches_in_cap), Decimal(1)) for at in range(count + 1)]
    marks = [int(edge * 100) for edge in edges]
    slices = [
        _slice(edges[at], edges[at + 1], used, marks[at + 1] - marks[at])
        for at in range(count)
        if marks[at + 1] > marks[at]
    ]
    return CapitalBar(tuple(slices), level)


def _slice(start: Decimal, end: Decimal, used: Decimal, width: int) -> Slice:
    part = min(max((used - start) / (end - start), Decimal(0)), Decimal(1))
    return Slice(width, int(part * 100))
