"""Syncs: pulling from the window, what it would ask, and doing it by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.sync import sync_log
from capdesk.views.pages.syncs import RunDetail, SyncsPage, Told
from capdesk.views.places import Place
from capdesk.views.pulling import Pulling, pulling
from capdesk.views.workspace import Workspace
from tests.support.outside import MAIN, Outside
from tests.views.conftest import Settle

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def outside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Both providers, connected; their secrets are in the environment."""
    with Outside(datetime.now(UTC).date(), signed_in=False) as started:
        started.connect(desk)
        for name, value in started.environment().items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def page(qtbot: QtBot, workspace: Workspace, settle: Settle) -> SyncsPage:
    made = SyncsPage(workspace)
    qtbot.addWidget(made)
    made.resize(1080, 760)
    made.show()
    made.open(Place("syncs"))
    settle()
    return made


def button(page: SyncsPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def test_that_a_sync_lands_what_is_stated_and_is_listed(
    desk: Desk, outside: Outside, page: SyncsPage, settle: Settle
) -> None:
    QTest.mouseClick(button(page, "button-sync-now"), LEFT)
    assert page.waiting.busy
    settle()
    assert {run.state for run in desk.read(sync_log)} == {"done"}
    assert "new rows" in page.outcome.text()
    assert "$" in page.outcome.text()
    assert page.table.model.rowCount() == 3


def test_that_one_source_can_be_pulled_by_itself(desk: Desk, outside: Outside, page: SyncsPage, settle: Settle) -> None:
    page.pull(["gcp"])
    settle()
    assert [run.source for run in desk.read(sync_log)] == ["gcp"]


def test_that_trying_a_sync_records_nothing_and_tells_the_days(
    desk: Desk, outside: Outside, page: SyncsPage, settle: Settle
) -> None:
    page.try_pull()
    settle()
    told = page.findChild(Told)
    assert told is not None
    assert told.windowTitle() == "What a sync would change"
    assert desk.read(sync_log) == []


def test_that_what_would_be_asked_is_told_and_nothing_is_asked_that_costs(
    desk: Desk, outside: Outside, page: SyncsPage, settle: Settle
) -> None:
    page.explain()
    settle()
    told = page.findChild(Told)
    assert told is not None
    assert told.windowTitle() == "What would be asked"
    assert desk.read(sync_log) == []


def test_that_a_pull_that_fails_says_so_and_the_others_land(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, outside: Outside, page: SyncsPage, settle: Settle
) -> None:
    for name in outside.environment():
        if "TWILIO" in name:
            monkeypatch.setenv(name, "wrong-token-9876543210")
    page.pull()
    settle()
    states = {run.source: run.state for run in desk.read(sync_log)}
    assert states == {"gcp": "done", "twilio": "failed", "twilio-calls": "failed"}
    assert f"twilio of {MAIN}" in page.outcome.text()


def test_that_a_cancelled_sync_is_stopped_and_listed_as_that(
    desk: Desk, outside: Outside, page: SyncsPage, settle: Settle
) -> None:
    page.pull()
    page.waiting.cancel()
    settle()
    assert all("Stopped by hand" in run.detail for run in desk.read(sync_log) if run.state == "failed")
    assert page.pulling.job is None


def test_that_a_run_is_shown_account_by_account(
    outside: Outside, workspace: Workspace, page: SyncsPage, settle: Settle
) -> None:
    page.pull(["twilio"])
    settle()
    page.beside.set_open(True)
    page.table.select(next(iter(_ids(workspace))))
    settle()
    detail = page.findChild(RunDetail)
    assert detail is not None
    assert MAIN in "\n".join(label.text() for label in detail.findChildren(type(page.heading)))


def _ids(workspace: Workspace) -> list[int]:
    return [run.id for run in workspace.desk.read(sync_log)]


def test_that_the_interval_is_remembered_and_never_at_first(workspace: Workspace, page: SyncsPage) -> None:
    assert page.hours.currentText() == "never"
    page.hours.setCurrentIndex(page.hours.findData(4))
    page.hours.activated.emit(page.hours.currentIndex())
    timer = page.pulling.findChild(QTimer)
    assert timer is not None
    assert (timer.isActive(), timer.interval()) == (True, 4 * 3_600_000)
    assert workspace.memory.get("pulling/hours", 0) == 4
    page.pulling.set_interval(0)
    assert not timer.isActive()


def test_that_there_is_one_puller_a_window(workspace: Workspace, page: SyncsPage) -> None:
    assert pulling(workspace) is page.pulling
    assert len(workspace.findChildren(Pulling)) == 1


def test_that_by_itself_only_what_is_due_is_pulled_and_quietly(
    desk: Desk, outside: Outside, workspace: Workspace, settle: Settle
) -> None:
    said: list[str] = []
    workspace.said.connect(lambda message: said.append(message.text))
    puller = pulling(workspace)
    puller.pull_due()
    settle()
    assert (len(desk.read(sync_log)), said) == (3, [])
    puller.pull_due()
    settle()
    assert len(desk.read(sync_log)) == 3


def test_that_a_pull_by_itself_that_fails_is_told_with_a_way_to_the_list(
    monkeypatch: pytest.MonkeyPatch, outside: Outside, workspace: Workspace, settle: Settle
) -> None:
    said: list[str] = []
    workspace.said.connect(lambda message: said.append(f"{message.action}: {message.text}"))
    for name in outside.environment():
        monkeypatch.setenv(name, "wrong-token-9876543210")
    pulling(workspace).pull_due()
    settle()
    assert len(said) == 1
    assert said[0].startswith("Show syncs: A pull failed: twilio of ")
