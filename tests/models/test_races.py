"""Two sessions at the same moment, many times over: whoever wins, the rules hold. Losers get a sentence."""

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import psycopg
import pytest
from psycopg import sql

from capdesk.services.database.seals import seal
from capdesk.services.database.session import make_engine
from tests.conftest import TestDatabase
from tests.models.conftest import Place
from tests.models.ledger import Call, Charge, Event, Hours, Ledger, Row, connect, moment
from tests.support.clients import eventually

ROUNDS = range(20)
MONDAY = date(2025, 3, 3)
Action = Callable[[Ledger], object]
_names = itertools.count(1)


@pytest.fixture(scope="module")
def crowd(place: Place) -> Iterator["Crowd"]:
    with contextlib.ExitStack() as stack:
        sessions = [Ledger(stack.enter_context(connect(place.database.app))) for _ in range(4)]
        yield Crowd(sessions, stack.enter_context(ThreadPoolExecutor(4)))


class Crowd:
    """Sessions of the application that act at once."""

    def __init__(self, sessions: list[Ledger], threads: ThreadPoolExecutor) -> None:
        self.sessions, self.threads = sessions, threads
        self.ledger = sessions[0]
        self.deadlocks = 0

    def race(self, *actions: Action) -> list[str | None]:
        """Each action in a session of its own, all released together; None, or the sentence of who was refused."""
        barrier = threading.Barrier(len(actions))

        def act(session: Ledger, action: Action) -> str | None:
            barrier.wait()
            return self.refusal(session, action)

        running = [self.threads.submit(act, *pair) for pair in zip(self.sessions, actions, strict=False)]
        return [one.result(timeout=60) for one in running]

    def refusal(self, session: Ledger, action: Action) -> str | None:
        """As `transaction` does it: deadlocks are tried again, rules answer with a sentence; the rest is a fault."""
        while True:
            try:
                action(session)
            except psycopg.errors.DeadlockDetected:
                self.deadlocks += 1
                continue
            except psycopg.Error as error:
                if error.sqlstate not in ("CD001", "CD002"):
                    raise
                return str(error.diag.message_primary)
            return None

    def campaign(self) -> int:
        return self.ledger.campaign(f"Race {next(_names)}")


def starting(experiment: int, *, at: float | None = None, action: str = "start") -> Action:
    return lambda session: session.move(experiment, action, None if at is None else moment(at))


def calling(campaign: int, *calls: Call) -> Action:
    return lambda session: session.calls(campaign, *calls)


def calling_now(campaign: int, number: int) -> Action:
    """Calls that begin while others act."""

    def record(session: Ledger) -> None:
        for _ in range(number):
            session.calls(campaign, Call(session.value("SELECT clock_timestamp()")))

    return record


def logging(member: int) -> Action:
    return lambda session: session.hours(Hours(member, MONDAY))


def charging(charge: Charge) -> Action:
    return lambda session: session.charges(charge)


def mapping(campaign: int, account: str) -> Action:
    return lambda session: session.map_charges(campaign, account)


def reversing(event: int) -> Action:
    return lambda session: session.reverse("event", event)


def paying(campaign: int, hour: int) -> Action:
    return lambda session: session.events(campaign, Event(moment(hour), "paid_conversion", 1))


def claiming(claimed: list[Row], statement: str, *values: object) -> Action:
    return lambda session: claimed.extend(session.rows(statement, *values))


def saying(statement: str, *values: object) -> Action:
    return lambda session: session.rows(statement, *values)


def misattributed(ledger: Ledger, campaign: int) -> list[Row]:
    """Calls and events whose stored experiment is not that of the run that contains them."""
    return ledger.rows(
        "SELECT f.* FROM (SELECT id, occurred_at AS at, experiment_id, lead_id, campaign_id FROM call UNION ALL"
        " SELECT id, event_timestamp, experiment_id, lead_id, campaign_id FROM explicit_event) f"
        " LEFT JOIN experiment_run r ON r.campaign_id = f.campaign_id AND f.at >= r.started_at"
        " AND f.at < coalesce(r.ended_at, 'infinity') LEFT JOIN lead l ON l.id = f.lead_id"
        " WHERE f.campaign_id = %s AND f.experiment_id IS DISTINCT FROM"
        " CASE WHEN l.exited_at < f.at THEN NULL ELSE r.experiment_id END",
        campaign,
    )


