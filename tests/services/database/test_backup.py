"""A backup: whole and read back, or not there at all."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk, open_desk
from capdesk.errors import FileRefused, RuleRefused, Stopped
from capdesk.services.database import binaries, seals
from capdesk.services.database.backup import MEMORY, back_up, file_name, last_backup
from capdesk.services.database.state import database_state
from tests.support import builders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with an embedded server of its own and something recorded in it."""
    with open_desk(tmp_path_factory.mktemp("desk") / "a desk", zone="America/New_York") as opened:
        builders.running_experiment(opened)
        yield opened


def listed(file: Path) -> str:
    program = binaries.find().program("pg_restore")
    done = subprocess.run([program, "--list", str(file)], check=True, capture_output=True, encoding="utf-8")
    return done.stdout


def test_that_a_backup_holds_every_table_its_newest_seal_and_is_remembered(own: Desk, tmp_path: Path) -> None:
    seen: list[int] = []
    file = tmp_path / "a copy.backup"
    made = back_up(own, file, seen.append)
    head = seals.head(own.engine)
    assert head is not None
    assert (made.bytes, made.head, last_backup(own.folder)) == (file.stat().st_size, head.hex(), made)
    assert listed(file).count(" TABLE DATA ") == made.tables > 20
    assert "TABLE DATA capdesk experiment_transition" in listed(file)
    assert [one.name for one in tmp_path.iterdir()] == ["a copy.backup"]
    assert seen


def test_that_nobody_else_may_read_a_backup(own: Desk, tmp_path: Path) -> None:
    back_up(own, tmp_path / "copy")
    if os.name != "nt":
        assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


def test_that_a_stopped_backup_leaves_the_file_before_as_it_was(own: Desk, tmp_path: Path) -> None:
    file = tmp_path / "copy"
    file.write_text("the one before")

    def stop(_bytes: int) -> None:
        raise Stopped(changed=False)

    with pytest.raises(Stopped):
        back_up(own, file, stop)
    assert [one.name for one in tmp_path.iterdir()] == ["copy"]
    assert file.read_text() == "the one before"


def test_that_a_place_that_cannot_be_written_is_told(own: Desk, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="choose another place"):
        back_up(own, tmp_path / "not there" / "copy")


def test_that_a_database_of_ones_own_is_not_backed_up_here(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(RuleRefused, match="its own backups hold the desk too"):
        back_up(desk, tmp_path / "copy")


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"file": 1}', '{"file": "x", "at": "never"}'])
def test_that_a_damaged_memory_of_the_last_backup_is_as_none(tmp_path: Path, kept: str) -> None:
    (tmp_path / MEMORY).write_text(kept)
    assert last_backup(tmp_path) is None


def test_that_a_backup_is_named_after_its_moment() -> None:
    assert file_name(datetime(2026, 11, 21, 9, 5, tzinfo=UTC)) == "capdesk-20261121-0905.backup"


def test_that_the_state_tells_where_it_is_and_how_far_it_is_sealed(own: Desk, desk: Desk) -> None:
    own.seal()
    state, other = database_state(own), database_state(desk)
    assert (state.address, state.version.split(".")[0], state.seals >= 1) == (None, str(binaries.MAJOR), True)
    assert state.head == (seals.head(own.engine) or b"").hex()
    assert (other.seals, other.sealed_at, other.head) == (0, None, None)
    assert other.address is not None
    assert str(desk.engine.url.password) not in other.address
