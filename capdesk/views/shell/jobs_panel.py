"""What runs in the background, and what recently did: progress, cancel, and how each ended."""

from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from capdesk.errors import CapdeskError
from capdesk.views.jobs import Job
from capdesk.views.page import scrolled
from capdesk.views.places import Place
from capdesk.views.shell.flat import FlatButton
from capdesk.views.shell.overlay import Overlay
from capdesk.views.widgets import badge, button, line, named, styled, text
from capdesk.views.workspace import Workspace, sentence

_KEPT = 30
_ENDS = {"done": "good", "failed": "bad", "cancelled": "neutral"}


class _Row(QWidget):
    """One job."""

    shown = Signal(object)
    """Place or Path: where its result is."""

    def __init__(self, job: Job[Any], workspace: Workspace) -> None:
        super().__init__()
        self.job = job
        named(self, "job", job.title)
        self._workspace = workspace
        self.began = workspace.clock.now()
        self._title = text(job.title, "strong", wrap=True)
        self._doing = text("", "small", wrap=True)
        self._doing.hide()
        self.bar = named(QProgressBar(), "job-progress", self.tr("Progress of {job}").format(job=job.title))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.cancel = button(self.tr("Cancel"), self._cancel)
        self.cancel.setAccessibleName(self.tr("Cancel {job}").format(job=job.title))
        if not job.cancellable:  # not setVisible: without a parent yet it would be a window for a moment
            self.cancel.hide()
        self._top = QHBoxLayout()
        self._top.addWidget(self._title, 1)
        self._top.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        column.addLayout(self._top)
        column.addWidget(self.bar)
        column.addWidget(self._doing)
        job.progressed.connect(self._progressed)

    def ended(self) -> None:
        """How it ended, in one word and, where it failed, one sentence."""
        state, error = self.job.state, self.job.error
        self.bar.hide()
        self.cancel.hide()
        self._top.addWidget(badge(self.tr(state), _ENDS.get(state, "neutral")))  # type: ignore[arg-type]
        if self.job.result_place is not None:
            self._offer(self.job.result_place)
        zone = self._workspace.desk.zone if self._workspace.is_open else None
        words = _span(self.began.astimezone(zone), self._workspace.clock.now().astimezone(zone))
        if error is not None and state == "failed":
            known = isinstance(error, CapdeskError)
            words = f"{sentence(error) if known else self.tr('A mistake in capdesk; see its report.')}  {words}"
            styled(self._doing, "bad")
        self._doing.setText(words)
        self._doing.show()

    def _offer(self, where: Place | Path) -> None:
        """A file is shown in its folder: what opens it is the owner's choice."""
        words = self.tr("Open folder") if isinstance(where, Path) else self.tr("Show")
        show = button(words, lambda: self.shown.emit(where), kind="link")
        show.setAccessibleName(f"{words}: {self.job.title}")
        self._top.insertWidget(1, show)

    def _progressed(self, done: int, total: int, words: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        counted = f"{done:,} / {total:,}" if total else ""
        self._doing.setText("  ".join(part for part in (words, counted) if part))
        self._doing.setVisible(bool(self._doing.text()))

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.setText(self.tr("Stopping…"))
        self.job.cancel()


class JobsPanel(Overlay):
    """Opened from the status bar. The newest job is at the top."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(workspace.theme, window, "jobs-panel", "")
        self.setAccessibleName(self.tr("Jobs"))
        self.workspace = workspace
        self._rows: deque[_Row] = deque()
        self._empty = text(self.tr("Nothing has run since the window opened."), "muted", wrap=True)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(4)
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        self.close_button = FlatButton(workspace.theme, "close-jobs", self.tr("Close"), "x", self.leave)
        self.close_button.shows_words = False
        head = QHBoxLayout()
        head.addWidget(styled(QLabel(self.tr("Jobs")), "heading"), 1)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(20, 14, 14, 14)
        column.addLayout(head)
        column.addWidget(line())
        column.addWidget(scrolled(inside), 1)
        self.place_at(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, 460, 420)
        workspace.jobs.started.connect(self._started)
        workspace.jobs.ended.connect(self._ended)

    def enter(self) -> None:
        super().enter()
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _started(self, job: Job[Any]) -> None:
        row = _Row(job, self.workspace)
        row.shown.connect(self._show)
        self._rows.appendleft(row)
        self._list.insertWidget(0, row)
        self._empty.hide()
        while len(self._rows) > _KEPT and self._rows[-1].job.state != "running":
            old = self._rows.pop()
            old.hide()
            old.deleteLater()

    def _show(self, where: Place | Path) -> None:
        self.leave()
        if isinstance(where, Place):
            self.workspace.went.emit(where)
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(where.parent)))

    def _ended(self, job: Job[Any]) -> None:
        for row in self._rows:
            if row.job is job:
                row.ended()


def _span(began: datetime, ended: datetime) -> str:
    seconds = (ended - began).total_seconds()
    took = f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{began:%H:%M:%S}, {took}"