@contextlib.contextmanager
def held_up(crowd: Crowd, waiting: Action) -> Iterator[Callable[[], str | None]]:
    """Starts an action in the second session and waits until it waits for a lock."""
    pid = crowd.sessions[1].value("SELECT pg_backend_pid()")
    running = crowd.threads.submit(crowd.refusal, crowd.sessions[1], waiting)
    blocked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    assert eventually(lambda: running.done() or bool(crowd.sessions[2].value(blocked, pid)))
    assert not running.done(), "nothing was in its way"
    yield lambda: running.result(timeout=60)


def test_that_of_experiments_started_at_once_in_a_campaign_one_runs(crowd: Crowd) -> None:
    for number in ROUNDS:
        campaign = crowd.campaign()
        several = [crowd.ledger.experiment(campaign, f"{n}") for n in range(2 + number % 3)]
        refused = [said for said in crowd.race(*map(starting, several)) if said is not None]
        assert len(refused) == len(several) - 1
        assert all("only one may run at a time" in said for said in refused)
        running = "SELECT count(*) FROM experiment WHERE campaign_id = %s AND status = 'running'"
        assert crowd.ledger.value(running, campaign) == 1


def test_that_one_experiment_takes_one_step_at_once(crowd: Crowd) -> None:
    for _ in ROUNDS:
        experiment = crowd.ledger.running(crowd.campaign(), None)
        said = crowd.race(starting(experiment, action="complete"), starting(experiment, action="pause"))
        status = crowd.ledger.value("SELECT status::text FROM experiment WHERE id = %s", experiment)
        assert status in ("completed", "paused")
        assert (said.count(None), status) in ((1, "completed"), (1, "paused"), (2, "completed"))


def test_that_a_call_recorded_while_an_experiment_starts_or_ends_belongs_where_it_lies(crowd: Crowd) -> None:
    for action in ("start", "pause"):
        for _ in ROUNDS:
            campaign = crowd.campaign()
            experiment = crowd.ledger.experiment(campaign)
            if action == "pause":
                crowd.ledger.move(experiment, "start")
            step = starting(experiment, action=action)
            assert crowd.race(step, calling_now(campaign, 2), calling_now(campaign, 2)) == [None] * 3
            assert misattributed(crowd.ledger, campaign) == []


def test_that_a_back_dated_step_and_a_call_after_it_never_contradict(crowd: Crowd) -> None:
    for action in ("start", "pause"):
        for _ in ROUNDS:
            campaign = crowd.campaign()
            experiment = crowd.ledger.experiment(campaign)
            if action == "pause":
                crowd.ledger.move(experiment, "start", moment(8))
            step, call = starting(experiment, at=9, action=action), calling(campaign, Call(moment(10)))
            said = crowd.race(step, call)
            assert said[1] is None
            assert said[0] is None or "Events of this campaign are recorded up to" in said[0]
            assert misattributed(crowd.ledger, campaign) == []


def test_that_a_start_waits_for_calls_being_recorded(crowd: Crowd) -> None:
    campaign = crowd.campaign()
    experiment = crowd.ledger.experiment(campaign)
    with contextlib.ExitStack() as open_transaction:
        open_transaction.enter_context(crowd.ledger.connection.transaction())
        crowd.ledger.calls(campaign, Call(moment(10)))
        with held_up(crowd, starting(experiment, at=9)) as result:
            open_transaction.close()
            assert "Events of this campaign are recorded up to" in (result() or "")


def test_that_calls_wait_for_a_start_not_yet_committed(crowd: Crowd) -> None:
    campaign = crowd.campaign()
    experiment = crowd.ledger.experiment(campaign)
    with contextlib.ExitStack() as open_transaction:
        open_transaction.enter_context(crowd.ledger.connection.transaction())
        crowd.ledger.move(experiment, "start", moment(9))
        with held_up(crowd, calling(campaign, Call(moment(10)))) as result:
            open_transaction.close()
            assert result() is None
    assert crowd.ledger.counts(campaign) == {(experiment, "dial_attempt", "run"): 1}


def test_that_an_event_recorded_twice_at_once_lands_and_earns_once(crowd: Crowd) -> None:
    for number in ROUNDS:
        campaign = crowd.campaign()
        experiment = crowd.ledger.running(campaign, moment(8), calculator_installed="10", qpc="5")
        member = crowd.ledger.member(f"race{number}@example.com")
        event = Event(moment(9), member=member, id=f"event {number}" if number % 2 else None)
        call = Call(moment(9), 150, "Info", member=member, id=f"call {number}" if number % 2 else None)

        def both(session: Ledger, campaign: int = campaign, event: Event = event, call: Call = call) -> None:
            session.events(campaign, event)
            session.calls(campaign, call)

        assert crowd.race(both, both) == [None, None]
        assert crowd.ledger.spent(campaign) == {(experiment, "bonus"): 15}


