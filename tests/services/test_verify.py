"""`verify`: tampering is evident, wherever it is, even for somebody who may do anything to the database."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import Lease
from capdesk.services.database.seals import seal, sealed_columns
from capdesk.services.dates import business_date
from capdesk.services.events import NewEvent, add_event
from capdesk.services.verify import Verification, verify
from capdesk.services.verify.truth import all_truths, check_truths
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.facts import Facts, fresh_desk
from tests.support.ledgers import fill, superuser, unguarded

SEEDS = 60


@pytest.fixture(scope="module")
def filled(server: Lease, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One filled desk for all tests here; each tampers in a transaction it rolls back."""
    with fresh_desk(server, Path(tmp_path_factory.mktemp("filled"))) as desk:
        fill(desk)
        yield desk


@contextmanager
def tampering(server: Lease, desk: Desk) -> Iterator[Connection]:
    """A superuser's transaction, undone at the end."""
    reach = server.connection
    engine = create_engine(desk.engine.url.set(username=reach.admin_user, password=reach.admin_password))
    try:
        with engine.connect() as connection:
            connection.execute(text("SET search_path = capdesk, pg_temp; SET timezone = 'UTC'"))
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def seen(connection: Connection, head: str | None = None) -> list[str]:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        return [str(one) for one in verify(session, head=head).differences]


