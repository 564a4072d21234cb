"""The embedded server survives the sudden death of anyone, and never touches a stranger's process."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from capdesk.services.database.embedded import EmbeddedServer, Lease
from tests.support.clients import Client, eventually


@pytest.fixture(scope="module")
def used_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("closed") / "desk"
    yield path
    EmbeddedServer(path).remove(force=True)


@pytest.fixture
def desk(used_desk: Path) -> Iterator[Path]:
    """A desk that other tests have used before, its server down and its rows gone."""
    with EmbeddedServer(used_desk).attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
        session.execute("DROP TABLE IF EXISTS kept")
    yield used_desk
    EmbeddedServer(used_desk).stop(force=True)


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Path]:
    """A desk without a cluster."""
    path = tmp_path / "desk"
    yield path
    EmbeddedServer(path).remove(force=True)


@pytest.fixture(params=["sleep", "postgres"])
def stranger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else, in one case a Postgres by name."""
    program = tmp_path / request.param
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "600"], cwd=tmp_path) as process:
        yield process
        process.kill()


def commit_rows(lease: Lease, rows: int) -> None:
    with psycopg.connect(**lease.connection.as_admin()) as session:
        session.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        session.execute("INSERT INTO kept SELECT generate_series(1, %s)", [rows])


def count_rows(lease: Lease) -> int:
    with psycopg.connect(**lease.connection.as_admin()) as session:
        row = session.execute("SELECT count(*) FROM kept").fetchone()
        assert row is not None
        return int(row[0])


def pretend(lock_file: Path, pid: int, data: Path) -> None:
    """A lock file as a crashed server left it, its process id now somebody else's."""
    lines = [str(pid), str(data), "1700000000", "5432", str(data.parent / "socket"), "", "  1234  5678", "ready   "]
    lock_file.write_text("\n".join(lines) + "\n", encoding="ascii")
    owner = data.stat()
    os.chown(lock_file, owner.st_uid, owner.st_gid)
    lock_file.chmod(0o600)


def test_that_committed_rows_outlive_a_killed_server_and_the_next_attach_comes_at_once(desk: Path) -> None:
    server = EmbeddedServer(desk)
    lease = server.attach()
    for rows in (1000, 500):
        commit_rows(lease, rows)
        killed = server.status().pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        broken, lease = lease, server.attach()  # while processes of the killed server are still leaving
        broken.release()
        assert server.status().running
        assert server.status().pid != killed
    assert count_rows(lease) == 1500
    lease.release()
    assert not server.status().running


def test_that_a_killed_client_holds_nothing(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with Client(desk) as client, server.attach():
        client.wait_until_attached()
        client.kill()
        assert eventually(lambda: server.status().holders == 1)
    assert not server.status().running


def test_that_the_next_one_out_stops_a_server_whose_only_client_was_killed(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with Client(desk) as client:
        client.wait_until_attached()
        client.kill()
    assert eventually(lambda: server.status().holders == 0)
    assert server.status().running
    server.attach().release()
    assert not server.status().running


def test_that_a_server_that_lost_all_its_sessions_is_still_stopped_by_the_last_one_out(desk: Path) -> None:
    server = EmbeddedServer(desk)
    lease = server.attach()
    commit_rows(lease, 10)
    pid = server.status().pid
    with psycopg.connect(**lease.connection.as_admin()) as session:
        os.kill(session.info.backend_pid, signal.SIGKILL)  # the server ends every session and recovers

    def answers() -> bool:
        with suppress(psycopg.OperationalError):
            return count_rows(lease) == 10
        return False

    assert eventually(answers)
    assert server.status().pid == pid
    lease.release()
    assert not server.status().running


def test_that_killing_everyone_at_once_loses_nothing_that_was_committed(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with Client(desk) as client:
        client.wait_until_attached()
        with server.attach() as lease:
            commit_rows(lease, 100)
            postmaster = psutil.Process(server.status().pid)
            for process in (client.process.pid, postmaster.pid, *(child.pid for child in postmaster.children())):
                os.kill(process, signal.SIGKILL)
    with server.attach() as lease:
        assert count_rows(lease) == 100
    assert not server.status().running


def test_that_a_recycled_process_id_is_neither_believed_nor_signalled(
    desk: Path, stranger: subprocess.Popen[bytes]
) -> None:
    server = EmbeddedServer(desk)
    with server.attach() as lease:
        commit_rows(lease, 7)
    data = server.status().data_folder
    pretend(data / "postmaster.pid", stranger.pid, data)
    pretend(data.parent / "socket" / ".s.PGSQL.5432.lock", stranger.pid, data)
    assert not server.status().running
    assert not server.stop(force=True)
    with server.attach() as lease:
        assert count_rows(lease) == 7
        assert server.status().pid != stranger.pid
    assert stranger.poll() is None


@pytest.mark.parametrize("content", [b"", b"no number\n/\n\n"])
def test_that_half_a_pid_file_is_no_obstacle(desk: Path, content: bytes) -> None:
    server = EmbeddedServer(desk)
    server.attach().release()
    (server.status().data_folder / "postmaster.pid").write_bytes(content)
    with server.attach():
        assert server.status().running


def test_that_the_pid_file_of_a_live_server_is_never_removed(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with server.attach():
        file = server.status().data_folder / "postmaster.pid"
        inode = file.stat().st_ino
        for _ in range(3):
            server.attach().release()
        assert file.stat().st_ino == inode


def test_that_a_half_made_cluster_is_never_taken_for_one(new_desk: Path) -> None:
    server = EmbeddedServer(new_desk)

    def is_being_made() -> bool:
        return any(server.status().data_folder.parent.glob("data.new-*/PG_VERSION"))

    with Client(new_desk) as client:
        assert eventually(is_being_made)
        client.kill()
    assert server.status().version is None
    with server.attach() as lease:
        commit_rows(lease, 3)
        assert count_rows(lease) == 3
    with server.attach() as lease:
        assert count_rows(lease) == 3
    assert not list(server.status().data_folder.parent.glob("initdb.password*"))


def test_that_processes_coming_going_and_dying_leave_no_server_and_no_loss(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with server.attach() as lease:
        commit_rows(lease, 1)
    for round_ in range(3):
        clients = [Client(desk) for _ in range(3)]
        for client in clients:
            client.wait_until_attached()
        clients[round_].kill()
        for client in clients:
            if client.process.returncode is None:
                client.leave()
    server.attach().release()
    assert eventually(lambda: not server.status().running)
    with server.attach() as lease:
        assert count_rows(lease) == 1
