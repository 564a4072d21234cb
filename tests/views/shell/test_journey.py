"""The whole job in one window, from an empty desk to a sealed verdict, and history that refuses to change."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import EventType, Verdict
from capdesk.services.evaluations import evaluations_of
from capdesk.services.experiments import ExperimentRow, edit_experiment, list_experiments
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.views.page import Command, Page
from capdesk.views.pages.evaluations.decide import EvaluatePage
from capdesk.views.pages.imports.page import ImportsPage
from capdesk.views.places import Place
from capdesk.views.shell.window import Window
from capdesk.views.workspace import Workspace
from tests.support.files import CALLS, call, written
from tests.views.conftest import PATIENCE_MS, Settle
from tests.views.pages.filling import error_of, fill, open_dialog


def run(window: Window, title: str, settle: Settle) -> None:
    """A command of the page on show, by the start of its title."""
    commands: Sequence[Command] = on_show(window).commands()
    next(one for one in commands if one.title.startswith(title) and one.enabled).run()
    settle()


def on_show(window: Window) -> Page:
    page = window.bench.current_page()
    assert page is not None
    return page


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def page_shown(window: Window) -> str:
    return on_show(window).place.page


def experiment(desk: Desk) -> ExperimentRow:
    return desk.read(list_experiments)[0]


@pytest.mark.slow
def test_that_the_whole_weekly_job_is_done_in_the_window(  # noqa: PLR0915 - one story from its beginning to its end
    qtbot: QtBot,
    window: Window,
    workspace: Workspace,
    desk: Desk,
    settle: Settle,
    tmp_path: Path,
) -> None:
    today = desk.clock.now()
    # a campaign of a product that is new, and somebody who works for it
    workspace.went.emit(Place("campaigns"))
    settle()
    run(window, "New campaign", settle)
    fill(qtbot, settle, name="Roofers Q4", product="Calculator")
    assert page_shown(window) == "campaign"
    workspace.went.emit(Place("team"))
    settle()
    run(window, "New member", settle)
    fill(qtbot, settle, name="Ana", email="ana@example.com", rate=Decimal(20), campaign=1)

    # an experiment with capital rules, started a week ago
    workspace.went.emit(Place("experiments"))
    settle()
    run(window, "New experiment", settle)
    rules = {"capital_cap_usd": Decimal(1500), "tranche_size_usd": Decimal(500), "time_cap_days": 30}
    fill(qtbot, settle, name="Short script", campaign=1, hypothesis="A short opener.", **rules)
    workspace.went.emit(Place("experiment", 1))
    settle()
    run(window, "Start", settle)
    assert "$1,500.00" in words(open_dialog(qtbot))
    fill(qtbot, settle, at=today - timedelta(days=7))
    assert experiment(desk).status == "running"

    # a file of calls, by keyboard
    at = (today - timedelta(days=2)).isoformat()
    calls = [call("a", at, 200, "Schedule"), call("b", at, 30, "Busy"), call("c", "no moment", 30, "Busy")]
    workspace.went.emit(Place("imports"))
    settle()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    imports = on_show(window)
    assert isinstance(imports, ImportsPage)
    imports.begin(written(tmp_path / "calls.csv", CALLS, calls))
    settle()
    for _ in range(6):
        if "Receipt" not in imports.wizard.strip.accessibleName():
            QTest.keyClick(window.focusWidget() or imports.wizard, Qt.Key.Key_Return)
            settle()
    assert "Receipt" in imports.wizard.strip.accessibleName(), words(imports.wizard)

    # figures on the desk and on the experiment's page
    workspace.went.emit(Place("home"))
    settle()
    assert "Short script" in words(on_show(window))
    report = experiment_report(desk, 1)
    assert (report.events["dial_attempt"], report.events["qpc"]) == (2, 1)

    # the verdict, with a new cap
    workspace.went.emit(Place("evaluate", 1))
    settle()
    page = on_show(window)
    assert isinstance(page, EvaluatePage)
    QTest.keyClick(page.form.choices[Verdict.CONTINUE].radio, Qt.Key.Key_Space)
    QTest.keyClicks(page.form.reason.notes, "One conversation of quality in two calls.")
    QTest.keyClicks(page.form.cap.line, "2,000")
    qtbot.mouseClick(page.seal, Qt.MouseButton.LeftButton)
    confirm = open_dialog(qtbot).findChild(QPushButton, "button-seal-it")
    assert isinstance(confirm, QPushButton)
    qtbot.mouseClick(confirm, Qt.MouseButton.LeftButton)
    settle()
    (verdict,) = desk.read(lambda session: evaluations_of(session, 1))
    assert (verdict.verdict, verdict.capital_cap_usd) == ("continue", Decimal(2000))
    assert page_shown(window) == "evaluation"

    # history refuses to change
    workspace.went.emit(Place("experiment", 1))
    settle()
    assert not any(one.title.startswith("Edit") for one in on_show(window).commands() if one.enabled)
    with pytest.raises(RuleRefused, match="its rules are locked since its first start"):
        desk.write(lambda session: edit_experiment(session, 1, name="Another"))
    workspace.went.emit(Place("experiments"))
    settle()
    run(window, "New experiment", settle)
    again = fill(qtbot, settle, name="Short script", campaign=1, hypothesis="Once more.", **rules)
    assert "already" in error_of(again)
    again.reject()
    workspace.went.emit(Place("events"))
    settle()
    run(window, "Record event", settle)
    late = fill(qtbot, settle, event_type=EventType.PAID_CONVERSION, at=today + timedelta(days=1), campaign=1)
    assert "lies in the future" in error_of(late)
    late.reject()
    qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)
