"""Costs: summed by what one asks for, the ledger they are sums of, and the providers' charges behind it."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from capdesk.services.cost_sums import UNASSIGNED, SumRow
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.cost_sums import SumsTab
from capdesk.views.places import Place
from capdesk.views.records.table import RecordTable
from capdesk.views.records.terms import quoted
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace


class CostsPage(Page):
    key = "costs"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.sums = SumsTab(workspace)
        self.sums.wanted_rows.connect(self._show_rows)
        self.ledger = RecordTable(workspace, "costs")
        self.ledger.empty_command = Command("Log hours", lambda: workspace.go("time"))
        self.charges = RecordTable(workspace, "charges")
        self.charges.empty_command = Command("Connections", lambda: workspace.go("settings", filter="connections"))
        self.tabs = named(QTabWidget(), "costs-tabs", "Costs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(scrolled(self.sums), "Sums")
        self.tabs.addTab(_below(self.ledger), "Ledger")
        self.tabs.addTab(_below(self.charges), "Provider charges")
        self.tabs.currentChanged.connect(lambda _index: self.reload())
        self.body.addWidget(self.tabs, 1)
        self.show_commands()

    def open(self, place: Place) -> None:
        self.place = place
        wanted = f"id:{place.record}" if place.record is not None else place.filter
        if wanted:
            self.show_ledger(wanted)
        else:
            self.reload()
        (self.sums.table, self.ledger.view, self.charges.view)[self.tabs.currentIndex()].take_keyboard()

    def reload(self) -> None:
        """Reads the tab on show anew."""
        (self.sums, self.ledger, self.charges)[self.tabs.currentIndex()].reload()

    def commands(self) -> Sequence[Command]:
        return (
            Command("Pull costs", lambda: self.workspace.go("syncs"), "refresh-cw"),
            Command("Mapping", lambda: self.workspace.go("settings", filter="mapping"), "map"),
        )

    def show_ledger(self, typed: str) -> None:
        """The ledger under a filter."""
        self.ledger.set_filter(typed)
        self.tabs.setCurrentIndex(1)

    def _show_rows(self, row: SumRow) -> None:
        if row.what == UNASSIGNED:
            self.charges.set_filter("unassigned:yes")
            self.tabs.setCurrentIndex(2)
            return
        key = self.sums.by.value()
        word = row.what.isoformat() if isinstance(row.what, date) else quoted(row.what)
        of = f"campaign={quoted(row.campaign)}" if row.campaign else ""
        term = {"day": f"date:{word}", "source": f"source:{word}"}.get(key, f"{key}={word}")
        self.show_ledger(f"{of} {term}".strip())


def _below(widget: QWidget) -> QWidget:
    """The widget with room between it and the tabs above."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 14, 0, 0)
    column.addWidget(widget)
    return whole
