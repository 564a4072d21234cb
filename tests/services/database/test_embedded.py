"""The life of the embedded server: who starts it, who keeps it up, who stops it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from capdesk.errors import RuleRefused
from capdesk.services.database import binaries
from capdesk.services.database.embedded import EmbeddedServer, Lease
from tests.support.clients import Client
from tests.support.server import temporary_server


@pytest.fixture(scope="module")
def used_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("closed") / "desk"
    yield path
    EmbeddedServer(path).remove(force=True)


@pytest.fixture
def desk(used_desk: Path) -> Iterator[Path]:
    """A desk that other tests have used before, its server down."""
    EmbeddedServer(used_desk).attach().release()
    yield used_desk
    EmbeddedServer(used_desk).stop(force=True)


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Path]:
    """A desk without a cluster."""
    path = tmp_path / "desk"
    yield path
    EmbeddedServer(path).remove(force=True)


def ask(lease: Lease, query: str) -> Any:
    with psycopg.connect(**lease.connection.as_admin()) as session:
        row = session.execute(query).fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize("program", ["postgres", "initdb", "pg_ctl", "psql", "pg_dump", "pg_restore", "pg_upgrade"])
@pytest.mark.parametrize("major", [16, 18])
def test_that_the_carried_programs_run(program: str, major: int) -> None:
    path = binaries.find(major).program(program)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert f"(PostgreSQL) {major}." in said


def test_that_durability_and_privacy_are_set_at_every_start(desk: Path) -> None:
    wanted = {
        **{"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on"},
        **{"listen_addresses": "", "unix_socket_permissions": "0700", "password_encryption": "scram-sha-256"},
        **{"timezone": "UTC", "server_encoding": "UTF8", "shared_buffers": "256MB", "max_wal_size": "2GB"},
    }
    with EmbeddedServer(desk).attach() as lease:
        assert {name: ask(lease, f"SHOW {name}") for name in wanted} == wanted
        assert ask(lease, "SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1") == "bC.UTF-8"
        assert ask(lease, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules") == "scram-sha-256"


def test_that_a_configuration_file_cannot_weaken_durability(desk: Path) -> None:
    with EmbeddedServer(desk).attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
        session.autocommit = True
        session.execute("ALTER SYSTEM SET fsync = off")
        session.execute("ALTER SYSTEM SET listen_addresses = '*'")
    with EmbeddedServer(desk).attach() as lease:
        assert (ask(lease, "SHOW fsync"), ask(lease, "SHOW listen_addresses")) == ("on", "")


def test_that_the_last_one_out_stops_the_server(desk: Path) -> None:
    server = EmbeddedServer(desk)
    clients = [Client(desk).wait_until_attached() for _ in range(3)]
    lease = server.attach()
    assert server.status().holders == 4
    for client in clients:
        client.leave()
    assert server.status().holders == 1
    lease.release()
    assert not server.status().running


def test_that_releasing_twice_is_fine_and_harms_nobody(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with server.attach() as mine:
        other = server.attach()
        other.release()
        other.release()
        assert ask(mine, "SELECT 1") == 1
    assert not server.status().running


def test_that_two_starters_at_once_share_one_server(new_desk: Path) -> None:
    with Client(new_desk) as one, Client(new_desk) as two:
        one.wait_until_attached()
        two.wait_until_attached()
        assert EmbeddedServer(new_desk).status().holders == 2
        one.leave()
        assert EmbeddedServer(new_desk).status().running
        two.leave()
    assert not EmbeddedServer(new_desk).status().running


def test_that_the_server_outlives_the_process_that_started_it(desk: Path) -> None:
    with Client(desk) as starter:
        starter.wait_until_attached()
        with EmbeddedServer(desk).attach() as lease:
            before = EmbeddedServer(desk).status().pid
            starter.kill()
            assert ask(lease, "SELECT 1") == 1
            assert EmbeddedServer(desk).status().pid == before


def test_that_stop_is_refused_while_others_use_it_unless_forced(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with Client(desk) as client:
        client.wait_until_attached()
        with pytest.raises(RuleRefused, match="in use by 1 other process"):
            server.stop()
        assert server.status().running
        assert server.stop(force=True)
    assert not server.status().running
    assert not server.stop()


def test_that_a_server_started_to_stay_is_stopped_by_stop_alone(desk: Path) -> None:
    server = EmbeddedServer(desk)
    server.start()
    server.attach().release()
    assert (server.status().running, server.status().kept, server.status().holders) == (True, True, 0)
    assert server.stop()
    assert (server.status().running, server.status().kept) == (False, False)
    server.attach().release()
    assert not server.status().running


def test_that_asking_for_the_status_starts_and_makes_nothing(tmp_path: Path) -> None:
    status = EmbeddedServer(tmp_path / "nowhere").status()
    assert not status.running
    assert (status.version, status.pid, status.holders, status.data_bytes) == (None, None, None, 0)
    assert list(tmp_path.iterdir()) == []


def test_that_the_status_describes_a_stopped_and_a_running_server(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with server.attach():
        status = server.status()
        assert (status.running, status.version, status.holders) == (True, "18", 1)
        assert status.pid is not None
        assert psutil.Process(status.pid).name() == "postgres"
    status = server.status()
    assert (status.running, status.version, status.pid) == (False, "18", None)
    assert status.data_bytes > 10_000_000


def test_that_no_secret_reaches_a_command_line_the_log_a_repr_or_the_servers_environment(desk: Path) -> None:
    with Client(desk, os.environ | {"CAPDESK_MASTER_KEY": "the-owners-own-secret"}) as client:
        client.wait_until_attached()
        with EmbeddedServer(desk).attach() as lease:
            status = EmbeddedServer(desk).status()
            connection = lease.connection
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(**connection.as_admin() | {"password": "wrong"})
            assert status.pid is not None
            server = psutil.Process(status.pid)
            seen = [repr(connection), *server.cmdline(), *server.environ().values(), status.log.read_text("utf-8")]
            for secret in (connection.admin_password, connection.app_password, "the-owners-own-secret"):
                assert len(secret) >= 20
                assert not any(secret in text for text in seen)


@pytest.mark.parametrize("name", ["my desk", "Büro №7", 'it\'s "mine" $HOME `x` a,b', "d" * 180])
def test_that_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with temporary_server(tmp_path / name) as connection, psycopg.connect(**connection.as_admin()) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_that_a_temporary_server_leaves_nothing_behind(tmp_path: Path) -> None:
    with temporary_server(tmp_path / "desk"):
        folder = EmbeddedServer(tmp_path / "desk").status().data_folder
        assert folder.is_dir()
    assert not folder.parent.exists()
