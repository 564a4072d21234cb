"""The strip above the page: back and forward, where one is, and the way to everything else."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from capdesk.views.shell.flat import FlatButton
from capdesk.views.widgets import named, styled, tip
from capdesk.views.workspace import Workspace


class SearchButton(FlatButton):
    """Looks like a search box and opens the palette."""

    def draw_ground(self, painter: QPainter) -> None:
        colors = self.theme.colors
        painter.setPen(QColor(colors.strong_border))
        painter.setBrush(QColor(colors.hover if self.underMouse() else colors.surface))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        if self.hasFocus():
            super().draw_ground(painter)

    def words_color(self) -> str:
        return self.theme.colors.muted


class Whereabouts(QLabel):
    """One line that shortens where there is no room, and tells all of it to the mouse and to a screen reader."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def tell(self, words: str) -> None:
        self._words = words
        self.setAccessibleName(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideMiddle, self.width())
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(tip(self._words if shown != self._words else ""))


class Head(QFrame):
    """Back, forward, the place, and search."""

    moved = Signal(int)
    """-1 back, 1 forward."""
    searched = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "head", self.tr("Navigation"))
        theme = workspace.theme
        self.back = FlatButton(theme, "go-back", self.tr("Back"), "arrow-left", lambda: self.moved.emit(-1))
        self.forward = FlatButton(theme, "go-forward", self.tr("Forward"), "arrow-right", lambda: self.moved.emit(1))
        for one, keys in ((self.back, "Alt+Left"), (self.forward, "Alt+Right")):
            one.shows_words = False
            one.setToolTip(f"{one.text()} ({keys})")
            one.setEnabled(False)
        self.where = named(Whereabouts(), "place")
        styled(self.where, "muted")
        self.search = SearchButton(
            theme, "open-palette", self.tr("Search or do anything   Ctrl+K"), "search", self.searched.emit
        )
        self.search.setMinimumWidth(90)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 20, 7)
        row.setSpacing(2)
        row.addWidget(self.back)
        row.addWidget(self.forward)
        row.addSpacing(8)
        row.addWidget(self.where, 1)
        row.addWidget(self.search)

    def show_place(self, words: str, back: bool, forward: bool) -> None:
        self.where.tell(words)
        self.back.setEnabled(back)
        self.forward.setEnabled(forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(self.workspace.theme.colors.border))
