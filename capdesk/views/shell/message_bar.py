"""What is to be told, above the page: one sentence, with a way out where there is one. Errors stay until dismissed."""

from collections import deque

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from capdesk.views.shell.announce import announce
from capdesk.views.shell.flat import FlatButton
from capdesk.views.widgets import button, named
from capdesk.views.workspace import Message, Workspace

FADES_AFTER_MS = 6_000
_FADING = ("good", "info")
_ICONS = {"info": "info", "good": "circle-check", "warn": "triangle-alert", "bad": "circle-alert"}
_MOST = 20


class MessageBar(QFrame):
    """Shows the oldest message that waits; hidden where there is none."""

    emptied = Signal()
    """The last one was dismissed."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "message-bar", self.tr("Messages"))
        self._waiting: deque[Message] = deque(maxlen=_MOST)
        self.shown: Message | None = None
        self._icon = QLabel()
        self.label = named(QLabel(), "message")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setWordWrap(True)
        self._more = named(QLabel(), "messages-waiting")
        self.action = button("", self._act, kind="quiet")
        self.action.setObjectName("message-action")
        self.dismiss_button = FlatButton(workspace.theme, "dismiss-message", self.tr("Dismiss"), "x", self.dismiss)
        self.dismiss_button.shows_words = False
        self.dismiss_button.setToolTip(self.tr("Dismiss (Esc)"))
        row = QHBoxLayout(self)
        row.setContentsMargins(26, 6, 18, 6)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self.label, 1)
        row.addWidget(self._more)
        row.addWidget(self.action)
        row.addWidget(self.dismiss_button)
        self._fading = QTimer(self, singleShot=True, interval=FADES_AFTER_MS)
        self._fading.timeout.connect(self.dismiss)
        self.hide()
        workspace.said.connect(self.say)
        workspace.hushed.connect(self.hush)
        workspace.theme.changed.connect(self._paint_tone)

    def say(self, message: Message) -> None:
        """Shown at once, or after those that wait; good news makes way for whatever comes after it."""
        shown = self.shown
        if shown is None or shown.tone in _FADING or (shown.text, shown.tone) == (message.text, message.tone):
            self._show(message)
        elif message not in self._waiting:
            self._waiting.append(message)
            self._count()

    def dismiss(self) -> None:
        """The next one, or none."""
        focused = self.isAncestorOf(focus) if (focus := self.window().focusWidget()) is not None else False
        self._fading.stop()
        self.shown = None
        if self._waiting:
            self._show(self._waiting.popleft())
            return
        self.hide()
        if focused:
            self.emptied.emit()

    def hush(self) -> None:
        """Forgets what was said."""
        self._waiting.clear()
        if self.shown is not None:
            self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.shown is None:
            return
        colors = self.workspace.theme.colors
        ground = colors.accent_soft if self.shown.tone == "info" else str(getattr(colors, f"{self.shown.tone}_soft"))
        QPainter(self).fillRect(self.rect(), QColor(ground))

    def _show(self, message: Message) -> None:
        self.shown = message
        self.label.setText(message.text)
        self.action.setText(message.action)
        self.action.setAccessibleName(message.action)
        self.action.setVisible(bool(message.action and message.run is not None))
        self._count()
        self._paint_tone()
        self.show()
        self.update()
        self._fading.stop()
        if message.tone in _FADING:
            self._fading.start()
        announce(self, message.text, at_once=message.tone in ("bad", "warn"))

    def _count(self) -> None:
        count = len(self._waiting)
        self._more.setText(self.tr("{count} more").format(count=count))
        self._more.setVisible(count > 0)

    def _act(self) -> None:
        message = self.shown
        self.dismiss()
        if message is not None and message.run is not None:
            message.run()

    def _paint_tone(self) -> None:
        if self.shown is not None:
            theme = self.workspace.theme
            color = theme.colors.accent if self.shown.tone == "info" else str(getattr(theme.colors, self.shown.tone))
            size = round(18 * theme.scale / 100)
            pixmap = theme.icon(_ICONS[self.shown.tone], color).pixmap(QSize(size, size), self.devicePixelRatioF())
            self._icon.setPixmap(pixmap)
