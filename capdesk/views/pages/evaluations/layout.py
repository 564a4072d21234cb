"""What the pages of this folder are laid out with: two columns that become one, rows of a label and a value."""

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from capdesk.views.look.fonts import base_font
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import Style, named, styled, text
from capdesk.views.workspace import Workspace

_WIDE_LETTERS = 110
"""From this many letters of the font on, there is room for two columns."""


class Columns(QWidget):
    """Two columns beside each other where there is room for both, else the second below the first."""

    def __init__(self, stretch: tuple[int, int] = (3, 2)) -> None:
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 4, 0)
        self._row.setSpacing(16)
        self._stretch = stretch
        self.left, self.right = _column(), _column()
        for number, column in enumerate((self.left, self.right)):
            self._row.addLayout(column, stretch[number])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= self.fontMetrics().averageCharWidth() * _WIDE_LETTERS
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != direction:
            self._row.setDirection(direction)
            for number in (0, 1):
                self._row.setStretch(number, self._stretch[number] if wide else 0)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(16)
    column.setAlignment(Qt.AlignmentFlag.AlignTop)
    return column


def empty(layout: QLayout) -> None:
    """Takes everything out of a layout, at once for the eye and soon for the memory."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            empty(inner)
            inner.deleteLater()


def inside(frame: QFrame) -> QVBoxLayout:
    """The column of a card."""
    return cast(QVBoxLayout, frame.layout())


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
        told = named(text(value, style, wrap=not right), f"value-{label}", f"{label}: {value}")
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
        self.toggle = named(QToolButton(), f"show-{name}", words)
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
