"""What signals are computed from, as plain frozen values, and the alerts that come out."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

AlertKind = Literal["capital", "time"]
ENDED = frozenset({"completed", "terminated"})


@dataclass(frozen=True)
class DayFigures:
    """One date with anything on it. `spend_usd` may be negative."""

    day: date
    spend_usd: Decimal
    qpc: int = 0
    installs: int = 0
    paid_conversions: int = 0


@dataclass(frozen=True)
class Rules:
    """The experiment's own capital rules, locked at its first start."""

    capital_cap_usd: Decimal
    time_cap_days: int
    tranche_size_usd: Decimal


@dataclass(frozen=True)
class Caps:
    """The caps in force."""

    capital_usd: Decimal
    time_days: int


@dataclass(frozen=True)
class PastEvaluation:
    """An evaluation as recorded: the caps that hold after it, then what its snapshot says."""

    recorded_at: datetime
    verdict: str
    capital_cap_usd: Decimal
    time_cap_days: int
    capital_cap_before_usd: Decimal
    time_cap_before_days: int
    spent_usd: Decimal
    used_days: int | None


@dataclass(frozen=True)
class Standing:
    """Where an experiment stands at a moment. The last two are None unless it has ended."""

    status: str
    caps: Caps
    tranche_size_usd: Decimal
    spent_usd: Decimal
    used_days: int | None
    ended_on: date | None = None
    ended_recorded_at: datetime | None = None


class AlertKey(NamedTuple):
    """What an alert is raised once for, within an experiment. `cap` is dollars or days."""

    kind: AlertKind
    threshold: int
    cap: Decimal


@dataclass(frozen=True)
class Alert:
    """An interrupt alert that is due. `cap` is dollars or days, `text` one sentence for people."""

    kind: AlertKind
    threshold: int
    cap: Decimal
    text: str

    @property
    def key(self) -> AlertKey:
        return AlertKey(self.kind, self.threshold, self.cap)
