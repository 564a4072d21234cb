"""What every painted chart shares: colors of the theme, a tip under the mouse, and the same figures as text."""

from PySide6.QtCore import QEvent, QRectF
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from capdesk.views.look.colors import Colors
from capdesk.views.look.roles import is_picture
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named, tip


class Painted(QWidget):
    """Draws itself in the present colors. `told_at` is the tip at a place, `describe` the text for who cannot see."""

    def __init__(self, theme: Theme, name: str, accessible: str) -> None:
        super().__init__()
        self._theme = theme
        named(self, name, accessible)
        is_picture(self)
        theme.changed.connect(self.update)

    @property
    def colors(self) -> Colors:
        return self._theme.colors

    def describe(self, words: str) -> None:
        self.setAccessibleDescription(words)
        self.update()

    def told_at(self, _x: float, _y: float) -> str:
        return self.accessibleDescription()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), tip(self.told_at(event.x(), event.y())), self)
            return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()
        return super().event(event)

    def painter(self) -> QPainter:
        made = QPainter(self)
        made.setRenderHint(QPainter.RenderHint.Antialiasing)
        return made

    def area(self) -> QRectF:
        return QRectF(self.rect())
