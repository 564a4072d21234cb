"""Small pieces every page is made of."""

from collections.abc import Callable
from typing import Literal, TypeVar

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

W = TypeVar("W", bound=QWidget)
Style = Literal["title", "heading", "figure", "strong", "muted", "small", "bad", "warn", "good", "estimate"]
Tone = Literal["neutral", "good", "warn", "bad", "accent"]
Kind = Literal["", "primary", "danger", "quiet", "link"]


def styled(label: QLabel, style: Style) -> QLabel:
    """The label in one of the style sheet's text styles; may be called again to change it."""
    label.setProperty("text-style", style)
    _repolish(label)
    return label


def text(words: str, style: Style | None = None, *, wrap: bool = False) -> QLabel:
    """A line of plain text that can be selected with the mouse. Never interpreted as markup."""
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(wrap)
    return styled(label, style) if style else label


class LongText(QLabel):
    """Plain text whose words may be longer than a line (a SID, an address, a hash): broken anywhere, never cut."""

    _FLAGS = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere)

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._room(width).height()

    def sizeHint(self) -> QSize:
        return self._room(100_000).size()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 8, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self._FLAGS, self.text())

    def _room(self, width: int) -> QRect:
        return self.fontMetrics().boundingRect(QRect(0, 0, width, 1_000_000), self._FLAGS, self.text())


def long_text(words: str, style: Style | None = None) -> QLabel:
    """Like `text`, for words that may be longer than a line."""
    label = LongText(words)
    return styled(label, style) if style else label


def badge(words: str, tone: Tone = "neutral") -> QLabel:
    """A short word on a rounded ground: a status, a mark."""
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("badge", tone)
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return label


def status_badge(status: str) -> QLabel:
    """The badge of a status of a campaign, experiment, lead or send, in its tone."""
    return badge(status.replace("_", " "), TONES.get(status, "neutral"))


TONES: dict[str, Tone] = {
    "running": "good",
    "active": "good",
    "sent": "good",
    "done": "good",
    "pass": "good",
    "paid_customer": "good",
    "paused": "warn",
    "unknown": "warn",
    "due": "warn",
    "failed": "bad",
    "fail": "bad",
    "stop": "bad",
    "do_not_contact": "bad",
    "terminated": "bad",
    "continue": "accent",
}


def button(words: str, clicked: Callable[[], object], *, kind: Kind = "", shortcut: str = "") -> QPushButton:
    made = QPushButton(words)
    made.setAutoDefault(False)
    made.setAccessibleName(words.replace("&", ""))
    made.setObjectName("button-" + "-".join("".join(c if c.isalnum() else " " for c in words.lower()).split()))
    if kind:
        made.setProperty("kind", kind)
    if shortcut:
        made.setShortcut(shortcut)
        made.setToolTip(shortcut)
    made.clicked.connect(lambda _checked=False: clicked())
    return made


def card(*inside: QWidget, spacing: int = 8, margin: int = 18) -> QFrame:
    """A framed surface with widgets one below the other; more go into its `layout()`."""
    frame = QFrame()
    frame.setProperty("frame-style", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(margin, margin - 2, margin, margin - 2)
    column.setSpacing(spacing)
    for widget in inside:
        column.addWidget(widget)
    return frame


def named(widget: W, name: str, accessible: str = "") -> W:
    """The widget with the object name tests and assistive technology know it by, and a spoken name where given."""
    widget.setObjectName(name)
    if accessible:
        widget.setAccessibleName(accessible)
    return widget


def line() -> QFrame:
    frame = QFrame()
    frame.setProperty("frame-style", "line")
    return frame


def set_property(widget: W, name: str, value: object) -> W:
    """Sets a property the style sheet looks at, and applies it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        _repolish(widget)
    return widget


def _repolish(widget: QWidget) -> None:
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