def heads(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT encode(hash, 'hex') FROM seal ORDER BY id")))


def test_that_a_desk_nobody_touched_shows_no_difference(filled: Desk) -> None:
    result = filled.read(verify)
    assert result.differences == ()
    assert (result.ok, result.seals, result.unsealed_rows, result.head_found) == (True, 5, 0, None)


def test_that_every_sealed_table_but_the_emails_is_put_to_the_test(filled: Desk) -> None:
    def is_empty(table: str) -> bool:
        return not filled.read(lambda session: session.scalar(text(f"SELECT count(*) FROM {table}")))

    empty = {"notification_log", "notification_attempt", "notification_outcome"}
    assert {table for table in sealed_columns() if is_empty(table)} == empty


@pytest.mark.parametrize("seed", range(SEEDS))
def test_that_any_change_to_a_sealed_row_is_found_and_named(server: Lease, filled: Desk, seed: int) -> None:
    with tampering(server, filled) as connection:
        table = tampered(connection, random.Random(seed))  # noqa: S311 - repeatable on purpose
        named = [one for one in seen(connection) if one.startswith(f"{table} id")]
    assert named


def tampered(connection: Connection, rng: random.Random) -> str:
    """Edits, deletes, inserts or swaps sealed rows of one table, as the constraints let it; the table."""
    while True:
        table = rng.choice([name for name in sealed_columns() if not name.startswith("notification")])
        how = rng.choice([edit, edit, edit, delete, insert, swap])
        try:
            with connection.begin_nested(), unguarded(connection, table):
                if how(connection, table, rng):
                    return table
        except DBAPIError:
            continue


CHANGED = {
    "bigint": "coalesce({0}, 0) + 1",
    "integer": "coalesce({0}, 0) + 1",
    "numeric": "{0} + 0.000001",
    "text": "coalesce({0}, '') || ' '",
    "date": "CASE WHEN isfinite({0}) THEN {0} + 1 ELSE '2026-01-01' END",
    "timestamp with time zone": "{0} - interval '1 microsecond'",
    "uuid": "gen_random_uuid()",
    "jsonb": "coalesce({0}, '{{}}') || '{{\"and\": 1}}'",
    "boolean": "NOT {0}",
}


def edit(connection: Connection, table: str, rng: random.Random) -> bool:
    column = rng.choice(sealed_columns()[table][1:])
    columns = text(
        "SELECT data_type, udt_name FROM information_schema.columns WHERE (table_name, column_name) = (:t, :c)"
    )
    kind, name = connection.execute(columns, {"t": table, "c": column}).one()
    other = (
        f"(SELECT v FROM unnest(enum_range(NULL::{name})) v WHERE v IS DISTINCT FROM {{0}} ORDER BY random() LIMIT 1)"
    )
    value = CHANGED.get(kind, other).format(column)
    row = f"(SELECT id FROM {table} ORDER BY md5(id::text || '{rng.random()}') LIMIT 1)"
    done = connection.execute(
        text(f"UPDATE {table} SET {column} = {value} WHERE id = {row} AND {column} IS DISTINCT FROM ({value})")
    )
    return done.rowcount == 1


def delete(connection: Connection, table: str, rng: random.Random) -> bool:
    row = f"(SELECT id FROM {table} ORDER BY md5(id::text || '{rng.random()}') LIMIT 1)"
    return connection.execute(text(f"DELETE FROM {table} WHERE id = {row}")).rowcount == 1


def insert(connection: Connection, table: str, _rng: random.Random) -> bool:
    """A copy of a row before all others, where ids never were: the constraints allow it only in some tables."""
    columns = ", ".join(sealed_columns()[table][1:])
    row = f"SELECT -1, {columns} FROM {table} ORDER BY id LIMIT 1"
    return connection.execute(text(f"INSERT INTO {table} (id, {columns}) OVERRIDING SYSTEM VALUE {row}")).rowcount == 1


def swap(connection: Connection, table: str, _rng: random.Random) -> bool:
    """The first and the last row change places."""
    low, high = connection.execute(text(f"SELECT min(id), max(id) FROM {table}")).one()
    columns = sealed_columns()[table][1:]
    pairs = ", ".join(f"{name} = o.{name}" for name in columns)
    done = connection.execute(
        text(f"UPDATE {table} t SET {pairs} FROM {table} o WHERE (t.id, o.id) IN ((:low, :high), (:high, :low))"),
        {"low": low, "high": high},
    )
    return int(low) < int(high) and done.rowcount == 2


_TOLD = text(
    "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', '2026-W46', 'o@x.org', :about)"
)
CUT = """
    DELETE FROM override_log;
    DELETE FROM seal_block WHERE seal_id = (SELECT max(id) FROM seal);
    DELETE FROM seal WHERE id = (SELECT max(id) FROM seal);
"""


def test_that_a_tail_cut_with_its_seals_is_found_by_an_old_head_alone(server: Lease, filled: Desk) -> None:
    with tampering(server, filled) as connection:
        known = heads(connection)
        with unguarded(connection, "override_log", "seal_block", "seal"):
            connection.exec_driver_sql(CUT)
        assert seen(connection) == []
        assert seen(connection, known[-2]) == []
        assert seen(connection, known[-1]) == [
            f"seal head {known[-1]}: is not in the chain: what it sealed was cut off or rewritten"
        ]


def test_that_a_tail_cut_is_found_where_an_email_told_its_head(server: Lease, filled: Desk) -> None:
    with tampering(server, filled) as connection:
        told = heads(connection)[-1]
        connection.execute(_TOLD, {"about": f'{{"seal": "{told}"}}'})
        with unguarded(connection, "override_log", "seal_block", "seal"):
            connection.exec_driver_sql(CUT)
        assert seen(connection) == [f"seal seal {told}: an email told of it, and it is gone"]


def test_that_a_ledger_rewritten_with_all_its_seals_is_found_by_an_old_head_alone(
    desk: Desk, database: TestDatabase
) -> None:
    fill(desk)
    with superuser(database.admin) as connection:
        known = heads(connection)
        with unguarded(connection, "override_log", "seal_block", "seal"):
            connection.exec_driver_sql("UPDATE override_log SET rationale = 'It does'; TRUNCATE seal_block, seal")
    seal(desk.engine)
    assert desk.read(verify).ok

    def with_head(session: Session) -> Verification:
        return verify(session, head=known[0])

    assert desk.read(with_head).head_found is False


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE seal SET previous_hash = sha256(hash) WHERE id = 2",
            "seal seal 2: does not follow the seal before it",
        ),
        ("UPDATE seal SET rows = rows + 1 WHERE id = 2", "seal seal 2: does not cover its blocks"),
        ("UPDATE seal SET hash = sha256(hash) WHERE id = 2", "seal seal 2: its hash is not that of what it covers"),
        ("UPDATE seal_block SET rows = rows + 1 WHERE seal_id = 2", "seal seal 2: does not cover its blocks"),
        (
            "UPDATE seal_block SET last_id = last_id - 1 WHERE table_name = 'call'",
            "call ids 1-11: 12 rows were sealed, 11 are",
        ),
        ("UPDATE seal_block SET first_id = 2 WHERE table_name = 'call'", "call ids 2-12: a block should begin at id 1"),
        (
            "UPDATE seal_block SET first_id = 2, rows = 11 WHERE table_name = 'call'",
            "call id 1: lies among sealed rows",
        ),
        (
            "UPDATE seal_block SET table_name = 'desk' WHERE table_name = 'call'",
            "desk -: is sealed, but capdesk knows no",
        ),
    ],
)
def test_that_a_changed_seal_is_found(server: Lease, filled: Desk, statement: str, expected: str) -> None:
    with tampering(server, filled) as connection:
        with unguarded(connection, "seal", "seal_block"):
            connection.exec_driver_sql(statement)
        assert any(one.startswith(expected) for one in seen(connection)), seen(connection)


