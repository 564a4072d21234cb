"""Step 1: a file is dropped or chosen; below stands what files are understood, to be copied as a header line."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from capdesk.services.imports.profiles import OPTIONAL, REQUIRED
from capdesk.views.look.theme import Theme
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.pages.imports.step import Step
from capdesk.views.widgets import button, card, named, styled, text
from capdesk.views.workspace import Workspace

FILTER = "Tables and JSON (*.csv *.tsv *.txt *.json *.jsonl *.ndjson);;All files (*)"
_TABLES = (
    ("Calls", "calls"),
    ("Events", "events"),
    ("Leads", "leads"),
    ("Team", "team"),
    ("Hours", "timelogs"),
)
_UNSHOWN = ("caller_phone", "direction")


class DropZone(QFrame):
    """Where a file may be dropped; the whole page takes it, this shows that it does."""

    def __init__(self, theme: Theme, choose: Callable[[], object]) -> None:
        super().__init__()
        named(self, "drop-zone", "Drop a file here")
        self._theme = theme
        self._inviting = False
        self.icon = QLabel()
        self.words = named(styled(QLabel("Drop a file here"), "heading"), "drop-words")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.hint = named(
            text("CSV or JSON lines, or what Twilio and Google Cloud return.", "muted", wrap=True), "drop-hint"
        )
        self.choose = button("Choose file…", choose, kind="primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 30, 24, 30)
        column.setSpacing(8)
        column.addStretch(1)
        for widget in (self.icon, self.words, self.hint):
            column.addWidget(widget)
        column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.changed.connect(self._draw)
        self._draw()

    def invite(self, inviting: bool) -> None:
        """Shows that what is being dragged may be let go."""
        self._inviting = inviting
        self._draw()

    def _draw(self) -> None:
        colors = self._theme.colors
        self.icon.setPixmap(self._theme.icon("file-input", colors.accent).pixmap(36, 36))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, painter = self._theme.colors, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colors.accent if self._inviting else colors.strong_border), 2 if self._inviting else 1.5)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colors.accent_soft if self._inviting else colors.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 12, 12)
        painter.end()


class WhatPanel(QFrame):
    """The columns of each kind, each copyable as a header line."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.setProperty("frame-style", "card")
        self._workspace = workspace
        grid = QGridLayout(self)
        grid.setContentsMargins(18, 16, 18, 16)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.addWidget(text("What can be imported", "heading"), 0, 0, 1, 3)
        grid.addWidget(
            text("Other names for the columns are fine: say in step 3 which is which.", "muted", wrap=True), 1, 0, 1, 3
        )
        for row, (title, kind) in enumerate(_TABLES, 2):
            columns = header_line(kind)
            copy = button(f"Copy {title.lower()} header", partial(self._copy, columns), kind="quiet")
            copy.setText("Copy")
            copy.setIcon(workspace.theme.icon("copy"))
            copy.setToolTip(f"Copies {columns}")
            grid.addWidget(text(title, "strong"), row, 0)
            grid.addWidget(text(columns.replace(",", ", "), wrap=True), row, 1)
            grid.addWidget(copy, row, 2)
        last = len(_TABLES) + 2
        grid.addWidget(text("Costs", "strong"), last, 0)
        told = "Twilio daily usage records, and rows of Google Cloud's billing export, as their interfaces return them."
        grid.addWidget(text(told, wrap=True), last, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def _copy(self, words: str) -> None:
        QGuiApplication.clipboard().setText(words)
        self._workspace.say("Copied the header line.", "good")


def header_line(kind: str) -> str:
    """The columns of a kind as the first line of a CSV file."""
    names = (*REQUIRED[kind], *OPTIONAL[kind])  # type: ignore[index]
    return ",".join(name for name in names if name not in _UNSHOWN)


class FileStep(Step):
    """`chosen` carries the path of a file."""

    chosen = Signal(object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.zone = DropZone(workspace.theme, self.choose)
        self._error = named(text("", "bad", wrap=True), "file-error")
        self.problem = card(self._error)
        self.problem.hide()
        self.column.addWidget(self.zone)
        self.column.addWidget(self.problem)
        self.column.addWidget(WhatPanel(workspace))
        self.column.addStretch(1)

    def enter(self, draft: Draft | None) -> None:
        super().enter(draft)
        self._say(f"{draft.path.name}" if draft else "Drop a file here")

    def choose(self) -> None:
        """Opens the system's dialog."""
        dialog = QFileDialog(self, "Choose the file to import", self._folder(), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.chosen.emit(Path(name)))
        dialog.open()

    def looking(self, path: Path) -> None:
        self.problem.hide()
        self._say(f"Looking at {path.name} …")

    def refuse(self, words: str) -> None:
        """Why the file cannot be imported at all."""
        self._error.setText(words)
        self.problem.show()
        self._say("Drop another file here")
        self.draft = None
        self.changed.emit()

    def next_words(self) -> str:
        return "Next" if self.draft else "Choose file…"

    def back_words(self) -> str:
        return "Close"

    def go_on(self) -> bool:
        if self.draft is not None:
            return True
        self.choose()
        return False

    def first_focus(self) -> QWidget:
        return self.zone.choose

    def _say(self, words: str) -> None:
        self.zone.words.setText(words)

    def _folder(self) -> str:
        known: str = self.workspace.memory.get("imports/folder", "")
        return known
