"""Connecting an account in the window: tried first, its first figures shown, kept only when the person agrees.

What it does is in `services.connect`; this is the sitting: a form, Google's estimate, the figures, the mapping.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, SecretUnavailable, Stopped
from capdesk.services.campaigns import CampaignRow, list_campaigns
from capdesk.services.connect.asked import Tried
from capdesk.services.connect.keep import Kept, keep
from capdesk.services.connect.offers import Offer, map_all, offers
from capdesk.services.connect.trial import FirstFigures
from capdesk.services.connections import ConnectionInfo
from capdesk.services.mapping import Source
from capdesk.services.providers.charges import PROVIDER_NAMES, Provider
from capdesk.views.forms.form import Form, Values
from capdesk.views.jobs import Job, Report
from capdesk.views.page import scrolled
from capdesk.views.pages.settings.figures import figures_summary, figures_table
from capdesk.views.pages.settings.offered import OfferedMappings
from capdesk.views.pages.settings.section import JobLine, Outcome, clear
from capdesk.views.widgets import button, named, text
from capdesk.views.workspace import Workspace, sentence

T = TypeVar("T")
_TYPED = re.compile(r"(,? and| then|;)? run `capdesk [^`]*`(?= ?\.)")


@dataclass(frozen=True)
class _Kept:
    kept: Kept[ConnectionInfo]
    offers: list[Offer]
    campaigns: list[CampaignRow]


class ConnectDialog(QDialog):
    """Steps one after the other; nothing is kept before "Keep this connection". Subclasses ask for one provider."""

    provider: Provider
    connected = Signal()

    def __init__(self, workspace: Workspace, form: Form, intro: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace, self.form = workspace, form
        title = f"Connect {PROVIDER_NAMES[self.provider]}"
        named(self, f"dialog-connect-{self.provider}", title)
        self.setWindowTitle(title)
        self.setMinimumWidth(min(self.fontMetrics().averageCharWidth() * 82, 1000))
        self.steps = QStackedWidget()
        self.outcome = Outcome("connect-outcome")
        self.waiting = JobLine("connect-job")
        self.next = named(QPushButton(), "connect-next")
        self.next.clicked.connect(self._go_on)
        self.next.setDefault(True)
        self.next.setProperty("kind", "primary")
        self.other = named(QPushButton(), "connect-other")
        self.other.clicked.connect(self._go_otherwise)
        self.cancel = named(button("Cancel", self.reject), "connect-cancel")
        self._forward: Callable[[], object] = self.ask
        self._otherwise: Callable[[], object] | None = None
        self._keeping = False
        self._is_connected = False
        self._tried: Tried | None = None
        self._figures: FirstFigures | None = None
        self.mappings: OfferedMappings | None = None
        self._lay_out(title, intro)
        self.finished.connect(self._forget)
        self._at(self.ask, "Try")

    def _lay_out(self, title: str, intro: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(text(title, "heading"))
        self.intro = text(intro, "muted", wrap=True)
        column.addWidget(self.intro)
        if isinstance(fields := self.form.layout(), QVBoxLayout):
            fields.addStretch(1)
        area = scrolled(self.form)
        area.setMinimumHeight(min(self.form.sizeHint().height() + 8, 460))
        self.steps.addWidget(area)
        self._step = QWidget()
        self._body = QVBoxLayout(self._step)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(12)
        self.steps.addWidget(scrolled(self._step))
        column.addWidget(self.steps, 1)
        column.addWidget(self.waiting)
        column.addWidget(self.outcome)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.next)
        column.addLayout(row)

    # Steps

    def attempt(self, desk: Desk, values: Values) -> Tried:
        """Asks the provider as the form says. Runs in the background."""
        raise NotImplementedError

    def check(self) -> bool:
        """Whether the form can be tried; says at each field what is wrong."""
        return self.form.check()

    def ask(self) -> None:
        """Tries what was filled in."""
        if not self.check():
            return
        values = self.form.values()
        name = PROVIDER_NAMES[self.provider]
        self._run(f"Asking {name}", lambda desk, _report: self.attempt(desk, values), self._answered)

    def _answered(self, tried: Tried) -> None:
        self._tried = tried
        if tried.trial.provider == "gcp":
            self._show_estimate(tried)
        else:
            self._ask_figures()

    def _show_estimate(self, tried: Tried) -> None:
        """Google bills its queries by the byte, so its own estimate comes first."""
        asked = [one.asked for one in tried.trial.questions if one.bytes is not None]
        lines = [f"Google's estimate: {one}" for one in asked] or ["Google bills nothing for the first figures."]
        widgets = [text(line, "estimate", wrap=True) for line in lines]
        self._show(widgets, tried.told)
        self._at(self._ask_figures, "Ask for these days", self._back, "Back")

    def _ask_figures(self) -> None:
        tried = self._tried
        if tried is None:
            return

        def work(_desk: Desk, report: Report) -> FirstFigures:
            report()
            return tried.trial.first_figures(lambda rows: report(text=f"{rows:,} rows read"))

        self._run("Asking for the last days", work, self._show_figures)

    def _show_figures(self, figures: FirstFigures) -> None:
        self._figures = figures
        widgets: list[QWidget] = [figures_table(figures), text(figures_summary(figures), wrap=True)]
        widgets += [text(warning, "warn", wrap=True) for warning in figures.warnings]
        self._show(widgets, self._tried.told if self._tried else "")
        self._at(self.keep, "Keep this connection", self._back, "Back")

    def keep(self) -> None:
        """Stores the secret and connects the account, both or neither."""
        tried, figures = self._tried, self._figures
        if tried is None or figures is None:
            return

        def work(desk: Desk, _report: Report) -> _Kept:
            kept = keep(desk, tried.wanted)
            return desk.read(lambda session: _Kept(kept, offers(session, figures), list_campaigns(session)))

        self._keeping = True
        self._run("Connecting", work, self._kept, cancellable=False)

    def _kept(self, made: _Kept) -> None:
        self._is_connected = True
        self._forget_secrets()
        self.connected.emit()
        told = f"{made.kept.value.account} is connected."
        if made.kept.moved_aside is not None:
            told += (
                f" The file of secrets that could no longer be opened is now {made.kept.moved_aside}: "
                "set the other secrets again too."
            )
        if not made.offers or not made.campaigns:
            self._done(told)
            return
        self.mappings = OfferedMappings(made.offers, made.campaigns)
        self._show([self.mappings], "")
        self.outcome.say(told)
        self._at(self.map, "Assign and pull now", self.pull_only, "Pull without assigning")
        self.cancel.setText("Close")

    def map(self) -> None:
        """Maps what was chosen; sources left as they are stay unassigned."""
        chosen = self.mappings.chosen() if self.mappings else []
        if not chosen:
            self.pull_only()
            return
        self._run("Mapping", lambda desk, _report: _mapped(desk, chosen), lambda _mapped: self.pull_only(), False)

    def pull_only(self) -> None:
        """Leaves, and has the new account pulled."""
        self._done("")

    def _done(self, told: str) -> None:
        if told:
            self.workspace.say(told, "good")
        self.wants_pull = True
        self.accept()

    # Around them

    wants_pull = False
    """Whether the account is to be pulled once the dialog is gone."""

    def reject(self) -> None:
        """Leaves without keeping anything; what is being kept just now is not taken back."""
        if self._keeping:
            return
        self.waiting.cancel()
        super().reject()

    def _run(
        self, title: str, work: Callable[[Desk, Report], T], then: Callable[[T], None], cancellable: bool = True
    ) -> None:
        if self.waiting.busy:
            return
        self.outcome.say("")
        self.next.setEnabled(False)
        self.other.setEnabled(False)

        def arrived(result: T) -> None:
            self._rest()
            if self.isVisible():
                then(result)

        job: Job[T] = self.workspace.run(
            title, work, owner=self, then=arrived, failed=self._failed, cancellable=cancellable
        )
        self.waiting.watch(job)

    def _failed(self, error: Exception) -> None:
        self._rest()
        if isinstance(error, Stopped):
            self.outcome.say("Stopped; nothing was kept.", "muted")
        elif isinstance(error, CapdeskError):
            more = " Nothing is lost: try again once that is done." if isinstance(error, SecretUnavailable) else ""
            self.outcome.say(self.words_for(error) + more, "bad")
        else:
            self.workspace.complain(error)

    def words_for(self, error: CapdeskError) -> str:
        """The error's sentence, without what would be typed outside this window."""
        return sentence(Exception(_TYPED.sub("", str(error))))

    def _rest(self) -> None:
        self._keeping = False
        self.next.setEnabled(True)
        self.other.setEnabled(True)

    def _show(self, widgets: Sequence[QWidget], told: str) -> None:
        clear(self._body)
        self.intro.setText(told)
        self.intro.setVisible(bool(told))
        for widget in widgets:
            self._body.addWidget(widget)
        self._body.addStretch(1)
        self.steps.setCurrentIndex(1)
        self.resize(max(self.width(), min(self.fontMetrics().averageCharWidth() * 138, 1160)), self.height())

    def _back(self) -> None:
        self.steps.setCurrentIndex(0)
        self.outcome.say("")
        self._at(self.ask, "Try")

    def _at(
        self, forward: Callable[[], object], words: str, otherwise: Callable[[], object] | None = None, other: str = ""
    ) -> None:
        self._forward, self._otherwise = forward, otherwise
        for made, said in ((self.next, words), (self.other, other)):
            made.setText(said)
            made.setAccessibleName(said)
        self.other.setVisible(otherwise is not None)
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_on(self) -> None:
        self._forward()

    def _go_otherwise(self) -> None:
        if self._otherwise is not None:
            self._otherwise()

    def _forget(self, _result: int) -> None:
        self._forget_secrets()
        self._tried = None
        self.deleteLater()

    def _forget_secrets(self) -> None:
        """Once kept or left, a secret is in no field any more."""
        raise NotImplementedError


def _mapped(desk: Desk, chosen: list[tuple[Source, int]]) -> Any:
    return desk.write(lambda session: map_all(session, chosen, desk.owner_id))
