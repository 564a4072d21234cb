"""The settings on a desk whose secrets lie in memory, and providers on this computer that speak the real wire."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database.session import make_engine
from capdesk.services.secrets import MemorySecrets
from capdesk.views.pages.settings.page import SettingsPage
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.conftest import ZONE, TestDatabase
from tests.support.outside import Outside
from tests.views.conftest import Settle

Open = Callable[[str], SettingsPage]


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path, secrets: MemorySecrets) -> Iterator[Desk]:
    clock, zone = SystemClock(), ZoneInfo(ZONE)
    with Desk(tmp_path, clock, make_engine(database.app), zone, 1, _secrets=secrets) as opened:
        yield opened


@pytest.fixture
def outside() -> Iterator[Outside]:
    """Both providers with three days up to yesterday; Google asks for no login."""
    with Outside(datetime.now(UTC).date(), signed_in=False) as started:
        yield started


@pytest.fixture
def show(qtbot: QtBot, workspace: Workspace, settle: Settle) -> Open:
    """Opens a section of the settings and waits until it shows what is."""
    page = SettingsPage(workspace)
    qtbot.addWidget(page)
    page.resize(1080, 760)
    page.show()

    def shown(key: str) -> SettingsPage:
        page.open(Place("settings", None, key))
        settle()
        return page

    return shown


def every_word() -> str:
    """All text of all widgets there are, also what a password field hides."""
    found = []
    for widget in QApplication.allWidgets():
        if isinstance(widget, QLineEdit | QLabel):
            found.append(widget.text())
        elif isinstance(widget, QPlainTextEdit):
            found.append(widget.toPlainText())
        found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle()]
    return "\n".join(found)
