"""The whole window on a test's own desk."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from capdesk.views.shell.window import Window
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS, Settle


@pytest.fixture
def window(qtbot: QtBot, workspace: Workspace, settle: Settle) -> Iterator[Window]:
    """Shown, its desk open, at rest."""
    made = Window(workspace)
    made.show()
    made.open_soon()
    qtbot.waitUntil(made.bench.isVisible, timeout=PATIENCE_MS)
    settle()
    yield made
    made.closing.close_without_asking()
    made.close()
    made.deleteLater()


@pytest.fixture
def bench(window: Window) -> Workbench:
    return window.bench
