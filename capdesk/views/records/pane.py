"""The pane beside a list that shows the chosen record; Ctrl+D shows and hides it, and its width is remembered."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from capdesk.views.look.theme import Theme
from capdesk.views.page import scrolled
from capdesk.views.widgets import ToolButton, named, text
from capdesk.views.workspace import Workspace

WIDTH = 310
NARROWEST = 220
"""Both in pixels at a text size of 100 percent."""
CHARACTERS = 90
"""So many fit beside each other before list and pane have no room for both."""


class DetailPane(QFrame):
    """Holds one widget at a time, on a surface of its own."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        named(self, "detail-pane", "Details")
        self.setProperty("frame-style", "card")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(18, 10, 8, 12)
        self._column.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(text("Details", "small"), 1)
        self.close_button = named(ToolButton(), "detail-close", "Close details")
        self.close_button.setToolTip("Close details (Ctrl+D)")
        self.close_button.clicked.connect(lambda _checked=False: self.closed.emit())
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        head.addWidget(self.close_button)
        self._column.addLayout(head)
        self._inside = QWidget()
        self._area = scrolled(self._inside)
        self._column.addWidget(self._area, 1)

    def show_widget(self, widget: QWidget) -> None:
        """Shows the widget in place of the one before, which is deleted; the scroll position stays."""
        at = self._area.verticalScrollBar().value()
        before = self._area.takeWidget()
        if before is not None:
            before.deleteLater()
        widget.setProperty("page", True)
        widget.setContentsMargins(0, 4, 10, 4)
        self._area.setWidget(widget)
        widget.installEventFilter(self)
        self.updateGeometry()
        self._area.verticalScrollBar().setValue(at)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is shown may need more room once it was read."""
        if watched is self._area.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def say(self, words: str) -> None:
        label = text(words, "muted", wrap=True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.show_widget(label)

    def _draw_icon(self) -> None:
        self.close_button.setIcon(self._theme.icon("x"))

    def minimumSizeHint(self) -> QSize:
        """As wide as the longest word or button in it: it scrolls down, not sideways."""
        inside, margins = self._area.widget(), self._column.contentsMargins()
        bar = self._area.verticalScrollBar().sizeHint().width()
        needed = inside.minimumSizeHint().width() + margins.left() + margins.right() + bar + 4 if inside else 0
        return QSize(max(NARROWEST, round(180 * self._theme.scale / 100), needed), 120)


class Beside(QSplitter):
    """A list and its pane. `told` is called when the pane is shown, to fill it."""

    def __init__(self, workspace: Workspace, key: str, left: QWidget, told: Callable[[], None]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        named(self, f"beside-{key}")
        self.setProperty("quiet", True)
        self._memory, self._name, self._told = workspace.memory, f"pane/{key}", told
        self._theme = workspace.theme
        self.pane = DetailPane(workspace.theme)
        self.addWidget(left)
        self.addWidget(self.pane)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.setCollapsible(0, False)
        self.setCollapsible(1, False)
        self.setHandleWidth(13)
        self._width = max(self._memory.get(f"{self._name}/width", WIDTH), NARROWEST)
        self._open: bool = self._memory.get(f"{self._name}/open", False)
        self._needed = True
        self._draw()
        self.pane.closed.connect(lambda: self.set_open(False))
        self.splitterMoved.connect(self._moved)

    @property
    def is_open(self) -> bool:
        return self._open

    def set_open(self, wanted: bool) -> None:
        self._open = wanted
        self._memory.put(f"{self._name}/open", wanted)
        self._draw()
        if wanted:
            self._told()

    def set_needed(self, needed: bool) -> None:
        """A list without a single row has no details."""
        if needed != self._needed:
            self._needed = needed
            self._draw()

    def _draw(self) -> None:
        self.pane.setVisible(self._open and self._needed)
        self._place()

    def toggle(self) -> None:
        self.set_open(not self.is_open)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pane goes below where beside the list neither would have room: in a narrow window, at large text."""
        super().resizeEvent(event)
        below = event.size().width() < self.fontMetrics().averageCharWidth() * CHARACTERS
        wanted = Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal
        if wanted is not self.orientation():
            self.setOrientation(wanted)
            self._place()

    def _place(self) -> None:
        if self.orientation() is Qt.Orientation.Vertical:
            self.setSizes([self.height() * 11 // 20, self.height() * 9 // 20])
            return
        scale = self._theme.scale / 100
        width = min(round(self._width * scale), max(self.width() // 2, NARROWEST))
        self.setSizes([max(self.width() - width - self.handleWidth(), 1), width])

    def _moved(self, *_place: int) -> None:
        if self.orientation() is Qt.Orientation.Vertical:
            return
        self._width = round(self.sizes()[1] * 100 / self._theme.scale)
        self._memory.put(f"{self._name}/width", self._width)
