"""Who listens hears of every commit on the desk, whoever made it, of nothing that was undone, and after a restart."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk, open_desk
from capdesk.services.database.changes import Listener, News
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.session import make_engine
from capdesk.services.products import add_product
from tests.conftest import TestDatabase

PATIENCE_S = 20.0
Heard = queue.SimpleQueue[News]


@contextmanager
def listening(desk: Desk) -> Iterator[Heard]:
    """What a listener hears; it hears everything from here on, and ends with the block."""
    heard: Heard = queue.SimpleQueue()
    listener = Listener(desk.engine, heard.put)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        wait_for_listeners(desk, 1)
        yield heard
    finally:
        listener.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of a desk with a server of its own."""
    yield tmp_path / "desk"
    EmbeddedServer(tmp_path / "desk").remove(force=True)


def listeners(session: Session) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
    return int(session.scalar(text(query + " AND state = 'idle'"), {"name": "capdesk listener"}) or 0)


def wait_for_listeners(desk: Desk, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while desk.read(listeners) != count:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def add(desk: Desk, name: str) -> None:
    desk.write(lambda session: add_product(session, name))


def silent(heard: Heard) -> bool:
    """Nothing was heard in a moment; a commit that is heard comes within milliseconds."""
    try:
        heard.get(timeout=0.3)
    except queue.Empty:
        return True
    return False


def test_that_a_commit_is_heard_once_it_is_there(desk: Desk) -> None:
    with listening(desk) as heard:
        add(desk, "Shop")
        assert heard.get(timeout=PATIENCE_S) == "changed"
        assert silent(heard)


def test_that_the_commit_of_another_connection_is_heard(desk: Desk, database: TestDatabase) -> None:
    other = Desk(desk.folder, desk.clock, make_engine(database.app), desk.zone, desk.owner_id)
    with listening(desk) as heard:
        add(other, "Shop")
        assert heard.get(timeout=PATIENCE_S) == "changed"
    other.close()


def test_that_what_is_undone_is_not_heard(desk: Desk) -> None:
    def undone(session: Session) -> None:
        add_product(session, "Shop")
        raise ZeroDivisionError

    with listening(desk) as heard:
        with pytest.raises(ZeroDivisionError):
            desk.write(undone)
        desk.read(lambda session: session.scalar(text("SELECT count(*) FROM product")))
        assert silent(heard)


def test_that_a_cut_connection_is_told_and_made_again(desk: Desk, database: TestDatabase) -> None:
    with listening(desk) as heard:
        cut = make_engine(database.admin)
        with cut.begin() as connection:
            name = {"name": "capdesk listener"}
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
            connection.execute(text(query + " AND datname = current_database()"), name)
        cut.dispose()
        assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == ["lost", "back"]
        add(desk, "Shop")
        assert heard.get(timeout=PATIENCE_S) == "changed"


def test_that_a_listener_that_is_stopped_leaves_no_connection(desk: Desk) -> None:
    with listening(desk):
        pass
    wait_for_listeners(desk, 0)


def test_that_it_stops_at_once_even_while_the_server_is_away(folder: Path) -> None:
    with open_desk(folder) as desk, listening(desk) as heard:
        EmbeddedServer(folder).stop(force=True)
        assert heard.get(timeout=PATIENCE_S) == "lost"
        began = time.monotonic()
    assert time.monotonic() - began < 10


def test_that_the_command_line_is_heard_also_after_the_server_restarted(folder: Path) -> None:
    with open_desk(folder) as desk, listening(desk) as heard:
        command(folder, "product", "add", "Shop")
        assert heard.get(timeout=PATIENCE_S) == "changed"
        EmbeddedServer(folder).stop(force=True)
        assert heard.get(timeout=PATIENCE_S) == "lost"
        with open_desk(folder):
            assert heard.get(timeout=PATIENCE_S) == "back"
            command(folder, "product", "add", "Second shop")
            assert heard.get(timeout=PATIENCE_S) == "changed"
    assert not EmbeddedServer(folder).status().running


def command(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "capdesk", "--desk", str(folder), *arguments], check=True, capture_output=True
    )


def test_that_a_hundred_commits_are_told_without_keeping_the_writer(desk: Desk) -> None:
    with listening(desk) as heard:
        for number in range(100):
            add(desk, f"Shop {number}")
        assert heard.get(timeout=PATIENCE_S) == "changed"
    assert desk.read(lambda session: session.scalar(text("SELECT count(*) FROM product"))) == 100
