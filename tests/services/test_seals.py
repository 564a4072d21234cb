"""Seals cover every ledger row once, in a form that is the same wherever the rows are."""

import hashlib
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from capdesk import models
from capdesk.bootstrap import Desk
from capdesk.services.database.seals import (
    BLOCK_ROWS,
    GENESIS,
    Block,
    copied_rows,
    driver,
    head,
    root_of,
    seal,
    sealed_columns,
)
from capdesk.services.database.session import make_engine
from capdesk.services.verify import verify
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.clients import eventually
from tests.support.ledgers import fill, superuser, unguarded

_CHANGED_BY_SEALING = {"seal", "seal_block"}


def rows_of(engine: Engine, table: str) -> list[bytes]:
    with engine.connect() as connection:
        return list(copied_rows(driver(connection.connection.driver_connection), table, 0, 2**62))


def test_that_every_column_of_every_table_that_never_changes_is_sealed(desk: Desk) -> None:
    never_changing = text(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'refuse_change' AND NOT tgisinternal"
    )
    tables = set(desk.read(lambda session: session.scalars(never_changing).all())) - _CHANGED_BY_SEALING
    assert set(sealed_columns()) == tables
    for table, columns in sealed_columns().items():
        assert set(columns) == {column.name for column in models.Base.metadata.tables[table].columns}, table
        assert columns[0] == "id"


def test_that_a_seal_covers_the_seal_before_and_the_hashes_of_its_blocks(desk: Desk) -> None:
    builders.campaign(desk)
    first = seal(desk.engine)
    builders.member(desk)
    second = seal(desk.engine)
    assert second == head(desk.engine)
    with desk.engine.connect() as connection:
        roots = connection.scalars(text("SELECT root FROM seal ORDER BY id")).all()
    assert first == hashlib.sha256(GENESIS + roots[0]).digest()
    assert first is not None
    assert second == hashlib.sha256(first + roots[1]).digest()


def test_that_there_is_no_seal_over_nothing(desk: Desk) -> None:
    assert (seal(desk.engine), head(desk.engine)) == (None, None)
    builders.campaign(desk)
    assert seal(desk.engine) is not None
    assert seal(desk.engine) is None


def test_that_blocks_hold_up_to_1000_rows_and_leave_no_gap(desk: Desk, database: TestDatabase) -> None:
    rows = 2 * BLOCK_ROWS + 1
    builders.campaign(desk)
    with superuser(database.admin) as connection:
        connection.exec_driver_sql(
            "INSERT INTO campaign_status (campaign_id, status, recorded_at)"
            f" SELECT 1, 'active', ledger_now() FROM generate_series(2, {rows})"
        )
        connection.exec_driver_sql("SELECT setval('campaign_status_id_seq', 5000)")
    seal(desk.engine)
    desk.write(lambda session: session.execute(text("UPDATE campaign SET status = 'paused'")))
    seal(desk.engine)
    blocks = desk.read(
        lambda session: session.execute(text("SELECT first_id, last_id, rows FROM seal_block ORDER BY first_id")).all()
    )
    assert [tuple(block) for block in blocks] == [(1, 1000, 1000), (1001, 2000, 1000), (2001, 2001, 1), (2002, 5001, 1)]
    assert desk.read(verify).ok


# Rows as bytes: the form must be the same on every server, or an old seal could not be checked


def test_that_a_row_is_hashed_as_its_values_alone_say(desk: Desk, database: TestDatabase) -> None:
    builders.member(desk, rate="1234.5", campaign=None)
    with superuser(database.admin) as connection, unguarded(connection, "member_rate"):
        connection.exec_driver_sql("UPDATE member_rate SET recorded_at = '2000-01-01T00:00:01Z'")
    number = struct.pack(">hhHhhh", 2, 0, 0, 6, 1234, 5000)  # digits in base 10,000, six decimals shown
    minus_infinity, moment = struct.pack(">i", -(2**31)), struct.pack(">q", 1_000_000)
    one = struct.pack(">q", 1)
    fields = (one, one, number, minus_infinity, moment)
    row = struct.pack(">h", 5) + b"".join(struct.pack(">i", len(field)) + field for field in fields)
    assert rows_of(desk.engine, "member_rate") == [row]


def test_that_words_null_and_structures_are_hashed_by_their_text(desk: Desk, database: TestDatabase) -> None:
    with superuser(database.admin) as connection:
        connection.exec_driver_sql(
            "INSERT INTO notification_log (kind, period, recipient, about)"
            """ VALUES ('weekly', '2026-W46', 'o@x.org', '{"b": 1, "a": [true, 1.50]}')"""
        )
    (row,) = rows_of(desk.engine, "notification_log")
    assert b'\x01{"a": [true, 1.50], "b": 1}' in row
    assert b"\xff\xff\xff\xff" in row  # no experiment


def test_that_rows_look_the_same_in_another_database_and_session(desk: Desk, database: TestDatabase) -> None:
    fill(desk)
    other = make_engine(database.app)
    with other.connect() as connection:
        connection.exec_driver_sql("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET extra_float_digits = 0")
        raw = driver(connection.connection.driver_connection)
        for table in sealed_columns():
            assert list(copied_rows(raw, table, 0, 2**62)) == rows_of(desk.engine, table)
    other.dispose()


def test_that_the_root_tells_blocks_apart() -> None:
    block = Block("call", 1, 1000, 1000, bytes(32))
    others = [Block("calls", 1, 1000, 1000, bytes(32)), Block("call", 1, 1001, 1000, bytes(32))]
    others += [Block("call", 1, 1000, 999, bytes(32)), Block("call", 1, 1000, 1000, bytes(31) + b"\x01")]
    roots = [root_of([one]) for one in (block, *others)] + [root_of([]), root_of([block, block])]
    assert len(set(roots)) == len(roots)


# At the same moment

_DUE = "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', '2026-W46', 'o@x.org', '{}')"


@pytest.mark.parametrize(
    "statement",
    [
        _DUE,
        "SELECT next_batch()",
        "SELECT ledger_now()",
        "INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Summer', 1)",
    ],
)
def test_that_nothing_is_sealed_while_somebody_may_still_write_below_the_newest_id(desk: Desk, statement: str) -> None:
    builders.campaign(desk)
    with desk.engine.connect() as connection:
        connection.execute(text(statement))
        assert seal(desk.engine) is None
        connection.rollback()
    assert seal(desk.engine) is not None


def test_that_a_row_gets_its_id_only_once_its_writer_holds_the_ledger(desk: Desk, database: TestDatabase) -> None:
    waits = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
    )
    with superuser(database.admin) as alone, ThreadPoolExecutor(1) as pool:
        alone.execute(text("SELECT ledger_now(true)"))
        writing = pool.submit(desk.write, lambda session: session.execute(text(_DUE)))
        assert eventually(lambda: bool(alone.scalar(waits)))
        assert alone.scalar(text("SELECT is_called FROM notification_log_id_seq")) is False
        alone.rollback()
        writing.result(30)


def test_that_eight_sealers_at_once_make_one_chain_without_gaps(desk: Desk, database: TestDatabase) -> None:
    fill(desk)
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        engine = make_engine(database.app)
        with Desk(desk.folder, desk.clock, engine, desk.zone, 1) as mine:
            barrier.wait(30)
            for round_ in range(5):
                builders.campaign(mine, f"{number}-{round_}")
                mine.seal()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    seal(desk.engine)
    result = desk.read(verify)
    assert (result.differences, result.unsealed_rows) == ((), 0)
