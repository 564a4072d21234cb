"""Bonuses: what events earned their members, created with the event and locked."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from capdesk.services.listings.model import Row
from capdesk.services.money import dollars
from capdesk.views.page import Command
from capdesk.views.pages.fact_pane import FactPane
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Workspace


class BonusesPage(ListPage):
    key = "bonuses"
    listing: ClassVar[str] = "bonuses"
    record_page: ClassVar[str | None] = None

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.table.empty_command = Command("Experiments", lambda: workspace.go("experiments"))

    def row_commands(self, row: Row) -> Sequence[Command]:
        event, call = self.table.value(row, "event"), self.table.value(row, "call")
        found = []
        if event is not None:
            found.append(Command("Show its event", lambda: self.workspace.go("events", event), "activity"))
        if call is not None:
            found.append(Command("Show its call", lambda: self.workspace.go("calls", call), "phone"))
        ledger = Command("Show in the ledger", lambda: self.workspace.go("costs", filter=f"bonus:{row.id}"), "receipt")
        return (*found, ledger)

    def details(self, row: Row) -> QWidget | None:
        told = {one.key: value for one, value in zip(self.table.listing.columns, row.values, strict=True)}
        words = (
            f'{told["member"]} earned {dollars(told["amount"])} by a rule of "{told["experiment"]}". '
            "It was created with its event and is locked."
        )
        if told["reversed"] is not None:
            back = f"the ledger took {dollars(told['amount'])} back"
            words = f"Its event was reversed: the bonus stays on record, and {back}."
        return FactPane(self.workspace, self.table.listing, row, self.row_commands(row), words)
