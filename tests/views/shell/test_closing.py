"""Closing: a job and what is not saved are asked about, nothing hangs, nothing is left behind."""

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.views.forms.fields import TextField
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.jobs import Report
from capdesk.views.memory import Memory
from capdesk.views.page import Page
from capdesk.views.shell.closing import ClosingDialog, let_go
from capdesk.views.shell.window import GEOMETRY, Window
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS


class Typed(Page):
    """A page with something typed on it."""

    key = "evaluate"
    words = "a verdict on Two-call close"

    def unsaved(self) -> str:
        return self.words


@pytest.fixture
def going_on(workspace: Workspace) -> Iterator[threading.Event]:
    """A job that goes on until the event is set, or it is cancelled."""
    done = threading.Event()

    def work(_desk: Desk, report: Report) -> None:
        while not done.wait(0.01):
            report(1, 2, "Half of it")

    workspace.run("Importing calls.csv", work)
    yield done
    done.set()


def asked(window: Window) -> ClosingDialog:
    assert not window.close()
    assert window.isVisible()
    assert window.closing.dialog is not None
    return window.closing.dialog


def told(dialog: ClosingDialog) -> str:
    return dialog.findChild(QLabel, "closing-unsaved").text()  # type: ignore[union-attr]


def typed(window: Window) -> Typed:
    page = Typed(window.workspace)
    window.bench.stack.addWidget(page)
    window.bench.pages["evaluate"] = page
    return page


def form(window: Window) -> FormDialog:
    """Open, and filled by the program."""
    dialog = FormDialog(
        window.workspace, "Edit campaign", Form(TextField("name", "Name")), lambda _desk, _values: None, parent=window
    )
    dialog.form.set_values({"name": "Roofers"})
    dialog.open()
    return dialog


def press(dialog: ClosingDialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def test_that_a_window_without_jobs_closes_at_once_and_remembers_its_geometry(
    window: Window, workspace: Workspace
) -> None:
    window.resize(1100, 700)
    assert window.close()
    assert not Memory(workspace.folder).get_bytes(GEOMETRY).isEmpty()


def test_that_keeping_it_open_changes_nothing(window: Window, going_on: threading.Event, workspace: Workspace) -> None:
    press(asked(window), "button-keep-open")
    assert window.isVisible()
    assert [job.state for job in workspace.jobs.listed] == ["running"]


def test_that_it_asks_once(window: Window, going_on: threading.Event) -> None:
    first = asked(window)
    assert asked(window) is first
    press(first, "button-keep-open")


def test_that_it_closes_when_the_job_is_done(
    window: Window, qtbot: QtBot, going_on: threading.Event, workspace: Workspace
) -> None:
    job = workspace.jobs.listed[0]
    press(asked(window), "button-close-when-it-is-done")
    assert window.isVisible()
    going_on.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
    assert job.error is None


def test_that_it_cancels_and_closes(
    window: Window, qtbot: QtBot, going_on: threading.Event, workspace: Workspace
) -> None:
    job = workspace.jobs.listed[0]
    press(asked(window), "button-cancel-it-and-close")
    assert job.report.cancelled
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)


def test_that_a_job_that_does_not_stop_keeps_it_no_longer_than_a_while(
    window: Window, qtbot: QtBot, workspace: Workspace
) -> None:
    done = threading.Event()
    workspace.run("Deaf", lambda _desk, _report: done.wait(PATIENCE_MS / 1000))
    window.closing._patience.setInterval(50)
    press(asked(window), "button-cancel-it-and-close")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
    done.set()


def test_that_a_program_told_to_end_asks_nobody(window: Window, qtbot: QtBot, going_on: threading.Event) -> None:
    window.closing.close_without_asking()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)


def test_that_no_timer_and_no_thread_of_the_workbench_stays(window: Window, workspace: Workspace) -> None:
    assert window.close()
    assert window.bench.hearing._thread is None
    assert not window.bench._sealing.isActive()
    assert not window.bench.status._again.isActive()


def test_that_unsaved_words_are_asked_about_and_kept(window: Window) -> None:
    typed(window)
    dialog = asked(window)
    assert told(dialog) == "a verdict on Two-call close"
    press(dialog, "button-keep-open")
    assert window.isVisible()
    press(asked(window), "button-keep-open")


def test_that_it_closes_where_the_owner_gives_them_up(window: Window, qtbot: QtBot) -> None:
    typed(window)
    press(asked(window), "button-close-and-lose-it")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)


def test_that_a_form_is_asked_about_once_a_person_entered_something(window: Window, qtbot: QtBot) -> None:
    dialog = form(window)
    assert window.closing.unsaved() == []
    qtbot.keyClicks(dialog.form.fields["name"].editor, " Northeast")
    assert told(asked(window)) == "“Edit campaign”"
    press(asked(window), "button-keep-open")
    dialog.reject()
    assert window.close()


def test_that_jobs_and_unsaved_words_are_one_question(window: Window, qtbot: QtBot, going_on: threading.Event) -> None:
    typed(window)
    dialog = asked(window)
    assert told(dialog) == "a verdict on Two-call close"
    press(dialog, "button-close-when-it-is-done")
    going_on.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)


def test_that_what_was_typed_since_is_asked_about_again(
    window: Window, qtbot: QtBot, going_on: threading.Event
) -> None:
    page = typed(window)
    press(asked(window), "button-close-when-it-is-done")
    page.words = "verdicts on Two-call close and Short script"
    going_on.set()
    qtbot.waitUntil(lambda: window.closing.dialog is not None, timeout=PATIENCE_MS)
    assert window.closing.dialog is not None
    assert told(window.closing.dialog) == page.words
    press(window.closing.dialog, "button-keep-open")


def test_that_private_files_go_before_anything_is_waited_for(
    window: Window, workspace: Workspace, going_on: threading.Event
) -> None:
    running: list[int] = []
    workspace.when_left(lambda: running.append(len(workspace.jobs.listed)))
    window.closing.close_without_asking()
    window.close()
    assert let_go(workspace, window.opening)
    assert running == [1]
