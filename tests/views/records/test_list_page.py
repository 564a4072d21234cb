"""A page that is a list: what its address says, and the record beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.listings.model import Row
from capdesk.views.page import Command
from capdesk.views.places import Place
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle

NOW = datetime.now(UTC) - timedelta(hours=1)


class Events(ListPage):
    """A small page to try it on."""

    key = "events"
    listing = "events"
    reversed_row: Row | None = None

    def row_commands(self, row: Row) -> Sequence[Command]:
        return (Command("Reverse…", lambda: self._reverse(row)),)

    def _reverse(self, row: Row) -> None:
        self.reversed_row = row


class Campaigns(ListPage):
    key = "campaigns"
    listing = "campaigns"
    record_page = "campaign"


@pytest.fixture
def events(desk: Desk) -> list[int]:
    """Numbers of five installs, newest first."""
    ids = builders.running_experiment(desk, at=NOW - timedelta(days=3))
    facts = Facts(desk)
    kinds = ["install_attended", "install_attended", "calculator_installed", "install_scheduled", "install_scheduled"]
    return [facts.event(ids.campaign, kind, NOW - timedelta(hours=back)) for back, kind in enumerate(kinds)]


@pytest.fixture
def page(qtbot: QtBot, workspace: Workspace, events: list[int]) -> Events:
    made = Events(workspace)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    return made


def told(page: ListPage) -> dict[str, str]:
    """What the pane says, by the names of its labels."""
    return {label.objectName(): label.text() for label in page.beside.pane.findChildren(QLabel)}


def test_that_the_chosen_record_is_shown_beside_with_every_column(
    page: Events, events: list[int], settle: Settle
) -> None:
    page.open(Place("events"))
    settle()
    page.beside.set_open(True)
    page.table.view.go_to_row(2)
    words = told(page)
    assert words["value-id"] == str(events[2])
    assert words["value-type"] == "calculator installed"
    assert {f"value-{column.key}" for column in page.table.listing.columns} <= set(words)
    button = page.beside.pane.findChild(QPushButton, "button-reverse")
    assert isinstance(button, QPushButton)
    button.click()
    assert page.reversed_row == page.table.current()


def test_that_an_address_names_a_filter(page: Events, settle: Settle) -> None:
    page.open(Place("events", filter="type:install_scheduled"))
    settle()
    assert page.table.bar.line.text() == "type:install_scheduled"
    assert page.table.model.rowCount() == 2
    page.open(Place("events"))
    settle()
    assert page.table.model.rowCount() == 5


def test_that_a_typed_filter_is_still_there_when_one_comes_back(page: Events, settle: Settle) -> None:
    page.open(Place("events"))
    settle()
    QTest.keyClicks(page.table.bar.line, "type:install_attended")
    QTest.keyClick(page.table.bar.line, Qt.Key.Key_Return)
    settle()
    page.open(Place("events", filter="type:install_scheduled"))
    page.open(Place("events"))
    settle()
    assert page.table.filter() == "type:install_attended"


def test_that_an_address_names_a_record(page: Events, events: list[int], settle: Settle) -> None:
    page.open(Place("events", record=events[3]))
    settle()
    row = page.table.current()
    assert row is not None
    assert row.id == events[3]
    assert told(page)["value-id"] == str(events[3])


def test_that_a_record_outside_the_filter_is_shown_all_the_same(
    page: Events, events: list[int], settle: Settle
) -> None:
    page.open(Place("events", record=events[0], filter="type:install_scheduled"))
    settle()
    assert page.table.current() is None
    assert told(page)["value-id"] == str(events[0])


def test_that_a_record_there_is_not_is_said(page: Events, workspace: Workspace, settle: Settle) -> None:
    said: list[Message] = []
    workspace.said.connect(said.append)
    page.open(Place("events", record=999_999))
    settle()
    assert [one.text for one in said] == ["There is no such event."]


def test_that_the_pane_is_closed_and_opened_by_the_keyboard_and_remembered(
    page: Events, workspace: Workspace, settle: Settle, qtbot: QtBot
) -> None:
    page.open(Place("events"))
    settle()
    page.table.view.setFocus()
    page.table.view.go_to_row(0)
    assert page.beside.pane.isHidden()
    page.table.view.go_to_row(1)
    QTest.keyClick(page.table.view, Qt.Key.Key_Return)
    assert page.beside.is_open
    assert told(page)["value-type"] == "install attended"
    again = Events(workspace)
    qtbot.addWidget(again)
    assert not again.beside.pane.isHidden()
    QTest.keyClick(page.table.view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert page.beside.pane.isHidden()


def test_that_what_was_recorded_meanwhile_appears_and_the_chosen_record_stays(
    page: Events, desk: Desk, events: list[int], settle: Settle
) -> None:
    page.open(Place("events"))
    settle()
    page.table.view.go_to_row(1)
    Facts(desk).event(1, "install_attended", NOW + timedelta(minutes=5))
    page.reload()
    settle()
    row = page.table.current()
    assert row is not None
    assert (row.id, page.table.model.rowCount()) == (events[1], 6)
    assert page.table.view.currentIndex().row() == 2


def test_that_enter_goes_to_the_records_own_page_where_it_has_one(
    qtbot: QtBot, workspace: Workspace, events: list[int], settle: Settle
) -> None:
    places: list[Place] = []
    workspace.went.connect(places.append)
    page = Campaigns(workspace)
    qtbot.addWidget(page)
    page.show()
    page.open(Place("campaigns"))
    settle()
    page.table.view.go_to_row(0)
    QTest.keyClick(page.table.view, Qt.Key.Key_Return)
    row = page.table.current()
    assert row is not None
    assert places == [Place("campaign", row.id)]
