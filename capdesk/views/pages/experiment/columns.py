"""Cards in two columns where there is room, in one where there is not."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

GAP = 16
_CHARACTERS = 190
"""How wide two columns are at least; larger text needs more room."""


class Columns(QWidget):
    """`left` and `right` are as they stand beside each other; `one` is the order below each other."""

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget], one: Sequence[QWidget]) -> None:
        super().__init__()
        self._left, self._right, self._one = left, right, one
        self.two: bool | None = None
        self._whole = whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GAP)
        self._sides = (QVBoxLayout(), QVBoxLayout())
        for side in self._sides:
            side.setSpacing(GAP)
        whole.addLayout(self._sides[0], 1)
        whole.addLayout(self._sides[1], 0)
        self._arrange(two=False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(two=event.size().width() >= _CHARACTERS * self.fontMetrics().averageCharWidth())

    def _arrange(self, *, two: bool) -> None:
        if two == self.two:
            return
        self.two = two
        for side in self._sides:
            while side.takeAt(0) is not None:
                pass
        for side, widgets in zip(self._sides, (self._left, self._right) if two else (self._one, ()), strict=True):
            for widget in widgets:
                side.addWidget(widget)
            side.addStretch(1)
        self._whole.setStretch(1, 1 if two else 0)
        self._whole.setSpacing(GAP if two else 0)
