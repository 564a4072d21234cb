"""One evaluation: what was sealed, and beside it what arrived since. It can be read and acted against, never edited."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.evaluations import Arrived, EvaluationRecord, OverrideRecord, evaluation, override
from capdesk.services.evidence import Seal, seal_of
from capdesk.services.money import dollars
from capdesk.services.plain import plain
from capdesk.services.reports.names import event_name
from capdesk.services.reports.wording import counted, local_moment
from capdesk.views.cards import Fold, heading, rows
from capdesk.views.forms.fields import NotesField
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.layouts import Columns, empty, inside
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.evaluations.evidence import Evidence
from capdesk.views.places import Place
from capdesk.views.widgets import button, card, line, long_text, named, status_badge, text
from capdesk.views.workspace import Workspace


@dataclass(frozen=True)
class _Read:
    record: EvaluationRecord
    seal: Seal | None


class EvaluationPage(Page):
    """The evaluation of the place."""

    key = "evaluation"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.record: EvaluationRecord | None = None
        self._evidence: Evidence | None = None
        self._columns = Columns()
        self._record_text = Fold(workspace, "sealed-record", "The record, word for word")
        self._lay_out()
        area = scrolled(self._columns)
        self._columns.hide()
        self.body.addWidget(area, 1)

    def _lay_out(self) -> None:
        self._verdict, self._since, self._against, self._sealed = card(), card(), card(), card()
        for frame, name, words in (
            (self._verdict, "sealed-verdict", "What was sealed"),
            (self._since, "arrived-since", "What arrived since"),
            (self._against, "overrides-against", "Overrides against it"),
            (self._sealed, "seal", "Seal"),
        ):
            named(frame, name, words)
        self._columns.left.addWidget(self._verdict)
        for frame in (self._since, self._against, self._sealed):
            self._columns.right.addWidget(frame)
        self._columns.right.addWidget(self._record_text)

    def open(self, place: Place) -> None:
        if place.record is None:
            self.workspace.go("evaluations")
            return
        if place.record != self.place.record:
            self.record = None
            self._columns.hide()
        super().open(place)

    def reload(self) -> None:
        number = self.place.record
        if number is not None:
            self.read(
                lambda desk: desk.read(lambda session: _Read(evaluation(session, number), seal_of(session, number))),
                self._show,
            )

    def _show(self, found: _Read) -> None:
        self.record = one = found.record
        zone = str(self.workspace.desk.zone)
        self.say_title(
            f"{one.verdict.capitalize()}: {one.experiment}",
            f"Evaluation {one.id}, {local_moment(one.created_at, zone)}",
        )
        if self._evidence is None:
            self._evidence = Evidence(self.workspace.theme, zone)
            self._columns.left.addWidget(self._evidence)
        self._evidence.show_snapshot(one.snapshot)
        self._show_verdict(one)
        self._show_since(one)
        self._show_overrides(one.overrides, zone)
        self._show_seal(found.seal, zone)
        self._record_text.show_text(json.dumps(_sealed_part(one), ensure_ascii=False, indent=2))
        self._columns.show()
        self.show_commands()

    def _show_verdict(self, one: EvaluationRecord) -> None:
        column = inside(self._verdict)
        empty(column)
        head = QHBoxLayout()
        head.addWidget(status_badge(one.verdict))
        head.addWidget(text(f"by {one.admin}", "muted"), 1)
        column.addLayout(head)
        column.addWidget(named(long_text(one.reason), "sealed-reason", f"Reason: {one.reason}"))
        for label, words in (("Next action", one.recommended_next_action), ("Notes", one.admin_notes)):
            if words:
                column.addWidget(text(label, "small"))
                column.addWidget(long_text(words))
        column.addWidget(line())
        column.addWidget(rows(_caps(one)))

    def _show_since(self, one: EvaluationRecord) -> None:
        column = inside(self._since)
        empty(column)
        column.addWidget(heading("Arrived since"))
        words = "Recorded after the evidence; it changed nothing that was sealed."
        column.addWidget(text(words, "small", wrap=True))
        column.addWidget(rows(_arrived(one.since)))
        column.addWidget(line())
        column.addWidget(text("Of that, late", "strong"))
        words = "Dated up to the day of the evidence: it would have belonged to the figures judged."
        column.addWidget(text(words, "small", wrap=True))
        column.addWidget(rows(_arrived(one.late)))

    def _show_overrides(self, found: Sequence[OverrideRecord], zone: str) -> None:
        column = inside(self._against)
        empty(column)
        column.addWidget(heading("Overrides"))
        if not found:
            words = "Nobody acted against this evaluation."
            column.addWidget(text(words, "muted", wrap=True))
        for one in found:
            column.addWidget(_override(one, zone))
        ask = button("Record an override…", self.ask_to_override)
        row = QHBoxLayout()
        row.addWidget(ask)
        row.addStretch(1)
        column.addLayout(row)

    def _show_seal(self, seal: Seal | None, zone: str) -> None:
        column = inside(self._sealed)
        empty(column)
        column.addWidget(heading("Seal"))
        if seal is None:
            column.addWidget(text("Recorded; the next seal covers it in a moment.", "muted", wrap=True))
            return
        column.addWidget(text(f"Covered by seal {seal.id} of {local_moment(seal.recorded_at, zone)}.", wrap=True))
        middle = len(seal.hash) // 2  # a hash has no blanks to break at
        halves = f"{seal.hash[:middle]}\n{seal.hash[middle:]}"
        column.addWidget(named(text(halves, "small", wrap=True), "seal-hash", f"Seal {seal.hash}"))

    def commands(self) -> Sequence[Command]:
        if self.record is None:
            return ()
        number = self.record.experiment_id
        return (Command("Open experiment", lambda: self.workspace.go("experiment", number), "flask-conical"),)

    def ask_to_override(self) -> None:
        """Asks for the rationale and records it."""
        if self.record is None:
            return
        number = self.record.id
        field = NotesField("rationale", "Rationale", lines=5, hint="Why you act against the evaluation.")
        dialog = FormDialog(
            self.workspace,
            "Record an override",
            Form(field),
            lambda desk, values: _overridden(desk, number, str(values["rationale"])),
            self._overridden,
            save_words="Record it",
            intro=(
                f"You act against evaluation {number} ({self.record.verdict}). That and the rationale are recorded for "
                "good; nothing follows from it by itself."
            ),
            parent=self,
        )
        dialog.open()

    def _overridden(self, _made: OverrideRecord) -> None:
        self.workspace.say("The override is recorded.", "good")
        self.reload()


def _overridden(desk: Desk, number: int, rationale: str) -> OverrideRecord:
    return desk.write(lambda session: override(session, number, rationale, desk.owner_id))


def _override(one: OverrideRecord, zone: str) -> QWidget:
    frame = card(long_text(one.rationale), text(f"{one.admin}, {local_moment(one.created_at, zone)}", "small"))
    frame.setProperty("frame-style", "sunken")
    return named(frame, f"override-{one.id}", "Override")


def _caps(one: EvaluationRecord) -> list[tuple[str, str]]:
    before = one.snapshot["caps_before"]
    capital, days = Decimal(before["capital_cap_usd"]), int(before["time_cap_days"])
    new_capital, new_days = dollars(one.capital_cap_usd), counted(one.time_cap_days, "day")
    moved = (one.capital_cap_usd, one.time_cap_days) != (capital, days)
    return [
        ("Capital cap", f"{dollars(capital)} → {new_capital}" if one.capital_cap_usd != capital else new_capital),
        ("Time cap", f"{counted(days, 'day')} → {new_days}" if one.time_cap_days != days else new_days),
        ("From then on", "new caps" if moved else "as before"),
    ]


def _arrived(what: Arrived) -> list[tuple[str, str]]:
    found = [("Spend", dollars(what.spent_usd))]
    for name, count in what.events.items():
        if count:
            found.append((event_name(name), f"{count:,}"))
    return found if len(found) > 1 else [*found, ("Events", "0")]


def _sealed_part(one: EvaluationRecord) -> dict[str, Any]:
    beside = ("since", "late", "overrides", "experiment", "admin")
    return {name: value for name, value in plain(one).items() if name not in beside} | {"admin": one.admin}
