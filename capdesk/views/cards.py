"""What pages of cards are made of: headings, rows of a label and a value, a text that unfolds."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from capdesk.views.look.fonts import base_font
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import Style, ToolButton, long_text, named, styled, text
from capdesk.views.workspace import Workspace


def heading(words: str) -> QLabel:
    return styled(text(words, wrap=True), "heading")


def rows(pairs: Iterable[tuple[str, str]], *, right: bool = True, style: Style | None = None) -> QWidget:
    """Labels and what they say, below each other; figures stand at the right."""
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    for number, (label, value) in enumerate(pairs):
        said = text(label, "muted")
        told = named(text(value, style) if right else long_text(value, style), f"value-{label}", f"{label}: {value}")
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        told.setAlignment(side | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(said, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(told, number, 1)
    return whole


class FixedText(QPlainTextEdit):
    """Text to read in letters of one width, as large as the others; the Tab key leaves it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        theme.changed.connect(self._set_letters)
        self._set_letters()

    def _set_letters(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(base_font(self._theme.scale).pointSizeF())
        self.setFont(font)


class Fold(QWidget):
    """A text of fixed letters that is unfolded when it is wanted."""

    unfolded = Signal()

    def __init__(self, workspace: Workspace, name: str, words: str) -> None:
        super().__init__()
        self._theme = workspace.theme
        self.toggle = named(ToolButton(), f"show-{name}", words)
        self.toggle.setText(words)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._toggled)
        self.content = named(FixedText(workspace.theme), name, words)
        self.content.setFixedHeight(320)
        self.content.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.toggle)
        column.addWidget(self.content)
        self._theme.changed.connect(self._draw)
        self._draw()

    def show_text(self, words: str) -> None:
        """The same words again leave the reader where he is."""
        if words != self.content.toPlainText():
            at = self.content.verticalScrollBar().value()
            self.content.setPlainText(words)
            self.content.verticalScrollBar().setValue(at)

    @property
    def is_open(self) -> bool:
        return self.toggle.isChecked()

    def _toggled(self, unfolded: bool) -> None:
        self.content.setVisible(unfolded)
        self._draw()
        self.unfolded.emit()

    def _draw(self) -> None:
        self.toggle.setIcon(self._theme.icon("chevron-down" if self.is_open else "chevron-right"))
