"""Widgets next to each other, going on below where they no longer fit: large text never cuts a button off."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class Flow(QLayout):
    """Like words in a line of text."""

    def __init__(self, parent: QWidget, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

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
        return self._place(QRect(0, 0, width, 0), really=False)

    def setGeometry(self, room: QRect) -> None:
        super().setGeometry(room)
        self._place(room, really=True)

    def sizeHint(self) -> QSize:
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        wide = sum(size.width() for size in shown) + self.spacing() * max(len(shown) - 1, 0)
        return QSize(wide, max((size.height() for size in shown), default=0))

    def minimumSize(self) -> QSize:
        whole = QSize()
        for item in self._items:
            if not item.isEmpty():
                whole = whole.expandedTo(item.minimumSize())
        return whole

    def _place(self, room: QRect, *, really: bool) -> int:
        """Where each goes, line by line; the height all of them take."""
        lines: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in (one for one in self._items if not one.isEmpty()):
            wide = item.sizeHint().width()
            if lines[-1] and used + wide > room.width():
                lines.append([])
                used = 0
            lines[-1].append(item)
            used += wide + self.spacing()
        top = room.top()
        for line in lines:
            high = max((item.sizeHint().height() for item in line), default=0)
            left = room.left()
            for item in line:
                size = item.sizeHint()
                if really:
                    down = (high - size.height()) // 2
                    item.setGeometry(
                        QRect(QPoint(left, top + down), QSize(min(size.width(), room.width()), size.height()))
                    )
                left += size.width() + self.spacing()
            top += high + self.spacing()
        return top - self.spacing() - room.top()


def flowing(*widgets: QWidget, spacing: int = 8) -> QWidget:
    """The widgets in a flow of their own."""
    whole = QWidget()
    layout = Flow(whole, spacing)
    for widget in widgets:
        layout.addWidget(widget)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    whole.setSizePolicy(policy)
    return whole
