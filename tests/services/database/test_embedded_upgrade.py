"""Data of an older major version is carried over, or stays exactly as it was."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import anchors, binaries, cluster, passwords, place, process, running
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.place import Place


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "it's my desk"
    yield path
    EmbeddedServer(path).remove(force=True)


@pytest.fixture
def old(desk: Path, request: pytest.FixtureRequest) -> Place:
    """A desk whose cluster was made by Postgres 16 and holds three rows."""
    place.make_home(desk)
    where = place.settle(desk)
    secret = where.base / "secret"
    passwords.write_private(secret, passwords.read_or_make(where.passwords).admin)
    where.data.mkdir(mode=0o700)
    if where.account is not None:
        for path in (where.data, secret):
            os.chown(path, where.account.uid, where.account.gid)
    initdb = [binaries.find(16).program("initdb"), "-D", str(where.data), "-U", cluster.ADMIN, "--no-sync"]
    initdb += [f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    options = ["--data-checksums"] if getattr(request, "param", True) else []
    assert process.run(initdb + options, where.data, where.account, stdout=subprocess.DEVNULL).returncode == 0
    secret.unlink()
    found = running.bring_up(where, time.monotonic() + 60)
    with anchors.connect(where, found)[1] as session:
        session.execute("CREATE TABLE kept AS SELECT generate_series(1, 3) AS n")
        session.execute("CREATE ROLE capdesk_owner NOLOGIN")
    running.take_down(where, found, time.monotonic() + 60)
    return where


def kept(server: EmbeddedServer) -> tuple[int, int, str]:
    """The sum of the rows, how many roles there are of ours, and whether checksums are on."""
    with server.attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
        row = session.execute(
            "SELECT (SELECT sum(n)::int FROM kept), count(*)::int, current_setting('data_checksums')"
            " FROM pg_roles WHERE rolname LIKE 'capdesk%'"
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]


def test_that_older_data_is_not_touched_before_an_upgrade_is_asked_for(desk: Path, old: Place) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"made by Postgres 16 .* run `capdesk db upgrade`"):
        EmbeddedServer(desk).attach()
    assert EmbeddedServer(desk).status().version == "16"


def test_that_an_upgrade_keeps_data_and_roles_and_removes_the_old_copy(desk: Path, old: Place) -> None:
    server = EmbeddedServer(desk)
    assert server.upgrade() == "The database was carried over from Postgres 16 to 18."
    assert (server.status().running, server.status().version) == (False, "18")
    assert kept(server) == (6, 2, "on")
    assert not old.before.exists()
    assert not list(old.base.glob("data.new-*"))
    assert "Nothing to upgrade" in server.upgrade()


@pytest.mark.parametrize("old", [False], indirect=True, ids=["no checksums"])
def test_that_a_killed_server_is_recovered_before_the_upgrade_and_has_checksums_after(desk: Path, old: Place) -> None:
    found = running.bring_up(old, time.monotonic() + 60)
    with anchors.connect(old, found)[1] as session:
        session.execute("INSERT INTO kept VALUES (4)")
    os.kill(found.pid, signal.SIGKILL)
    EmbeddedServer(desk).upgrade()
    assert kept(EmbeddedServer(desk)) == (10, 2, "on")


def test_that_an_upgrade_that_fails_leaves_the_old_data_as_it_was(desk: Path, old: Place) -> None:
    with anchors.connect(old, running.bring_up(old, time.monotonic() + 60))[1] as session:
        session.execute("CREATE TABLE unportable (c regproc)")  # a type pg_upgrade cannot carry over
    with pytest.raises(DatabaseUnavailable, match=r"could not be upgraded .* it is unchanged"):
        EmbeddedServer(desk).upgrade()
    assert EmbeddedServer(desk).status().version == "16"
    assert sorted(path.name for path in old.base.glob("data*")) == ["data"]


def test_that_an_upgrade_killed_between_its_renames_takes_the_old_data_back(desk: Path, old: Place) -> None:
    old.data.rename(old.before)
    with pytest.raises(DatabaseUnavailable, match="made by Postgres 16"):
        EmbeddedServer(desk).attach()
    assert EmbeddedServer(desk).status().version == "16"


def test_that_there_is_nothing_to_upgrade_in_a_new_desk(desk: Path) -> None:
    EmbeddedServer(desk).attach().release()
    assert EmbeddedServer(desk).upgrade() == "Nothing to upgrade: the database is made with Postgres 18."