def test_that_what_was_recorded_since_the_last_seal_is_counted_and_not_vouched_for(server: Lease, filled: Desk) -> None:
    with tampering(server, filled) as connection:
        connection.exec_driver_sql("UPDATE campaign SET status = 'paused'")
        with unguarded(connection, "campaign_status"):
            connection.exec_driver_sql(
                "UPDATE campaign_status SET recorded_at = recorded_at - interval '1 day' WHERE id = 2"
            )
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            result = verify(session)
    assert (result.ok, result.unsealed_rows) == (True, 1)


BROKEN = {
    "batches": "UPDATE import_batch SET landed = 2, read = 2 WHERE id = 3",
    "bonus_costs": "DELETE FROM cost_rollup WHERE source = 'bonus' AND reversal_id IS NULL",
    "bonuses": "UPDATE bonus_event SET bonus_amount_usd = 6 WHERE id = 1",
    "calls": "UPDATE call SET experiment_id = NULL, attribution = 'no_run' WHERE id = 1",
    "campaign_status": "UPDATE campaign SET status = 'paused' WHERE id = 1",
    "charge_dates": "UPDATE cost_rollup SET date = date - 1 WHERE source = 'twilio'",
    "charges": "UPDATE provider_charge SET amount_usd = amount_usd + 1 WHERE id = 1",
    "events": "UPDATE explicit_event SET lead_id = 1 WHERE id = 1",
    "experiment_rules": "UPDATE experiment SET capital_cap_usd = 2000 WHERE id = 1",
    "experiment_status": "UPDATE experiment SET status = 'terminated' WHERE id = 1",
    "floats": "ALTER TABLE product ADD COLUMN price double precision",
    "hours": "UPDATE time_log SET hourly_rate_usd = 21 WHERE id = 1",
    "labor_costs": "UPDATE cost_rollup SET experiment_id = NULL WHERE source = 'labor' AND reversal_id IS NULL",
    "lead_history": "UPDATE lead_status SET event_id = 1 WHERE id = 1",
    "leads": "UPDATE lead SET status = 'active', exited_at = NULL WHERE id = 1",
    "mapped_costs": "UPDATE cost_rollup SET cost_usd = cost_usd + 1 WHERE source = 'twilio'",
    "runs": "UPDATE experiment_run SET started_at = started_at - interval '1 hour'",
    "syncs": "UPDATE sync_step SET landed = landed + 1",
    "tallies": "UPDATE event_tally SET count = count + 1 WHERE id = 1",
}


