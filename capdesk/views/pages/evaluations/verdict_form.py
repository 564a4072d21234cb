"""What the admin decides: one of four verdicts, why, what next, and with `continue` new caps."""

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QRadioButton, QVBoxLayout, QWidget

from capdesk.errors import UsageRefused
from capdesk.models.base import Verdict
from capdesk.services.evaluations import Decision
from capdesk.services.money import dollars
from capdesk.services.reports.model import ExperimentReport
from capdesk.services.reports.wording import counted
from capdesk.services.signals.values import ENDED
from capdesk.views.forms.fields import MoneyField, NotesField, NumberField, TextField
from capdesk.views.forms.form import Form
from capdesk.views.widgets import named, set_property, text

MEANINGS = {
    Verdict.PASS: "The hypothesis holds: what it bought is worth what it spent.",
    Verdict.FAIL: "The hypothesis does not hold: what it bought is not worth what it spent.",
    Verdict.CONTINUE: "Not decided yet: it goes on, under the caps in force or under new ones.",
    Verdict.STOP: "No more capital should go into it, whether or not the hypothesis holds.",
}


@dataclass(frozen=True)
class Draft:
    """What was typed so far, as it was typed."""

    verdict: Verdict | None = None
    reason: str = ""
    next_action: str = ""
    notes: str = ""
    cap: str = ""
    days: str = ""


class Choice(QFrame):
    """One verdict and what it means; the whole of it can be clicked."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.setProperty("frame-style", "choice")
        self.radio = named(QRadioButton(verdict.value.capitalize()), f"verdict-{verdict.value}")
        self.radio.setAccessibleName(f"Verdict: {verdict.value}")
        self.radio.setAccessibleDescription(MEANINGS[verdict])
        font = QFont()
        font.setWeight(QFont.Weight.DemiBold)
        self.radio.setFont(font)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 12, 9)
        column.setSpacing(0)
        column.addWidget(self.radio)
        meaning = text(MEANINGS[verdict], wrap=True)
        meaning.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        meaning.setContentsMargins(29, 0, 0, 0)
        column.addWidget(meaning)
        self.radio.toggled.connect(self._toggled)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.radio.setChecked(True)
        self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def _toggled(self, chosen: bool) -> None:
        set_property(self, "chosen", chosen)


class VerdictForm(QWidget):
    """The decision on the experiment of a report. New caps are offered only where they can be set."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._report: ExperimentReport | None = None
        self._group = QButtonGroup(self)
        self.choices = {verdict: Choice(verdict) for verdict in MEANINGS}
        self.reason = NotesField("reason", "Reason", lines=4, hint="What the verdict rests on.")
        self.next_action = TextField("next_action", "Next action", required=False, hint="Only remembered, not done.")
        self.notes = NotesField("notes", "Notes", required=False, lines=2)
        self.cap = MoneyField("cap", "New capital cap", required=False)
        self.days = NumberField("days", "New time cap, in days", required=False)
        self._missing = named(text("", "bad", wrap=True), "verdict-missing")
        self._missing.hide()
        self.form = Form()
        for field in (self.cap, self.days, self.reason, self.next_action, self.notes):
            self.form.add(field)
        self._lay_out()
        self.form.changed.connect(self._touched)
        self._group.buttonToggled.connect(self._touched)
        self._offer_caps()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for choice in self.choices.values():
            self._group.addButton(choice.radio)
            column.addWidget(choice)
        column.addWidget(self._missing)
        column.addSpacing(6)
        column.addWidget(self.form)

    def show_report(self, report: ExperimentReport) -> None:
        self._report = report
        self.cap.label.setText("New capital cap (optional)")
        self.cap.set_hint(f"In force: {dollars(report.cap_usd)}. Empty keeps it.")
        self.days.set_hint(f"In force: {counted(report.cap_days, 'day')}. Empty keeps it.")
        self._offer_caps()

    def verdict(self) -> Verdict | None:
        return next((verdict for verdict, one in self.choices.items() if one.radio.isChecked()), None)

    def draft(self) -> Draft:
        return Draft(
            self.verdict(),
            self.reason.notes.toPlainText(),
            self.next_action.line.text(),
            self.notes.notes.toPlainText(),
            self.cap.line.text(),
            self.days.line.text(),
        )

    def set_draft(self, draft: Draft) -> None:
        self._group.setExclusive(False)
        for verdict, choice in self.choices.items():
            choice.radio.setChecked(verdict is draft.verdict)
        self._group.setExclusive(True)
        self.reason.notes.setPlainText(draft.reason)
        self.next_action.line.setText(draft.next_action)
        self.notes.notes.setPlainText(draft.notes)
        self.cap.line.setText(draft.cap)
        self.days.line.setText(draft.days)
        for field in self.form.fields.values():
            field.complain("")
        self._say_missing("")

    def check(self) -> bool:
        """Whether it can be sealed; says in place what is missing."""
        complete = self.form.check()
        if self.verdict() is None:
            self._say_missing("Choose one of the four verdicts.")
            self.choices[Verdict.PASS].radio.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        return complete

    def decision(self) -> Decision | None:
        """As it stands; None without a verdict or with caps that cannot be read."""
        verdict = self.verdict()
        try:
            caps: tuple[Decimal | None, int | None] = (self.cap.value(), self.days.value())
        except UsageRefused:
            return None
        if verdict is None:
            return None
        if not self._caps_offered():
            caps = (None, None)
        texts = (self.reason.value() or "", self.next_action.value() or "", self.notes.value() or "")
        return Decision(verdict, *texts, *caps)

    def _caps_offered(self) -> bool:
        open_ = self._report is not None and self._report.status not in ENDED
        return open_ and self.verdict() is Verdict.CONTINUE

    def _offer_caps(self) -> None:
        for field in (self.cap, self.days):
            field.setVisible(self._caps_offered())

    def _touched(self, *_arguments: object) -> None:
        self._offer_caps()
        if self.verdict() is not None:
            self._say_missing("")
        self.changed.emit()

    def _say_missing(self, words: str) -> None:
        self._missing.setText(words)
        self._missing.setVisible(bool(words))
