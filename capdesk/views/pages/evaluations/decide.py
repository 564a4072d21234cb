"""Passing a verdict: the evidence beside the decision, and the exact record shown before it is sealed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.models.base import Verdict
from capdesk.services.evaluations import (
    Decision,
    EvaluationRecord,
    EvidenceChanged,
    evaluate,
    evaluations_of,
    sealed_row,
    snapshot_of,
)
from capdesk.services.evidence import Candidate, Moved, candidates, moved
from capdesk.services.money import dollars
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_at
from capdesk.services.reports.model import ExperimentReport
from capdesk.services.reports.wording import counted, listed, local_moment
from capdesk.views.cards import Fold, heading
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.layouts import Columns, empty, inside
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.evaluations.choose import Chooser
from capdesk.views.pages.evaluations.evidence import Evidence
from capdesk.views.pages.evaluations.verdict_form import Draft, VerdictForm
from capdesk.views.places import Place
from capdesk.views.widgets import button, card, named, styled, text
from capdesk.views.workspace import Workspace, sentence

SEALING = (
    "Sealing records your words and every figure of this page for good. Nobody can edit or remove it afterwards, you "
    "included; what arrives later is shown beside it. Nothing follows by itself: to complete or terminate the "
    "experiment stays an action of yours."
)
_MOST_MOVED = 8


@dataclass(frozen=True)
class _Case:
    """What the page shows: an experiment's report and the verdicts before, or where none is named, whose turn it is."""

    report: ExperimentReport | None
    past: tuple[EvaluationRecord, ...] = ()
    candidates: tuple[Candidate, ...] = ()


class EvaluatePage(Page):
    """A verdict on the experiment of the place; without one, a choice among those whose turn it is."""

    key = "evaluate"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.report: ExperimentReport | None = None
        self._past: tuple[EvaluationRecord, ...] = ()
        self._drafts: dict[int, Draft] = {}
        self._names: dict[int, str] = {}
        self._evidence: Evidence | None = None
        self.form = VerdictForm()
        self.form.changed.connect(self._typed)
        self.chooser = Chooser(workspace)
        self._columns = Columns()
        self._build_right()
        self._stack = QStackedWidget()
        self._nothing, self._shown_case = QWidget(), scrolled(self._columns)
        self._choosing = scrolled(self.chooser)
        for widget in (self._nothing, self._choosing, self._shown_case):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack, 1)

    def _build_right(self) -> None:
        self.news = card(spacing=4)
        named(self.news, "evidence-news", "Newer facts arrived")
        self.news.setProperty("frame-style", "card")
        self.news.hide()
        self._columns.left.addWidget(self.news)
        self.record = Fold(self.workspace, "sealed-preview", "The exact record that will be sealed")
        self.record.unfolded.connect(self._show_record)
        self.seal = button("Seal this verdict…", self.ask_to_seal, kind="primary", shortcut="Ctrl+Return")
        self._error = named(text("", "bad", wrap=True), "verdict-error")
        self._error.hide()
        decision = card(heading("Your verdict"), self.form, text(SEALING, "small", wrap=True), self.record)
        inside(decision).addWidget(self._error)
        inside(decision).addWidget(self.seal)
        self._columns.right.addWidget(decision)
        self._before = QVBoxLayout()
        self._columns.right.addLayout(self._before)

    # what is shown

    def open(self, place: Place) -> None:
        if place.record != self.place.record:
            self.report = None
            self.news.hide()
            self._say("")
            self._stack.setCurrentWidget(self._nothing)
        super().open(place)

    def reload(self) -> None:
        wanted = self.place.record

        def work(desk: Desk) -> _Case:
            as_of = resolve_as_of(desk)
            if wanted is None:
                return _Case(None, candidates=desk.read(lambda session: candidates(session, as_of, desk.zone)))
            return desk.read(
                lambda session: _Case(experiment_at(session, wanted, as_of, desk.zone), evaluations_of(session, wanted))
            )

        self.read(work, self._show)

    def _show(self, case: _Case) -> None:
        if case.report is None:
            self.say_title("Evaluate", "Which experiment do you pass a verdict on?")
            self.chooser.show_candidates(case.candidates)
            self._stack.setCurrentWidget(self._choosing)
        elif case.report.status == "planned":
            self.report = case.report
            self.say_title(f"Evaluate {case.report.experiment}", f"{case.report.campaign}, planned")
            self.chooser.show_planned(case.report)
            self._stack.setCurrentWidget(self._choosing)
        else:
            self._show_report(case.report, case.past)
        self.show_commands()

    def _show_report(self, report: ExperimentReport, past: tuple[EvaluationRecord, ...]) -> None:
        before = self.report
        self.report, self._past = report, past
        words = f"{report.campaign}, {report.status}. As of {local_moment(report.as_of, report.zone)}"
        self.say_title(f"Evaluate {report.experiment}", words)
        if self._evidence is None:
            self._evidence = Evidence(self.workspace.theme, report.zone)
            self._columns.left.addWidget(self._evidence)
        if before is not None and before.experiment_id == report.experiment_id:
            self._tell_news(moved(snapshot_of(before), snapshot_of(report)))
        else:
            draft = self._drafts.get(report.experiment_id, Draft())
            self.form.show_report(report)
            self.form.set_draft(draft)
        self._evidence.show_snapshot(snapshot_of(report))
        self.form.show_report(report)
        self._show_record()
        self._show_past()
        self._stack.setCurrentWidget(self._shown_case)

    def _tell_news(self, found: tuple[Moved, ...]) -> None:
        """Which figures are other ones than those last shown; stays until the owner has taken note."""
        if not found:
            return
        layout = inside(self.news)
        empty(layout)
        layout.addWidget(styled(text("Newer facts arrived: these figures changed while you were looking."), "warn"))
        for one in found[:_MOST_MOVED]:
            layout.addWidget(text(f"{one.name}: {one.before} → {one.after}", wrap=True))
        if len(found) > _MOST_MOVED:
            layout.addWidget(text(f"and {counted(len(found) - _MOST_MOVED, 'more figure')}", "muted"))
        layout.addWidget(button("I have seen them", self.news.hide, kind="link"))
        self.news.show()

    def _show_past(self) -> None:
        empty(self._before)
        if not self._past:
            return
        frame = card(heading("Verdicts before"))
        for one in reversed(self._past):
            words = f"{one.verdict.capitalize()}, {local_moment(one.created_at, str(self.workspace.desk.zone))}"
            inside(frame).addWidget(self._past_link(one.id, words))
            inside(frame).addWidget(text(one.reason, "small", wrap=True))
        self._before.addWidget(frame)

    def _past_link(self, number: int, words: str) -> QPushButton:
        return named(
            button(words, lambda: self.workspace.go("evaluation", number), kind="link"), f"past-evaluation-{number}"
        )

    def commands(self) -> Sequence[Command]:
        found = []
        if self.place.record is not None:
            found.append(Command("Another experiment", lambda: self.workspace.go("evaluate"), "gavel"))
        if self.report is not None and self.place.record is not None:
            number = self.report.experiment_id
            found.append(Command("Open experiment", lambda: self.workspace.go("experiment", number), "flask-conical"))
        return found

    # what is typed

    def _typed(self) -> None:
        if self.report is not None:
            self._names[self.report.experiment_id] = self.report.experiment
            self._drafts[self.report.experiment_id] = self.form.draft()
            self._say("")
            self._show_record()

    def unsaved(self) -> str:
        names = [self._names[number] for number, draft in self._drafts.items() if draft != Draft()]
        return f"{'a verdict' if len(names) == 1 else 'verdicts'} on {listed(names)}" if names else ""

    def _show_record(self) -> None:
        """The record as it would be sealed now; without a verdict or reason, the evidence alone."""
        if self.report is None or not self.record.is_open:
            return
        decision, row = self.form.decision(), None
        try:
            row = None if decision is None else sealed_row(self.report, decision)
        except CapdeskError:
            row = None
        known = {"snapshot": snapshot_of(self.report)} if row is None else row
        self.record.show_text(json.dumps(known, ensure_ascii=False, indent=2))

    def _say(self, words: str) -> None:
        self._error.setText(words)
        self._error.setVisible(bool(words))

    # sealing

    def ask_to_seal(self) -> None:
        """Repeats the verdict and the caps, and seals once the owner agrees."""
        report = self.report
        if report is None or not self.form.check() or (decision := self.form.decision()) is None:
            return
        try:
            sealed_row(report, decision)
        except CapdeskError as error:
            self._say(sentence(error))
            return
        dialog = FormDialog(
            self.workspace,
            f"Seal the verdict on {report.experiment}?",
            confirmation(report, decision),
            lambda desk, _values: _sealed(desk, report, decision),
            self._sealed,
            save_words="Seal it",
            intro="It cannot be changed or taken back afterwards.",
            parent=self,
        )
        dialog.open()

    def _sealed(self, result: EvaluationRecord | EvidenceChanged) -> None:
        if isinstance(result, EvidenceChanged):
            self._say(sentence(result))
            self._show_report(result.newer, self._past)
            return
        self._drafts.pop(result.experiment_id, None)
        self.report = None
        self.news.hide()
        self.workspace.say(f"The verdict on {result.experiment} is sealed: {result.verdict}.", "good")
        self.workspace.go("evaluation", result.id)


