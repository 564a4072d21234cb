"""Strips: which color is which source, and a count of this week beside the week before."""

from collections.abc import Mapping
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from capdesk.services.money import ZERO, dollars
from capdesk.services.reports.model import SOURCES
from capdesk.services.reports.names import source_name
from capdesk.views.charts.painted import Painted
from capdesk.views.look.colors import Colors
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named, text

_GAP = 18


class Swatch(Painted):
    """The color of one source in charts; what stands beside it says its name."""

    def __init__(self, theme: Theme, source: str) -> None:
        super().__init__(theme, f"swatch-{source}", f"Color of {source_name(source)}")
        self._source = source
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(_side(self.fontMetrics()), self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, side = self.painter(), _side(self.fontMetrics())
        _paint_swatch(painter, QRectF(0, (self.height() - side) / 2, side, side), self._source, self.colors)
        painter.end()


class SourceLegend(Painted):
    """A swatch, name and amount for each source that has one, and for the provisional part; wraps where it must."""

    def __init__(self, theme: Theme, sources: Mapping[str, Decimal] | None = None, provisional: Decimal = ZERO) -> None:
        super().__init__(theme, "source-legend", "Cost by source")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._items: list[tuple[str, str]] = []
        self.set_sources(sources or {}, provisional)

    def set_sources(self, sources: Mapping[str, Decimal], provisional: Decimal = ZERO) -> None:
        self._items = [(key, f"{source_name(key)} {dollars(sources[key])}") for key in SOURCES if sources.get(key)]
        if provisional:
            self._items.append(("provisional", f"provisional {dollars(provisional)}"))
        self._items = self._items or [("", "Nothing is spent yet.")]
        self.describe(", ".join(words for _, words in self._items))
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = 1 + max((line for _, _, line in self._places(width)), default=0)
        return lines * self._line_height()

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._line_height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, high, side = self.painter(), self._line_height(), self._side()
        for (key, words), (x, width, line) in zip(self._items, self._places(self.width()), strict=True):
            if key:
                _paint_swatch(painter, QRectF(x, line * high + (high - side) / 2, side, side), key, self.colors)
            painter.setPen(QColor(self.colors.muted))
            left = x + side + 6 if key else x
            place = QRectF(left, line * high, width, high)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.end()

    def _side(self) -> int:
        return _side(self.fontMetrics())

    def _line_height(self) -> int:
        return self.fontMetrics().height() + 4

    def _places(self, width: int) -> list[tuple[float, float, int]]:
        """Left, width and line of each item."""
        found: list[tuple[float, float, int]] = []
        x, line, side = 0.0, 0, self._side()
        for _, words in self._items:
            wide = self.fontMetrics().horizontalAdvance(words) + side + 8
            if x and x + wide > width:
                x, line = 0.0, line + 1
            found.append((x, wide, line))
            x += wide + _GAP
        return found


class WeekCount(QWidget):
    """How many this week, and how many more or fewer than in the week before: in figures, not in colors."""

    def __init__(self, label: str, week: int = 0, before: int = 0, *, strong: bool = False) -> None:
        super().__init__()
        self._label = label
        self._name = text(label, "strong" if strong else "muted", wrap=True)
        self._figure = text("", "heading")
        self._delta = text("", "small", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for one in (self._figure, self._name, self._delta):
            one.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            column.addWidget(one)
        column.addStretch(1)
        named(self, "week-count", label)
        self.set_counts(week, before)

    def set_counts(self, week: int, before: int) -> None:
        self._figure.setText(f"{week:,}")
        same = "as last week" if week else "none last week"
        self._delta.setText(same if week == before else f"{change(week, before)} from {before:,}")
        words = f"{self._label}: {week:,} this week, {before:,} the week before."
        self.setAccessibleDescription(words)
        self.setToolTip(words)


def change(now: int, before: int) -> str:
    """`+3`, `−2` or `±0`."""
    if now == before:
        return "±0"
    return f"+{now - before:,}" if now > before else f"−{before - now:,}"


def _side(metrics: QFontMetrics) -> int:
    return round(metrics.height() * 0.62)


def _paint_swatch(painter: QPainter, area: QRectF, key: str, colors: Colors) -> None:
    if key != "provisional":
        path = QPainterPath()
        path.addRoundedRect(area, 2, 2)
        painter.fillPath(path, QColor(colors.source(key)))
        return
    painter.setPen(QPen(QColor(colors.muted), 1.2))
    painter.drawRect(area)
    painter.drawLine(area.bottomLeft(), area.topRight())
    painter.drawLine(QPointF(area.left(), area.center().y()), QPointF(area.center().x(), area.top()))
    painter.drawLine(QPointF(area.center().x(), area.bottom()), QPointF(area.right(), area.center().y()))
