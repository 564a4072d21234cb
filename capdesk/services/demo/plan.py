"""The words of a demo plan: plain frozen values, named as in a desk."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from capdesk.services.dates import Week

RunEnd = Literal["pause", "complete", "terminate"]


@dataclass(frozen=True)
class Campaign:
    """`key` is how the rest of the plan names it; it is active from its first day."""

    key: str
    name: str
    product: str
    description: str
    capital_budget_usd: Decimal
    start_date: date


@dataclass(frozen=True)
class Run:
    """`[started_at, ended_at)` in UTC; the last run of a running experiment has no end."""

    started_at: datetime
    ended_at: datetime | None
    ended_by: RunEnd | None

    def holds(self, moment: datetime) -> bool:
        return self.started_at <= moment and (self.ended_at is None or moment < self.ended_at)

    def touches(self, day: date, zone: ZoneInfo) -> bool:
        """Whether it ran at some moment of that day in the zone."""
        start = datetime.combine(day, time.min, zone).astimezone(UTC)
        end = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
        return self.started_at < end and (self.ended_at is None or start < self.ended_at)


@dataclass(frozen=True)
class Experiment:
    """`bonuses` are (event type, dollars); of 250 calls `schedules` get an appointment, of 12 installs `sales` pay."""

    key: str
    campaign: str
    name: str
    hypothesis: str
    capital_cap_usd: Decimal
    time_cap_days: int
    tranche_size_usd: Decimal
    primary_success_event: str
    secondary_events: tuple[str, ...]
    bonuses: tuple[tuple[str, Decimal], ...]
    runs: tuple[Run, ...]
    schedules: int
    sales: int

    @property
    def status(self) -> Literal["running", "paused", "completed", "terminated"]:
        """What it is once every run has been recorded."""
        match self.runs[-1].ended_by:
            case "pause":
                return "paused"
            case "complete":
                return "completed"
            case "terminate":
                return "terminated"
            case None:
                return "running"


@dataclass(frozen=True)
class Assignment:
    """`from_date` is None for a member's first campaign, which holds from the beginning."""

    campaign: str
    from_date: date | None


@dataclass(frozen=True)
class Member:
    name: str
    email: str
    role: str
    rate_usd: Decimal
    assignments: tuple[Assignment, ...]

    def campaign_on(self, day: date) -> str:
        held = [a for a in self.assignments if a.from_date is None or a.from_date <= day]
        return held[-1].campaign


@dataclass(frozen=True)
class Mapping:
    """Which campaign pays for what a provider charges; `value` is an account SID, project id or 'key=value' label."""

    provider: Literal["twilio", "gcp"]
    kind: Literal["account", "project", "label"]
    value: str
    campaign: str


@dataclass(frozen=True)
class Verdict:
    """An evaluation to record, and the rationale of an override where the admin acts against it."""

    experiment: str
    verdict: Literal["pass", "fail", "continue", "stop"]
    reason: str
    recommended_next_action: str
    admin_notes: str
    override_rationale: str | None


@dataclass(frozen=True)
class OddHours:
    """Hours worked for a campaign while nothing ran in it: overhead."""

    email: str
    day: date
    hours: Decimal


@dataclass(frozen=True)
class DemoStory:
    """Twelve weeks of a desk, up to and including `week`, and the days since, up to `last_day`: yesterday.

    `days_off` are (email, day).
    """

    zone: str
    first_day: date
    last_day: date
    week: Week
    products: tuple[str, ...]
    campaigns: tuple[Campaign, ...]
    experiments: tuple[Experiment, ...]
    members: tuple[Member, ...]
    mappings: tuple[Mapping, ...]
    verdicts: tuple[Verdict, ...]
    odd_hours: tuple[OddHours, ...]
    days_off: frozenset[tuple[str, date]]

    @property
    def over_at(self) -> datetime:
        """When `last_day` is over both in the desk zone and in UTC, in which providers count their days."""
        midnight = datetime.combine(self.last_day + timedelta(days=1), time.min)
        return max(midnight.replace(tzinfo=zone).astimezone(UTC) for zone in (ZoneInfo(self.zone), UTC))

    def days(self) -> Iterator[date]:
        """Every day of the story, weekends too."""
        for offset in range((self.last_day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=offset)

    def at_work(self, campaign: str, day: date) -> tuple[Member, ...]:
        """Who works for a campaign that day, if it is a day of work."""
        return tuple(m for m in self.members if m.campaign_on(day) == campaign and (m.email, day) not in self.days_off)

    def experiments_of(self, campaign: str) -> tuple[Experiment, ...]:
        return tuple(e for e in self.experiments if e.campaign == campaign)

    def running_at(self, campaign: str, moment: datetime) -> Experiment | None:
        """The experiment an event of that moment belongs to."""
        found = (e for e in self.experiments_of(campaign) if any(run.holds(moment) for run in e.runs))
        return next(found, None)

    def first_on(self, campaign: str, day: date, zone: ZoneInfo) -> Experiment | None:
        """The experiment a dated cost belongs to: the first that ran in the campaign on that day of that zone."""
        runs = ((run, e) for e in self.experiments_of(campaign) for run in e.runs if run.touches(day, zone))
        return min(runs, key=lambda pair: pair[0].started_at, default=(None, None))[1]


def dice(seed: int, *names: object) -> random.Random:
    """The same throws for the same seed and purpose, whatever else is thrown."""
    return random.Random(":".join(map(str, (seed, *names))))  # noqa: S311 (invented figures, no secrets)
