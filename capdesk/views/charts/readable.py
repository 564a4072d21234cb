"""A painted picture that can be read: by mouse, by keyboard, and by a screen reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from capdesk.views.look.roles import is_picture
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named, tip

_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up)
_ON = (Qt.Key.Key_Right, Qt.Key.Key_Down)


@dataclass(frozen=True)
class Part:
    """Something in the picture, where it is, and what it says."""

    place: QRectF
    words: str


class Readable(QWidget):
    """Subclasses paint, and give `parts`. The arrow keys and the mouse go from part to part; `said` has its words."""

    said = Signal(str)
    """What the part pointed at says; empty where none is."""

    def __init__(self, theme: Theme, name: str, spoken: str) -> None:
        super().__init__()
        self.theme = theme
        self._spoken, self._summary = spoken, ""
        self.at = -1
        """The part pointed at, -1 for none."""
        named(self, name, spoken)
        is_picture(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def parts(self) -> Sequence[Part]:
        raise NotImplementedError

    def describe(self, summary: str) -> None:
        """What the whole picture says, in a sentence or two."""
        self._summary, self.at = summary, -1
        self.setAccessibleDescription(summary)
        self.said.emit("")
        self.updateGeometry()
        self.update()

    def idle(self) -> str:
        """What is said while no part is pointed at."""
        return ""

    def point(self, at: int) -> None:
        """Points at a part; its words are said and are what a screen reader reads."""
        if at == self.at:
            return
        self.at = at
        words = self.parts()[at].words if at >= 0 else ""
        self.setAccessibleDescription(words or self._summary)
        self.said.emit(words)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count, key = len(self.parts()), event.key()
        if count and key in _BACK:
            self.point(max(self.at - 1, 0))
        elif count and key in _ON:
            self.point(min(self.at + 1, count - 1))
        elif count and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.point(0 if key == Qt.Key.Key_Home else count - 1)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.point(self.part_at(event.position()))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = self.part_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tip(self.parts()[at].words) if at >= 0 else "", self)
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.point(-1)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.point(-1)
        super().focusOutEvent(event)
        self.update()

    def part_at(self, where: QPointF) -> int:
        """The topmost part there; those that come later lie above."""
        found = [number for number, part in enumerate(self.parts()) if part.place.contains(where)]
        return found[-1] if found else -1

    def paint_focus(self, painter: QPainter) -> None:
        """The frame of what has the keyboard, and around the part pointed at."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.theme.colors.accent), 2))
        if self.hasFocus():
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        if self.at >= 0 and self.at < len(self.parts()):
            painter.drawRoundedRect(self.parts()[self.at].place.adjusted(-2, -2, 2, 2), 4, 4)
