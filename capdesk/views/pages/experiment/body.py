"""The cards of the page, from where capital stands down to the records."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.reports.model import Tranche
from capdesk.services.reports.names import TRANCHE_COLUMNS
from capdesk.services.reports.wording import NONE, short_day
from capdesk.views.cards import rows
from capdesk.views.charts.figures_table import FiguresTable
from capdesk.views.charts.funnel import FunnelChart
from capdesk.views.charts.readable import Readable
from capdesk.views.charts.run_line import RunLine
from capdesk.views.layouts import empty
from capdesk.views.pages.experiment.capital import CapitalCard
from capdesk.views.pages.experiment.columns import GAP, Columns
from capdesk.views.pages.experiment.costs import CostSection
from capdesk.views.pages.experiment.head import Hypothesis, NextSteps, Reasons
from capdesk.views.pages.experiment.reading import Figures, Present
from capdesk.views.pages.experiment.records import RecordTabs
from capdesk.views.pages.experiment.rules import rules_of
from capdesk.views.widgets import button, card, named, text
from capdesk.views.workspace import Workspace


class Body(QWidget):
    """Everything that scrolls."""

    def __init__(self, workspace: Workspace, start: Callable[[], object], edit: Callable[[], object]) -> None:
        super().__init__()
        zone = workspace.desk.zone
        self.hypothesis, self.reasons = Hypothesis(), Reasons()
        start_button = button("Start experiment…", start, kind="primary")
        self.next_steps = NextSteps(start_button, button("Edit rules…", edit))
        self.capital = CapitalCard(workspace.theme, zone)
        self.costs = CostSection(workspace, zone)
        self.runs = RunLine(workspace.theme, zone)
        self.funnel = FunnelChart(workspace.theme)
        self.tranches = FiguresTable("tranche-table", "Tranches", TRANCHE_COLUMNS, texts=3)
        rules_place = QWidget()
        self._rules_place = QVBoxLayout(rules_place)
        self._rules_place.setContentsMargins(0, 0, 0, 0)
        self._locked = named(text("", "small", wrap=True), "rules-locked")
        self._rules = card(text("Rules", "heading"), rules_place, self._locked)
        self.records = RecordTabs(workspace)
        self.hidden_records = named(
            text("Records are listed as they are now; go back to Now to see them.", "muted", wrap=True),
            "records-hidden",
        )
        self._number = 0
        self._lay_out()

    def _lay_out(self) -> None:
        runs = card(text("Runs", "heading"), self.runs, self._told_of(self.runs))
        funnel_card = card(text("Funnel", "heading"), self.funnel, self._told_of(self.funnel))
        tranches = card(text("Tranches", "heading"), self.tranches)
        self._spending = (self.capital, self.costs, runs, funnel_card, tranches)
        left, right = (self.capital, self.costs, runs), (funnel_card, tranches, self._rules)
        one = (self.capital, self.costs, funnel_card, runs, tranches, self._rules)
        self.columns = Columns(left, right, one)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(GAP)
        for widget in (self.hypothesis, self.reasons, self.next_steps, self.columns, self.hidden_records, self.records):
            column.addWidget(widget)
        column.addStretch(1)

    def _told_of(self, picture: Readable) -> QLabel:
        """A line that says what the part pointed at says."""
        label = named(text("", "small", wrap=True), f"{picture.objectName()}-read-out")
        picture.said.connect(lambda words: label.setText(words or picture.idle()))
        return label

    def show_present(self, present: Present) -> None:
        """What is not drawn as of a moment: the rules and the records."""
        empty(self._rules_place)
        self._rules_place.addWidget(rows(rules_of(present.experiment), right=False))
        started, ended = present.experiment.start_date, present.experiment.end_date
        if ended is not None:
            self._locked.setText(f"Frozen since it ended on {short_day(ended)}: nothing of it can ever change.")
        elif started is not None:
            self._locked.setText(f"Locked since its first start on {short_day(started)}.")
        else:
            self._locked.setText("May be changed until the first start.")
        self._number = present.experiment.id
        QTimer.singleShot(0, self, self._show_records)  # after the figures, which one came for

    def _show_records(self) -> None:
        self.records.show_experiment(self._number)

    def show_figures(self, figures: Figures, *, past: bool) -> None:
        """Draws everything as known at the moment of the figures."""
        report, history = figures.report, figures.history
        self.hypothesis.show_figures(figures)
        self.reasons.show_reasons(report.reasons)
        begun = history.first_start is not None
        planned = report.status == "planned"
        self.next_steps.setVisible(planned and not past)
        for widget in self._spending:
            widget.setVisible(begun)
        self.records.setVisible(not past and begun)
        self.hidden_records.setVisible(past and begun)
        if not begun:
            return
        self.capital.show_figures(figures)
        self.costs.show_figures(figures)
        self.runs.show_history(history)
        self.funnel.show_steps(figures.steps, report.primary_success_event)
        self.tranches.show_rows([_tranche_row(one) for one in report.tranches])


def _tranche_row(one: Tranche) -> tuple[str, ...]:
    first, last = (NONE if day is None else short_day(day) for day in (one.first_day, one.last_day))
    counts = (f"{count:,}" for count in (one.qpc, one.installs, one.paid_conversions))
    return (str(one.index), first, last, dollars(one.spent_usd), *counts)
