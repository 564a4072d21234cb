"""Our own mistakes: written to a file, told once, and one goes on or not. Telling never makes it worse."""

import contextlib
import logging
import sys
import threading
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from capdesk.services.bug_report import BugReport, report_bug
from capdesk.views.widgets import button, named, styled, text

_log = logging.getLogger("capdesk.window")
_MOST_REPORTS = 20
"""Files of one start: a mistake made a hundred times a second must not fill the disk."""


class Crashes(QObject):
    """Takes every exception nobody expected, from any thread, and shows one dialog for all of them."""

    happened = Signal(object)
    """Exception; from whatever thread."""
    quit_asked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: CrashDialog | None = None
        self.reports: list[BugReport] = []
        self._hooks = (sys.excepthook, threading.excepthook)
        self.happened.connect(self.show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """From now on nothing escapes to the console alone."""
        sys.excepthook = self._escaped
        threading.excepthook = self._escaped_thread

    def uninstall(self) -> None:
        sys.excepthook, threading.excepthook = self._hooks

    @Slot(object)
    def show(self, error: Exception) -> None:
        """Reports it; the dialog that is open already counts it."""
        try:
            _log.error("A mistake in capdesk", exc_info=error)
            if len(self.reports) < _MOST_REPORTS:
                self.reports.append(report_bug(error))
            if self.dialog is None:
                self.dialog = CrashDialog(self._window)
                self.dialog.finished.connect(self._closed)
                self.dialog.quit_asked.connect(self.quit_asked)
                self.dialog.tell(self.reports)
                self.dialog.open()
            else:
                self.dialog.tell(self.reports)
        except Exception as again:  # where even the telling fails, standard error has both
            with contextlib.suppress(Exception):
                self._hooks[0](type(again), again, again.__traceback__)

    def _closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        self.reports.clear()
        if dialog is not None:
            dialog.deleteLater()

    def _escaped(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Exception):
            self._emit(error)
        else:
            self._hooks[0](kind, error, trace)

    def _escaped_thread(self, told: threading.ExceptHookArgs) -> None:
        if isinstance(told.exc_value, Exception):
            self._emit(told.exc_value)

    def _emit(self, error: Exception) -> None:
        with contextlib.suppress(RuntimeError):  # the window is gone already
            self.happened.emit(error)


class CrashDialog(QDialog):
    """One sentence, where the report lies, and whether to go on."""

    quit_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "crash-dialog", self.tr("A mistake in capdesk"))
        self.setWindowTitle(self.tr("A mistake in capdesk"))
        self._reports: list[BugReport] = []
        self.words = named(text("", wrap=True), "crash-words")
        self.note = text(
            self.tr("What was recorded is safe. The report holds places in the code, none of your data."),
            "muted",
            wrap=True,
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(button(self.tr("Copy"), self.copy))
        row.addWidget(button(self.tr("Open folder"), self.open_folder))
        row.addStretch(1)
        row.addWidget(button(self.tr("Quit"), self._quit))
        go_on = button(self.tr("Go on"), self.accept, kind="primary")
        go_on.setDefault(True)
        row.addWidget(go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addStrut(480)
        column.addWidget(styled(QLabel(self.tr("Something went wrong")), "heading"))
        column.addWidget(self.words)
        column.addWidget(self.note)
        column.addLayout(row)
        go_on.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, reports: Sequence[BugReport]) -> None:
        """The first report's sentence, and how many came after it."""
        self._reports = list(reports)
        more = self.tr("\n{count} more of the kind came after it.").format(count=len(reports) - 1)
        self.words.setText((reports[0].sentence if reports else "") + (more if len(reports) > 1 else ""))
        self.adjustSize()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(one.sentence for one in self._reports))

    def open_folder(self) -> None:
        if self._reports:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._reports[0].file.parent)))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.accept()
        event.accept()

    def _quit(self) -> None:
        self.accept()
        self.quit_asked.emit()
