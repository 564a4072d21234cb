"""Bars: capital spent against the cap in force, and time used against the time cap.

`paint_capital` and `paint_time` draw the same into any rectangle, a table's cell for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from capdesk.services.money import ZERO, dollars
from capdesk.services.reports.model import SOURCES
from capdesk.services.reports.names import source_name
from capdesk.services.reports.wording import counted, days_used, percent, tranches
from capdesk.services.signals.caps import reached
from capdesk.services.signals.reasons import EVALUATION_PERCENT
from capdesk.services.signals.tranches import tranches_consumed
from capdesk.views.charts.painted import Painted
from capdesk.views.look.colors import Colors
from capdesk.views.look.theme import Theme

_NEAREST_MARKS = 5.0
"""Tranche marks that would stand closer than this many pixels are left out."""


@dataclass(frozen=True)
class Capital:
    """What a capital bar shows. Sources may be negative (credits); `cap` and `tranche` are > 0."""

    spent: Decimal
    cap: Decimal
    tranche: Decimal
    sources: Mapping[str, Decimal] = field(default_factory=dict)
    provisional: Decimal = ZERO

    @property
    def over(self) -> Decimal:
        """Dollars beyond the cap."""
        return max(self.spent - self.cap, ZERO)

    def words(self) -> str:
        """All of it as text."""
        size = self.tranche
        used = tranches(tranches_consumed(self.spent, size), tranches_consumed(self.cap, size))
        said = [f"{dollars(self.spent)} of {dollars(self.cap)} spent ({percent(self.spent, self.cap)}), {used}"]
        if self.over:
            said.append(f"{dollars(self.over)} over the cap")
        said += [f"{source_name(key)} {dollars(self.sources[key])}" for key in SOURCES if self.sources.get(key)]
        if self.provisional:
            said.append(f"{dollars(self.provisional)} of it provisional")
        return "; ".join(said) + "."

    def shares(self) -> list[tuple[str, float, float]]:
        """Each source with where it begins and ends, 1 being the bar's end; credits shorten all others alike."""
        scale = max(self.cap, self.spent)
        positive = [(key, self.sources[key]) for key in SOURCES if self.sources.get(key, ZERO) > 0]
        gross = sum((usd for _, usd in positive), ZERO)
        if self.spent <= 0:
            return []
        if not gross:
            return [("", 0.0, float(self.spent / scale))]
        found, start = [], 0.0
        for key, usd in positive:
            end = start + float(usd / gross * self.spent / scale)
            found.append((key, start, end))
            start = end
        return found


def paint_capital(painter: QPainter, area: QRectF, capital: Capital, colors: Colors) -> None:
    """The bar filled by source; tranche marks as gaps, the provisional end hatched, a line at a cap that is passed."""
    painter.save()
    radius = min(area.height() / 2, 5.0)
    track = QPainterPath()
    track.addRoundedRect(area, radius, radius)
    painter.setClipPath(track)
    painter.fillRect(area, QColor(colors.hover))
    for key, start, end in capital.shares():
        left, right = _x(area, start), _x(area, end)
        painter.fillRect(QRectF(left, area.top(), right - left, area.height()), QColor(colors.source(key)))
    scale = max(capital.cap, capital.spent)
    filled, final = float(capital.spent / scale), float((capital.spent - capital.provisional) / scale)
    if capital.provisional > 0 and filled > 0:
        left, right = _x(area, max(final, 0.0)), _x(area, filled)
        _hatch(painter, QRectF(left, area.top(), right - left, area.height()), colors)
    painter.setPen(QPen(QColor(colors.surface), 2))
    for at in _marks(capital, scale, area.width()):
        painter.drawLine(QLineF(_x(area, at), area.top(), _x(area, at), area.bottom()))
    painter.restore()
    if capital.over:
        _cap_line(painter, area, float(capital.cap / scale), colors)


def _x(area: QRectF, share: float) -> float:
    return area.left() + area.width() * min(share, 1.0)


def _marks(capital: Capital, scale: Decimal, width: float) -> list[float]:
    step = float(capital.tranche / scale)
    if step * width < _NEAREST_MARKS:
        return []
    return [step * number for number in range(1, int(1 / step) + 1) if step * number < 0.999]


