"""Whose turn it is: the experiments a verdict can be passed on, those with a reason first."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.evidence import Candidate
from capdesk.services.money import dollars
from capdesk.services.reports.model import ExperimentReport
from capdesk.services.reports.wording import days_used, percent
from capdesk.views.cards import heading
from capdesk.views.layouts import empty, inside
from capdesk.views.widgets import button, card, named, status_badge, text
from capdesk.views.workspace import Workspace


class Chooser(QWidget):
    """A card for each experiment; or one card that says why there is nothing to choose."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "chooser", "Experiments a verdict can be passed on")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)

    def show_candidates(self, found: Sequence[Candidate]) -> None:
        empty(self._column)
        if not found:
            words = "A verdict is passed on an experiment that has started. None has, or all that ended are judged."
            self._say("Nothing to evaluate", words, "Open experiments", lambda: self.workspace.go("experiments"))
        for one in found:
            self._column.addWidget(self._card(one))

    def show_planned(self, report: ExperimentReport) -> None:
        empty(self._column)
        number = report.experiment_id
        words = (
            f"{report.experiment} has not started: it has spent nothing and bought nothing yet, so there is nothing to "
            "judge. Start it first; its hypothesis and rules can still be edited until then."
        )
        self._say("Not started yet", words, "Open the experiment", lambda: self.workspace.go("experiment", number))

    def _say(self, title: str, words: str, action: str, run: Callable[[], object]) -> None:
        frame = card(heading(title), text(words, wrap=True))
        row = QHBoxLayout()
        row.addWidget(button(action, run, kind="primary"))
        row.addStretch(1)
        inside(frame).addLayout(row)
        self._column.addWidget(frame)

    def _card(self, one: Candidate) -> QFrame:
        frame = card()
        head = QHBoxLayout()
        head.addWidget(heading(f"{one.campaign} / {one.experiment}"), 1)
        head.addWidget(status_badge(one.status))
        go = button("Evaluate", lambda: self.workspace.go("evaluate", one.experiment_id))
        go.setObjectName(f"evaluate-{one.experiment_id}")
        go.setAccessibleName(f"Evaluate {one.experiment}")
        if one.reasons:
            go.setProperty("kind", "primary")
        head.addWidget(go)
        inside(frame).addLayout(head)
        spent = f"{dollars(one.spent_usd)} of {dollars(one.caps.capital_usd)} spent"
        share = percent(one.spent_usd, one.caps.capital_usd)
        figures = f"{spent}, {share}; {days_used(one.used_days, one.caps.time_days)}"
        inside(frame).addWidget(text(figures, "muted", wrap=True))
        for reason in one.reasons:
            inside(frame).addWidget(text(f"•  {reason.text}", "warn", wrap=True))
        if not one.reasons:
            inside(frame).addWidget(text("No evaluation recommended now.", "small"))
        return frame
