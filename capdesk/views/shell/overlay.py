"""A panel over the window: what lies below is dimmed and waits. Esc or a click beside it closes it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named

_EDGE = 12


class Overlay(QWidget):
    """Covers the window it belongs to. Its content goes into `panel`; the keyboard goes back to where it was."""

    def __init__(self, theme: Theme, window: QWidget, name: str, spoken: str) -> None:
        super().__init__(window)
        self.theme = theme
        named(self, name, spoken)
        self.panel = QFrame(self)
        self.panel.setProperty("frame-style", "card")
        self._at = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        self._size = (640, 460)
        self._covered = window
        self._before: QWidget | None = None
        self.hide()
        window.installEventFilter(self)
        theme.changed.connect(self._fit)

    def place_at(self, where: Qt.AlignmentFlag, width: int, height: int) -> None:
        """Where the panel lies and how large it wants to be, at the usual size of text."""
        self._at, self._size = where, (width, height)

    def enter(self) -> None:
        """Shows it over everything, in place of another panel."""
        for other in self._covered.findChildren(Overlay):
            if other is not self:
                other.leave()
        if not self.isVisible():
            self._before = self.window().focusWidget()
        self._fit()
        self.show()
        self.raise_()

    def leave(self) -> None:
        """Hides it; whoever had the keyboard has it again."""
        if not self.isVisible():
            return
        self.hide()
        before, self._before = self._before, None
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def flip(self) -> None:
        if self.isVisible():
            self.leave()
        else:
            self.enter()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """The Tab key goes round within the panel."""
        inside = [one for one in self.panel.findChildren(QWidget) if _reachable(one)]
        if not inside:
            return True
        focus = self.window().focusWidget()
        at = inside.index(focus) if focus in inside else -1
        step = (at + (1 if forward else -1)) % len(inside)
        inside[step].setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.leave()
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        veil = QColor(Qt.GlobalColor.black)
        veil.setAlpha(60 if self.theme.colors.scheme == "light" else 140)
        QPainter(self).fillRect(self.rect(), veil)

    def _fit(self) -> None:
        parent = self._covered
        self.setGeometry(parent.rect())
        scale = self.theme.scale / 100
        width = min(round(self._size[0] * scale), parent.width() - 2 * _EDGE)
        height = min(round(self._size[1] * scale), parent.height() - 2 * _EDGE - 40)
        left, top = (parent.width() - width) // 2, max(_EDGE, parent.height() // 9)
        if self._at & Qt.AlignmentFlag.AlignRight:
            left = parent.width() - width - _EDGE
        if self._at & Qt.AlignmentFlag.AlignBottom:
            top = parent.height() - height - 44
        if self._at & Qt.AlignmentFlag.AlignVCenter:
            top = (parent.height() - height) // 2
        top = max(_EDGE, min(top, parent.height() - height - _EDGE))
        self.panel.setGeometry(left, top, width, height)


def _reachable(widget: QWidget) -> bool:
    policy = widget.focusPolicy()
    return widget.isVisible() and widget.isEnabled() and bool(policy.value & Qt.FocusPolicy.TabFocus.value)
