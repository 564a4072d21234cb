"""A layout of tiles in as many equal columns as there is room for."""

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class Tiles(QLayout):
    """Tiles are at least `characters` wide, so larger text makes fewer columns; a row is as high as its highest."""

    def __init__(self, characters: int, *, most: int = 99, gap: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent) if parent is not None else super().__init__()
        self._characters, self._most, self._gap = characters, most, gap
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        width = self._least()
        return QSize(width, self.heightForWidth(width))

    def minimumSize(self) -> QSize:
        return QSize(60, 0)

    def columns(self, width: int) -> int:
        """How many stand beside each other."""
        fit = (width + self._gap) // (self._least() + self._gap)
        return max(1, min(fit, self._most, len(self._shown()) or 1))

    def _least(self) -> int:
        parent = self.parentWidget()
        wide = parent.fontMetrics().averageCharWidth() if parent is not None else 7
        return self._characters * wide

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        shown, columns = self._shown(), self.columns(rect.width())
        width = (rect.width() - self._gap * (columns - 1)) // columns
        y = rect.y()
        for first in range(0, len(shown), columns):
            row = shown[first : first + columns]
            height = max(_height(item, width) for item in row)
            if move:
                for number, item in enumerate(row):
                    item.setGeometry(QRect(rect.x() + number * (width + self._gap), y, width, height))
            y += height + self._gap
        return max(y - self._gap - rect.y(), 0)


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
