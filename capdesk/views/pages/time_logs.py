"""Time logs: hours with the campaign and the rate of their date, also by hand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.listings.model import Row
from capdesk.services.money import dollars
from capdesk.services.time_logs import TimeLogRow, add_time_log, reverse_time_log
from capdesk.views.forms.fields import DateField, ParsedField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Command
from capdesk.views.pages.choices import Choices, one_of, with_choices
from capdesk.views.pages.fact_pane import FactPane
from capdesk.views.pages.reversing import ask_to_reverse
from capdesk.views.records.list_page import ListPage

_MOST_HOURS = 24


class TimePage(ListPage):
    key = "time"
    listing: ClassVar[str] = "time"
    record_page: ClassVar[str | None] = None

    def commands(self) -> Sequence[Command]:
        return (
            Command("Import a time sheet", lambda: self.workspace.go("imports"), "file-input"),
            Command("Log hours…", lambda: with_choices(self, self._ask, member=True), "plus", "Ctrl+N", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        wrong = self.table.value(row, "reversed") is None
        return (
            Command("Reverse these hours…", lambda: self._reverse(row.id), "undo-2", "Del", enabled=wrong),
            Command("Show in the ledger", lambda: self.workspace.go("costs", filter=f"time:{row.id}"), "receipt"),
        )

    def details(self, row: Row) -> QWidget | None:
        told = {one.key: value for one, value in zip(self.table.listing.columns, row.values, strict=True)}
        of = f'"{told["experiment"]}"' if told["experiment"] else f'the overhead of "{told["campaign"]}"'
        hours = f"{told['hours'].normalize():f} h at {dollars(told['rate'])} an hour"
        words = f"{hours} cost {dollars(told['cost'])}, for {of}."
        if told["reversed"] is not None:
            words += " It was reversed: the cost is taken back on its own date."
        return FactPane(self.workspace, self.table.listing, row, self.row_commands(row), words)

    def _ask(self, choices: Choices) -> None:
        form = Form(one_of("member", "Member", choices.members))
        form.add(DateField("day", "Date"), ParsedField("hours", "Hours", _hours, hint="More than 0, at most 24."))
        form.set_values({"day": choices.today})
        FormDialog(
            self.workspace, "Log hours", form, _add, self._told, save_words="Log hours", parent=self,
            intro="They cost the member's rate on that date, and belong to the campaign the member worked for then.",
        ).open()  # fmt: skip

    def _told(self, log: TimeLogRow) -> None:
        of = f'"{log.experiment}"' if log.experiment else f'overhead of "{log.campaign}"'
        hours = f"{log.hours.normalize():f}"
        self.workspace.say(f"Logged {hours} hours of {log.member}: {dollars(log.cost_usd)}, {of}.", "good")

    def _reverse(self, number: int) -> None:
        def reverse(desk: Desk, reason: str) -> TimeLogRow:
            return desk.write(lambda session: reverse_time_log(session, number, reason, desk.owner_id))

        def told(log: TimeLogRow) -> str:
            return f"Reversed time log {number}: {dollars(log.cost_usd)} taken back on {log.date}."

        ask_to_reverse(self, f"time log {number}", "Its cost is taken back on its own date.", reverse, told)


def _hours(words: str) -> Decimal:
    try:
        hours = Decimal(words)
    except ArithmeticError:
        hours = Decimal("NaN")
    if not (hours.is_finite() and 0 < hours <= _MOST_HOURS):
        raise UsageRefused(f'"{words}" are no hours of a day; write more than 0 and at most 24, like 7.5.')
    return hours


def _add(desk: Desk, values: Values) -> TimeLogRow:
    return desk.write(
        lambda session: add_time_log(session, values["member"], values["day"], values["hours"], desk.owner_id)
    )
