"""An import that is killed, stopped or run twice at once: all of its file or nothing."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import create_engine, text

from capdesk.bootstrap import Desk
from capdesk.services.imports.import_calls import CHUNK
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.clients import eventually
from tests.support.files import CALLS, START, call, counts, imported, size, written

ROWS = CHUNK * 2 + 10


@pytest.fixture
def calling(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    return desk


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = [call(n, at=(START + timedelta(seconds=n)).isoformat()) for n in range(ROWS)]
    return written(tmp_path_factory.mktemp("big") / "calls.csv", CALLS, made)


@contextmanager
def importing(database: TestDatabase, folder: Path, path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The command in a process of its own."""
    address = database.app.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "capdesk", "--desk", str(folder), "--database-url", address]
    process = subprocess.Popen(
        [*command, "import", "calls", str(path), "--campaign", "Spring"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


class Watcher:
    """What the importer's session is doing, seen from outside."""

    def __init__(self, database: TestDatabase) -> None:
        self._engine = create_engine(database.admin, isolation_level="AUTOCOMMIT")

    def statements(self) -> list[str]:
        """The newest statement of each transaction of the application."""
        query = text(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'capdesk_app' AND xact_start IS NOT NULL"
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def sees(self, words: str) -> bool:
        """Whether a statement with these words was seen within some seconds."""
        return eventually(lambda: any(words in statement for statement in self.statements()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


@pytest.mark.parametrize("moments", [("COPY staged",), ("record_calls",), ("record_calls", "COPY staged")])
def test_that_a_killed_import_leaves_all_of_its_file_or_nothing(
    calling: Desk, database: TestDatabase, tmp_path: Path, big: Path, moments: tuple[str, ...]
) -> None:
    before = size(calling)
    with Watcher(database) as watcher, importing(database, tmp_path / "desk", big) as process:
        assert all(watcher.sees(words) for words in moments)
        process.kill()
        process.wait(timeout=60)
        assert eventually(lambda: not watcher.statements())
    after = size(calling)
    assert after["call"] in (0, ROWS)
    assert (after == before) == (after["call"] == 0)
    landed = ROWS - after["call"]
    assert counts(imported(calling, "calls", big)) == (landed, ROWS - landed, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_that_a_stopped_import_says_that_nothing_was_changed(
    calling: Desk, database: TestDatabase, tmp_path: Path, big: Path, how: signal.Signals
) -> None:
    before = size(calling)
    with Watcher(database) as watcher, importing(database, tmp_path / "desk", big) as process:
        assert watcher.sees("record_calls")
        process.send_signal(how)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (1, "capdesk: stopped; nothing was changed.")
    assert size(calling) == before
    assert not list(big.parent.glob("*.rejects*"))


def test_that_two_imports_of_one_file_at_once_land_it_once(calling: Desk, tmp_path: Path) -> None:
    made = [call("" if n % 3 else n, at=(START + timedelta(seconds=n // 6)).isoformat()) for n in range(3000)]
    path = written(tmp_path / "calls.csv", CALLS, made)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: imported(calling, "calls", path), range(2))
    assert sorted([counts(first), counts(second)]) == [(0, 3000, 0), (3000, 0, 0)]
    assert size(calling)["call"] == 3000
