"""The rules once more, in plain Python and without a database: what the ledger must say after each action."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

DESK_ZONE = ZoneInfo("America/New_York")
SPOKEN = ("Not Interested", "Callback", "Info", "Schedule")
INTERESTED = ("Callback", "Info", "Schedule")
NEXT = {
    ("planned", "start"): "running",
    ("planned", "terminate"): "terminated",
    ("running", "pause"): "paused",
    ("running", "complete"): "completed",
    ("running", "terminate"): "terminated",
    ("paused", "resume"): "running",
    ("paused", "complete"): "completed",
    ("paused", "terminate"): "terminated",
}


class Refused(Exception):
    """Must not happen, and the database must say so, with these words."""


@dataclass
class Run:
    experiment: int
    start: datetime
    end: datetime | None = None

    def contains(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def overlaps(self, start: datetime) -> bool:
        """With a run that begins then and has no end yet."""
        return self.end is None or start < self.end

    def touches(self, day: date, zone: tzinfo) -> bool:
        begins = self.start.astimezone(zone).date()
        if self.end is None:
            return begins <= day
        last = self.end.astimezone(zone)
        ends_at_midnight = (last.hour, last.minute, last.second, last.microsecond) == (0, 0, 0, 0)
        return begins <= day and (last.date() > day or (last.date() == day and not ends_at_midnight))


@dataclass
class Experiment:
    campaign: int
    bonus: dict[str, int]
    status: str = "planned"
    changed: datetime | None = None


@dataclass
class Fact:
    """A call or an explicit event, with what it counted and earned when it was recorded."""

    campaign: int
    at: datetime
    counted: tuple[tuple[int | None, str, str], ...]
    earned: tuple[tuple[int, int], ...]
    paid_by: int | None = None
    reversed: bool = False


@dataclass
class Hours:
    campaign: int
    experiment: int | None
    cost: Decimal
    reversed: bool = False


@dataclass
class Grain:
    """A provider's day: what it stated, where that lies now, and the experiment it last had in each campaign."""

    stated: Decimal
    campaign: int | None = None
    experiments: dict[int, int | None] = field(default_factory=dict)
    held: Counter[tuple[int, int | None]] = field(default_factory=Counter)


