"""The runs of an experiment on a line of time: when it ran, when it was paused, and when it was judged."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF

from capdesk.services.dates import business_date
from capdesk.services.reports.history import History, RunSpan, VerdictMark
from capdesk.services.reports.wording import counted, short_day
from capdesk.views.charts.days import axis_day, day_ticks, room_for
from capdesk.views.charts.readable import Part, Readable
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import TONES

_EDGE = 12.0


@dataclass(frozen=True)
class _Span:
    """A run, or the pause before one."""

    begin: datetime
    end: datetime
    runs: bool
    words: str


class RunLine(Readable):
    """Runs are bars, pauses gaps, evaluations marks above. Read it with the arrow keys."""

    def __init__(self, theme: Theme, zone: ZoneInfo) -> None:
        super().__init__(theme, "run-line", "Runs on a line of time")
        self._zone = zone
        self._verdicts: tuple[VerdictMark, ...] = ()
        self._spans: list[_Span] = []

    def show_history(self, history: History) -> None:
        self._verdicts = history.verdicts
        self._spans = self._made(history)
        marks = ", ".join(f"{one.verdict} on {self._moment(one.recorded_at)}" for one in history.verdicts)
        words = " ".join(span.words for span in self._spans) or "It has not run yet."
        self.describe(f"{words} Evaluations: {marks}." if marks else words)

    def idle(self) -> str:
        return self._spans[-1].words if self._spans else ""

    def sizeHint(self) -> QSize:
        return QSize(320, round(self._line() * (3.6 if self._marked() else 2.6)))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def parts(self) -> list[Part]:
        if not self._spans:
            return []
        bar = self._bar()
        spans = [
            Part(QRectF(self._x(s.begin), bar.top(), max(self._x(s.end) - self._x(s.begin), 3), bar.height()), s.words)
            for s in self._spans
        ]
        size = self._line() * 0.8
        marks = [
            Part(
                QRectF(self._x(one.recorded_at) - size / 2, bar.top() - size - 2, size, size),
                f"Evaluated as {one.verdict} on {self._moment(one.recorded_at)}.",
            )
            for one in self._verdicts
        ]
        return spans + marks

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._spans:
            self._paint_axis(painter)
            self._paint_spans(painter)
            self._paint_marks(painter)
        else:
            painter.setPen(QColor(self.theme.colors.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, "It has not run yet.")
        self.paint_focus(painter)

    def _made(self, history: History) -> list[_Span]:
        made: list[_Span] = []
        for number, run in enumerate(history.runs, 1):
            if made:
                until = self._moment(run.started_at)
                words = f"Paused from {self._moment(made[-1].end)} to {until}."
                made.append(_Span(made[-1].end, run.started_at, False, words))
            made.append(_Span(run.started_at, run.ended_at or history.as_of, True, self._run_words(number, run)))
        if made and history.ended_at is None and history.runs[-1].ended_at is not None:
            words = f"Paused since {self._moment(made[-1].end)}."
            made.append(_Span(made[-1].end, history.as_of, False, words))
        return made

    def _run_words(self, number: int, run: RunSpan) -> str:
        if run.ended_at is None:
            return f"Run {number} goes on since {self._moment(run.started_at)}."
        days = (business_date(run.ended_at, self._zone) - business_date(run.started_at, self._zone)).days
        lasted = f", {counted(days, 'day')}" if days else ""
        return f"Run {number} from {self._moment(run.started_at)} to {self._moment(run.ended_at)}{lasted}."

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{short_day(local.date())} {local:%H:%M}"

    def _line(self) -> float:
        return QFontMetricsF(self.font()).lineSpacing()

    def _bar(self) -> QRectF:
        line = self._line()
        return QRectF(_EDGE, line * (1.3 if self._marked() else 0.3), self.width() - 2 * _EDGE, line * 0.9)

    def _marked(self) -> bool:
        return bool(self._verdicts)

    def _range(self) -> tuple[datetime, datetime]:
        ends = [span.end for span in self._spans] + [one.recorded_at for one in self._verdicts]
        begin = self._spans[0].begin
        return begin, max(*ends, begin + timedelta(hours=1))

    def _x(self, moment: datetime) -> float:
        begin, end = self._range()
        bar = self._bar()
        return bar.left() + bar.width() * ((moment - begin) / (end - begin))

    def _paint_axis(self, painter: QPainter) -> None:
        begin, end = (business_date(moment, self._zone) for moment in self._range())
        painter.setFont(sized(self.font(), 0.9))
        measure = QFontMetricsF(painter.font())
        bar = self._bar()
        for day in day_ticks(begin, end, room_for(bar.width(), measure.horizontalAdvance)):
            x = self._x(datetime.combine(day, time(), self._zone))
            if x < bar.left() - 1:
                continue
            words = axis_day(day, (end - begin).days)
            painter.setPen(QColor(self.theme.colors.border))
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 6))
            painter.setPen(QColor(self.theme.colors.muted))
            width = measure.horizontalAdvance(words)
            left = min(max(x - width / 2, 0), self.width() - width)
            painter.drawText(QPointF(left, bar.bottom() + 8 + measure.ascent()), words)

    def _paint_spans(self, painter: QPainter) -> None:
        colors = self.theme.colors
        for part, span in zip(self.parts(), self._spans, strict=False):
            middle = part.place.center().y()
            if span.runs:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colors.accent))
                painter.drawRoundedRect(part.place, 3, 3)
            else:
                painter.setPen(QPen(QColor(colors.strong_border), 1.5, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(part.place.left(), middle), QPointF(part.place.right(), middle))

    def _paint_marks(self, painter: QPainter) -> None:
        colors = self.theme.colors
        tones = {"good": colors.good, "bad": colors.bad, "warn": colors.warn, "accent": colors.accent}
        painter.setFont(sized(self.font(), 0.9))
        measure, free_from = QFontMetricsF(painter.font()), 0.0
        for part, one in zip(self.parts()[len(self._spans) :], self._verdicts, strict=True):
            color = QColor(tones.get(TONES.get(one.verdict, "neutral"), colors.muted))
            box = part.place
            corners = [box.center() + QPointF(*way) * (box.width() / 2) for way in ((0, -1), (1, 0), (0, 1), (-1, 0))]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawPolygon(QPolygonF(corners))
            width = measure.horizontalAdvance(one.verdict)
            left = box.right() + 4 if box.right() + 4 + width < self.width() else box.left() - 4 - width
            if left >= free_from:
                painter.setPen(QColor(colors.text))
                painter.drawText(QPointF(left, box.bottom() - measure.descent() / 2), one.verdict)
                free_from = left + width + 8
