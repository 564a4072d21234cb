"""Small charts of spend per day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QLineF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from capdesk.services.dates import Week
from capdesk.services.money import ZERO, dollars
from capdesk.services.reports.wording import counted, long_day
from capdesk.views.charts.painted import Painted
from capdesk.views.look.colors import Colors
from capdesk.views.look.theme import Theme

Days = Sequence[tuple[date, Decimal]]


def paint_days(painter: QPainter, area: QRectF, days: Days, colors: Colors) -> None:
    """One bar a day on a base line, the last day's week in the accent; a credit hangs below the line."""
    painter.save()
    high = float(max((usd for _, usd in days), default=ZERO).max(ZERO))
    low = float(min((usd for _, usd in days), default=ZERO).min(ZERO))
    room = (area.height() - 1) / (high - low) if high > low else 0.0
    base = area.top() + high * room if room else area.bottom() - 1
    step = area.width() / max(len(days), 1)
    gap = min(step * 0.3, 4.0)
    week = Week.of(days[-1][0]) if days else None
    for number, (day, usd) in enumerate(days):
        height = abs(float(usd)) * room
        if usd:
            height = max(height, 1.5)
        top = base - height if usd > 0 else base
        color = colors.accent if Week.of(day) == week else colors.strong_border
        painter.fillRect(QRectF(area.left() + number * step + gap / 2, top, step - gap, height), QColor(color))
    painter.setPen(QPen(QColor(colors.border), 1))
    painter.drawLine(QLineF(area.left(), base + 0.5, area.right(), base + 0.5))
    painter.restore()


class DayStrip(Painted):
    """What the last days cost, today last."""

    def __init__(self, theme: Theme, days: Days = ()) -> None:
        super().__init__(theme, "day-strip", "Spend per day")
        self.days: Days = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_days(days)

    def set_days(self, days: Days) -> None:
        self.days = tuple(days)
        self.describe(_words(self.days))

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 26, round(self.fontMetrics().height() * 2.2))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = self.painter()
        paint_days(painter, self.area(), self.days, self.colors)
        painter.end()

    def told_at(self, x: float, _y: float) -> str:
        if not self.days:
            return self.accessibleDescription()
        number = min(max(int(x / max(self.width(), 1) * len(self.days)), 0), len(self.days) - 1)
        day, usd = self.days[number]
        return f"{long_day(day)}: {dollars(usd)}"


def _words(days: Days) -> str:
    if not days:
        return "No day yet."
    together = sum((usd for _, usd in days), ZERO)
    day, most = max(days, key=lambda one: one[1])
    said = f"{dollars(together)} in the last {counted(len(days), 'day')}, {dollars(days[-1][1])} of it today"
    return f"{said}; the most was {dollars(most)} on {long_day(day)}." if most > 0 else f"{said}."
