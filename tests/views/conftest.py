"""A window without a screen, on a real desk. Qt's warnings and errors in slots fail the test that made them."""

import gc
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import Lease
from capdesk.views.look.theme import Theme
from capdesk.views.workspace import Workspace
from tests.conftest import ZONE, admin_statement, app_url
from tests.support.demo import DemoTemplate

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PATIENCE_MS = 15_000
"""How long a test waits for what happens in the background; as a rule it takes milliseconds."""

Settle = Callable[[], None]


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Garbage is searched for in the test's own thread only, as in the program (`capdesk/views/collecting.py`)."""
    gc.disable()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def workspace(qtbot: QtBot, theme: Theme, desk: Desk) -> Iterator[Workspace]:
    """The window's side of the test's own desk. What it complained of and nobody expected fails the test."""
    made = Workspace(desk.folder, None, theme, desk.clock)
    mistakes: list[Exception] = []
    made.failed.connect(mistakes.append)
    made.take(desk)
    yield made
    ended = made.jobs.close(PATIENCE_MS)
    made.deleteLater()
    assert ended, "a thread outlived its test"
    assert mistakes == []


@pytest.fixture
def settle(qtbot: QtBot, workspace: Workspace) -> Settle:
    """Waits until nothing is under way any more and what came of it is shown."""

    def wait() -> None:
        qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)
        QApplication.processEvents()
        qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)

    return wait


@pytest.fixture(scope="session")
def demo(server: Lease, tmp_path_factory: pytest.TempPathFactory) -> DemoTemplate:
    """The demo, built once per worker."""
    folder = tmp_path_factory.mktemp("demo")
    made = DemoTemplate(folder, ZONE, partial(admin_statement, server), partial(app_url, server))
    made.build()
    return made


@pytest.fixture
def demo_desk(demo: DemoTemplate, tmp_path: Path) -> Iterator[Desk]:
    """A copy of the demo for this test alone."""
    with demo.copied(tmp_path / "demo") as desk:
        yield desk


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Without a screen, what was copied outlives Python, whose object it is, and takes the process along."""
    yield
    qapp.clipboard().clear()
