"""Where the embedded server keeps its files, who may read them, and what is never changed."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import binaries, passwords, place, process, unprivileged
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.unprivileged import Account

NOBODY = 65534
_ROOT = Path(__file__).parents[3]
_AS_ORDINARY_USER = """
import encodings.ascii, os, sys  # all that is imported must be, while it can be read
from pathlib import Path
import filelock, psutil, psycopg
from capdesk.services.database.embedded import EmbeddedServer
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
server = EmbeddedServer(Path(sys.argv[1]))
with server.attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
    status = server.status()
    print(lease.connection.host, status.data_folder, psutil.Process(status.pid).uids().real, sep="\\n")
server.remove()
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root must do differently")


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


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every account can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def modes(path: Path) -> dict[Path, int]:
    return {folder: folder.stat().st_mode for folder in path.parents}


def test_that_no_parent_folder_changes_its_mode(new_desk: Path) -> None:
    new_desk.mkdir(mode=0o700)
    before = modes(new_desk / "postgres")
    EmbeddedServer(new_desk).attach().release()
    assert modes(new_desk / "postgres") == before


def test_that_passwords_and_data_are_private(desk: Path) -> None:
    server = EmbeddedServer(desk)
    with server.attach() as lease:
        data = server.status().data_folder
        private = [desk / "postgres" / "passwords.json", data, Path(lease.connection.host), server.status().log]
        assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private] == [0, 0, 0, 0]
        assert lease.connection.admin_password != lease.connection.app_password


def test_that_passwords_others_can_read_are_refused(desk: Path) -> None:
    file = desk / "postgres" / "passwords.json"
    file.chmod(0o644)
    with pytest.raises(DatabaseUnavailable, match=r"can be read by other accounts \(mode 644\); run chmod 600"):
        EmbeddedServer(desk).attach()
    file.chmod(0o600)
    EmbeddedServer(desk).attach().release()


@pytest.mark.parametrize(("content", "complaint"), [(None, "is missing"), ("{", "is damaged"), ("[]", "is damaged")])
def test_that_lost_passwords_are_told_and_nothing_is_made_anew(desk: Path, content: str | None, complaint: str) -> None:
    file = desk / "postgres" / "passwords.json"
    saved = file.read_text("utf-8")
    file.unlink()
    if content is not None:
        passwords.write_private(file, content)
    with pytest.raises(DatabaseUnavailable, match=complaint):
        EmbeddedServer(desk).attach()
    passwords.write_private(file, saved)
    with EmbeddedServer(desk).attach():
        assert EmbeddedServer(desk).status().holders == 1


def test_that_data_open_to_others_is_refused(desk: Path) -> None:
    server = EmbeddedServer(desk)
    server.status().data_folder.chmod(0o755)
    with pytest.raises(DatabaseUnavailable, match=r"open to other accounts \(mode 755\); run chmod 700"):
        server.attach()
    server.status().data_folder.chmod(0o700)


def test_that_the_servers_own_complaint_is_passed_on(desk: Path) -> None:
    server = EmbeddedServer(desk)
    control = server.status().data_folder / "global" / "pg_control"
    control.rename(control.with_name("away"))
    with pytest.raises(DatabaseUnavailable, match=r"could not be started \(.*pg_control") as refused:
        server.attach()
    control.with_name("away").rename(control)
    assert str(server.status().log) in str(refused.value)


def test_that_a_desk_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("not a folder", encoding="utf-8")
    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        EmbeddedServer(tmp_path / "desk").attach()


def test_that_a_moved_desk_finds_its_database(tmp_path: Path) -> None:
    old, new = EmbeddedServer(tmp_path / "old"), EmbeddedServer(tmp_path / "new")
    with old.attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
        session.execute("CREATE TABLE kept (n int)")
    (tmp_path / "old").rename(tmp_path / "new")
    with new.attach() as lease, psycopg.connect(**lease.connection.as_admin()) as session:
        assert session.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    new.remove()


def test_that_a_large_log_is_put_aside(desk: Path) -> None:
    server = EmbeddedServer(desk)
    log = server.status().log
    log.write_bytes(b"x" * 5_000_000)
    server.attach().release()
    assert 0 < log.stat().st_size < 10_000
    assert log.with_name("server.log.1").stat().st_size == 5_000_000


@only_root
def test_that_root_runs_the_server_as_an_unprivileged_account_inside_a_reachable_desk(open_folder: Path) -> None:
    desk = open_folder / "desk"
    before = modes(desk)
    server = EmbeddedServer(desk)
    with server.attach():
        data = server.status().data_folder
        assert data == desk / "postgres" / "data"
        assert data.stat().st_uid != 0
        assert (desk / "postgres").stat().st_uid == 0
    assert modes(desk) == before
    server.remove()


