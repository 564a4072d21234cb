"""The fingerprint: a weakened protection is noticed before anything is written or sent."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from capdesk.bootstrap import Desk
from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import (
    anchors,
    binaries,
    cluster,
    fingerprint,
    passwords,
    place,
    process,
    running,
    schema,
)
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.remote import OLDEST
from tests.conftest import TestDatabase
from tests.support.ledgers import superuser

REGENERATE = "rules or models changed: run `python -m tests.support.write_fingerprint`"

# What was done, and what is named. Each is undone with its database, the roles' by the statement beside it.
SABOTAGES = {
    "a trigger disabled": ("ALTER TABLE call DISABLE TRIGGER refuse_change", "trigger call.refuse_change"),
    "a trigger that replication passes by": (
        "ALTER TABLE call ENABLE TRIGGER refuse_change",
        "trigger call.refuse_change",
    ),
    "a trigger dropped": ("DROP TRIGGER refuse_truncate ON cost_rollup", "trigger cost_rollup.refuse_truncate"),
    "foreign keys switched off": (
        "ALTER TABLE cost_rollup DISABLE TRIGGER ALL",
        "constraint cost_rollup.fk_cost_rollup_campaign_id",
    ),
    "a function that lets all pass": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = capdesk, pg_temp"
        " AS 'BEGIN RETURN NEW; END'",
        "function refuse_change()",
    ),
    "a function run by its caller": (
        "ALTER FUNCTION guard_run() SECURITY INVOKER",
        "function guard_run()",
    ),
    "a function without its search path": (
        "ALTER FUNCTION ledger_now(boolean) RESET ALL",
        "function ledger_now(boolean)",
    ),
    "a function anybody may call": (
        "GRANT EXECUTE ON FUNCTION roll_charges(bigint, timestamptz) TO capdesk_app",
        "function roll_charges(bigint,timestamp with time zone)",
    ),
    "a constraint dropped": ("ALTER TABLE call DROP CONSTRAINT ck_call_not_ahead", "constraint call.ck_call_not_ahead"),
    "a constraint not validated": (
        "ALTER TABLE bonus_event DROP CONSTRAINT ck_bonus_event_amount,"
        " ADD CONSTRAINT ck_bonus_event_amount CHECK (bonus_amount_usd > 0) NOT VALID",
        "constraint bonus_event.ck_bonus_event_amount",
    ),
    "a column of another type": (
        "ALTER TABLE evaluation ALTER COLUMN admin_notes TYPE varchar(20)",
        "table evaluation",
    ),
    "a default changed": ("ALTER TABLE app_user ALTER COLUMN created_at SET DEFAULT 'epoch'", "table app_user"),
    "a column that may be empty": ("ALTER TABLE reversal ALTER COLUMN reason DROP NOT NULL", "table reversal"),
    "rows hidden": ("ALTER TABLE cost_rollup ENABLE ROW LEVEL SECURITY", "table cost_rollup"),
    "a policy": ("CREATE POLICY hide ON cost_rollup USING (cost_usd > 0)", "policy cost_rollup.hide"),
    "a right too many": ("GRANT UPDATE ON cost_rollup TO capdesk_app", "table cost_rollup"),
    "a right on one column": ("GRANT UPDATE (cost_usd) ON cost_rollup TO capdesk_app", "table cost_rollup"),
    "a right for everybody": ("GRANT CREATE ON SCHEMA capdesk TO PUBLIC", "schema capdesk"),
    "another owner": ("ALTER TABLE cost_rollup OWNER TO capdesk_app", "table cost_rollup"),
    "a table swapped": (
        "ALTER TABLE override_log RENAME TO gone; CREATE TABLE override_log (LIKE gone INCLUDING ALL);"
        " ALTER TABLE override_log OWNER TO capdesk_owner",
        "table gone",
    ),
    "a unique index dropped": ("DROP INDEX uq_call_source_id", "index uq_call_source_id"),
    "a rule": ("CREATE RULE swallow AS ON INSERT TO reversal DO INSTEAD NOTHING", "rule reversal.swallow"),
    "a view that counts otherwise": (
        "CREATE OR REPLACE VIEW dialer_rule AS"
        " SELECT 'Busy'::call_outcome AS outcome, 0 AS min_duration_s, 1 AS number, 'qpc'::event_type AS event_type",
        "view dialer_rule",
    ),
    "a child table": ("CREATE TABLE more () INHERITS (cost_rollup)", "table more"),
    "a word more": ("ALTER TYPE event_type ADD VALUE 'sale'", "type event_type"),
    "an operator": (
        "CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        " CREATE OPERATOR = (FUNCTION = same, LEFTARG = text, RIGHTARG = text)",
        "operator capdesk.=(text,text)",
    ),
    "a clock that can be wound": ("ALTER SEQUENCE ledger_clock INCREMENT BY -1", "sequence ledger_clock"),
}

ROLES = {
    "the application as superuser": (
        "ALTER ROLE capdesk_app SUPERUSER",
        "ALTER ROLE capdesk_app NOSUPERUSER",
        "role capdesk_app",
    ),
    "the application as owner": (
        "GRANT capdesk_owner TO capdesk_app",
        "REVOKE capdesk_owner FROM capdesk_app",
        "role capdesk_app",
    ),
    "an owner who may log in": (
        "ALTER ROLE capdesk_owner LOGIN",
        "ALTER ROLE capdesk_owner NOLOGIN",
        "role capdesk_owner",
    ),
}


def named(desk: Desk) -> list[str]:
    return desk.read(lambda session: [name for name, _ in fingerprint.differences(session.connection())])


def test_that_the_shipped_fingerprint_is_that_of_a_fresh_migration(desk: Desk) -> None:
    found = desk.read(lambda session: fingerprint.lines(session.connection()))
    assert tuple(found) == fingerprint.expected_lines(), REGENERATE


def test_that_the_administrator_sees_the_same_fingerprint(desk: Desk, database: TestDatabase) -> None:
    with superuser(database.admin) as connection:
        seen_by_admin = fingerprint.fingerprint(connection)
    assert desk.read(lambda session: fingerprint.fingerprint(session.connection())) == seen_by_admin


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_that_weakened_rules_are_noticed_and_refuse_every_write(
    desk: Desk, database: TestDatabase, sabotage: str
) -> None:
    statement, culprit = SABOTAGES[sabotage]
    with superuser(database.admin) as connection:
        connection.exec_driver_sql(statement)
    assert culprit in named(desk)
    with pytest.raises(DatabaseUnavailable, match=r"is not as capdesk made it .* see `capdesk doctor`"):
        desk.write(lambda session: session.execute(text("SELECT 1")))
    assert desk.read(lambda session: session.scalar(text("SELECT zone FROM desk"))) == "America/New_York"


@pytest.mark.parametrize("sabotage", ROLES)
def test_that_a_role_that_may_more_is_noticed(desk: Desk, database: TestDatabase, sabotage: str) -> None:
    statement, undone, culprit = ROLES[sabotage]
    try:
        with superuser(database.admin) as connection:
            connection.exec_driver_sql(statement)
        assert named(desk) == [culprit]
    finally:
        with superuser(database.admin) as connection:
            connection.exec_driver_sql(undone)
    assert named(desk) == []


@pytest.mark.parametrize(
    ("statement", "culprit"),
    [
        ("SET session_replication_role = replica", "setting session_replication_role"),
        ("SET synchronous_commit = off", "setting synchronous_commit"),
    ],
)
def test_that_a_setting_that_weakens_is_noticed(database: TestDatabase, statement: str, culprit: str) -> None:
    with superuser(database.admin) as connection:
        connection.exec_driver_sql(statement)
        assert fingerprint.differences(connection) == [(culprit, "differs")]


def test_that_a_write_is_checked_once_and_costs_nothing_after(desk: Desk, database: TestDatabase) -> None:
    desk.write(lambda session: session.execute(text("SELECT 1")))
    with superuser(database.admin) as connection:
        connection.exec_driver_sql("ALTER TABLE call DISABLE TRIGGER refuse_change")
    desk.write(lambda session: session.execute(text("SELECT 1")))


@pytest.fixture
def oldest(tmp_path: Path) -> Iterator[Engine]:
    """The administrator on a server of the oldest Postgres capdesk works with."""
    desk = tmp_path / "desk"
    place.make_home(desk)
    where = place.settle(desk)
    secret = where.base / "secret"
    passwords.write_private(secret, passwords.read_or_make(where.passwords).admin)
    where.data.mkdir(mode=0o700)
    for path in (where.data, secret):
        if where.account is not None:
            os.chown(path, where.account.uid, where.account.gid)
    initdb = [binaries.find(OLDEST).program("initdb"), "-D", str(where.data), "-U", cluster.ADMIN, "--no-sync"]
    initdb += [f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    assert process.run(initdb, where.data, where.account, stdout=subprocess.DEVNULL).returncode == 0
    reach, session = anchors.connect(where, running.bring_up(where, time.monotonic() + 60))
    session.close()
    query = {"host": reach.host, "port": str(reach.port)}
    engine = create_engine(
        URL.create("postgresql+psycopg", reach.admin_user, reach.admin_password, database="postgres", query=query)
    )
    yield engine
    engine.dispose()
    EmbeddedServer(desk).remove(force=True)


@pytest.mark.slow
def test_that_the_fingerprint_is_the_same_on_the_oldest_postgres(oldest: Engine) -> None:
    schema.prepare(oldest, "secret")
    with oldest.connect() as connection:
        assert fingerprint.differences(connection) == []
