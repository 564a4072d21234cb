"""Connecting in the window: tried, shown, kept when the person agrees; a secret is shown nowhere."""

import logging
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.connections import list_connections
from capdesk.services.mapping import mappings
from capdesk.services.secrets import MemorySecrets, secret_name
from capdesk.services.sync import sync_log
from capdesk.views.forms.form import FormDialog
from capdesk.views.pages.settings.connect_dialog import ConnectDialog
from capdesk.views.pages.settings.connect_gcp import GcpDialog
from capdesk.views.pages.settings.connect_twilio import TwilioDialog
from capdesk.views.pages.settings.connections import ConnectionsSection
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.outside import ACCOUNTS, MAIN, TABLE, TOKEN, Outside
from tests.support.sitting import everything_kept
from tests.views.conftest import Settle
from tests.views.pages.settings.conftest import Open, every_word

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def section(show: Open) -> ConnectionsSection:
    found = show("connections").section("connections")
    assert isinstance(found, ConnectionsSection)
    return found


def twilio(section: ConnectionsSection, outside: Outside, token: str) -> TwilioDialog:
    """The dialog, filled in by keyboard."""
    QTest.mouseClick(section.twilio, LEFT)
    dialog = section.findChild(TwilioDialog)
    assert dialog is not None
    QTest.keyClicks(dialog.account.line, MAIN)
    QTest.keyClicks(dialog.token.line, token)
    dialog.address.set_value(outside.twilio.url)
    return dialog


def forward(dialog: ConnectDialog, settle: Settle) -> None:
    QTest.mouseClick(dialog.next, LEFT)
    settle()


def test_that_twilio_is_tried_shown_kept_assigned_and_pulled(
    qtbot: QtBot, desk: Desk, section: ConnectionsSection, outside: Outside, secrets: MemorySecrets, settle: Settle
) -> None:
    campaign = builders.campaign(desk)
    dialog = twilio(section, outside, TOKEN)
    forward(dialog, settle)
    table = dialog.findChild(QTableWidget, "first-figures")
    assert table is not None
    shown = {item.text() for row in range(3) if (item := table.item(row, 0)) is not None}
    assert (shown, desk.read(list_connections), secrets.names()) == (set(ACCOUNTS), [], [])
    forward(dialog, settle)
    assert secrets.get(secret_name("twilio", MAIN)) == TOKEN
    assert dialog.mappings is not None
    for box in dialog.mappings.boxes:
        box.setCurrentIndex(box.findData(campaign))
    forward(dialog, settle)
    qtbot.waitUntil(lambda: len(desk.read(sync_log)) == 2)
    settle()
    found = desk.read(mappings)
    assert ({one.account for one in found.mapped}, found.unassigned) == (set(ACCOUNTS), ())
    assert {one.state for one in desk.read(sync_log)} == {"done"}
    assert "new rows" in section.outcome.text()


def test_that_a_wrong_token_is_told_in_a_sentence_and_nothing_is_kept(
    desk: Desk, section: ConnectionsSection, outside: Outside, secrets: MemorySecrets, settle: Settle
) -> None:
    dialog = twilio(section, outside, "wrong-token-0123456789")
    forward(dialog, settle)
    assert dialog.outcome.isVisible()
    assert "Twilio" in dialog.outcome.text()
    assert dialog.account.value() == MAIN
    assert (desk.read(list_connections), secrets.names()) == ([], [])


def test_that_a_wrong_sid_is_told_at_its_field_before_anybody_is_asked(
    section: ConnectionsSection, outside: Outside, settle: Settle
) -> None:
    QTest.mouseClick(section.twilio, LEFT)
    dialog = section.findChild(TwilioDialog)
    assert dialog is not None
    QTest.keyClicks(dialog.account.line, "SK123")
    QTest.keyClicks(dialog.token.line, TOKEN)
    forward(dialog, settle)
    assert dialog.account.line.property("wrong") is True
    assert outside.lines == []


def test_that_leaving_after_the_figures_keeps_nothing(
    desk: Desk, section: ConnectionsSection, outside: Outside, secrets: MemorySecrets, settle: Settle
) -> None:
    dialog = twilio(section, outside, TOKEN)
    forward(dialog, settle)
    QTest.mouseClick(dialog.cancel, LEFT)
    settle()
    assert (desk.read(list_connections), secrets.names()) == ([], [])


def test_that_a_token_is_in_no_widget_log_row_or_file_after_connecting(
    qtbot: QtBot,
    desk: Desk,
    workspace: Workspace,
    section: ConnectionsSection,
    outside: Outside,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    dialog = twilio(section, outside, TOKEN)
    forward(dialog, settle)
    assert TOKEN not in every_word().replace(dialog.token.line.text(), "", 1)
    forward(dialog, settle)
    workspace.memory.save()
    files = "".join(file.read_text(errors="replace") for file in Path(desk.folder).rglob("*") if file.is_file())
    assert TOKEN not in every_word()
    assert TOKEN not in caplog.text + everything_kept(desk) + files


def test_that_googles_estimate_comes_before_anything_it_bills(
    desk: Desk, section: ConnectionsSection, outside: Outside, settle: Settle
) -> None:
    QTest.mouseClick(section.google, LEFT)
    dialog = section.findChild(GcpDialog)
    assert dialog is not None
    QTest.keyClicks(dialog.table.line, TABLE)
    dialog.login.set_value("adc")
    dialog.address.set_value(outside.google.url)
    forward(dialog, settle)
    assert "estimate" in every_word()
    assert dialog.findChild(QTableWidget, "first-figures") is None
    forward(dialog, settle)
    assert dialog.findChild(QTableWidget, "first-figures") is not None
    forward(dialog, settle)
    settle()
    assert [(one.provider, one.settings["credentials"]) for one in desk.read(list_connections)] == [("gcp", "adc")]


def test_that_a_connection_is_tested_pulled_and_removed_with_its_past_kept(
    desk: Desk, section: ConnectionsSection, outside: Outside, secrets: MemorySecrets, settle: Settle
) -> None:
    outside.connect(desk)
    secrets.set(secret_name("twilio", MAIN), TOKEN)
    section.reload()
    settle()
    one = next(info for info in desk.read(list_connections) if info.provider == "twilio")
    section.test(one)
    settle()
    assert section.outcome.text() == "Twilio answers, and tells of 3 accounts. Nothing was recorded."
    section.pull(one)
    settle()
    assert {run.state for run in desk.read(sync_log)} == {"done"}
    section.remove(one)
    asking = section.findChild(FormDialog)
    assert asking is not None
    asking.save()
    settle()
    assert secret_name("twilio", MAIN) not in secrets.names()
    assert [info.active for info in desk.read(list_connections) if info.provider == "twilio"] == [False]
    assert len(desk.read(sync_log)) == 2
