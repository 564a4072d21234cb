"""Performance events: those read from calls and those recorded explicitly; the latter also by hand."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.models.base import Attribution, EventType
from capdesk.services.events import AddedEvent, NewEvent, ReversedEvent, add_event, reverse_event
from capdesk.services.listings.model import Listing, Row
from capdesk.services.money import dollars
from capdesk.views.forms.fields import CheckField, ChoiceField, MomentField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Command, Page
from capdesk.views.pages.choices import Choices, one_of, with_choices
from capdesk.views.pages.fact_pane import FactPane
from capdesk.views.pages.reversing import ask_to_reverse
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Workspace

EXPLICIT = (
    EventType.INSTALL_SCHEDULED,
    EventType.INSTALL_ATTENDED,
    EventType.CALCULATOR_INSTALLED,
    EventType.PAID_CONVERSION,
)
"""The types that do not come from calls."""
_OF_A_CALL = 4
"""Event numbers: a multiple of 4 is an explicit event, the others are read from a call."""


class EventsPage(ListPage):
    key = "events"
    listing: ClassVar[str] = "events"
    record_page: ClassVar[str | None] = None

    def commands(self) -> Sequence[Command]:
        return (
            Command("Import events", lambda: self.workspace.go("imports"), "file-input"),
            Command("Record event…", lambda: record_event(self), "plus", "Ctrl+N", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        if row.id % _OF_A_CALL:
            call = row.id // _OF_A_CALL
            return (Command("Show its call", lambda: self.workspace.go("calls", call), "phone"),)
        wrong = self.table.value(row, "reversed") is None
        return (Command("Reverse this event…", lambda: self._reverse(row.id), "undo-2", "Del", enabled=wrong),)

    def details(self, row: Row) -> QWidget | None:
        return EventPane(self.workspace, self.table.listing, row, self.row_commands(row))

    def _reverse(self, number: int) -> None:
        def reverse(desk: Desk, reason: str) -> ReversedEvent:
            return desk.write(lambda session: reverse_event(session, number, reason, desk.owner_id))

        def told(answer: ReversedEvent) -> str:
            earned = f" and took back {dollars(answer.bonus_usd)} of bonus" if answer.bonus_usd else ""
            return f"Reversed event {number}{earned}."

        follows = "It no longer counts; a bonus it earned stays on record and is taken back in the ledger."
        ask_to_reverse(self, f"event {number}", follows, reverse, told)


class EventPane(FactPane):
    """An event with why it counts or not, in words."""

    def __init__(self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command]) -> None:
        values = {one.key: value for one, value in zip(listing.columns, row.values, strict=True)}
        super().__init__(workspace, listing, row, commands, why_it_counts(values))


def why_it_counts(event: Mapping[str, Any]) -> str:
    """Decided when it was recorded, and never edited; `event` is a row of the list by its columns' keys."""
    told = {
        Attribution.RUN: f'It counts for "{event["experiment"]}": it ran when the event happened.',
        Attribution.NO_RUN: "It counts for no experiment: no run covered the moment it happened.",
        Attribution.LEAD_EXITED: "It does not count: the lead had a terminal status already.",
    }[Attribution(event["counts"])]
    if event["reversed"] is not None:
        why = f" Reason: {event['reason']}" if event["reason"] else ""
        told = f"It was reversed and counts no longer.{why}"
    read = f" It is read from call {event['call']:,}." if event["call"] is not None else ""
    earned = ""
    if event["bonus"] is not None:
        back = ", which the ledger has taken back" if event["reversed"] is not None else ""
        earned = f" It earned {event['member']} a bonus of {dollars(event['bonus'])}{back}."
    return told + read + earned


def record_event(page: Page, campaign: int | None = None) -> None:
    """Asks for an explicit event and records it."""
    workspace = page.workspace

    def told(answer: AddedEvent) -> None:
        earned = f" It earned {dollars(answer.bonus_usd)}." if answer.bonus_usd else ""
        warned = " ".join(answer.warnings)
        belongs = f'experiment "{answer.event.experiment}"' if answer.event.experiment else "no experiment"
        words = f"Recorded event {answer.event.id}, {answer.event.event_type}, of {belongs}.{earned} {warned}"
        workspace.say(words.strip(), "warn" if warned else "good")

    def ask(choices: Choices) -> None:
        form = Form(
            ChoiceField("event_type", "What happened", [(one, one.replace("_", " ")) for one in EXPLICIT]),
            MomentField("at", "When", workspace.desk.zone),
            one_of("campaign", "Campaign", choices.campaigns),
        )
        form.set_values({"campaign": campaign, "at": workspace.clock.now()})
        form.add(
            TextField("phone", "Number of the lead", required=False),
            ChoiceField("member", "Member who earned it", choices.members, required=False),
        )
        hint = (
            "Otherwise an event before the campaign's first run is refused: it would belong to no experiment for good."
        )
        form.add(CheckField("allow", "Record it even if no experiment had run yet", hint=hint))
        FormDialog(
            workspace, "Record event", form, _add, told, save_words="Record event", parent=page,
            intro="Attempts, conversations and QPCs come from calls alone; the other four are recorded here.",
        ).open()  # fmt: skip

    with_choices(page, ask, campaign=True)


def _add(desk: Desk, values: Values) -> AddedEvent:
    new = NewEvent(values["event_type"], values["at"], values["campaign"], values["member"], values["phone"])
    return desk.write(lambda session: add_event(session, new, desk.owner_id, allow_unattributed=values["allow"]))
