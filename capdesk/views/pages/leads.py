"""Leads: one per campaign and number. A terminal status is final."""

from collections.abc import Sequence
from typing import ClassVar

from capdesk.bootstrap import Desk
from capdesk.models.base import LeadStatusName
from capdesk.services.leads import AddedLead, LeadRow, add_lead, edit_lead, set_lead_status
from capdesk.services.listings.model import Row
from capdesk.views.forms.fields import ChoiceField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Command
from capdesk.views.pages.choices import Choices, with_choices
from capdesk.views.records.list_page import ListPage

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
            Command("Import leads…", lambda: self.workspace.go("imports"), "file-input"),
            Command("New lead", lambda: with_choices(self, self._ask), "plus", "Ctrl+N", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        final = self.table.value(row, "status") != LeadStatusName.ACTIVE
        return (
            Command("Edit contact…", lambda: self._edit(row), "pencil", "F2"),
            Command("Set status…", lambda: self._set_status(row), "flag", enabled=not final),
        )

    def _ask(self, choices: Choices) -> None:
        form = Form(ChoiceField("campaign", "Campaign", choices.campaigns), TextField("phone", "Phone number"))
        form.add(TextField("name", "Name", required=False), TextField("email", "E-mail", required=False))
        FormDialog(
            self.workspace, "New lead", form, _add, self._told, save_words="Add lead", parent=self
        ).open()  # fmt: skip

    def _told(self, answer: AddedLead) -> None:
        lead = answer.lead
        words = "Added" if answer.landed else "It was there already:"
        self.workspace.say(f'{words} lead {lead.id} of "{lead.campaign}".', "good" if answer.landed else "info")

    def _edit(self, row: Row) -> None:
        form = Form(TextField("name", "Name", required=False), TextField("email", "E-mail", required=False))
        form.set_values({"name": self.table.value(row, "name"), "email": self.table.value(row, "email")})
        FormDialog(
            self.workspace, f"Edit contact of lead {row.id}", form,
            lambda desk, values: _edit(desk, row.id, values), parent=self,
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


def _edit(desk: Desk, number: int, values: Values) -> LeadRow:
    name, email = values["name"] or "", values["email"] or ""
    return desk.write(lambda session: edit_lead(session, number, name=name, email=email))
