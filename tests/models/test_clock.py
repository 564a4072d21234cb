"""The ledger's time: when something was recorded, and up to when nothing can be added any more."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from tests.conftest import TestDatabase
from tests.models.conftest import Place
from tests.models.ledger import Call, Ledger, connect, moment, refused

HOUR = timedelta(hours=1)


@pytest.fixture
def two(place: Place) -> Iterator[tuple[Ledger, Ledger]]:
    """Two sessions of the application."""
    with connect(place.database.app) as one, connect(place.database.app) as other:
        yield Ledger(one), Ledger(other)


def push(place: Place, by: timedelta) -> None:
    """Afterwards the database's clock is behind the newest moment given out, as if it had been set back."""
    with place.admin() as admin:
        admin.execute(
            "SELECT setval('ledger_clock', (extract(epoch FROM clock_timestamp() + %s) * 1000000)::bigint)", (by,)
        )


@pytest.fixture
def clock_restored(place: Place) -> Iterator[None]:
    yield
    push(place, timedelta())


def now(ledger: Ledger) -> datetime:
    found = ledger.value("SELECT ledger_now()")
    assert isinstance(found, datetime)
    return found


def quiet(ledger: Ledger) -> datetime | None:
    found = ledger.value("SELECT nullif(ledger_quiet_at(), '-infinity')")
    assert found is None or isinstance(found, datetime)
    return found


def test_that_each_moment_is_later_than_the_one_before(ledger: Ledger) -> None:
    moments = [now(ledger) for _ in range(50)]
    assert moments == sorted(set(moments))


def test_that_the_ledgers_time_never_runs_back_with_the_databases_clock(
    place: Place, two: tuple[Ledger, Ledger], clock_restored: None
) -> None:
    push(place, HOUR / 2)
    first, second = now(two[0]), now(two[1])
    assert second == first + timedelta(microseconds=1)
    assert first > two[0].value("SELECT clock_timestamp() + interval '25 minutes'")


def test_that_a_clock_more_than_an_hour_behind_is_refused(
    place: Place, two: tuple[Ledger, Ledger], clock_restored: None
) -> None:
    push(place, HOUR + timedelta(minutes=1))
    with refused("clock is more than an hour behind the newest recorded fact"):
        now(two[0])
    campaign = "INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Late', 1)"
    with refused("clock is more than an hour behind"):
        two[0].rows(f"WITH p AS (INSERT INTO product (name) VALUES ('P')) {campaign}")


def test_that_with_nobody_writing_everything_recorded_is_quiet(two: tuple[Ledger, Ledger]) -> None:
    campaign = two[0].campaign("Quiet")
    two[0].calls(campaign, Call(moment(9)))
    recorded = two[0].value("SELECT max(recorded_at) FROM call")
    at = quiet(two[1])
    assert at is not None
    assert at >= recorded


def test_that_nothing_is_ever_recorded_at_a_quiet_moment_or_before(two: tuple[Ledger, Ledger]) -> None:
    for _ in range(20):
        at = quiet(two[0])
        assert at is not None
        assert now(two[1]) > at


def test_that_a_set_back_clock_hides_nothing_recorded(
    place: Place, two: tuple[Ledger, Ledger], clock_restored: None
) -> None:
    push(place, HOUR / 2)
    campaign = two[0].campaign("Behind")
    two[0].calls(campaign, Call(moment(9)))
    at = quiet(two[1])
    assert at is not None
    assert at >= two[0].value("SELECT max(recorded_at) FROM call")
    assert now(two[0]) > at


def test_that_a_write_in_flight_holds_the_quiet_moment_before_its_start(two: tuple[Ledger, Ledger]) -> None:
    writer, reader = two
    before = quiet(reader)
    assert before is not None
    with writer.connection.transaction():
        started = writer.value("SELECT transaction_timestamp()")
        recorded = now(writer)
        for _ in range(2):
            at = quiet(reader)
            assert at == started - timedelta(microseconds=1)
            assert before < at < recorded
    after = quiet(reader)
    assert after is not None
    assert after > recorded


def test_that_writers_who_come_and_go_leave_a_moment_to_report_from(place: Place, two: tuple[Ledger, Ledger]) -> None:
    reader, _ = two
    stop = threading.Event()

    def write() -> None:
        with connect(place.database.app) as connection:
            while not stop.is_set():
                connection.execute("SELECT ledger_now()")

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write) for _ in range(3)]
        try:
            moments = [quiet(reader) for _ in range(400)]
        finally:
            stop.set()
        for writer in writers:
            writer.result()
    assert all(moment is not None for moment in moments)


def test_that_a_reader_in_a_transaction_is_no_write(two: tuple[Ledger, Ledger]) -> None:
    with two[0].connection.transaction():
        started = two[0].value("SELECT clock_timestamp()")
        two[0].rows("SELECT * FROM cost_rollup")
        at = quiet(two[1])
        assert at is not None
        assert at > started


def test_that_a_writer_one_cannot_see_makes_no_moment_safe(place: Place, two: tuple[Ledger, Ledger]) -> None:
    with place.admin() as admin, admin.transaction():
        admin.execute("SELECT ledger_now()")
        assert quiet(two[0]) is None


def test_that_the_time_zone_of_the_desk_is_one(admin_ledger: Ledger) -> None:
    with refused("'Mars/Olympus' is no time zone"):
        admin_ledger.rows("UPDATE desk SET zone = 'Mars/Olympus'")


@pytest.mark.parametrize("fact", ["call", "hours", "start"])
def test_that_the_desk_zone_is_free_until_the_first_fact(database: TestDatabase, fact: str) -> None:
    """Even where no receipt came with it."""
    with connect(database.app) as connection:
        ledger = Ledger(connection)
        ledger.rows("UPDATE desk SET zone = 'Europe/Lisbon'")
        ledger.rows("UPDATE desk SET zone = 'America/New_York'")
        campaign = ledger.campaign()
        if fact == "start":
            ledger.running(campaign, None)
        else:
            _record_without_receipt(ledger, campaign, fact)
        ledger.rows("UPDATE desk SET zone = zone, phone_region = 'PT'")
        with refused("The desk zone cannot change any more: facts are already dated in America/New_York"):
            ledger.rows("UPDATE desk SET zone = 'Europe/Lisbon'")


def _record_without_receipt(ledger: Ledger, campaign: int, fact: str) -> None:
    batch = ledger.value("SELECT next_batch()")
    member = ledger.member(campaign=campaign)
    if fact == "call":
        staged = "INSERT INTO staged_call (batch_id, line, team_member_id, occurred_at, duration_s, outcome)"
        ledger.rows(staged + " VALUES (%s, 1, %s, '2025-03-03 12:00Z', 1, 'Busy')", batch, member)
        ledger.rows("SELECT * FROM record_calls(%s, %s, 'dialer', true)", batch, campaign)
    else:
        staged = "INSERT INTO staged_time_log (batch_id, line, team_member_id, date, hours_logged)"
        ledger.rows(staged + " VALUES (%s, 1, %s, '2025-03-03', 1)", batch, member)
        ledger.rows("SELECT * FROM record_time_logs(%s, NULL, true)", batch)


def test_that_the_desk_is_made_once(ledger: Ledger) -> None:
    again = "SELECT create_desk('UTC', 'Mallory', NULL, '\\x00')"
    assert ledger.value(again) == 1
    assert ledger.rows("SELECT zone FROM desk") == [("America/New_York",)]
    assert ledger.rows("SELECT count(*) FROM app_user WHERE name = 'Mallory'") == [(0,)]
