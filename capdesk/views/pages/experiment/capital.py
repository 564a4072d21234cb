"""Where capital and time stand: two bars and the figures they are made of."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.reports.wording import NONE, counted, percent, short_day, tranches
from capdesk.services.signals import tranches_consumed
from capdesk.views.charts.bars import Capital, CapitalBar, TimeBar, time_words
from capdesk.views.layouts import Tiles
from capdesk.views.look.theme import Theme
from capdesk.views.pages.experiment.reading import Figures
from capdesk.views.widgets import Style, card, named, set_property, text


class Figure(QWidget):
    """A word, and below it the figure it names."""

    def __init__(self, name: str, title: str, style: Style = "strong") -> None:
        super().__init__()
        named(self, f"figure-{name}", title)
        self._figure = text(NONE, style, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(text(title, "small"))
        column.addWidget(self._figure)

    def show_words(self, words: str) -> None:
        self._figure.setText(words)
        self.setAccessibleDescription(words)

    def words(self) -> str:
        return self._figure.text()


class CapitalCard(QWidget):
    """Spent against the cap in force, time against the time cap, tranches, pace."""

    def __init__(self, theme: Theme, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self._spent = named(text("", "figure"), "spent")
        self._of = named(text("", "muted", wrap=True), "spent-of")
        self._bar, self._time = CapitalBar(theme), TimeBar(theme)
        self._time_words = named(text("", "muted", wrap=True), "time-words")
        self._provisional = named(text("", "warn", wrap=True), "provisional")
        self.figures = {
            "tranches": Figure("tranches", "Tranches consumed"),
            "own": Figure("own", "Its own cap"),
            "own-days": Figure("own-days", "Its own time cap"),
            "pace": Figure("pace", "Pace, an estimate", "estimate"),
            "reached": Figure("reached", "Cap reached on, an estimate", "estimate"),
        }
        grid = QWidget()
        tiles = Tiles(24, parent=grid)
        for figure in self.figures.values():
            tiles.addWidget(figure)
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._spent)
        row.addWidget(self._of, 1, Qt.AlignmentFlag.AlignBottom)
        self._of.setContentsMargins(0, 0, 0, 6)
        inside: list[QWidget] = [text("Capital and time", "heading"), head, self._bar, self._provisional]
        self._card: QFrame = card(*inside, self._time_words, self._time, grid, spacing=6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._card)

    def show_figures(self, figures: Figures) -> None:
        report, rules = figures.report, figures.history.rules
        self._spent.setText(dollars(report.spent_usd))
        over = report.spent_usd > report.cap_usd
        self._of.setText(f"of {dollars(report.cap_usd)} in force, {percent(report.spent_usd, report.cap_usd)}")
        set_property(self._of, "text-style", "bad" if over else "muted")
        size = report.tranche_size_usd
        capital = Capital(report.spent_usd, report.cap_usd, size, report.by_source, report.provisional_usd)
        self._bar.set_capital(capital)
        self._time.set_days(report.used_days, report.cap_days)
        self._time_words.setText(time_words(report.used_days, report.cap_days))
        self._provisional.setText(
            f"{dollars(report.provisional_usd)} of it is provisional: the provider may still restate it."
        )
        self._provisional.setVisible(report.provisional_usd != 0)
        in_cap = tranches_consumed(report.cap_usd, size)
        self._show("tranches", f"{tranches(report.tranches_consumed, in_cap)} of {dollars(size)}")
        self._show_own("own", dollars(rules.capital_cap_usd), report.cap_usd != rules.capital_cap_usd)
        self._show_own("own-days", counted(rules.time_cap_days, "day"), report.cap_days != rules.time_cap_days)
        pace: Decimal | None = report.pace.usd_per_day
        self._show("pace", NONE if pace is None else f"{dollars(pace)} a day")
        on = report.pace.cap_reached_on
        self._show("reached", NONE if on is None else short_day(on))

    def bars(self) -> tuple[CapitalBar, TimeBar]:
        return self._bar, self._time

    def spent(self) -> QLabel:
        return self._spent

    def _show(self, name: str, words: str) -> None:
        self.figures[name].show_words(words)

    def _show_own(self, name: str, words: str, differs: bool) -> None:
        """Its own cap is told where an evaluation put another in force."""
        self._show(name, words)
        self.figures[name].setVisible(differs)