def _sealed(desk: Desk, report: ExperimentReport, decision: Decision) -> EvaluationRecord | EvidenceChanged:
    """Newer figures are no failure: they are shown."""
    try:
        return evaluate(desk, report.experiment_id, decision, shown=report.as_of)
    except EvidenceChanged as changed:
        return changed


def confirmation(report: ExperimentReport, decision: Decision) -> Form:
    """What is about to be sealed, in words."""
    lines = [f"Verdict: {decision.verdict.value.upper()}", f"Reason: {decision.reason}"]
    if decision.next_action:
        lines.append(f"Next action: {decision.next_action}")
    lines += [*_cap_lines(report, decision), f"Evidence as of {local_moment(report.as_of, report.zone)}"]
    form = Form()
    for words in lines:
        form.add_text(words)
    return form


def _cap_lines(report: ExperimentReport, decision: Decision) -> list[str]:
    cap, days = decision.capital_cap_usd, decision.time_cap_days
    if decision.verdict is not Verdict.CONTINUE or (cap is None and days is None):
        return [f"Caps stay: {dollars(report.cap_usd)} and {counted(report.cap_days, 'day')}."]
    found = []
    if cap is not None:
        low = " That is not more than what is spent already." if cap <= report.spent_usd else ""
        found.append(f"Capital cap: {dollars(report.cap_usd)} → {dollars(cap)}, from then on.{low}")
    if days is not None:
        used = report.used_days or 0
        low = " That is not more than the days used already." if days <= used else ""
        found.append(f"Time cap: {counted(report.cap_days, 'day')} → {counted(days, 'day')}, from then on.{low}")
    return found
