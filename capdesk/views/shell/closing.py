"""Leaving in order: jobs and unsaved words are asked about, and all is waited for no longer than a patient person does.

Nothing that was recorded depends on it: what a job had not committed is undone by the database, and what was not
sealed is sealed by whoever writes next.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from capdesk.views.forms.form import Form
from capdesk.views.jobs import Job
from capdesk.views.shell.opening import Opening
from capdesk.views.widgets import button, named, styled, text
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk
    from capdesk.views.shell.window import Window

_log = logging.getLogger("capdesk.window")
JOBS_MS = 10_000
DESK_S = 15.0
_MOST_TOLD = 8


class Closing(QObject):
    """Decides whether the window may close, and closes it later where it may not yet."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._workspace, self._window = window.workspace, window
        self.dialog: ClosingDialog | None = None
        self._when_idle = self._anyway = False
        self._given_up: frozenset[str] = frozenset()
        """What the owner agreed to lose; what was entered since is asked about again."""
        self._leaving: list[threading.Thread] = []
        self._patience = QTimer(self, singleShot=True, interval=JOBS_MS)
        self._patience.timeout.connect(self._enough)
        self._workspace.jobs.ended.connect(self._ended)

    def may_close(self) -> bool:
        """Asks where something is under way that the owner started."""
        running, unsaved = self._running(), self.unsaved()
        if self._anyway or (not running and self._given_up.issuperset(unsaved)):
            return True
        if self.dialog is None:
            self.dialog = ClosingDialog([job.title for job in running], unsaved, self._window)
            self.dialog.loses.connect(self._lose)
            self.dialog.waits.connect(self._wait)
            self.dialog.cancels.connect(self._cancel)
            self.dialog.finished.connect(self._answered)
            self.dialog.open()
        self.dialog.activateWindow()
        return False

    def unsaved(self) -> list[str]:
        """What would be lost, in a few words each: of the pages, and of forms that are open."""
        if not self._workspace.is_open:
            return []
        told = [page.unsaved() for page in self._window.pages.values()]
        forms = [one for one in self._window.findChildren(Form) if one.window() is not self._window]
        told += [f"“{one.window().windowTitle()}”" for one in forms if one.touched and one.isVisible()]
        return [words for words in told if words]

    def close_without_asking(self) -> None:
        """Somebody outside wants the program to end; jobs are cancelled and waited for."""
        self._anyway = True
        QTimer.singleShot(0, self._window, self._window.close)

    def close_later(self, desk: "Desk") -> None:
        """Closes a desk that another has replaced, without anybody waiting for it."""
        self._leaving.append(in_background(desk.close))

    def join(self) -> bool:
        """Whether the desks that were replaced are closed, waiting a while."""
        for thread in self._leaving:
            thread.join(DESK_S)
        return not any(thread.is_alive() for thread in self._leaving)

    def _running(self) -> list[Job[Any]]:
        return [job for job in self._workspace.jobs.listed if not self._window.opening.busy(job)]

    def _lose(self) -> None:
        self._given_up = frozenset(self.unsaved())
        QTimer.singleShot(0, self._window, self._window.close)

    def _wait(self) -> None:
        self._given_up = frozenset(self.unsaved())
        self._when_idle = True
        self._ended(None)

    def _cancel(self) -> None:
        self._given_up = frozenset(self.unsaved())
        self._when_idle = True
        for job in self._running():
            job.cancel()
        self._patience.start()
        self._ended(None)

    def _answered(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _ended(self, _job: object) -> None:
        if self._when_idle and not self._running():
            self._when_idle = False
            self._patience.stop()
            QTimer.singleShot(0, self._window, self._window.close)

    def _enough(self) -> None:
        self._anyway = True
        self._window.close()


class ClosingDialog(QDialog):
    """What still runs and what is not saved, and what to do about it."""

    loses = Signal()
    waits = Signal()
    cancels = Signal()

    def __init__(self, running: Sequence[str], unsaved: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        words = self.tr("Something is still running") if running else self.tr("Something is not saved yet")
        named(self, "closing-dialog", words)
        self.setWindowTitle("capdesk")
        keep = button(self.tr("Keep open"), self.reject, kind="primary")
        keep.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addStrut(440)
        column.addWidget(styled(QLabel(words), "heading"))
        if running:
            column.addWidget(text("\n".join(running[:_MOST_TOLD]), wrap=True))
            column.addWidget(
                text(self.tr("If it is cancelled, what it has not recorded by then is undone."), "muted", wrap=True)
            )
        if unsaved:
            column.addWidget(text(self.tr("Closing loses what was entered and is not saved:"), wrap=True))
            column.addWidget(named(text("\n".join(unsaved[:_MOST_TOLD]), "strong", wrap=True), "closing-unsaved"))
        column.addLayout(self._ways(bool(running), keep))
        keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ways(self, running: bool, keep: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        if running:
            row.addWidget(button(self.tr("Cancel it and close"), lambda: self._answer(self.cancels)))
            row.addWidget(button(self.tr("Close when it is done"), lambda: self._answer(self.waits)))
        else:
            row.addWidget(button(self.tr("Close and lose it"), lambda: self._answer(self.loses), kind="danger"))
        row.addStretch(1)
        row.addWidget(keep)
        return row

    def _answer(self, signal: SignalInstance) -> None:
        self.accept()
        signal.emit()


def let_go(workspace: Workspace, opening: Opening) -> bool:
    """Ends all work and closes the desk; False where something did not end in time. For after the event loop."""
    workspace.leave()
    ended = workspace.jobs.close(JOBS_MS)
    desks = opening.abandoned()
    if workspace.is_open:
        desks.append(workspace.desk)
    threads = [in_background(desk.close) for desk in desks]
    for thread in threads:
        thread.join(DESK_S)
    return ended and not any(thread.is_alive() for thread in threads)


def in_background(work: Callable[[], object]) -> threading.Thread:
    """In a thread that keeps nobody from leaving."""

    def quietly() -> None:
        try:
            work()
        except Exception:
            _log.exception("The desk was not closed in order; nothing recorded is lost")

    thread = threading.Thread(target=quietly, name="closing", daemon=True)
    thread.start()
    return thread
