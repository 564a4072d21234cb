"""A quiet button: an icon and words on the ground it lies on. Its words shorten before they push anything aside."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolTip

from capdesk.views.look.theme import Theme
from capdesk.views.widgets import BY_KEYBOARD, named, pressed_by_return

ICON = 18


class FlatButton(QAbstractButton):
    """Paints itself in the present colors. The focus ring is for those who came by keyboard."""

    def __init__(
        self, theme: Theme, name: str, words: str, icon: str = "", clicked: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self.theme, self.icon_name = theme, icon
        self.tone = ""
        """The name of a color for words and icon; empty for the usual ones."""
        self.shows_words = True
        self.small = False
        self._ring = False
        named(self, name, words)
        self.setText(words)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyled)
        if clicked is not None:
            self.clicked.connect(lambda _checked=False: clicked())

    def say(self, words: str, tip: str = "") -> None:
        """Other words; heard as they are seen."""
        if (words, tip) != (self.text(), self.toolTip()):
            self.setText(words)
            self.setToolTip(tip)
            self.setAccessibleName(words or tip)
            self.updateGeometry()

    def tip(self) -> str:
        """What the mouse is told: first of all the words where they are shortened."""
        short = self.shows_words and self.width() < self.sizeHint().width()
        return "\n".join(dict.fromkeys(one for one in (self.text() if short else "", self.toolTip()) if one))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(), self)
            return True
        return super().event(event)

    def focus_ring(self) -> None:
        """Takes the keyboard and shows that it has it."""
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def sizeHint(self) -> QSize:
        width = self._left()
        if self.shows_words and self.text():
            width += self._metrics().horizontalAdvance(self.text()) + (8 if self.icon_name else 0) + 2
        return QSize(width + 10, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        height = max(self._metrics().height(), self._icon_size()) + (8 if self.small else 12)
        return QSize(self._left() + 10, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not pressed_by_return(self, event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in BY_KEYBOARD
        super().focusInEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw_ground(painter)
        color = self.words_color()
        left = 10
        if self.icon_name:
            size = self._icon_size()
            if not (self.shows_words and self.text()):
                left = (self.width() - size) // 2
            icon = self.theme.icon(self.icon_name, self.icon_color())
            icon.paint(painter, QRect(left, (self.height() - size) // 2, size, size))
            left += size + 8
        if self.shows_words and self.text():
            painter.setPen(QColor(color))
            painter.setFont(self._font())
            room = QRect(left, 0, max(0, self.width() - left - 8), self.height())
            words = self._metrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def draw_ground(self, painter: QPainter) -> None:
        colors = self.theme.colors
        ground = None
        if self.isChecked():
            ground = colors.accent_soft
        elif self.isEnabled() and (self.underMouse() or self.isDown()):
            ground = colors.hover
        inside = self.rect().adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if ground is not None:
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(inside, 6, 6)
        if self.hasFocus() and self._ring:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(QColor(colors.accent))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.drawRoundedRect(inside, 6, 6)

    def words_color(self) -> str:
        colors = self.theme.colors
        if not self.isEnabled():
            return colors.strong_border
        if self.tone:
            return str(getattr(colors, self.tone))
        return colors.text if self.isChecked() or not self.small else colors.muted

    def icon_color(self) -> str:
        colors = self.theme.colors
        if not self.isEnabled():
            return colors.border
        if self.tone:
            return str(getattr(colors, self.tone))
        return colors.accent if self.isChecked() else colors.muted

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _font(self) -> QFont:
        font = QFont(self.font())
        if self.small:
            font.setPointSizeF(font.pointSizeF() * 0.9)
        if self.isCheckable() and self.isChecked():
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())

    def _icon_size(self) -> int:
        return round((ICON - 4 if self.small else ICON) * self.theme.scale / 100)

    def _left(self) -> int:
        return 10 + (self._icon_size() if self.icon_name else 0)

    def _restyled(self) -> None:
        self.updateGeometry()
        self.update()
