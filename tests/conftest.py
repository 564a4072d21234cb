"""A real Postgres per worker, a fresh desk per test."""

import contextlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import URL, create_engine, text

from capdesk.bootstrap import Desk
from capdesk.cli import run
from capdesk.services.clock import FixedClock, SystemClock
from capdesk.services.database import schema
from capdesk.services.database.embedded import EmbeddedServer, Lease
from capdesk.services.database.session import make_engine

ZONE = "America/New_York"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    """One Postgres for all tests of a worker, with a prepared template database."""
    place = EmbeddedServer(tmp_path_factory.mktemp("server"))
    with place.attach() as lease:
        admin_statement(lease, "CREATE DATABASE capdesk_template")
        engine = create_engine(admin_url(lease, "capdesk_template"))
        schema.prepare(engine, lease.connection.app_password)
        with engine.begin() as connection:
            connection.execute(text(f"SELECT capdesk.create_desk('{ZONE}', 'Olga', NULL, '\\x00010203')"))
        engine.dispose()
        yield lease
    place.remove(force=True)


def admin_statement(lease: Lease, statement: str) -> None:
    with psycopg.connect(**lease.connection.as_admin(), autocommit=True) as connection:
        connection.execute(statement.encode())


def admin_url(lease: Lease, database: str) -> URL:
    reach = lease.connection
    return _url(lease, database, reach.admin_user, reach.admin_password)


def app_url(lease: Lease, database: str) -> URL:
    return _url(lease, database, "capdesk_app", lease.connection.app_password)


def _url(lease: Lease, database: str, user: str, password: str) -> URL:
    reach = lease.connection
    query = {"host": reach.host, "port": str(reach.port)}
    return URL.create("postgresql+psycopg", username=user, password=password, database=database, query=query)


@dataclass(frozen=True)
class TestDatabase:
    """A database of its own, as the application and as its administrator."""

    __test__ = False

    app: URL
    admin: URL


@pytest.fixture
def database(server: Lease) -> Iterator[TestDatabase]:
    name = f"capdesk_{next(_numbers)}"
    admin_statement(server, f"CREATE DATABASE {name} TEMPLATE capdesk_template")
    admin_statement(server, f"ALTER DATABASE {name} SET search_path = capdesk")
    yield TestDatabase(app_url(server, name), admin_url(server, name))
    admin_statement(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Iterator[Desk]:
    """A desk in New York with Olga as its owner (user 1), on the real clock."""
    with Desk(tmp_path, SystemClock(), make_engine(database.app), ZoneInfo(ZONE), 1) as opened:
        yield opened


@dataclass(frozen=True)
class Ran:
    """What a command line gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Capdesk = Callable[..., Ran]


@pytest.fixture
def capdesk(database: TestDatabase, tmp_path: Path) -> Capdesk:
    """Runs one command line on the test's own database, in this process."""
    address = database.app.render_as_string(hide_password=False)

    def call(*arguments: object) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["--desk", str(tmp_path / "desk"), "--database-url", address, *map(str, arguments)])
        return Ran(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
