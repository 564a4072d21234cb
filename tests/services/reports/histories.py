"""Random histories of one desk, and what a plain reading of the definitions says their sums are.

In the campaign Spring, the experiment First ran from 20 days ago to noon 9 days ago, Second runs since noon 7 days ago;
Autumn has no experiment. On each random step something is recorded of the days since.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.services.dates import Week, business_date
from tests.conftest import ZONE
from tests.support import builders
from tests.support.facts import Facts

Step = tuple[Any, ...]
FIRST, SECOND = "First", "Second"
_BONUS, _RATE = Decimal("7.50"), Decimal("20.25")
_KINDS = st.sampled_from(["install_scheduled", "calculator_installed", "paid_conversion"])
_AGO = st.integers(2, 16)
_HOUR = st.integers(0, 23)

STEPS = st.one_of(
    st.tuples(st.just("hours"), st.sampled_from(["ana@example.com", "bob@example.com"]), _AGO, st.integers(1, 24)),
    st.tuples(st.just("event"), _KINDS, _AGO, _HOUR, st.booleans()),
    st.tuples(st.just("call"), st.sampled_from(["Info", "Busy"]), st.sampled_from([149, 150]), _AGO, _HOUR),
    st.tuples(st.just("charge"), st.sampled_from(["AC1", "AC2"]), _AGO, st.integers(-500, 90_000)),
    st.tuples(st.just("map"), st.sampled_from(["AC1", "AC2"]), st.sampled_from(["Spring", "Autumn", None])),
    st.tuples(st.just("reverse"), st.integers(0, 99)),
)
HISTORIES = st.lists(STEPS, min_size=1, max_size=14)


@dataclass(frozen=True)
class Fact:
    """`what` is a cost source or an event type; the other of `usd` and `count` is zero."""

    day: date
    what: str
    experiment: str | None
    usd: Decimal = Decimal(0)
    count: int = 0


@dataclass
class History:
    """Records steps on the desk, and keeps its own account of them."""

    desk: Desk
    facts: list[Fact] = field(default_factory=list)
    stated: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    mapped: dict[str, str | None] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    _open: list[tuple[str, int, list[Fact]]] = field(default_factory=list)

    def begin(self) -> "History":
        self.today = business_date(datetime.now(UTC), ZoneInfo(ZONE))
        bonus = {"calculator_installed": str(_BONUS)}
        first = builders.running_experiment(self.desk, name=FIRST, at=self.moment(20, 0), bonus=bonus)
        builders.move(self.desk, first.experiment, "complete", at=self.moment(9, 12))
        second = builders.running_experiment(self.desk, name=SECOND, at=self.moment(7, 12), bonus=bonus)
        self.ids = {FIRST: first.experiment, SECOND: second.experiment, "Spring": first.campaign}
        self.ids["Autumn"] = builders.campaign(self.desk, "Autumn")
        self.ids["ana@example.com"] = builders.member(self.desk, rate=str(_RATE))
        self.ids["bob@example.com"] = builders.member(self.desk, "bob@example.com", str(_RATE), "Autumn", "Bob")
        return self

    def moment(self, ago: int, hour: int) -> datetime:
        return datetime.combine(self.day(ago), time(hour), ZoneInfo(ZONE))

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def weeks(self) -> list[Week]:
        return sorted({Week.of(self.day(ago)) for ago in range(23)})

    def play(self, step: Step) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def all_facts(self) -> list[Fact]:
        """Those recorded, and the provider charges where they are mapped to now."""
        charges = [
            Fact(day, "twilio", self._dated(day) if self.mapped[account] == "Spring" else None, usd)
            for (account, day), usd in self.stated.items()
            if self.mapped.get(account)
        ]
        return self.facts + charges

    def unassigned(self) -> list[Fact]:
        return [
            Fact(day, "twilio", None, usd)
            for (account, day), usd in self.stated.items()
            if not self.mapped.get(account)
        ]

    def _hours(self, member: str, ago: int, hours: int) -> None:
        number = Facts(self.desk).hours(self.ids[member], self.day(ago), str(hours))
        experiment = self._dated(self.day(ago)) if member == "ana@example.com" else None
        self._add("time_log", number, [Fact(self.day(ago), "labor", experiment, hours * _RATE)])

    def _event(self, kind: str, ago: int, hour: int, with_member: bool) -> None:
        member = self.ids["ana@example.com"] if with_member else None
        number = Facts(self.desk).event(self.ids["Spring"], kind, self.moment(ago, hour), member)
        experiment = self._running(ago, hour)
        facts = [Fact(self.day(ago), kind, experiment, count=1)]
        if with_member and experiment and kind == "calculator_installed":
            facts.append(Fact(self.day(ago), "bonus", experiment, _BONUS))
        self._add("event", number, facts)

    def _call(self, outcome: str, seconds: int, ago: int, hour: int) -> None:
        number = Facts(self.desk).call(self.ids["Spring"], self.moment(ago, hour), outcome, seconds)
        kinds = ["dial_attempt"]
        if outcome == "Info":
            kinds += ["conversation", "qpc"] if seconds >= 150 else ["conversation"]
        running = self._running(ago, hour)
        self._add("call", number, [Fact(self.day(ago), kind, running, count=1) for kind in kinds])

    def _charge(self, account: str, ago: int, cents: int) -> None:
        Facts(self.desk).charge(self.day(ago), str(Decimal(cents) / 100), account=account)
        self.stated[account, self.day(ago)] = Decimal(cents) / 100

    def _map(self, account: str, campaign: str | None) -> None:
        if self.mapped.get(account) == campaign:
            return
        Facts(self.desk).map("twilio", None if campaign is None else self.ids[campaign], account=account)
        self.mapped[account] = campaign

    def _reverse(self, which: int) -> None:
        if self._open:
            what, number, facts = self._open.pop(which % len(self._open))
            Facts(self.desk).reverse(what, number)
            for fact in facts:
                self.facts.remove(fact)

    def _add(self, what: str, number: int, facts: list[Fact]) -> None:
        self.facts += facts
        self._open.append((what, number, facts))

    def _dated(self, day: date) -> str | None:
        """Both zones' days touch the same runs: each run starts and ends at noon in New York, or at a midnight."""
        return FIRST if day <= self.day(9) else SECOND if day >= self.day(7) else None

    def _running(self, ago: int, hour: int) -> str | None:
        if self.moment(ago, hour) < self.moment(9, 12):
            return FIRST
        return SECOND if self.moment(ago, hour) >= self.moment(7, 12) else None


def usd(facts: Iterable[Fact]) -> Decimal:
    return sum((fact.usd for fact in facts), Decimal(0))


def count(facts: Iterable[Fact], what: str) -> int:
    return sum(fact.count for fact in facts if fact.what == what)