def test_that_a_file_imported_twice_at_once_lands_once(crowd: Crowd) -> None:
    for number in ROUNDS:
        campaign = crowd.campaign()
        member = crowd.ledger.member(f"file{number}@example.com", campaign=campaign)
        calls = [Call(moment(9), 150, "Info", n, member, f"{number}-{n}" if n < 10 else None) for n in range(20)]
        hours = [Hours(member, MONDAY), Hours(member, MONDAY), Hours(member, MONDAY, "2", f"h{number}")]
        charge = Charge(MONDAY, "40", f"AC{number}")
        crowd.ledger.map_charges(campaign, f"AC{number}")

        def everything(
            session: Ledger,
            campaign: int = campaign,
            calls: list[Call] = calls,
            hours: list[Hours] = hours,
            charge: Charge = charge,
        ) -> None:
            session.calls(campaign, *calls, calls[-1])
            session.hours(*hours)
            session.charges(charge)

        assert crowd.race(everything, everything) == [None, None]
        assert crowd.ledger.counts(campaign)[(None, "qpc", "no_run")] == 21
        assert crowd.ledger.spent(campaign) == {(None, "labor"): 200, (None, "twilio"): 40}


def test_that_hours_carry_the_rate_and_campaign_of_their_date_whatever_changes_meanwhile(crowd: Crowd) -> None:
    for number in ROUNDS:
        campaign, other = crowd.campaign(), crowd.campaign()
        member = crowd.ledger.member(f"rate{number}@example.com", campaign=campaign)
        said = crowd.race(
            saying("SELECT set_member_rate(%s, 30, %s)", member, MONDAY),
            saying("SELECT assign_member(%s, %s, %s)", member, other, MONDAY),
            logging(member),
        )
        logged = "SELECT hourly_rate_usd = 30, campaign_id = %s FROM time_log WHERE team_member_id = %s"
        assert crowd.ledger.rows(logged, other, member) == [(said[0] is None, said[1] is None)]


def test_that_the_rules_kept_with_a_start_are_those_that_hold(crowd: Crowd) -> None:
    rule = "INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd) VALUES (%s, 'paid_conversion', 9)"
    for _ in ROUNDS:
        experiment = crowd.ledger.experiment(crowd.campaign(), qpc="5")
        crowd.race(
            starting(experiment),
            saying("UPDATE experiment SET capital_cap_usd = 2000 WHERE id = %s", experiment),
            saying("UPDATE bonus_rule SET bonus_amount_usd = 6 WHERE experiment_id = %s", experiment),
            saying(rule, experiment),
        )
        same = "SELECT rules = experiment_rules(%s) FROM experiment_transition WHERE experiment_id = %s"
        assert crowd.ledger.rows(same, experiment, experiment) == [(True,)]


def test_that_of_two_conversions_of_a_lead_at_once_one_counts(crowd: Crowd) -> None:
    for _ in ROUNDS:
        campaign = crowd.campaign()
        experiment = crowd.ledger.running(campaign, moment(8))
        crowd.ledger.lead(campaign)
        assert crowd.race(paying(campaign, 9), paying(campaign, 10)) == [None, None]
        assert crowd.ledger.counts(campaign)[(experiment, "paid_conversion", "run")] == 1


def test_that_a_lead_leaving_and_calls_to_it_never_contradict(crowd: Crowd) -> None:
    for _ in ROUNDS:
        campaign = crowd.campaign()
        crowd.ledger.running(campaign, moment(8))
        lead = crowd.ledger.lead(campaign)

        def call(session: Ledger, campaign: int = campaign) -> None:
            for _ in range(2):
                session.calls(campaign, Call(session.value("SELECT clock_timestamp()"), phone=1))

        said = crowd.race(call, saying("SELECT set_lead_status(%s, 'do_not_contact')", lead))
        assert said == [None, None]
        assert misattributed(crowd.ledger, campaign) == []


def test_that_a_fact_is_reversed_once(crowd: Crowd) -> None:
    for _ in ROUNDS:
        campaign = crowd.campaign()
        crowd.ledger.events(campaign, Event(moment(9)))
        event = crowd.ledger.value("SELECT max(id) * 4 FROM explicit_event")
        said = crowd.race(*[reversing(event)] * 3)
        assert said.count(None) == 1
        assert crowd.ledger.counts(campaign) == {}


