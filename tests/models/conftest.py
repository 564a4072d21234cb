"""One database per test module; each test's own actions are rolled back."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from capdesk.services.database.embedded import Lease
from tests.conftest import TestDatabase, admin_statement, admin_url, app_url
from tests.models.ledger import Ledger, Row, connect


@dataclass(frozen=True)
class Place:
    """A database with the owner (user 1, admin) and Nora (user 2, no admin)."""

    database: TestDatabase

    @contextlib.contextmanager
    def app(self) -> Iterator["psycopg.Connection[Row]"]:
        with connect(self.database.app) as connection:
            yield connection

    @contextlib.contextmanager
    def admin(self) -> Iterator["psycopg.Connection[Row]"]:
        with connect(self.database.admin) as connection:
            yield connection


@pytest.fixture(scope="module")
def place(server: Lease, request: pytest.FixtureRequest) -> Iterator[Place]:
    name = f"rules_{request.module.__name__.rpartition('.')[2]}"
    admin_statement(server, f"CREATE DATABASE {name} TEMPLATE capdesk_template")
    admin_statement(server, f"ALTER DATABASE {name} SET search_path = capdesk")
    made = Place(TestDatabase(app_url(server, name), admin_url(server, name)))
    with made.admin() as admin:
        admin.execute("INSERT INTO app_user (name, is_admin) VALUES ('Nora', false)")
    yield made
    admin_statement(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    """The application role in one transaction that is rolled back at the end."""
    with place.app() as connection, connection.transaction(force_rollback=True):
        yield Ledger(connection)


@pytest.fixture
def admin_ledger(place: Place) -> Iterator[Ledger]:
    """The same as the database's administrator, whom no grant stops."""
    with place.admin() as connection, connection.transaction(force_rollback=True):
        yield Ledger(connection)
