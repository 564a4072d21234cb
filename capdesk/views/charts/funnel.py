"""The way from a dial attempt to a paid conversion: counts as bars, and the rate of each step with its interval."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent

from capdesk.services.reports.funnel import Step, interval_words, rate_words
from capdesk.services.reports.names import event_name
from capdesk.services.signals.intervals import Interval
from capdesk.views.charts.readable import Part, Readable
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme

_GAP = 12.0
_LABEL, _RATE = "Installs scheduled ", "100.0 %  "
_INTERVAL = "100.0–100.0 %"


class FunnelChart(Readable):
    """One row for each event type. The band at the right is the interval, on a line from 0 to 100 %."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "funnel", "Funnel from dial attempt to paid conversion")
        self._steps: tuple[Step, ...] = ()
        self._primary = ""

    def show_steps(self, steps: tuple[Step, ...], primary: str) -> None:
        """`primary` is the experiment's primary success event; it stands out."""
        self._steps, self._primary = steps, primary
        self.describe(" ".join(map(step_words, steps)))

    def idle(self) -> str:
        return "Counts are of events, not of people."

    def sizeHint(self) -> QSize:
        return QSize(460, round(self._row() * (len(self._steps) + 0.9)) + 4)

    def minimumSizeHint(self) -> QSize:
        measure = QFontMetricsF(self.font())
        return QSize(round(measure.horizontalAdvance(_LABEL + _RATE + _INTERVAL) + 90), self.sizeHint().height())

    def parts(self) -> list[Part]:
        row = self._row()
        return [
            Part(QRectF(2, row * (number + 0.9), self.width() - 4, row - 2), step_words(step))
            for number, step in enumerate(self._steps)
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_head(painter)
        for part, step in zip(self.parts(), self._steps, strict=True):
            self._paint_step(painter, part.place, step)
        self.paint_focus(painter)

    def _row(self) -> float:
        return QFontMetricsF(self.font()).lineSpacing() * 1.7

    def _columns(self) -> tuple[float, float, float, float]:
        """Where bars, rates, intervals and bands begin."""
        measure = QFontMetricsF(self.font())
        band = 90.0 if self.width() > 560 else 0.0
        bands = self.width() - band - 6
        intervals = bands - measure.horizontalAdvance(_INTERVAL) - _GAP
        return measure.horizontalAdvance(_LABEL) + _GAP, intervals - measure.horizontalAdvance(_RATE), intervals, bands

    def _paint_head(self, painter: QPainter) -> None:
        painter.setFont(_italic(sized(self.font(), 0.9)))
        painter.setPen(QColor(self.theme.colors.muted))
        _, rates, _, _ = self._columns()
        head = QRectF(0, 0, self.width() - 6, self._row() * 0.85)
        words = "estimate: of the step before, 95 % interval"
        measure = QFontMetricsF(painter.font())
        left = min(rates, head.right() - measure.horizontalAdvance(words))
        painter.drawText(head.adjusted(max(left, 0), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_step(self, painter: QPainter, place: QRectF, step: Step) -> None:
        colors = self.theme.colors
        bars, rates, intervals, bands = self._columns()
        primary = step.event_type == self._primary
        painter.setFont(sized(self.font(), 1.0, QFont.Weight.DemiBold if primary else QFont.Weight.Normal))
        painter.setPen(QColor(colors.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place.adjusted(4, 0, 0, 0), middle, event_name(step.event_type))
        self._paint_bar(painter, QRectF(bars, place.top(), rates - bars - _GAP, place.height()), step, primary)
        painter.setFont(_italic(self.font()))
        painter.setPen(QColor(colors.muted))
        painter.drawText(QRectF(rates, place.top(), intervals - rates - 8, place.height()), middle, rate_words(step))
        painter.setFont(_italic(sized(self.font(), 0.9)))
        painter.drawText(QRectF(intervals, place.top(), 400, place.height()), middle, interval_words(step))
        if step.interval is not None and step.rate is not None and bands < self.width() - 20:
            room = QRectF(bands, place.top(), self.width() - bands - 8, place.height())
            self._paint_band(painter, room, step.interval, float(step.rate))

    def _paint_bar(self, painter: QPainter, room: QRectF, step: Step, primary: bool) -> None:
        """The count stands behind its bar, so the longest bar leaves room for it."""
        words = f"{step.count:,}"
        measure = QFontMetricsF(painter.font())
        most = max(max((one.count for one in self._steps), default=0), 1)
        widest = max(room.width() - measure.horizontalAdvance(f"{most:,}") - 10, 1)
        width = widest * max(step.count, 0) / most
        bar = QRectF(room.left(), room.center().y() - measure.ascent() * 0.6, max(width, 2.0), measure.ascent() * 1.2)
        painter.setPen(Qt.PenStyle.NoPen)
        color = self.theme.colors.accent if primary else self.theme.colors.strong_border
        painter.setBrush(QColor(color if step.count > 0 else self.theme.colors.border))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(QColor(self.theme.colors.text))
        painter.drawText(QRectF(bar.right() + 6, room.top(), room.width(), room.height()), _MIDDLE, words)

    def _paint_band(self, painter: QPainter, room: QRectF, interval: Interval, rate: float) -> None:
        colors = self.theme.colors
        middle = room.center().y()
        painter.setPen(QColor(colors.border))
        painter.drawLine(QPointF(room.left(), middle), QPointF(room.right(), middle))
        left, right = (room.left() + room.width() * end for end in interval)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.strong_border))
        painter.drawRoundedRect(QRectF(left, middle - 3, max(right - left, 2), 6), 3, 3)
        painter.setBrush(QColor(colors.text))
        painter.drawEllipse(QPointF(room.left() + room.width() * rate, middle), 3, 3)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter


def step_words(step: Step) -> str:
    """A step as a sentence."""
    count = f"{event_name(step.event_type)} {step.count:,}"
    if step.rate is None:
        return f"{count}. {step.why}"
    return f"{count}: {rate_words(step)} of the step before, an estimate; 95 % interval {interval_words(step)}."


def _italic(font: QFont) -> QFont:
    made = QFont(font)
    made.setItalic(True)
    return made
