"""A plot that is looked at. Imports pyqtgraph, so it is itself imported only by what draws, in the background."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from capdesk.services.money import dollars

__all__ = ["Plot", "axis_dollars", "pg"]


def axis_dollars(value: float) -> str:
    """Whole dollars without cents."""
    return dollars(Decimal(repr(value))).removesuffix(".00")


class _DollarAxis(pg.AxisItem):  # type: ignore[misc]
    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        return [axis_dollars(value) for value in values]


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """It neither pans nor zooms, and lets the page scroll. `pointed` is told where the mouse is."""

    def __init__(self, pointed: Callable[[QPointF], None]) -> None:
        super().__init__(axisItems={"left": _DollarAxis("left")}, enableMenu=False)
        self._pointed = pointed
        self.setObjectName("cost-plot")
        self.setAccessibleName("Plot of cumulative cost")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(False, False)
        self.setMouseTracking(True)
        self.hideButtons()
        self.getPlotItem().layout.setContentsMargins(0, 4, 6, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.ignore()