def _hatch(painter: QPainter, area: QRectF, colors: Colors) -> None:
    """Slanted lines; what is narrower than one of them is at least seen as a stripe."""
    area.setLeft(min(area.left(), area.right() - 3))
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(QColor(colors.surface), 1.6))
    x = area.left() - area.height()
    while x < area.right():
        painter.drawLine(QLineF(x, area.bottom(), x + area.height(), area.top()))
        x += 5.0
    painter.restore()


def _cap_line(painter: QPainter, area: QRectF, at: float, colors: Colors) -> None:
    painter.save()
    x = _x(area, at)
    painter.setPen(QPen(QColor(colors.bad), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(x, area.top() - 1, area.right() - x, area.height() + 2), 3, 3)
    painter.drawLine(QLineF(x, area.top() - 5, x, area.bottom() + 5))
    painter.restore()


def paint_time(painter: QPainter, area: QRectF, used: int | None, cap: int, colors: Colors) -> None:
    """Days used of the time cap; a cap that is passed is a full bar in the color of what is wrong."""
    painter.save()
    radius = area.height() / 2
    track = QPainterPath()
    track.addRoundedRect(area, radius, radius)
    painter.setClipPath(track)
    painter.fillRect(area, QColor(colors.hover))
    share = min((used or 0) / cap, 1.0)
    near = used is not None and reached(Decimal(used), Decimal(cap), EVALUATION_PERCENT)
    color = colors.bad if used is not None and used > cap else colors.warn if near else colors.muted
    painter.fillRect(QRectF(area.topLeft(), QPointF(_x(area, share), area.bottom())), QColor(color))
    painter.restore()


class _Bar(Painted):
    def __init__(self, theme: Theme, name: str, accessible: str, thickness: float) -> None:
        super().__init__(theme, name, accessible)
        self._thickness = thickness
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, round(self.fontMetrics().height() * self._thickness) + 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def bar(self) -> QRectF:
        return self.area().adjusted(1, 6, -1, -6)


class CapitalBar(_Bar):
    """Capital spent against the cap in force. A small tick below stands where 80 % is."""

    def __init__(self, theme: Theme, capital: Capital | None = None) -> None:
        super().__init__(theme, "capital-bar", "Capital", 0.9)
        self.capital = capital
        self.set_capital(capital)

    def set_capital(self, capital: Capital | None) -> None:
        self.capital = capital
        self.describe("" if capital is None else capital.words())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.capital is None:
            return
        painter, area = self.painter(), self.bar()
        paint_capital(painter, area, self.capital, self.colors)
        near = self.capital.cap * EVALUATION_PERCENT / 100 / max(self.capital.cap, self.capital.spent)
        x = _x(area, float(near))
        painter.setPen(QPen(QColor(self.colors.strong_border), 1.5))
        painter.drawLine(QLineF(x, area.bottom() + 2, x, area.bottom() + 5))
        painter.end()

    def told_at(self, x: float, _y: float) -> str:
        if self.capital is None:
            return ""
        share = (x - self.bar().left()) / max(self.bar().width(), 1)
        for key, start, end in self.capital.shares():
            if key and start <= share < end:
                usd = self.capital.sources[key]
                return f"{source_name(key)}: {dollars(usd)}, {percent(usd, self.capital.spent)} of what is spent"
        return self.capital.words()


class TimeBar(_Bar):
    """Days used of the time cap."""

    def __init__(self, theme: Theme, used: int | None = None, cap: int = 1) -> None:
        super().__init__(theme, "time-bar", "Time", 0.4)
        self._used, self._cap = used, cap
        self.set_days(used, cap)

    def set_days(self, used: int | None, cap: int) -> None:
        """None where it has not started."""
        self._used, self._cap = used, cap
        self.describe(time_words(used, cap) + ".")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = self.painter()
        paint_time(painter, self.bar(), self._used, self._cap, self.colors)
        painter.end()


def time_words(used: int | None, cap: int) -> str:
    """`27 of 30 days used, 3 left`."""
    if used is None:
        return days_used(used, cap)
    left = cap - used
    return f"{days_used(used, cap)}, {f'{left:,} left' if left >= 0 else counted(-left, 'day') + ' over'}"