@only_root
def test_that_below_a_closed_folder_root_keeps_the_data_elsewhere_and_the_desk_says_where(desk: Path) -> None:
    server = EmbeddedServer(desk)
    data = server.status().data_folder
    assert desk not in data.parents
    assert (desk / "postgres" / "elsewhere").read_text("utf-8") == data.parent.name
    assert (data.stat().st_uid != 0, stat.S_IMODE(data.stat().st_mode)) == (True, 0o700)
    assert data.parent.stat().st_uid == 0


@only_root
def test_that_a_copied_desk_does_not_write_into_the_originals_database(desk: Path, tmp_path: Path) -> None:
    shutil.copytree(desk, tmp_path / "copy")
    with pytest.raises(DatabaseUnavailable, match="is a copy of"):
        EmbeddedServer(tmp_path / "copy").attach()
    EmbeddedServer(desk).attach().release()


@only_root
def test_that_data_lost_elsewhere_is_told_and_not_begun_anew(desk: Path) -> None:
    server = EmbeddedServer(desk)
    base = server.status().data_folder.parent
    base.rename(base.with_name("away"))
    try:
        with pytest.raises(DatabaseUnavailable, match="is not there"):
            server.attach()
    finally:
        base.with_name("away").rename(base)


@only_root
def test_that_a_pointer_can_name_only_a_folder_of_capdesk(desk: Path) -> None:
    server = EmbeddedServer(desk)
    pointer = desk / "postgres" / "elsewhere"
    named = pointer.read_text("utf-8")
    pointer.write_text("../../../etc", encoding="utf-8")
    with pytest.raises(DatabaseUnavailable, match="does not name a folder of capdesk"):
        server.attach()
    pointer.write_text(named, encoding="utf-8")


@only_root
def test_that_programs_the_account_cannot_reach_are_copied_for_it_once(tmp_path: Path) -> None:
    installed = tmp_path / "carrier" / "pginstall18" / "bin"
    installed.mkdir(parents=True)
    program = installed / "postgres"
    program.write_text(f"#!/bin/sh\necho {tmp_path}\n", encoding="utf-8")
    program.chmod(0o700)
    account = Account(NOBODY, NOBODY)
    copies = [unprivileged.reachable(binaries.Binaries(18, installed), account) for _ in range(2)]
    home = unprivileged.SHARED / f"programs-{hashlib.sha256(program.read_bytes()).hexdigest()[:16]}"
    try:
        assert copies[0] == copies[1]
        assert copies[0].folder == home / "carrier" / "pginstall18" / "bin"
        ran = process.run([copies[0].program("postgres")], Path("/"), account, stdout=subprocess.PIPE)
        assert ran.stdout.decode().strip() == str(tmp_path)
    finally:
        shutil.rmtree(home)


@only_root
@pytest.mark.parametrize("name", ["desk", 'my Büro\'s "desk" $HOME', "d" * 150])
def test_that_an_ordinary_user_has_data_and_server_of_his_own_under_any_name(open_folder: Path, name: str) -> None:
    desk = open_folder / "home" / name
    desk.parent.mkdir()
    os.chown(desk.parent, NOBODY, NOBODY)
    if not unprivileged.can_reach(Path(binaries.find().program("postgres")), Account(NOBODY, NOBODY)):
        pytest.skip("this checkout lies below a folder only root can pass")
    command = [sys.executable, "-c", _AS_ORDINARY_USER, str(desk), str(NOBODY)]
    told = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    host, data, uid = told.splitlines()
    assert (data, uid) == (str(desk / "postgres" / "data"), str(NOBODY))
    assert host == str(desk / "postgres" / "socket") or (name != "desk" and f"/capdesk-{NOBODY}/" in host)
    assert len(os.fsencode(host)) <= 85


@only_root
@pytest.mark.parametrize("intruder", ["folder", "link", "open"])
def test_that_a_socket_folder_somebody_else_prepared_is_refused(open_folder: Path, intruder: str) -> None:
    folder = open_folder / "socket"
    if intruder == "link":
        folder.symlink_to("/etc")
    else:
        folder.mkdir(mode=0o700)
        os.chown(folder, *((NOBODY, NOBODY) if intruder == "open" else (12345, 12345)))
        folder.chmod(0o777 if intruder == "open" else 0o700)
    with pytest.raises(DatabaseUnavailable, match="is not a private folder"):
        place.socket_folder(place.Place(open_folder, open_folder, Account(NOBODY, NOBODY)))
