"""The schema's history: it leads to what the models say, back again, and never half way."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from capdesk.errors import DatabaseUnavailable
from capdesk.migrations import HEAD
from capdesk.models import Base
from capdesk.services.database import schema
from capdesk.services.database.embedded import Lease
from tests.conftest import admin_statement, admin_url
from tests.models.everything import content, fill
from tests.models.ledger import Ledger, connect

_ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)

TABLES = text(
    "SELECT relname::text, relkind::text, relpersistence::text, pg_get_userbyid(relowner)::text FROM pg_class"
    " WHERE relnamespace = 'capdesk'::regnamespace AND relkind IN ('r', 'S') AND relname <> 'ledger_clock'"
)
COLUMNS = text(
    "SELECT c.relname::text, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " a.attidentity::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    " WHERE c.relnamespace = 'capdesk'::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
)
CONSTRAINTS = text(
    "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
    " WHERE connamespace = 'capdesk'::regnamespace"
)
INDEXES = text("SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'capdesk'")
WORDS = text(
    "SELECT t.typname::text, e.enumsortorder, e.enumlabel::text FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid"
    " WHERE t.typnamespace = 'capdesk'::regnamespace"
)
RULES = text(
    "SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proacl::text FROM pg_proc p"
    " WHERE p.pronamespace = 'capdesk'::regnamespace UNION ALL"
    " SELECT t.tgrelid::regclass || ' ' || t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text FROM pg_trigger t"
    " WHERE NOT t.tgisinternal UNION ALL"
    " SELECT c.relname, coalesce(pg_get_viewdef(c.oid), ''), c.relacl::text FROM pg_class c"
    " WHERE c.relnamespace = 'capdesk'::regnamespace AND c.relkind IN ('r', 'v', 'S')"
)

MADE_BY_0002 = {
    *("connection", "sync_run", "sync_step", "sync_outcome", "twilio_call", "staged_coverage", "staged_twilio_call")
}

Found = dict[str, set[tuple[object, ...]]]


@pytest.fixture
def empty(server: Lease) -> Iterator[URL]:
    """A database without anything of capdesk."""
    name = f"empty_{next(_numbers)}"
    admin_statement(server, f"CREATE DATABASE {name}")
    yield admin_url(server, name)
    admin_statement(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(empty: URL) -> Iterator[Engine]:
    made = create_engine(empty, poolclass=NullPool)
    yield made
    made.dispose()


def prepare(engine: Engine, server: Lease) -> None:
    schema.prepare(engine, server.connection.app_password)


def tables(connection: Connection) -> Found:
    """Everything the models speak of, as Postgres says it."""
    asked = {"tables": TABLES, "columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES, "words": WORDS}
    return {name: {tuple(row) for row in connection.execute(query)} for name, query in asked.items()}


def everything(connection: Connection) -> Found:
    return tables(connection) | {"rules": {tuple(row) for row in connection.execute(RULES)}}


def as_owner(connection: Connection) -> None:
    connection.execute(text("SET search_path = capdesk"))
    connection.execute(text("SET ROLE capdesk_owner"))


def test_that_the_newest_revision_is_the_one_the_program_knows() -> None:
    script = ScriptDirectory.from_config(schema._config())
    assert script.get_heads() == [HEAD]
    assert {HEAD} <= schema.known_revisions()


def test_that_the_history_leads_to_what_the_models_say(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.connect() as connection:
        connection.execute(text("SET search_path = capdesk"))
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "version_table_schema": "capdesk"}
        )
        differences = [d for d in compare_metadata(context, Base.metadata) if "alembic_version" not in str(d)]
        assert differences == []


def test_that_the_history_makes_the_same_tables_as_the_models_to_the_last_constraint(
    engine: Engine, server: Lease
) -> None:
    prepare(engine, server)
    with engine.connect() as connection:
        connection.execute(text("SET search_path = capdesk"))
        migrated = tables(connection)
        connection.rollback()
        connection.execute(text("DROP SCHEMA capdesk CASCADE"))
        connection.execute(text("CREATE SCHEMA capdesk AUTHORIZATION capdesk_owner"))
        as_owner(connection)
        Base.metadata.create_all(connection)
        modelled = tables(connection)
    without_version = {
        name: {row for row in rows if "alembic_version" not in str(row)} for name, rows in migrated.items()
    }
    assert without_version == modelled


def test_that_a_revision_can_be_taken_back_and_made_again(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.connect() as connection:
        connection.execute(text("SET search_path = capdesk"))
        before = everything(connection)
        connection.rollback()
        as_owner(connection)
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = tables(connection)
        assert {row[0] for row in left["tables"]} == {"alembic_version"}
        assert left["words"] == set()
        connection.commit()
    prepare(engine, server)
    with engine.connect() as connection:
        connection.execute(text("SET search_path = capdesk"))
        assert everything(connection) == before


def test_that_a_desk_of_the_first_version_keeps_every_row_when_it_is_brought_up(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.begin() as connection:
        connection.execute(text("SELECT capdesk.create_desk('America/New_York', 'Olga', NULL, '\\x00010203')"))
    with connect(engine.url) as admin:
        ledger = Ledger(admin)
        fill(ledger)
        before = content(ledger)
    with engine.connect() as connection:
        as_owner(connection)
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.execute(text("COMMENT ON SCHEMA capdesk IS 'rules of the first version'"))
        connection.commit()
    with connect(engine.url) as admin:
        first = content(Ledger(admin))
    assert len(first) == len(before) - len(MADE_BY_0002)
    prepare(engine, server)
    with connect(engine.url) as admin:
        ledger = Ledger(admin)
        after = content(ledger)
        assert ledger.value("SELECT daily_time::text FROM desk") == "06:00:00"
    kept = set(before) - MADE_BY_0002 - {"alembic_version"}
    assert {table: after[table] for table in kept} == {table: before[table] for table in kept}
    assert {after[table][0] for table in MADE_BY_0002} == {0}


def test_that_the_rules_can_be_applied_again_and_again(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.connect() as connection:
        as_owner(connection)
        before = everything(connection)
        for _ in range(2):
            schema.apply_rules(connection)
            assert everything(connection) == before
        assert len(before["rules"]) > 100


def test_that_a_current_schema_is_left_alone(engine: Engine, server: Lease) -> None:
    changes: list[str] = []
    schema.prepare(engine, server.connection.app_password, before_change=lambda: changes.append("first"))
    schema.prepare(engine, server.connection.app_password, before_change=lambda: changes.append("second"))
    assert changes == ["first"]


def test_that_rules_of_another_program_are_replaced_by_this_ones(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.begin() as connection:
        connection.execute(text("SET search_path = capdesk"))
        before = everything(connection)
        connection.execute(text("COMMENT ON SCHEMA capdesk IS 'rules of long ago'"))
        connection.execute(text("DROP FUNCTION refuse_change() CASCADE; GRANT ALL ON cost_rollup TO capdesk_app"))
        assert not schema.is_current(connection)
    prepare(engine, server)
    with engine.begin() as connection:
        connection.execute(text("SET search_path = capdesk"))
        assert schema.is_current(connection)
        assert everything(connection) == before


def test_that_a_newer_database_is_refused_with_a_sentence(engine: Engine, server: Lease) -> None:
    prepare(engine, server)
    with engine.begin() as connection:
        connection.execute(text("UPDATE capdesk.alembic_version SET version_num = '9999'"))
    sentence = r"written by a newer capdesk \(schema 9999\): install that version to open it"
    with engine.connect() as connection, pytest.raises(DatabaseUnavailable, match=sentence):
        schema.is_current(connection)
    with pytest.raises(DatabaseUnavailable, match=sentence):
        prepare(engine, server)


def test_that_a_database_without_capdesk_is_not_current(engine: Engine) -> None:
    with engine.connect() as connection:
        assert schema.revision(connection) is None
        assert not schema.is_current(connection)


def test_that_a_migration_that_fails_leaves_nothing_behind(engine: Engine, server: Lease) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA capdesk AUTHORIZATION capdesk_owner"))
        connection.execute(text("CREATE TABLE capdesk.seal (in_the_way int)"))
    with pytest.raises(ProgrammingError, match="already exists"):
        prepare(engine, server)
    with engine.begin() as connection:
        found = tables(connection)
        assert {row[0] for row in found["tables"]} == {"seal"}
        assert found["words"] == set()
        connection.execute(text("DROP SCHEMA capdesk CASCADE"))
    prepare(engine, server)


def test_that_seen_from_outside_a_schema_is_there_whole_or_not_at_all(engine: Engine, server: Lease) -> None:
    """So a program killed between any two of its statements leaves nothing behind."""
    seen: list[int] = []
    outside = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    objects = text(
        "SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'capdesk')"
        " + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'capdesk')"
    )

    @event.listens_for(engine, "after_cursor_execute")
    def look(*_statement: object) -> None:
        with outside.connect() as connection:
            seen.append(connection.scalar(objects) or 0)

    prepare(engine, server)
    outside.dispose()
    assert len(seen) > 100
    assert len({count for count in seen if count}) == 1
    assert seen[0] == 0 < seen[-1]


_PREPARE = """
import sys
from sqlalchemy import create_engine
from capdesk.services.database import schema
engine = create_engine(sys.argv[1])
schema.prepare(engine, sys.stdin.read())
"""


def test_that_two_processes_may_prepare_at_once(engine: Engine, server: Lease) -> None:
    address = engine.url.render_as_string(hide_password=False)

    def start(_number: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", _PREPARE, address],
            input=server.connection.app_password,
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(2) as threads:
        for ended in threads.map(start, range(2)):
            assert ended.returncode == 0, ended.stderr
    with engine.connect() as connection:
        assert schema.is_current(connection)
