"""The pane beside a list that shows the chosen record; Ctrl+D shows and hides it, and its width is remembered."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from capdesk.views.look.theme import Theme
from capdesk.views.page import scrolled
from capdesk.views.widgets import ToolButton, named, text
from capdesk.views.workspace import Workspace

WIDTH = 310
NARROWEST = 220
"""Both in pixels at a text size of 100 percent."""


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
        self._area.verticalScrollBar().setValue(at)

    def say(self, words: str) -> None:
        label = text(words, "muted", wrap=True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.show_widget(label)

    def _draw_icon(self) -> None:
        self.close_button.setIcon(self._theme.icon("x"))

    def minimumSizeHint(self) -> QSize:
        return QSize(max(NARROWEST, round(180 * self._theme.scale / 100)), 120)


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

    def _place(self) -> None:
        scale = self._theme.scale / 100
        width = min(round(self._width * scale), max(self.width() // 2, NARROWEST))
        self.setSizes([max(self.width() - width - self.handleWidth(), 1), width])

    def _moved(self, *_place: int) -> None:
        self._width = round(self.sizes()[1] * 100 / self._theme.scale)
        self._memory.put(f"{self._name}/width", self._width)
