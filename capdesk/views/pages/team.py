"""The team: members with what an hour of theirs costs, and the one campaign each works for."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.dates import business_date
from capdesk.services.listings.model import Listing, Row
from capdesk.services.money import dollars
from capdesk.services.reports.wording import long_day
from capdesk.services.team import (
    MemberHistory,
    MemberRow,
    Since,
    add_member,
    assign_member,
    edit_member,
    list_members,
    member_history,
    set_rate,
)
from capdesk.views.forms.fields import ChoiceField, DateField, MoneyField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Command, Page
from capdesk.views.pages.choices import Choices, one_of, with_choices
from capdesk.views.records.detail import RecordDetail
from capdesk.views.records.list_page import ListPage
from capdesk.views.widgets import text
from capdesk.views.workspace import Workspace


class TeamPage(ListPage):
    key = "team"
    listing: ClassVar[str] = "team"
    record_page: ClassVar[str | None] = None

    def commands(self) -> Sequence[Command]:
        return (
            Command("Import a rate list", lambda: self.workspace.go("imports"), "file-input"),
            Command("New member…", lambda: with_choices(self, self._ask), "user-plus", "Ctrl+N", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        name = str(self.table.value(row, "name"))
        active = bool(self.table.value(row, "active"))
        return (
            Command("Edit…", lambda: self._edit(row), "pencil", "F2"),
            Command("New rate…", lambda: self._set_rate(row.id, name), "coins"),
            Command("Assign to a campaign…", lambda: assign(self, member=row.id), "megaphone"),
            Command("Deactivate" if active else "Activate", lambda: self._activate(row.id, not active), "users"),
        )

    def details(self, row: Row) -> QWidget | None:
        return MemberDetail(self.workspace, self.table.listing, row, self.row_commands(row))

    def _ask(self, choices: Choices) -> None:
        form = Form()
        form.add(TextField("name", "Name"), TextField("email", "Email", hint="Calls and time sheets name it."))
        form.add(
            MoneyField("rate", "Dollars per hour"), TextField("role", "Role", required=False, hint="It grants nothing.")
        )
        hint = "The first campaign and the first rate hold from the beginning."
        form.add(ChoiceField("campaign", "Works for", choices.campaigns, required=False, hint=hint))
        FormDialog(
            self.workspace, "New member", form, _add, self._told, save_words="Add member", parent=self
        ).open()  # fmt: skip

    def _told(self, member: MemberRow) -> None:
        self.workspace.say(f"Added {member.name}.", "good")

    def _edit(self, row: Row) -> None:
        """Asks with what is known now: the row on show may be older."""
        self.read(lambda desk: _member(desk, row.id), self._ask_for_changes, key="edit")

    def _ask_for_changes(self, member: MemberRow) -> None:
        form = Form(TextField("name", "Name"), TextField("email", "Email"), TextField("role", "Role", required=False))
        seen = {key: getattr(member, key) for key in form.fields}
        form.set_values(seen)

        def save(desk: Desk, values: Values) -> MemberRow:
            changed: Values = {key: value or "" for key, value in values.items() if (value or "") != seen[key]}
            return desk.write(lambda session: edit_member(session, member.id, **changed, seen=seen, today=_today(desk)))

        FormDialog(self.workspace, f"Edit {member.name}", form, save, parent=self).open()

    def _set_rate(self, member: int, name: str) -> None:
        form = Form()
        form.add(MoneyField("rate", "Dollars per hour"), DateField("from_date", "From"))
        form.set_values({"from_date": _today(self.workspace.desk)})

        def save(desk: Desk, values: Values) -> MemberRow:
            return desk.write(lambda session: set_rate(session, member, **values, today=_today(desk)))

        intro = (
            "It holds from that date on, which must be after every date with hours logged: the past keeps its rates."
        )
        FormDialog(self.workspace, f"New rate of {name}", form, save, intro=intro, parent=self).open()

    def _activate(self, member: int, active: bool) -> None:
        def save(desk: Desk) -> MemberRow:
            return desk.write(lambda session: edit_member(session, member, active=active, today=_today(desk)))

        self.workspace.write("Saving", save, owner=self)


class MemberDetail(RecordDetail):
    """A member with every rate and assignment there ever was."""

    def __init__(self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command]) -> None:
        super().__init__(workspace, listing, row, commands)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 8, 0, 0)
        whole = self.layout()
        if isinstance(whole, QVBoxLayout):
            whole.insertLayout(whole.count() - 1, self._column)
        workspace.read(
            self, "history", lambda desk: desk.read(lambda session: member_history(session, row.id)), self._show
        )

    def _show(self, history: MemberHistory) -> None:
        for title, lines in (("Rates", history.rates), ("Campaigns", history.assignments)):
            self._column.addWidget(text(title, "strong"))
            for one in reversed(lines):
                self._column.addWidget(text(_line(one)))


def assign(page: Page, *, member: int | None = None, campaign: int | None = None) -> None:
    """Asks which member works for which campaign from when, and records it."""

    def ask(choices: Choices) -> None:
        form = Form(one_of("member", "Member", choices.members), one_of("campaign", "Campaign", choices.campaigns))
        form.add(DateField("from_date", "From"))
        form.set_values({"member": member, "campaign": campaign, "from_date": choices.today})
        intro = "One campaign at a time. Hours already logged keep theirs, so it holds from a later date."
        FormDialog(
            page.workspace, "Assign to a campaign", form, _assign, lambda made: _assigned(page, made),
            save_words="Assign", intro=intro, parent=page,
        ).open()  # fmt: skip

    with_choices(page, ask, campaign=True, member=True)


def _assigned(page: Page, member: MemberRow) -> None:
    page.workspace.say(f"{member.name} is assigned.", "good")


def _assign(desk: Desk, values: Values) -> MemberRow:
    return desk.write(
        lambda session: assign_member(
            session, values["member"], values["campaign"], from_date=values["from_date"], today=_today(desk)
        )
    )


def _add(desk: Desk, values: Values) -> MemberRow:
    kept = values | {"role": values["role"] or "", "today": _today(desk)}
    return desk.write(lambda session: add_member(session, **kept))


def _member(desk: Desk, number: int) -> MemberRow:
    """Members are never deleted."""
    rows = desk.read(lambda session: list_members(session, _today(desk)))
    return next(one for one in rows if one.id == number)


def _line(one: Since) -> str:
    since = f"from {long_day(one.from_date)}" if one.from_date else "from the beginning"
    return f"{one.value if isinstance(one.value, str) else dollars(one.value) + ' an hour'}, {since}"


def _today(desk: Desk) -> date:
    return business_date(desk.clock.now(), desk.zone)
