"""What a pull may record: steps of a run that has not ended and is not overtaken, calls, and days stated in full."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.models.conftest import Place
from tests.models.ledger import Charge, Ledger, refused
from tests.models.pulls import Pulls, TwilioCall
from tests.support.clients import eventually

MONDAY = date(2025, 3, 3)
DAY = timedelta(days=1)


@pytest.fixture
def pulls(ledger: Ledger) -> Pulls:
    return Pulls(ledger)


def total(ledger: Ledger) -> Decimal:
    found: Decimal = ledger.value("SELECT coalesce(sum(amount_usd), 0) FROM provider_charge")
    return found


def test_that_a_run_ends_once_and_records_nothing_more(pulls: Pulls) -> None:
    run = pulls.run()
    pulls.step(run, "AC1", MONDAY)
    pulls.end(run)
    with refused("This pull has ended: nothing more is recorded of it"):
        pulls.step(run, "AC1", MONDAY + DAY)
    with refused("uq_sync_outcome_run_id", "23505"):
        pulls.end(run, "failed")


def test_that_an_older_pull_never_lands_behind_a_newer_one(pulls: Pulls) -> None:
    older, newer = pulls.run(), pulls.run()
    pulls.step(newer, "AC1", MONDAY)
    with refused("A newer pull of AC1 has recorded its figures already: the older ones are dropped"):
        pulls.step(older, "AC1", MONDAY + DAY)
    pulls.step(older, "AC2", MONDAY)
    pulls.step(newer, "AC1", MONDAY - DAY)


def test_that_a_pull_of_something_else_is_no_newer_one(pulls: Pulls) -> None:
    older = pulls.run()
    for other in (pulls.run("twilio-calls"), pulls.run(connection=pulls.connection(account="AC9"))):
        pulls.step(other, "AC1", MONDAY)
    pulls.step(older, "AC1", MONDAY)


def test_that_a_step_covers_days_that_have_ended(pulls: Pulls) -> None:
    today = pulls.ledger.value("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
    run = pulls.run()
    with refused("A provider day is recorded only once it has ended"):
        pulls.step(run, "AC1", today)
    pulls.step(run, "AC1", today - DAY)
    with refused("ck_sync_step_days", "23514"):
        pulls.step(run, "AC1", MONDAY, first=MONDAY + 2 * DAY)


def test_that_a_call_is_recorded_anew_only_where_it_changed(pulls: Pulls) -> None:
    run, known = pulls.run("twilio-calls"), TwilioCall("CA1", "in-progress", 0)
    assert pulls.calls(run, known, TwilioCall("CA2")) == 2
    assert pulls.calls(run, known, TwilioCall("CA2")) == 0
    assert pulls.calls(run, TwilioCall("CA1", "completed", 200)) == 1
    assert pulls.calls(run, TwilioCall("CA1", "completed", 200, "0.013")) == 1
    assert pulls.calls(run, TwilioCall("CA1", "completed", 200, "0.013", "RE1")) == 1
    assert pulls.calls(run, TwilioCall("CA1", "completed", 200, "0.013", "RE1"), TwilioCall("CA2")) == 0
    newest = "SELECT status, duration_s, price_usd, recording_sid FROM twilio_call WHERE sid = 'CA1' ORDER BY id DESC"
    assert pulls.ledger.rows(newest)[0] == ("completed", 200, Decimal("0.013"), "RE1")
    assert pulls.ledger.value("SELECT count(*) FROM staged_twilio_call") == 0


def test_that_the_last_word_on_a_call_holds(pulls: Pulls) -> None:
    """A call that moves to the next page while the pages are read comes twice."""
    run = pulls.run("twilio-calls")
    assert pulls.calls(run, TwilioCall("CA1", "ringing", 0), TwilioCall("CA1", "completed")) == 1
    assert pulls.ledger.rows("SELECT status FROM twilio_call") == [("completed",)]


def test_that_an_erased_number_is_not_taken_back_by_the_next_pull(pulls: Pulls) -> None:
    run, call = pulls.run("twilio-calls"), TwilioCall("CA1", phone="+13055550123")
    pulls.calls(run, call)
    pulls.ledger.rows("UPDATE twilio_call SET phone = NULL")
    assert pulls.calls(run, call) == 0
    assert pulls.ledger.rows("SELECT phone FROM twilio_call") == [(None,)]


def test_that_no_call_is_recorded_of_a_run_that_ended_or_never_was(pulls: Pulls) -> None:
    run = pulls.run("twilio-calls")
    pulls.end(run)
    with refused("This pull has ended"):
        pulls.calls(run, TwilioCall("CA1"))
    with refused("This pull has ended"):
        pulls.calls(run + 1, TwilioCall("CA1"))


def test_that_a_recording_belongs_to_a_call_of_150_seconds(pulls: Pulls) -> None:
    run = pulls.run("twilio-calls")
    with refused("ck_twilio_call_recording", "23514"):
        pulls.calls(run, TwilioCall("CA1", seconds=149, recording="RE1"))
    assert pulls.calls(run, TwilioCall("CA1", seconds=150, recording="RE1")) == 1


def test_that_a_covered_day_of_which_nothing_is_left_goes_to_zero(pulls: Pulls) -> None:
    ledger, tuesday = pulls.ledger, MONDAY + DAY
    campaign = ledger.campaign()
    ledger.map_charges(campaign)
    pulls.charges([], Charge(MONDAY, "40"), Charge(tuesday, "2"), Charge(MONDAY, "7", "AC2"))
    pulls.charges([("AC1", MONDAY)])
    stated = "SELECT usage_date, amount_usd, stated_usd FROM provider_charge WHERE amount_usd < 0"
    assert ledger.rows(stated) == [(MONDAY, Decimal(-40), Decimal(0))]
    assert total(ledger) == 9
    assert ledger.spent(campaign) == {(None, "twilio"): 2}
    pulls.charges([("AC1", MONDAY)])
    assert ledger.value("SELECT count(*) FROM provider_charge") == 4


def test_that_a_covered_grain_that_is_gone_is_taken_back_and_may_come_again(pulls: Pulls) -> None:
    both = [Charge(MONDAY, "5", "B1", project, month="202503") for project in ("a", "b")]
    for stated, sum_then in ((both, 10), (both[:1], 5), (both, 10), ([], 0), (both[1:], 5)):
        pulls.charges([("B1", MONDAY)], *stated, provider="gcp")
        assert total(pulls.ledger) == sum_then


def test_that_coverage_says_nothing_of_another_account_provider_or_of_a_file(pulls: Pulls) -> None:
    pulls.charges([], Charge(MONDAY, "40"))
    pulls.charges([("AC2", MONDAY), ("AC1", MONDAY + DAY)])
    pulls.charges([("AC1", MONDAY)], provider="gcp")
    pulls.charges([("AC1", MONDAY)], whole_days=False)
    assert total(pulls.ledger) == 40


def test_that_only_days_that_have_ended_are_covered(pulls: Pulls) -> None:
    today = pulls.ledger.value("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
    with refused("A provider day is recorded only once it has ended"):
        pulls.charges([("AC1", today)])
    pulls.charges([("AC1", today - DAY)])


@contextlib.contextmanager
def sessions(place: Place, number: int) -> Iterator[list[Pulls]]:
    with contextlib.ExitStack() as stack:
        yield [Pulls(Ledger(stack.enter_context(place.app()))) for _ in range(number)]


def net(ledger: Ledger, account: str) -> Decimal:
    found: Decimal = ledger.value("SELECT sum(amount_usd) FROM provider_charge WHERE account = %s", account)
    return found


def test_that_pulls_of_the_same_days_at_once_never_double(place: Place) -> None:
    with sessions(place, 3) as at_once, ThreadPoolExecutor(3) as threads:
        for number in range(20):
            account, start = f"RACE{number}", threading.Barrier(3)

            def pull(one: Pulls, account: str = account, start: threading.Barrier = start) -> list[str]:
                start.wait()
                return one.charges([(account, MONDAY + DAY)], Charge(MONDAY, "40", account))

            said = [answer for answers in threads.map(pull, at_once) for answer in answers]
            assert said == ["duplicate"] * 2
            assert net(at_once[0].ledger, account) == 40


def test_that_an_older_pull_that_waited_for_a_newer_one_is_dropped_whole(place: Place) -> None:
    with sessions(place, 3) as (older, newer, onlooker), ThreadPoolExecutor(1) as thread:
        runs = older.run(), newer.run()
        pid = older.ledger.value("SELECT pg_backend_pid()")

        def pull(one: Pulls, run: int, usd: str) -> None:
            with one.ledger.connection.transaction():
                one.charges([("LATE", MONDAY)], Charge(MONDAY, usd, "LATE"))
                one.step(run, "LATE", MONDAY)

        with newer.ledger.connection.transaction():
            pull(newer, runs[1], "43")
            waiting: Future[None] = thread.submit(pull, older, runs[0], "40")
            blocked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
            assert eventually(lambda: bool(onlooker.ledger.value(blocked, pid)))
        with refused("A newer pull of LATE"):
            waiting.result(timeout=60)
        assert net(onlooker.ledger, "LATE") == 43


def test_that_a_session_killed_while_it_records_leaves_nothing_behind(place: Place) -> None:
    with sessions(place, 2) as (killed, onlooker), place.admin() as admin:
        run = killed.run("twilio-calls")
        pid = killed.ledger.value("SELECT pg_backend_pid()")

        def record() -> None:
            with killed.ledger.connection.transaction():
                killed.charges([("KILLED", MONDAY)], Charge(MONDAY, "40", "KILLED"))
                killed.calls(run, TwilioCall("CAK"))
                killed.stage(run, TwilioCall("CAL"))
                killed.step(run, "KILLED", MONDAY)
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
                killed.end(run)

        with pytest.raises(psycopg.OperationalError):
            record()
        tables = ("staged_twilio_call", "staged_coverage", "staged_charge", "twilio_call", "sync_outcome")
        assert [onlooker.ledger.value(f"SELECT count(*) FROM {table}") for table in tables] == [0] * 5
        assert net(onlooker.ledger, "KILLED") is None
        onlooker.calls(run, TwilioCall("CAK"))
        onlooker.step(run, "KILLED", MONDAY)
