"""What the window shows while the desk opens, and where it cannot be opened: why, and what can be done about it."""

import errno
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from capdesk.errors import CapdeskError
from capdesk.views.shell.announce import announce
from capdesk.views.widgets import button, named, styled, text
from capdesk.views.workspace import sentence


class StartScreen(QWidget):
    """Calm: the name, one line of what is being done, a thin bar."""

    retried = Signal()
    log_asked = Signal()
    painted = Signal()
    another_asked = Signal()
    """Another desk folder is to be chosen."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        named(self, "start-screen", self.tr("Starting"))
        name = styled(QLabel("capdesk"), "figure")
        name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.doing = named(text(self.tr("Starting…"), "muted", wrap=True), "start-doing")
        self.doing.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.bar = named(QProgressBar(), "start-progress", self.tr("Progress of the start"))
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(240, 4)
        self.bar.setRange(0, 0)
        self._folder = text(str(folder), "small", wrap=True)
        self._folder.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.ways_out = named(QWidget(), "start-ways-out")
        row = QHBoxLayout(self.ways_out)
        row.setSpacing(8)
        self.retry = button(self.tr("Retry"), self.retried.emit, kind="primary")
        row.addStretch(1)
        row.addWidget(self.retry)
        row.addWidget(button(self.tr("Open log"), self.log_asked.emit))
        row.addWidget(button(self.tr("Choose another desk folder…"), self.another_asked.emit))
        row.addStretch(1)
        self.ways_out.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 24, 40, 40)
        column.setSpacing(14)
        column.addStretch(3)
        column.addWidget(name)
        column.addWidget(self.doing)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.ways_out)
        column.addStretch(4)
        column.addWidget(self._folder)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def working(self, words: str, done: int = 0, total: int = 0) -> None:
        """Says what is being done."""
        styled(self.doing, "muted")
        self.doing.setText(words)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.show()
        self.ways_out.hide()

    def failed(self, error: Exception) -> None:
        """Says why the desk is not there, with the ways out."""
        words = why(error)
        styled(self.doing, "bad")
        self.doing.setText(words)
        self.bar.hide()
        self.ways_out.show()
        self.retry.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, words)


def why(error: Exception) -> str:
    """One sentence for the person in front."""
    if isinstance(error, CapdeskError):
        return sentence(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full: free some space, then try again."
    from capdesk.services.bug_report import report_bug  # noqa: PLC0415 - our own mistakes are rare

    return report_bug(error).sentence
