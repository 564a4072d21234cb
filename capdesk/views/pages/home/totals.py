"""The desk's totals in one line: what the week cost, what belongs to no experiment, and the next report."""

from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.reports.overview import Overview
from capdesk.services.reports.wording import moment_in
from capdesk.views.charts.sparks import DayStrip
from capdesk.views.layouts import Tiles
from capdesk.views.look.theme import Theme
from capdesk.views.pages.home.pieces import Figure
from capdesk.views.widgets import card, named, text


class Totals(QWidget):
    """A card of figures; they stand below each other where there is no room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "totals", "Totals")
        self.week = Figure("week", "Spent this week")
        self.recommended = Figure("recommended", "Evaluations recommended")
        self.unassigned = Figure("unassigned", "Unassigned spend")
        self.overhead = Figure("overhead", "Campaign overhead")
        self.report = Figure("report", "Next weekly email")
        self.strip = DayStrip(theme)
        inner = QWidget()
        tiles = Tiles(15, gap=20)
        inner.setLayout(tiles)
        for one in (self.week, self._days(), self.recommended, self.unassigned, self.overhead, self.report):
            tiles.addWidget(one)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card(inner))

    def show_overview(self, shown: Overview) -> None:
        self.week.show_figure(dollars(shown.week_usd), f"last week {dollars(shown.before_usd)}")
        self.strip.set_days(shown.days)
        due = sum(bool(one.reasons) for one in shown.experiments) + len(shown.unjudged)
        self.recommended.show_figure(f"{due}", f"{len(shown.experiments)} running or paused")
        self.unassigned.show_figure(dollars(shown.unassigned.total_usd), _this_week(dollars(shown.unassigned.week_usd)))
        self.overhead.show_figure(dollars(shown.overhead.total_usd), _this_week(dollars(shown.overhead.week_usd)))
        if shown.next_report is None:
            self.report.show_figure("—", "nobody is to get it yet")
            return
        words = moment_in(shown.next_report, ZoneInfo(shown.zone)).split()
        self.report.show_figure(" ".join(words[:3]), f"at {words[-1]}")

    def _days(self) -> QWidget:
        half = QWidget()
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(text("Last 14 days", "muted"))
        column.addWidget(self.strip)
        column.addStretch(1)
        return half


def _this_week(amount: str) -> str:
    return f"{amount} of it this week"
