"""Layouts that go by the room there is, so that large text and narrow windows cut nothing off."""

from typing import cast

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QLayoutItem, QSizePolicy, QVBoxLayout, QWidget


def inside(frame: QFrame) -> QVBoxLayout:
    """The column of a card."""
    return cast(QVBoxLayout, frame.layout())


def empty(layout: QLayout) -> None:
    """Takes everything out of a layout, at once for the eye and soon for the memory."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            empty(inner)
            inner.deleteLater()


class _Wrapping(QLayout):
    """Things beside each other, as many in a row as fit. Subclasses say where each goes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent) if parent is not None else super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # Qt asks beyond the end
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self.arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self.arrange(rect, move=True)

    def shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def arrange(self, rect: QRect, *, move: bool) -> int:
        """The height all of it takes; moves it there only where asked to."""
        raise NotImplementedError


class Flow(_Wrapping):
    """Each thing has the size it asks for, going on below like the words of a text."""

    def __init__(self, parent: QWidget, *, gap: int = 8, row_gap: int | None = None) -> None:
        super().__init__(parent)
        self._gap, self._row_gap = gap, gap if row_gap is None else row_gap

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self.shown()]
        wide = sum(one.width() for one in sizes) + self._gap * max(len(sizes) - 1, 0)
        return QSize(wide, max((one.height() for one in sizes), default=0))

    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self.shown()]
        return QSize(max((one.width() for one in sizes), default=0), max((one.height() for one in sizes), default=0))

    def arrange(self, rect: QRect, *, move: bool) -> int:
        y = rect.y()
        for row in self._rows(rect.width()):
            height, x = max(item.sizeHint().height() for item in row), rect.x()
            for item in row:
                size = item.sizeHint().boundedTo(QSize(rect.width(), height))
                if move:
                    item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), size))
                x += size.width() + self._gap
            y += height + self._row_gap
        return max(y - self._row_gap - rect.y(), 0)

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        used = 0
        for item in self.shown():
            wide = item.sizeHint().width()
            if not rows or used + wide > width:
                rows.append([])
                used = 0
            rows[-1].append(item)
            used += wide + self._gap
        return rows


def flowing(*widgets: QWidget, gap: int = 8) -> QWidget:
    """The widgets in a flow of their own."""
    whole = QWidget()
    layout = Flow(whole, gap=gap)
    for widget in widgets:
        layout.addWidget(widget)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    whole.setSizePolicy(policy)
    return whole


class Tiles(_Wrapping):
    """Equal columns, each at least `characters` wide, so larger text makes fewer; a row is as high as its highest."""

    def __init__(self, characters: int, *, most: int = 99, gap: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._characters, self._most, self._gap = characters, most, gap

    def sizeHint(self) -> QSize:
        width = self._least()
        return QSize(width, self.heightForWidth(width))

    def minimumSize(self) -> QSize:
        return QSize(60, 0)

    def columns(self, width: int) -> int:
        """How many stand beside each other."""
        fit = (width + self._gap) // (self._least() + self._gap)
        return max(1, min(fit, self._most, len(self.shown()) or 1))

    def arrange(self, rect: QRect, *, move: bool) -> int:
        shown, columns = self.shown(), self.columns(rect.width())
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

    def _least(self) -> int:
        parent = self.parentWidget()
        wide = parent.fontMetrics().averageCharWidth() if parent is not None else 7
        return self._characters * wide


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()


class Pair(QWidget):
    """Two parts beside each other where there is room for `characters`, else the second below the first."""

    turned = Signal(bool)
    """Whether they now stand one below the other."""

    def __init__(self, left: QWidget | QLayout, right: QWidget | QLayout, stretch: tuple[int, int], wide: int) -> None:
        super().__init__()
        self._stretch, self._wide = stretch, wide
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        for part, share in zip((left, right), stretch, strict=True):
            if isinstance(part, QLayout):
                self._row.addLayout(part, share)
            else:
                self._row.addWidget(part, share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < self.fontMetrics().averageCharWidth() * self._wide
        wanted = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if wanted is not self._row.direction():
            self._row.setDirection(wanted)
            for number, share in enumerate(self._stretch):
                self._row.setStretch(number, 0 if narrow else share)
            self.turned.emit(narrow)


class Columns(Pair):
    """Two columns of cards, filled from the top."""

    def __init__(self, stretch: tuple[int, int] = (3, 2)) -> None:
        self.left, self.right = _column(), _column()
        super().__init__(_at_top(self.left), _at_top(self.right), stretch, 110)
        self._row.setContentsMargins(0, 0, 4, 0)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(16)
    return column


def _at_top(column: QVBoxLayout) -> QVBoxLayout:
    """By a stretch below it: a layout that is aligned gets no room for text that needs more lines than its hint."""
    whole = QVBoxLayout()
    whole.setSpacing(0)
    whole.addLayout(column)
    whole.addStretch(1)
    return whole
