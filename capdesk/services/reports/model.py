"""What reports say, as plain frozen values: the command line prints them, a window shows them, an email sends them.

Money is Decimal dollars with 6 decimals, ratios have 4; None is shown as "—".
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

EVENT_TYPES = (
    "dial_attempt",
    "conversation",
    "qpc",
    "install_scheduled",
    "install_attended",
    "calculator_installed",
    "paid_conversion",
)
SOURCES = ("labor", "bonus", "twilio", "gcp")


@dataclass(frozen=True)
class Reason:
    """Why an evaluation is recommended. `kind` is stable; `text` is one sentence for people."""

    kind: Literal["tranche_completed", "capital_threshold", "time_threshold", "ended"]
    text: str


@dataclass(frozen=True)
class Tranche:
    """One slice of capital. A skipped tranche has no dates and zeros."""

    index: int
    first_day: date | None
    last_day: date | None
    spent_usd: Decimal
    qpc: int
    installs: int
    paid_conversions: int


@dataclass(frozen=True)
class Pace:
    """An estimate: spend per complete day of the last seven, and when the cap is reached at it."""

    usd_per_day: Decimal | None
    cap_reached_on: date | None


@dataclass(frozen=True)
class Figures:
    """What was spent and what it bought."""

    spend_usd: Decimal
    qpc: int
    installs: int
    paid_conversions: int


@dataclass(frozen=True)
class Late:
    """A fact recorded in the week but dated before it."""

    kind: Literal["cost", "event"]
    day: date
    experiment: str | None
    what: str
    amount_usd: Decimal | None = None
    count: int | None = None


@dataclass(frozen=True)
class Unassigned:
    """Money that belongs to no experiment: in the week, and up to its end."""

    week_usd: Decimal
    total_usd: Decimal


@dataclass(frozen=True)
class SourceStanding:
    """How far the costs of a connected account are in.

    They are complete through `through`, a usage day (UTC), None where nothing was pulled yet. `missing` are the ended
    days of the week that are not in, `error` is what the newest pull said of it. `connected` is as it is now.
    """

    provider: Literal["twilio", "gcp"]
    account: str
    through: date | None
    missing: tuple[date, ...]
    error: str | None
    connected: bool


@dataclass(frozen=True)
class WeeklyRow:
    campaign: str
    experiment: str
    experiment_id: int
    status: str
    week: Figures
    total: Figures
    cap_usd: Decimal
    tranches_consumed: Decimal
    tranches_in_cap: Decimal
    time_used_days: int | None
    time_cap_days: int
    evaluation_recommended: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class WeeklyReport:
    week: str
    first_day: date
    last_day: date
    as_of: datetime
    zone: str
    rows: tuple[WeeklyRow, ...]
    unassigned: Unassigned
    overhead: Unassigned
    provisional_usd: Decimal
    sources: tuple[SourceStanding, ...]
    late: tuple[Late, ...]
    skipped_weeks: tuple[str, ...]
    seal: str | None


@dataclass(frozen=True)
class ExperimentReport:
    experiment_id: int
    experiment: str
    campaign: str
    status: str
    hypothesis: str
    as_of: datetime
    zone: str
    spent_usd: Decimal
    cap_usd: Decimal
    by_source: dict[str, Decimal]
    provisional_usd: Decimal
    used_days: int | None
    cap_days: int
    events: dict[str, int]
    primary_success_event: str
    secondary_events: tuple[str, ...]
    tranche_size_usd: Decimal
    tranches_consumed: Decimal
    tranches: tuple[Tranche, ...]
    pace: Pace
    evaluation_recommended: bool
    reasons: tuple[Reason, ...]
