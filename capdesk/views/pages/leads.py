"""Leads: one per campaign and number. A terminal status is final."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.models.base import LeadStatusName
from capdesk.services.leads import (
    AddedLead,
    LeadDetails,
    LeadRow,
    LeadStatusChange,
    add_lead,
    edit_lead,
    set_lead_status,
    show_lead,
)
from capdesk.services.listings.model import Listing, Row
from capdesk.services.reports.wording import one_line
from capdesk.views.forms.fields import ChoiceField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Command
from capdesk.views.pages.choices import Choices, one_of, with_choices
from capdesk.views.pages.fact_pane import FactPane, Found, look_up
from capdesk.views.records.display import moment
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_TERMINAL = (
    (LeadStatusName.PAID_CUSTOMER, "paid customer"),
    (LeadStatusName.DO_NOT_CONTACT, "do not contact"),
    (LeadStatusName.PERMANENTLY_NOT_INTERESTED, "permanently not interested"),
)


class LeadsPage(ListPage):
    key = "leads"
    listing: ClassVar[str] = "leads"
    record_page: ClassVar[str | None] = None

    def commands(self) -> Sequence[Command]:
        return (
            Command("Import leads", lambda: self.workspace.go("imports"), "file-input"),
            Command("New lead…", lambda: with_choices(self, self._ask, campaign=True), "plus", "Ctrl+N", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        final = self.table.value(row, "status") != LeadStatusName.ACTIVE
        return (
            Command("Edit contact…", lambda: self._edit(row), "pencil", "F2"),
            Command("Set status…", lambda: self._set_status(row), "flag", enabled=not final),
        )

    def details(self, row: Row) -> QWidget | None:
        return LeadPane(self.workspace, self.table.listing, row, self.row_commands(row))

    def _ask(self, choices: Choices) -> None:
        form = Form(
            one_of("campaign", "Campaign", choices.campaigns),
            TextField("phone", "Phone number", hint="It makes the lead; another with it is the same one."),
        )
        form.add(TextField("name", "Name", required=False), TextField("email", "Email", required=False))
        FormDialog(
            self.workspace, "New lead", form, _add, self._told, save_words="Add lead", parent=self
        ).open()  # fmt: skip

    def _told(self, answer: AddedLead) -> None:
        lead = answer.lead
        words = "Added" if answer.landed else "It was there already:"
        self.workspace.say(f'{words} lead {lead.id} of "{lead.campaign}".', "good" if answer.landed else "info")

    def _edit(self, row: Row) -> None:
        """Asks with what is known now: the row on show may be older."""
        self.read(
            lambda desk: desk.read(lambda session: show_lead(session, row.id).lead), self._ask_for_contact, key="edit"
        )

    def _ask_for_contact(self, lead: LeadRow) -> None:
        form = Form(TextField("name", "Name", required=False), TextField("email", "Email", required=False))
        seen = {key: getattr(lead, key) for key in form.fields}
        form.set_values(seen)
        FormDialog(
            self.workspace, f"Edit contact of lead {lead.id}", form,
            lambda desk, values: _edit(desk, lead.id, values, seen), parent=self,
            intro="The number stays: it is what makes the lead.",
        ).open()  # fmt: skip

    def _set_status(self, row: Row) -> None:
        form = Form(ChoiceField("status", "Status", _TERMINAL))
        FormDialog(
            self.workspace, f"Set status of lead {row.id}", form,
            lambda desk, values: desk.write(lambda session: set_lead_status(session, row.id, values["status"])),
            save_words="Set it for good", danger=True, parent=self,
            intro="A terminal status is final: it never changes again, and later events of the lead do not count.",
        ).open()  # fmt: skip


@dataclass(frozen=True)
class _Known:
    details: LeadDetails
    calls: Found
    events: Found


class LeadPane(FactPane):
    """A lead with every status it had, what its files told besides, and its newest calls and events."""

    def __init__(self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command]) -> None:
        super().__init__(workspace, listing, row, commands)
        self.read(lambda desk: desk.read(lambda session: _known(session, row.id)), self._show)

    def _show(self, known: _Known) -> None:
        changes = known.details.history
        self.section("Status", [_change(one, self.zone) for one in reversed(changes)] or ["active from the start"])
        extra = known.details.lead.extra
        if extra:
            self.section("From its file", [one_line(f"{key}: {value}") for key, value in extra.items()])
        for listing, title, found, keys in (
            ("calls", "Calls", known.calls, ("when", "outcome", "seconds")),
            ("events", "Events", known.events, ("when", "type", "counts")),
        ):
            rows, count = found
            lines = [self.line(listing, one, *keys) for one in rows] or ["none yet"]
            more = f"Show all {count:,}" if count > len(rows) else f"Show in {title}" if count else ""
            self.section(title, lines, more, self._opener(listing))

    def _opener(self, listing: str) -> Callable[[], None]:
        return lambda: self.workspace.go(listing, filter=f"lead:{self.row.id}")


def _known(session: "Session", lead: int) -> _Known:
    scope = ("lead", lead)
    return _Known(show_lead(session, lead), look_up(session, "calls", scope), look_up(session, "events", scope))


def _change(one: LeadStatusChange, zone: ZoneInfo) -> str:
    how = " by a paid conversion" if one.event_id is not None else ""
    return f"{one.status.value.replace('_', ' ')}{how}, {moment(one.recorded_at, zone)}"


def _add(desk: Desk, values: Values) -> AddedLead:
    return desk.write(
        lambda session: add_lead(
            session,
            values["campaign"],
            values["phone"],
            desk.owner_id,
            name=values["name"] or "",
            email=values["email"] or "",
        )
    )


def _edit(desk: Desk, number: int, values: Values, seen: Values) -> LeadRow:
    """Only what was changed is written."""
    changed: Values = {key: value or "" for key, value in values.items() if (value or "") != (seen[key] or "")}
    return desk.write(lambda session: edit_lead(session, number, **changed, seen=seen))
