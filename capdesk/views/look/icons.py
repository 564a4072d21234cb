"""Icons from `resources/icons`, drawn sharp in the colors of the palette."""

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from capdesk.services.resources import resource
from capdesk.views.look.colors import Colors


class _Engine(QIconEngine):
    """Paints one SVG at whatever size and density it is asked for; where that is wider than high, at its left."""

    def __init__(self, name: str, color: str, disabled: str) -> None:
        super().__init__()
        self._name, self._colors = name, (color, disabled)
        self._drawn: dict[str, QSvgRenderer] = {}

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        color = self._colors[mode is QIcon.Mode.Disabled]
        if color not in self._drawn:
            self._drawn[color] = QSvgRenderer(_svg(self._name, color))
        self._drawn[color].render(
            painter, QRectF(rect.left(), rect.top(), min(rect.width(), rect.height()), rect.height())
        )

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        if made.isNull():  # a button squeezed to nothing asks for one without a size
            return made
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        return _Engine(self._name, *self._colors)


def icon(name: str, colors: Colors, color: str | None = None) -> QIcon:
    """The icon in the color of muted text, or in another color of the palette."""
    return QIcon(_Engine(name, color or colors.muted, colors.border))


def _svg(name: str, color: str) -> QByteArray:
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    return QByteArray(text.replace("currentColor", color).encode())
