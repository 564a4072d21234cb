"""What to do first on a new desk, and what of it is done."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.reports.overview import FirstSteps
from capdesk.views.layouts import empty
from capdesk.views.pages.home.pieces import Icon, act, surface
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace


@dataclass(frozen=True)
class _Step:
    done: bool
    title: str
    words: str
    action: str
    page: str


class FirstStepsCard(QWidget):
    """Five steps, in order; the next one has the main button."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "first-steps", "First steps")
        self._workspace = workspace
        self._title, self._words = text("", "heading", wrap=True), text("", "muted", wrap=True)
        self._steps = QGridLayout()
        self._steps.setHorizontalSpacing(14)
        self._steps.setVerticalSpacing(16)
        self._steps.setColumnStretch(1, 1)
        self.demo = named(act("Look around in a demo desk", self._demo, ""), "open-demo")
        self._demo_row = QWidget()
        line = QHBoxLayout(self._demo_row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(
            text("Or see how it looks with three campaigns and some months of calls.", "muted", wrap=True), 1
        )
        line.addWidget(self.demo)
        frame = surface(self._title, self._words, 12, self._steps, 14, self._demo_row, spacing=6, margin=24)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        self._shown: object = None
        self.hide()

    def show_steps(self, done: FirstSteps, zone: str) -> None:
        if (done, zone) == self._shown:
            return
        self._shown = (done, zone)
        self._title.setText("First steps" if done.campaign else "Welcome. This desk is empty.")
        self._words.setText(
            "Here you will see each morning where your capital stands. Five steps lead there; each can be done later."
        )
        self._demo_row.setVisible(not done.campaign)
        empty(self._steps)
        steps = _steps(done, zone)
        following = next((one for one in steps if not one.done), None)
        for number, step in enumerate(steps):
            self._add(number, step, step is following)

    def _add(self, number: int, step: _Step, following: bool) -> None:
        icon, tone = ("circle-check", "good") if step.done else ("circle", "strong_border")
        mark = Icon(self._workspace.theme, icon, tone, 22)
        mark.setAccessibleName("done" if step.done else "to do")
        told = QWidget()
        column = QVBoxLayout(told)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(text(f"{number + 1}. {step.title}" + (" — done" if step.done else ""), "strong", wrap=True))
        column.addWidget(text(step.words, "muted", wrap=True))
        go = act(step.action, lambda: self._workspace.go(step.page), "", "primary" if following else "")
        self._steps.addWidget(mark, number, 0, Qt.AlignmentFlag.AlignTop)
        self._steps.addWidget(told, number, 1)
        self._steps.addWidget(named(go, f"step-{step.page}"), number, 2, Qt.AlignmentFlag.AlignVCenter)

    def _demo(self) -> None:
        self._workspace.asked.emit("demo")


def _steps(done: FirstSteps, zone: str) -> tuple[_Step, ...]:
    return (
        _Step(
            done.campaign,
            "Say what you sell, and where",
            f"A product and a first campaign for it. Days are counted in {zone}; that can be changed in the settings"
            " until something is recorded.",
            "Campaigns",
            "campaigns",
        ),
        _Step(done.member, "Add your team", "Who works on it, and what an hour of each costs.", "Team", "team"),
        _Step(
            done.experiment,
            "Plan an experiment",
            "What you believe, how much capital and time you give it, and when you want to look.",
            "Experiments",
            "experiments",
        ),
        _Step(
            done.calls,
            "Import calls",
            "A CSV file from your dialer; nothing lands before you have seen what would.",
            "Imports",
            "imports",
        ),
        _Step(
            done.connected and done.mail,
            "Connect Twilio, Google Cloud and mail",
            "So that costs come in by themselves and the weekly report reaches you.",
            "Settings",
            "settings",
        ),
    )
