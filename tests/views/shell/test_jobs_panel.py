"""The jobs panel: what runs, how far it is, and how it ended."""

import threading

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.views.jobs import Report
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