def test_that_every_truth_is_put_to_the_test() -> None:
    assert {truth.name for truth in all_truths()} == set(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_that_a_figure_that_does_not_follow_is_found(server: Lease, filled: Desk, name: str) -> None:
    truth = next(one for one in all_truths() if one.name == name)
    touched = truth.table if truth.table != "schema" else "product"
    with tampering(server, filled) as connection:
        with unguarded(connection, touched):
            connection.exec_driver_sql(BROKEN[name])
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            found = check_truths(session, lambda *_told: None)
    assert any(one.table == truth.table for one in found)


def test_that_many_differences_of_one_kind_are_counted(server: Lease, filled: Desk) -> None:
    with tampering(server, filled) as connection:
        with unguarded(connection, "event_tally"):
            connection.exec_driver_sql("UPDATE event_tally SET count = count + 1")
        found = [one for one in seen(connection) if one.startswith("event_tally")]
    assert found[-1].endswith("more of the same kind")


def test_that_what_cannot_be_read_is_a_difference_and_hides_no_other(server: Lease, filled: Desk) -> None:
    with tampering(server, filled) as connection:
        connection.exec_driver_sql("ALTER TABLE override_log RENAME TO gone")
        with unguarded(connection, "member_rate"):
            connection.exec_driver_sql("UPDATE member_rate SET hourly_rate_usd = 21 WHERE id = 1")
        found = seen(connection)
    assert any(one.startswith("override_log -: cannot be read as it was sealed") for one in found)
    assert "schema table override_log: is missing" in found
    assert "member_rate ids 1-2: a row is not what was sealed" in found
    assert any(one.startswith("time_log id 1: the rate on that date was 21") for one in found)


def test_that_progress_tells_how_far_it_is(filled: Desk) -> None:
    told: list[tuple[str, int, int]] = []
    filled.read(lambda session: verify(session, progress=lambda *step: told.append(step)))
    rows = [step for step in told if step[0] in sealed_columns()]
    assert rows[-1][1] == rows[-1][2] > 0


def test_that_what_follows_is_judged_as_it_was_known_when_it_was_recorded(desk: Desk) -> None:
    now = builders.database_now(desk)
    first = builders.running_experiment(desk, at=now - timedelta(days=20), bonus={"paid_conversion": "50"})
    second = builders.planned_experiment(desk, name="Voicemail")
    other = builders.campaign(desk, "Summer")
    ana, facts = builders.member(desk), Facts(desk)
    day = business_date(now, desk.zone) - timedelta(days=8)
    facts.call(first.campaign, now - timedelta(days=19), "Schedule", 200, ana)
    facts.hours(ana, day)  # the first experiment still runs
    builders.move(desk, first.experiment, "pause", at=now - timedelta(days=7))
    builders.move(desk, second.experiment, "start", at=now - timedelta(days=6))
    facts.call(first.campaign, now - timedelta(days=6, hours=12))  # between the two
    facts.call(first.campaign, now - timedelta(days=5), "Info", 150)
    facts.hours(ana, business_date(now, desk.zone) - timedelta(days=5))
    lead = builders.lead(desk)
    for days in (4, 3):  # the second conversion never counts
        sold = NewEvent("paid_conversion", now - timedelta(days=days), "Spring", str(ana), "+13055550123")
        desk.write(partial(add_event, new=sold, user_id=desk.owner_id))
    for usd in ("40", "38.5", "41.25"):
        facts.charge((now - timedelta(days=5)).date(), usd)
    facts.map("twilio", first.campaign, account="AC1")
    facts.charge((now - timedelta(days=5)).date(), "42")
    facts.map("twilio", other, account="AC1")
    facts.charge((now - timedelta(days=5)).date(), "0")
    facts.map("twilio", None, account="AC1")
    sold_to = text("SELECT attribution::text FROM explicit_event WHERE lead_id = :lead ORDER BY id")
    counted = desk.read(lambda session: session.scalars(sold_to, {"lead": lead}).all())
    assert counted == ["run", "lead_exited"]
    assert desk.read(verify).differences == ()
