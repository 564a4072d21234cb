"""One experiment under way, on a card: its capital, its time, what it bought, and why to evaluate it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.reports.model import EVENT_TYPES
from capdesk.services.reports.names import event_name
from capdesk.services.reports.overview import ExperimentNow
from capdesk.services.reports.summary import pace_line
from capdesk.services.reports.wording import percent, tranches
from capdesk.views.charts.bars import Capital, CapitalBar, TimeBar, time_words
from capdesk.views.charts.sparks import DayStrip
from capdesk.views.charts.strips import SourceLegend, WeekCount
from capdesk.views.layouts import Tiles, empty
from capdesk.views.pages.home.pieces import Icon, act, label
from capdesk.views.widgets import named, set_property, status_badge, styled
from capdesk.views.workspace import Workspace

_HALF = 50
"""Characters below which capital and events stand one below the other."""


class ExperimentCard(QFrame):
    """Opens its experiment on a click or Enter."""

    def __init__(self, workspace: Workspace, now: ExperimentNow) -> None:
        super().__init__()
        self._workspace, self.now = workspace, now
        named(self, f"experiment-card-{now.experiment_id}", now.experiment)
        self.setProperty("frame-style", "card")
        self.setProperty("opens", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme = workspace.theme
        self._name, self._campaign = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self._badges = QHBoxLayout()
        self._callout = _Callout(workspace, now)
        self._spent, self._cap, self._tranches = label("", "heading"), label("", "muted", wrap=True), label("", "muted")
        self.capital, self.legend = CapitalBar(theme), SourceLegend(theme)
        self._time, self._time_bar = label("", "muted", wrap=True), TimeBar(theme)
        self._pace = label("", "estimate", wrap=True)
        self._week, self._before = label("", "heading"), label("", "muted", wrap=True)
        self._strip = DayStrip(theme)
        order = dict.fromkeys((*now.success_events, *EVENT_TYPES))
        self._counts = {key: WeekCount(event_name(key), strong=key in now.success_events) for key in order}
        self._lay_out()
        self.show_now(now)

    def show_now(self, now: ExperimentNow) -> None:
        """The same experiment, as it stands now."""
        self.now = now
        capital = Capital(now.spent_usd, now.cap_usd, now.tranche_size_usd, now.by_source, now.provisional_usd)
        self._name.setText(now.experiment)
        self._campaign.setText(now.campaign)
        self._show_status()
        self._callout.show_now(now)
        self._spent.setText(dollars(now.spent_usd))
        over = f" · {dollars(capital.over)} over the cap" if capital.over else ""
        self._cap.setText(f"of {dollars(now.cap_usd)} spent ({percent(now.spent_usd, now.cap_usd)}){over}")
        styled(self._cap, "bad" if capital.over else "muted")
        self._tranches.setText(tranches(now.tranches_consumed, now.tranches_in_cap))
        self.capital.set_capital(capital)
        self.legend.set_sources(now.by_source, now.provisional_usd)
        self._time.setText(f"Time: {time_words(now.used_days, now.cap_days)}")
        self._time_bar.set_days(now.used_days, now.cap_days)
        self._pace.setText(f"Pace (estimate): {_pace_words(now)}")
        self._week.setText(dollars(now.week_usd))
        self._before.setText(f"spent this week · last week {dollars(now.before_usd)}")
        self._strip.set_days(now.days)
        for key, count in self._counts.items():
            count.set_counts(now.events.week[key], now.events.before[key])
        told = [f"{now.campaign}, {now.status}", capital.words(), *(one.text for one in now.reasons), *now.alerts]
        self.setAccessibleDescription(" ".join(told))

    def open(self) -> None:
        self._workspace.go("experiment", self.now.experiment_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.open()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.open()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _show_status(self) -> None:
        empty(self._badges)
        self._badges.addWidget(named(status_badge(self.now.status), "experiment-status"))

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 16, 18, 16)
        whole.setSpacing(12)
        names = QVBoxLayout()
        names.setSpacing(1)
        names.addWidget(self._name)
        names.addWidget(self._campaign)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addLayout(names, 1)
        self._open = act("Open", self.open, self.now.experiment, "link")
        head.addLayout(self._badges)
        head.addWidget(self._open)
        head.setAlignment(self._badges, Qt.AlignmentFlag.AlignTop)
        head.setAlignment(self._open, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(head)
        whole.addWidget(self._callout)
        body = QWidget()
        halves = Tiles(_HALF, most=2, gap=32)
        body.setLayout(halves)
        halves.addWidget(self._capital_half())
        halves.addWidget(self._events_half())
        whole.addWidget(body)
        whole.addStretch(1)

    def _capital_half(self) -> QWidget:
        half = QWidget()
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        figures = QHBoxLayout()
        figures.setSpacing(8)
        figures.addWidget(self._spent, 0, Qt.AlignmentFlag.AlignBottom)
        figures.addWidget(self._cap, 1, Qt.AlignmentFlag.AlignBottom)
        figures.addWidget(self._tranches, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(figures)
        column.addWidget(self.capital)
        column.addWidget(self.legend)
        column.addSpacing(8)
        column.addWidget(self._time)
        column.addWidget(self._time_bar)
        column.addWidget(self._pace)
        column.addStretch(1)
        return half

    def _events_half(self) -> QWidget:
        half = QWidget()
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        spend = QVBoxLayout()
        spend.setSpacing(0)
        spend.addWidget(self._week)
        spend.addWidget(self._before)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addLayout(spend, 3)
        top.addWidget(self._strip, 2, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(top)
        counts = QWidget()
        tiles = Tiles(12, most=4, gap=12)
        counts.setLayout(tiles)
        for one in self._counts.values():
            tiles.addWidget(one)
        column.addWidget(label("Events this week, and the change from last week", "small", wrap=True))
        column.addWidget(counts)
        column.addStretch(1)
        return half


def _pace_words(now: ExperimentNow) -> str:
    if now.pace.usd_per_day is not None and now.spent_usd >= now.cap_usd:
        return f"{dollars(now.pace.usd_per_day)} a day; the cap is reached already"
    return pace_line(now.pace)


class _Callout(QFrame):
    """The reasons for which an evaluation is recommended, with the way to it; and alerts nobody was sent yet."""

    def __init__(self, workspace: Workspace, now: ExperimentNow) -> None:
        super().__init__()
        named(self, "evaluation-recommended", "Evaluation recommended")
        set_property(self, "frame-style", "warn")
        self.words = label("", "strong", wrap=True)
        self.alerts = label("", wrap=True)
        self.evaluate = act("Evaluate", lambda: workspace.go("evaluate", now.experiment_id), now.experiment)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.words)
        column.addWidget(self.alerts)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 10, 12, 10)
        line.setSpacing(10)
        line.addWidget(Icon(workspace.theme, "gavel", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(column, 1)
        line.addWidget(self.evaluate, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_now(self, now: ExperimentNow) -> None:
        self.words.setText("Evaluation recommended: " + " ".join(one.text for one in now.reasons))
        self.words.setVisible(bool(now.reasons))
        self.evaluate.setVisible(bool(now.reasons))
        told = {one.text for one in now.reasons}
        alerts = [one for one in now.alerts if one not in told]
        unsent = "Alert not sent yet: " + " ".join(alerts) if alerts else "Its alert was not sent yet."
        self.alerts.setText(unsent if now.alerts else "")
        self.alerts.setVisible(bool(now.alerts))
        self.setAccessibleDescription(" ".join([*(one.text for one in now.reasons), *now.alerts]))
        self.setVisible(bool(now.reasons or now.alerts))
