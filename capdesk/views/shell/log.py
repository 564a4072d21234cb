"""The log window: what the program noted since it started, by level and words."""

import logging
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from capdesk.views.shell.ring import Ring, matching
from capdesk.views.widgets import button, named
from capdesk.views.workspace import Workspace

LEVELS = (logging.INFO, logging.WARNING, logging.ERROR)
_REFRESH_MS = 500


class LogWindow(QDialog):
    """The records with a filter by level and words; they can be copied and saved."""

    def __init__(self, workspace: Workspace, ring: Ring, parent: QWidget) -> None:
        super().__init__(parent)
        self._ring, self._folder, self._seen = ring, workspace.folder, -1
        named(self, "log-window", self.tr("Log"))
        self.setWindowTitle(self.tr("Log"))
        self.resize(900, 520)
        self.level = named(QComboBox(), "log-level", self.tr("Level"))
        for level in LEVELS:
            self.level.addItem(self.tr("From {level}").format(level=logging.getLevelName(level).lower()), level)
        self.words = named(QLineEdit(), "log-search", self.tr("Search the log"))
        self.words.setPlaceholderText(self.tr("Search"))
        self.words.setClearButtonEnabled(True)
        self.text = named(QPlainTextEdit(), "log-text", self.tr("Records"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.level)
        row.addWidget(self.words, 1)
        row.addWidget(button(self.tr("Copy"), self.copy))
        row.addWidget(button(self.tr("Save…"), self.ask_where))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.level.currentIndexChanged.connect(self.refresh)
        self.words.textChanged.connect(self.refresh)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._follow)
        self.finished.connect(self._timer.stop)

    def enter(self) -> None:
        self.refresh()
        self._timer.start()
        self.show()
        self.activateWindow()
        self.words.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Shows what is there now; stays at the end where one was."""
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        value = bar.value()
        self._seen = self._ring.count
        self.text.setPlainText(self.shown())
        bar.setValue(bar.maximum() if at_end else value)

    def shown(self) -> str:
        found = matching(list(self._ring.noted), self.level.currentData(), self.words.text())
        return "\n".join(one.line() for one in found)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.shown())

    def ask_where(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the log"), str(self._folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("capdesk-log.txt")
        dialog.fileSelected.connect(self.save)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self, file: str) -> None:
        """Writes what is shown to a file only its owner can read."""
        path = Path(file)
        try:
            path.touch(mode=0o600)
            path.write_text(self.shown() + "\n", encoding="utf-8")
        except OSError as error:
            self.setWindowTitle(self.tr("Log: not saved ({why})").format(why=error.strerror or error))
            return
        self.setWindowTitle(self.tr("Log: saved as {name}").format(name=path.name))

    def _follow(self) -> None:
        if self._ring.count != self._seen:
            self.refresh()