@dataclass
class Model:
    experiments: dict[int, Experiment] = field(default_factory=dict)
    runs: dict[int, list[Run]] = field(default_factory=dict)
    leads: dict[tuple[int, int], datetime | None] = field(default_factory=dict)
    calls: list[Fact] = field(default_factory=list)
    events: list[Fact] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    grains: dict[tuple[str, date], Grain] = field(default_factory=dict)
    mapped: dict[str, int | None] = field(default_factory=dict)
    rates: dict[int, list[tuple[date, int]]] = field(default_factory=dict)
    homes: dict[int, list[tuple[date, int]]] = field(default_factory=dict)
    logged: dict[int, date] = field(default_factory=dict)
    costs: list[tuple[int, date, tzinfo]] = field(default_factory=list)

    # Experiments

    def step(self, number: int, action: str, at: datetime, *, back_dated: bool) -> None:
        """Raises Refused; otherwise the experiment has taken the step at that moment."""
        experiment = self.experiments[number]
        after = NEXT.get((experiment.status, action))
        if after is None:
            raise Refused(f"is {experiment.status}: you cannot {action} it")
        siblings = [e for n, e in self.experiments.items() if e.campaign == experiment.campaign and n != number]
        if after == "running" and any(e.status == "running" for e in siblings):
            raise Refused("only one may run at a time")
        if experiment.changed is not None and at <= experiment.changed:
            raise Refused("the moment must be after that")
        if back_dated:
            self._refuse_rewriting(experiment.campaign, at)
        runs = self.runs.setdefault(experiment.campaign, [])
        if after == "running":
            if any(run.overlaps(at) for run in runs):
                raise Refused("runs of a campaign never overlap")
            runs.append(Run(number, at))
        for run in runs:
            if run.experiment == number and run.end is None and after != "running":
                run.end = at
        experiment.status, experiment.changed = after, at

    def _refuse_rewriting(self, campaign: int, at: datetime) -> None:
        if any(fact.campaign == campaign and fact.at >= at for fact in (*self.calls, *self.events)):
            raise Refused("Events of this campaign are recorded up to")
        if any(c == campaign and day >= at.astimezone(zone).date() for c, day, zone in self.costs):
            raise Refused("Costs of this campaign are recorded up to")

    # Calls and events

    def attribution(
        self, campaign: int, at: datetime, lead: int | None, *, paid: bool = False
    ) -> tuple[int | None, str]:
        run = next((run for run in self.runs.get(campaign, []) if run.contains(at)), None)
        exited = self.leads.get((campaign, lead)) if lead is not None else None
        if run is None:
            return None, "no_run"
        again = paid and lead is not None and (campaign, lead) in self.leads and self._has_paid(campaign, lead)
        if again or (exited is not None and exited < at):
            return None, "lead_exited"
        return run.experiment, "run"

    def _has_paid(self, campaign: int, lead: int) -> bool:
        return any(e.campaign == campaign and e.paid_by == lead and not e.reversed for e in self.events)

    def call(
        self, campaign: int, at: datetime, seconds: int, outcome: str, lead: int | None, member: int | None
    ) -> None:
        types = ["dial_attempt"]
        if outcome in SPOKEN:
            types.append("conversation")
        if outcome in INTERESTED and seconds >= 150:
            types.append("qpc")
        self.calls.append(self._fact(campaign, at, types, self.attribution(campaign, at, lead), member))

    def event(
        self, campaign: int, at: datetime, kind: str, lead: int | None, member: int | None, recorded: datetime
    ) -> None:
        paid = kind == "paid_conversion"
        fact = self._fact(campaign, at, [kind], self.attribution(campaign, at, lead, paid=paid), member)
        if paid and (campaign, lead) in self.leads and lead is not None:
            fact.paid_by = lead
            self.exit(campaign, lead, recorded)
        self.events.append(fact)

    def _fact(
        self, campaign: int, at: datetime, types: list[str], belongs: tuple[int | None, str], member: int | None
    ) -> Fact:
        experiment, why = belongs
        rules = self.experiments[experiment].bonus if experiment is not None and member is not None else {}
        earned = tuple((experiment, rules[kind]) for kind in types if experiment is not None and kind in rules)
        return Fact(campaign, at, tuple((experiment, kind, why) for kind in types), earned)

    def exit(self, campaign: int, lead: int, recorded: datetime) -> None:
        if self.leads[(campaign, lead)] is None:
            self.leads[(campaign, lead)] = recorded

    # Costs

    def change(self, history: dict[int, list[tuple[date, int]]], member: int, value: int, day: date) -> None:
        """A rate or an assignment from a day on."""
        if member in self.logged and self.logged[member] >= day:
            raise Refused("Hours are logged up to")
        if history[member][-1][0] >= day:
            raise Refused("already holds from that date or a later one")
        history[member].append((day, value))

    def log(self, member: int, day: date, hours: Decimal) -> None:
        campaign = [home for since, home in self.homes[member] if since <= day][-1]
        rate = [rate for since, rate in self.rates[member] if since <= day][-1]
        self.hours.append(Hours(campaign, self.dated(campaign, day, DESK_ZONE), hours * rate))
        self.costs.append((campaign, day, DESK_ZONE))
        self.logged[member] = max(day, self.logged.get(member, day))

    def dated(self, campaign: int, day: date, zone: tzinfo) -> int | None:
        touching = [run for run in self.runs.get(campaign, []) if run.touches(day, zone)]
        return min(touching, key=lambda run: run.start).experiment if touching else None

    def charge(self, account: str, day: date, stated: Decimal) -> None:
        known = self.grains.get((account, day))
        grain = self.grains.setdefault((account, day), Grain(stated))
        difference = stated if known is None else stated - known.stated
        grain.stated = stated
        campaign = self.mapped.get(account)
        if campaign is None or (known is not None and difference == 0):
            return
        if campaign not in grain.experiments:
            grain.experiments[campaign] = self.dated(campaign, day, UTC)
        self._roll(grain, campaign, day, difference)

    def map(self, account: str, campaign: int | None) -> None:
        if campaign == self.mapped.get(account):
            raise Refused("There is no mapping" if campaign is None else "already")
        self.mapped[account] = campaign
        for (owner, day), grain in self.grains.items():
            if owner != account:
                continue
            for (old, experiment), amount in list(grain.held.items()):
                if amount:
                    grain.held[(old, experiment)] = Decimal(0)  # type: ignore[assignment]
                    self.costs.append((old, day, UTC))
            if campaign is not None and grain.stated:
                grain.experiments[campaign] = self.dated(campaign, day, UTC)
                self._roll(grain, campaign, day, grain.stated)

    def _roll(self, grain: Grain, campaign: int, day: date, amount: Decimal) -> None:
        grain.held[(campaign, grain.experiments[campaign])] += amount  # type: ignore[assignment]
        self.costs.append((campaign, day, UTC))

    # What the ledger must say

    def counts(self, campaign: int) -> dict[tuple[int | None, str, str], int]:
        facts = (fact for fact in (*self.calls, *self.events) if fact.campaign == campaign and not fact.reversed)
        return dict(Counter(counted for fact in facts for counted in fact.counted))

    def spent(self, campaign: int) -> dict[tuple[int | None, str], Decimal]:
        sums: dict[tuple[int | None, str], Decimal] = {}
        for experiment, source, amount in self._rows(campaign):
            sums[(experiment, source)] = sums.get((experiment, source), Decimal(0)) + amount
        return {key: amount for key, amount in sums.items() if amount}

    def _rows(self, campaign: int) -> Iterator[tuple[int | None, str, Decimal]]:
        for log in self.hours:
            if log.campaign == campaign and not log.reversed:
                yield log.experiment, "labor", log.cost
        for fact in (*self.calls, *self.events):
            if fact.campaign == campaign and not fact.reversed:
                yield from ((experiment, "bonus", Decimal(amount)) for experiment, amount in fact.earned)
        for grain in self.grains.values():
            for (owner, experiment), amount in grain.held.items():
                if owner == campaign:
                    yield experiment, "twilio", Decimal(amount)

    def unassigned(self) -> Decimal:
        return sum((g.stated for (a, _), g in self.grains.items() if self.mapped.get(a) is None), Decimal(0))
