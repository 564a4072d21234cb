"""Opening and closing the window leaves nothing: no thread, no timer, no widget, no connection, no memory."""

import gc
import threading
from pathlib import Path
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import NullPool, create_engine, text

from capdesk.views.places import PAGES
from tests.support.demo import DemoTemplate
from tests.support.rooms import places, room

T = TypeVar("T", bound=object)
MOST_MORE_MB = 15
"""From one opening to the next, once everything is loaded; a window with every page takes about a hundred."""
CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_that_a_closed_window_leaves_nothing(
    qtbot: QtBot, qapp: QApplication, demo: DemoTemplate, tmp_path: Path
) -> None:
    visit(demo, tmp_path / "first")  # what is loaded once, is loaded
    before = what_is_there(qapp)
    visit(demo, tmp_path / "again")
    assert what_is_there(qapp) == before
    memory = resident_mb()
    visit(demo, tmp_path / "and again")
    assert what_is_there(qapp) == before
    assert resident_mb() - memory < MOST_MORE_MB


def visit(demo: DemoTemplate, folder: Path) -> None:
    """Opens a window on a desk of its own, shows every page and panel, and closes all of it."""
    with demo.copied(folder) as desk:
        with room(desk) as here:
            for place in places(with_records=True):
                here.go(place)
            for panel in ("palette", "jobs", "keys", "log", "guide"):
                here.bench.acts.by_key[panel].trigger()
            here.rest()
            assert set(here.bench.pages) == set(PAGES)
        desk.close()
        engine = create_engine(desk.engine.url, poolclass=NullPool)
        with engine.connect() as connection:
            assert connection.scalar(CONNECTIONS) == 0


def what_is_there(application: QApplication) -> dict[str, list[str]]:
    for _ in range(3):
        application.processEvents()
        gc.collect()
    widgets = sorted(f"{type(one).__name__}#{one.objectName()}" for one in application.topLevelWidgets())
    threads = [one for one in alive(QThread) if one is not application.thread()]
    timers = [one for one in alive(QTimer) if one.isActive()]
    return {
        "top-level widgets": widgets,
        "widgets": [str(len(application.allWidgets()))],
        "threads of Qt": [repr(one) for one in threads],
        # Python calls a thread of Qt's that it once met a dummy, and remembers it for good.
        "threads": sorted(one.name for one in threading.enumerate() if not one.name.startswith("Dummy-")),
        "running timers": [f"{one!r} of {one.parent()!r}" for one in timers],
    }


def alive(kind: type[T]) -> list[T]:
    """Those that Python knows of and that are not gone on Qt's side."""
    return [one for one in gc.get_objects() if isinstance(one, kind) and shiboken6.isValid(one)]


def resident_mb() -> float:
    """0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