def test_that_a_mapping_and_a_charge_at_once_lose_and_double_nothing(crowd: Crowd) -> None:
    for number in ROUNDS:
        campaign = crowd.campaign()
        account = f"MAP{number}"
        crowd.ledger.charges(Charge(MONDAY, "40", account))
        said = crowd.race(
            mapping(campaign, account),
            charging(Charge(MONDAY, "43", account)),
            charging(Charge(MONDAY - timedelta(days=1), "7", account)),
        )
        assert said == [None] * 3
        assert crowd.ledger.spent(campaign) == {(None, "twilio"): 50}


def test_that_an_occasion_is_claimed_once(crowd: Crowd) -> None:
    claim = (
        "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', %s, 'o@example.com', '{}')"
        " ON CONFLICT DO NOTHING RETURNING id"
    )
    for number in ROUNDS:
        claimed: list[Row] = []
        crowd.race(*[claiming(claimed, claim, f"week {number}")] * 4)
        assert len(claimed) == 1


def test_that_a_campaign_changing_and_an_experiment_starting_do_not_lock_each_other_out(crowd: Crowd) -> None:
    before = crowd.deadlocks
    for _ in ROUNDS:
        campaign = crowd.campaign()
        experiment = crowd.ledger.experiment(campaign)
        said = crowd.race(
            starting(experiment),
            saying("UPDATE campaign SET status = 'paused' WHERE id = %s", campaign),
        )
        assert said[1] is None
        assert said[0] is None or "runs only in an active campaign" in said[0]
    assert crowd.deadlocks == before


def test_that_a_seal_covers_every_row_up_to_where_it_reaches(crowd: Crowd, place: Place) -> None:
    engine = make_engine(place.database.app)
    campaign = crowd.campaign()
    crowd.ledger.running(campaign, moment(8), qpc="1")
    member = crowd.ledger.member("seal@example.com", campaign=campaign)

    def write(session: Ledger) -> None:
        for _ in range(5):
            name = f"sealed {next(_names)}"
            session.calls(campaign, Call(moment(9), 150, "Info", None, member, name))
            session.hours(Hours(member, MONDAY, id=name))

    def sealing(_session: Ledger) -> None:
        for _ in range(10):
            seal(engine)

    for _ in range(5):
        assert crowd.race(write, write, sealing) == [None] * 3
    seal(engine)
    engine.dispose()
    blocks = crowd.ledger.rows(
        "SELECT table_name, first_id, last_id, rows FROM seal_block ORDER BY table_name, first_id"
    )
    assert len({table for table, *_ in blocks}) > 5
    for table, first, last, rows in blocks:
        count = sql.SQL("SELECT count(*) FROM {} WHERE id BETWEEN %s AND %s").format(sql.Identifier(table))
        found = crowd.ledger.connection.execute(count, (first, last)).fetchone()
        assert found == (rows,), (table, first, last)


def test_that_a_batch_still_open_is_not_sealed_over(crowd: Crowd, place: Place) -> None:
    """Its number was given before that of a batch already recorded."""
    engine = make_engine(place.database.app)
    campaign = crowd.campaign()
    with crowd.ledger.connection.transaction():
        opened = crowd.ledger.value("SELECT next_batch()")
        crowd.sessions[1].calls(campaign, Call(moment(9)))
        assert seal(engine) is None
        crowd.ledger.rows("SELECT record_batch(%s, 'x', NULL, NULL, NULL, NULL, 0, 0, 0, 0, '[]', 1)", opened)
    assert seal(engine) is not None
    engine.dispose()
    covering = "SELECT sum(rows) FROM seal_block WHERE table_name = 'import_batch'"
    assert crowd.ledger.value(covering) == crowd.ledger.value("SELECT count(*) FROM import_batch")


def test_that_the_zone_does_not_change_beside_the_first_fact(database: TestDatabase) -> None:
    with connect(database.app) as one, connect(database.app) as other, ThreadPoolExecutor(2) as threads:
        crowd = Crowd([Ledger(one), Ledger(other)], threads)
        campaign = crowd.campaign()
        said = crowd.race(
            calling(campaign, Call(moment(1))),
            saying("UPDATE desk SET zone = 'UTC'"),
        )
        zone, dated = crowd.ledger.value("SELECT zone FROM desk"), crowd.ledger.value("SELECT date FROM event_tally")
        assert said[0] is None
        assert (said[1] is None) == (zone == "UTC")
        assert dated == (MONDAY if zone == "UTC" else MONDAY - timedelta(days=1))
