"""Any sequence of actions: the database accepts, refuses and says exactly what the plain model does."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import psycopg
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.models.conftest import Place
from tests.models.ledger import Call, Charge, Event, Hours, Ledger, Row, connect, moment, refused
from tests.models.model import Experiment, Model, Refused

SPAN = 6 * 24  # hours from Monday, so that days, weeks' ends and a change of clocks in New York are in reach
OUTCOMES = ("No Answer", "Busy", "Wrong #", "Not Interested", "Callback", "Info", "Schedule")
EXPLICIT = ("install_scheduled", "calculator_installed", "paid_conversion")
BONUS: tuple[dict[str, int], ...] = (
    {},
    {"qpc": 5},
    {"dial_attempt": 1, "calculator_installed": 10},
    {"paid_conversion": 20},
)

hours = st.integers(0, SPAN).map(lambda hour: moment(hour, day=2))
days = st.integers(-1, SPAN // 24).map(lambda n: moment(day=2 + n).date())
which = st.integers(0, 99)
maybe = st.none() | st.integers(1, 3)
home = st.integers(0, 1)


class Machine(RuleBasedStateMachine):
    """Two campaigns, two members, three known numbers in each campaign, two provider accounts."""

    connection: "ClassVar[psycopg.Connection[Row]]"

    def __init__(self) -> None:
        super().__init__()
        self.rolled_back = self.connection.transaction(force_rollback=True)
        self.rolled_back.__enter__()
        self.ledger = Ledger(self.connection)
        self.model = Model()
        self.recorded = 0

    def teardown(self) -> None:
        self.rolled_back.__exit__(None, None, None)

    @initialize()
    def furnish(self) -> None:
        self.campaigns = [self.ledger.campaign(name) for name in ("Spring", "Autumn")]
        self.members = []
        for number, campaign in enumerate(self.campaigns):
            member = self.ledger.member(f"{number}@example.com", str(20 + 10 * number), campaign)
            self.members.append(member)
            self.model.rates[member] = [(date.min, 20 + 10 * number)]
            self.model.homes[member] = [(date.min, campaign)]
            for lead in (1, 2):
                self.ledger.lead(campaign, lead)
                self.model.leads[(campaign, lead)] = None

    def both(self, expected: Callable[[], object], actual: Callable[[], object]) -> None:
        """The model acts and the database acts; or both refuse, for the same reason."""
        try:
            expected()
        except Refused as reason:
            with refused(str(reason), None):
                actual()
        else:
            actual()

    @rule(campaign=home, bonus=st.sampled_from(BONUS))
    def plan(self, campaign: int, bonus: dict[str, int]) -> None:
        assume(len(self.model.experiments) < 6)
        home = self.campaigns[campaign]
        amounts = {kind: str(amount) for kind, amount in bonus.items()}
        made = self.ledger.experiment(home, f"E{len(self.model.experiments)}", **amounts)
        self.model.experiments[made] = Experiment(home, bonus)

    @precondition(lambda self: self.model.experiments)
    @rule(which=which, action=st.sampled_from(["start", "start", "pause", "resume", "complete", "terminate"]), at=hours)
    def step_back_dated(self, which: int, action: str, at: datetime) -> None:
        number = self.pick(list(self.model.experiments), which)
        self.both(
            lambda: self.model.step(number, action, at, back_dated=True),
            lambda: self.ledger.move(number, action, at),
        )

    @precondition(lambda self: self.model.experiments)
    @rule(which=which, action=st.sampled_from(["start", "pause", "resume", "complete"]))
    def step_now(self, which: int, action: str) -> None:
        number = self.pick(list(self.model.experiments), which)
        at = self.now()
        experiment = self.model.experiments[number]
        self.both(
            lambda: self.model.step(number, action, at, back_dated=False),
            lambda: self.settle(number, at, self.ledger.move(number, action)),
        )
        assert experiment.changed is None or experiment.changed <= self.now()

    def settle(self, number: int, at: datetime, exact: datetime) -> None:
        """The database said at which moment the step holds."""
        self.model.experiments[number].changed = exact
        for run in self.model.runs.get(self.model.experiments[number].campaign, []):
            run.start = exact if run.start == at else run.start
            run.end = exact if run.end == at else run.end

    @rule(
        campaign=home,
        at=hours | st.none(),
        seconds=st.sampled_from([0, 149, 150, 600]),
        outcome=st.sampled_from(OUTCOMES),
        lead=maybe,
        member=st.none() | home,
        copies=st.integers(1, 3),
    )
    def record_calls(
        self, campaign: int, at: datetime | None, lead: int | None, member: int | None, **call: Any
    ) -> None:
        where, when = self.campaigns[campaign], at or self.now()
        who = None if member is None else self.members[member]
        calls = []
        for _ in range(call["copies"]):
            self.recorded += 1
            calls.append(Call(when, call["seconds"], call["outcome"], lead, who, f"call {self.recorded}"))
            self.model.call(where, when, call["seconds"], call["outcome"], lead, who)
        landed = [row for row in self.ledger.calls(where, *calls) if row[1] != "unknown_lead"]
        assert landed == []
        assert {row[1] for row in self.ledger.calls(where, *calls)} == {"duplicate"}

    @rule(campaign=home, at=hours | st.none(), kind=st.sampled_from(EXPLICIT), lead=maybe, member=st.none() | home)
    def record_event(self, campaign: int, at: datetime | None, kind: str, lead: int | None, member: int | None) -> None:
        where, when = self.campaigns[campaign], at or self.now()
        who = None if member is None else self.members[member]
        self.ledger.events(where, Event(when, kind, lead, who), by_hand=True)
        self.model.event(where, when, kind, lead, who, self.ledger.value("SELECT max(recorded_at) FROM explicit_event"))

    @precondition(lambda self: self.model.calls)
    @rule(which=which)
    def reverse_call(self, which: int) -> None:
        self.reverse("call", which, self.model.calls, "SELECT id FROM call ORDER BY id", 1)

    @precondition(lambda self: self.model.events)
    @rule(which=which)
    def reverse_event(self, which: int) -> None:
        self.reverse("event", which, self.model.events, "SELECT id FROM explicit_event ORDER BY id", 4)

    @precondition(lambda self: self.model.hours)
    @rule(which=which)
    def reverse_hours(self, which: int) -> None:
        self.reverse("time_log", which, self.model.hours, "SELECT id FROM time_log ORDER BY id", 1)

    def reverse(self, what: str, which: int, facts: list[Any], ids: str, factor: int) -> None:
        fact, number = facts[which % len(facts)], self.ledger.rows(ids)[which % len(facts)][0] * factor
        if fact.reversed:
            with refused("is reversed already"):
                self.ledger.reverse(what, number)
        else:
            self.ledger.reverse(what, number)
            fact.reversed = True

    @rule(campaign=home, lead=st.integers(1, 2))
    def exit_lead(self, campaign: int, lead: int) -> None:
        where = self.campaigns[campaign]
        find = "SELECT id FROM lead WHERE campaign_id = %s ORDER BY id OFFSET %s LIMIT 1"
        number = self.ledger.value(find, where, lead - 1)
        leave = "SELECT set_lead_status(%s, 'do_not_contact')"
        if self.model.leads[(where, lead)] is not None:
            with refused("that is final"):
                self.ledger.rows(leave, number)
        else:
            self.ledger.rows(leave, number)
            self.model.exit(where, lead, self.ledger.value("SELECT exited_at FROM lead WHERE id = %s", number))

    @rule(member=home, day=days, worked=st.sampled_from(["0.5", "4", "24"]))
    def log_hours(self, member: int, day: date, worked: str) -> None:
        assert self.ledger.hours(Hours(self.members[member], day, worked), by_hand=True) == []
        self.model.log(self.members[member], day, Decimal(worked))

    @rule(member=home, day=days, rate=st.integers(0, 50))
    def change_rate(self, member: int, day: date, rate: int) -> None:
        who = self.members[member]
        self.both(
            lambda: self.model.change(self.model.rates, who, rate, day),
            lambda: self.ledger.rows("SELECT set_member_rate(%s, %s, %s)", who, rate, day),
        )

    @rule(member=home, day=days, campaign=home)
    def reassign(self, member: int, day: date, campaign: int) -> None:
        who, where = self.members[member], self.campaigns[campaign]
        self.both(
            lambda: self.model.change(self.model.homes, who, where, day),
            lambda: self.ledger.rows("SELECT assign_member(%s, %s, %s)", who, where, day),
        )

    @rule(account=st.sampled_from(["AC1", "AC2"]), day=days, usd=st.sampled_from(["0", "40", "43.1", "-2.000001"]))
    def record_charge(self, account: str, day: date, usd: str) -> None:
        self.ledger.charges(Charge(day, usd, account))
        self.model.charge(account, day, Decimal(usd))

    @rule(account=st.sampled_from(["AC1", "AC2"]), campaign=st.none() | home)
    def map_account(self, account: str, campaign: int | None) -> None:
        where = None if campaign is None else self.campaigns[campaign]
        self.both(lambda: self.model.map(account, where), lambda: self.ledger.map_charges(where, account))

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        for campaign in getattr(self, "campaigns", []):
            assert self.ledger.counts(campaign) == self.model.counts(campaign)
            assert self.ledger.spent(campaign) == self.model.spent(campaign)
        charged = "SELECT coalesce(sum(amount_usd), 0) FROM provider_charge"
        mapped = "SELECT coalesce(sum(cost_usd), 0) FROM cost_rollup WHERE charge_id IS NOT NULL"
        assert self.ledger.value(f"SELECT ({charged}) - ({mapped})") == self.model.unassigned()

    @invariant()
    def runs_and_statuses_are_the_models(self) -> None:
        found = self.ledger.rows("SELECT experiment_id, started_at, ended_at FROM experiment_run ORDER BY 1, 2")
        runs = [run for several in self.model.runs.values() for run in several]
        assert found == sorted((run.experiment, run.start, run.end) for run in runs)
        statuses = self.ledger.rows("SELECT id, status::text FROM experiment ORDER BY id")
        assert statuses == [(number, e.status) for number, e in sorted(self.model.experiments.items())]
        for several in self.model.runs.values():
            ordered = sorted(several, key=lambda run: run.start)
            assert all(a.end is not None and a.end <= b.start for a, b in itertools.pairwise(ordered))

    @invariant()
    def tallies_are_the_events_one_by_one(self) -> None:
        one_by_one = (
            "SELECT campaign_id, experiment_id, event_type, attribution,"
            " (event_timestamp AT TIME ZONE desk_zone())::date, count(*) FROM performance_event"
            " WHERE reversed_at IS NULL GROUP BY 1, 2, 3, 4, 5"
        )
        tallied = (
            "SELECT campaign_id, experiment_id, event_type, attribution, date, sum(count) FROM event_tally"
            " GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0"
        )
        assert self.ledger.rows(f"({one_by_one} EXCEPT {tallied}) UNION ALL ({tallied} EXCEPT {one_by_one})") == []

    def now(self) -> datetime:
        found = self.ledger.value("SELECT clock_timestamp()")
        assert isinstance(found, datetime)
        return found.astimezone(UTC)

    @staticmethod
    def pick(choices: list[Any], which: int) -> Any:
        return choices[which % len(choices)]


def test_that_the_database_and_a_plain_model_agree_after_every_action(place: Place) -> None:
    with connect(place.database.app) as connection:
        Machine.connection = connection
        effort = settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        )
        run_state_machine_as_test(Machine, settings=effort)
