"""Small pieces every page is made of."""

import math
from collections.abc import Callable
from typing import Literal, TypeVar

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QStaticText, QTextOption
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyleOptionButton,
    QStyleOptionToolButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

W = TypeVar("W", bound=QWidget)
Style = Literal["title", "heading", "figure", "strong", "muted", "small", "bad", "warn", "good", "estimate"]
Tone = Literal["neutral", "good", "warn", "bad", "accent"]
Kind = Literal["", "primary", "danger", "quiet", "link"]
BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
"""Why something has the focus whose user looks for it."""


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


def tip(words: str) -> str:
    """The words for a tool tip, which would take anything that looks like markup for it."""
    from html import escape  # noqa: PLC0415 - not before the window was seen

    return f'<p style="white-space: pre-wrap">{escape(words)}</p>' if words else ""


class LongText(QLabel):
    """Plain text whose words may be longer than a line (a SID, an address, a hash): broken where they must, never cut.

    Its context menu copies it.
    """

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        copy = QAction("Copy", self)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return math.ceil(self._laid_out(width).size().height())

    def sizeHint(self) -> QSize:
        size = self._laid_out(-1).size()
        return QSize(math.ceil(size.width()) + 1, math.ceil(size.height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 8, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        laid_out = self._laid_out(self.width())
        painter.drawStaticText(QPointF(0, max(0.0, (self.height() - laid_out.size().height()) / 2)), laid_out)

    def _laid_out(self, width: float) -> QStaticText:
        made = QStaticText(self.text())
        made.setTextFormat(Qt.TextFormat.PlainText)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        made.setTextOption(option)
        made.setTextWidth(width)
        made.prepare(font=self.font())
        return made

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


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


def pressed_by_return(one: QAbstractButton, event: QKeyEvent) -> bool:
    """Presses the button where the key is Return, which Qt leaves to a dialog's default button: Save, on Cancel."""
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or not plain:
        return False
    event.accept()
    if not event.isAutoRepeat():
        one.click()
    return True


def _set_apart(option: QStyleOptionButton | QStyleOptionToolButton) -> None:
    """Room between icon and words: Qt leaves 4 pixels whatever the size, so the icon's own place is made wider."""
    side = option.iconSize.height()
    option.iconSize = QSize(side + side // 4, side)


class Button(QPushButton):
    """A push button that Return presses as Space does."""

    def initStyleOption(self, option: QStyleOptionButton) -> None:
        super().initStyleOption(option)
        if self.text() and not self.icon().isNull():
            _set_apart(option)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not pressed_by_return(self, event):
            super().keyPressEvent(event)


class ToolButton(QToolButton):
    """A tool button that Return presses as Space does."""

    def initStyleOption(self, option: QStyleOptionToolButton) -> None:
        super().initStyleOption(option)
        if self.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon and not self.icon().isNull():
            _set_apart(option)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not pressed_by_return(self, event):
            super().keyPressEvent(event)


def button(words: str, clicked: Callable[[], object], *, kind: Kind = "", shortcut: str = "") -> QPushButton:
    made = Button(words)
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
