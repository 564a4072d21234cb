"""The jobs panel: what runs, how far it is, and how it ended."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.views.jobs import Report
from capdesk.views.places import Place
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS, Settle


def shown(bench: Workbench) -> str:
    row = bench.jobs_panel._rows[0]
    return f"{row._title.text()}: {row._doing.text()}"


def test_that_progress_is_shown_and_a_job_can_be_cancelled(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    done = threading.Event()

    def work(_desk: Desk, report: Report) -> None:
        while not done.wait(0.01):
            report(3, 9, "Reading")

    job = workspace.run("Importing calls.csv", work)
    QTest.keyClick(bench.main, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert bench.jobs_panel.isVisible()
    qtbot.waitUntil(lambda: shown(bench) == "Importing calls.csv: Reading  3 / 9", timeout=PATIENCE_MS)
    assert bench.status.jobs.text() == "Importing calls.csv"
    assert (bench.status.bar.value(), bench.status.bar.maximum()) == (3, 9)
    bench.jobs_panel._rows[0].cancel.click()
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=PATIENCE_MS)
    settle()
    assert bench.status.jobs.text() == "Jobs"
    QTest.keyClick(bench.jobs_panel.close_button, Qt.Key.Key_Escape)
    assert not bench.jobs_panel.isVisible()


def test_that_a_failed_job_keeps_its_sentence(bench: Workbench, workspace: Workspace, settle: Settle) -> None:
    def refuse(_desk: Desk, _report: Report) -> None:
        raise RuleRefused("the file has no header.")

    workspace.run("Importing calls.csv", refuse)
    settle()
    assert "The file has no header." in shown(bench)
    assert bench.messages.label.text() == "The file has no header."


def test_that_a_done_job_leads_to_its_result(bench: Workbench, workspace: Workspace, settle: Settle) -> None:
    job = workspace.run("Importing calls.csv", lambda _desk, _report: 7)
    job.leads_to(lambda batch: Place("imports", batch))
    settle()
    assert job.result_place == Place("imports", 7)
    show = bench.jobs_panel._rows[0].findChild(QPushButton, "button-show")
    assert isinstance(show, QPushButton)
    bench.jobs_panel.enter()
    show.click()
    settle()
    assert not bench.jobs_panel.isVisible()
    assert bench.history.current is not None
    assert bench.history.current.place == Place("imports", 7)


def test_that_a_file_that_was_written_is_shown_in_its_folder(
    bench: Workbench, workspace: Workspace, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    workspace.run("Exporting calls", lambda _desk, _report: None).leads_to(lambda _none: tmp_path / "calls.csv")
    settle()
    show = bench.jobs_panel._rows[0].findChild(QPushButton, "button-open-folder")
    assert isinstance(show, QPushButton)
    show.click()
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path]


def test_that_a_job_that_failed_leads_nowhere(bench: Workbench, workspace: Workspace, settle: Settle) -> None:
    def refuse(_desk: Desk, _report: Report) -> None:
        raise RuleRefused("the file has no header.")

    job = workspace.run("Importing calls.csv", refuse)
    job.leads_to(lambda _none: Place("imports", 1))
    settle()
    assert job.result_place is None
    assert bench.jobs_panel._rows[0].findChild(QPushButton, "button-show") is None
