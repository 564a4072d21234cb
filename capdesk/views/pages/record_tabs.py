"""The records that belong to one record, a list for each kind; each list is made when it is first looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Listing, Row
from capdesk.views.page import Command
from capdesk.views.records.table import RecordTable
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace


@dataclass(frozen=True)
class Tab:
    """A listing under a title. Its records open on `page`; `without` are columns that say the same in each row."""

    listing: str
    title: str
    page: str
    without: frozenset[str] = frozenset()


def narrowed(listing: Listing, without: frozenset[str]) -> Listing:
    """The listing without some of its columns: they are neither shown, filtered nor exported."""
    return replace(listing, columns=tuple(column for column in listing.columns if column.key not in without))


class RecordTabs(QTabWidget):
    """`scope` is what the lists are narrowed to, `campaign` for one. Each keeps its filter for each record."""

    def __init__(self, workspace: Workspace, scope: str, tabs: Sequence[Tab]) -> None:
        super().__init__()
        named(self, f"{scope}-records", f"Records of the {scope}")
        self.workspace, self._scope, self._listed = workspace, scope, tuple(tabs)
        self.tables: dict[str, RecordTable] = {}
        """By listing, those that were looked at."""
        self.empty_commands: Mapping[str, Command] = {}
        """By listing, what the button of an empty list does."""
        self._record: int | None = None
        self._filters: dict[tuple[int, str], str] = {}
        self.setDocumentMode(True)
        self._places = [QVBoxLayout() for _ in tabs]
        for tab, column in zip(tabs, self._places, strict=True):
            place = named(QWidget(), f"records-{tab.listing}")
            column.setContentsMargins(0, 10, 0, 0)
            place.setLayout(column)
            self.addTab(place, tab.title)
        self.currentChanged.connect(self._looked_at)

    def show_record(self, record: int) -> None:
        """The lists of this record; those on show are read."""
        if self._record is not None:
            for key, table in self.tables.items():
                self._filters[self._record, key] = table.filter()
        self._record = record
        self._looked_at(self.currentIndex())

    def take_keyboard(self) -> None:
        """For the rows on show, where their page has it."""
        self.tables[self._listed[self.currentIndex()].listing].view.take_keyboard()

    def reload(self) -> None:
        """Reads the list on show anew."""
        self._looked_at(self.currentIndex())

    def _looked_at(self, index: int) -> None:
        if self._record is None:
            return
        tab, scope = self._listed[index], (self._scope, self._record)
        table = self.tables.get(tab.listing) or self._make(tab, index)
        table.empty_command = self.empty_commands.get(tab.listing)
        if table.scope != scope:
            table.set_scope(scope)
            table.set_filter(self._filters.get((self._record, tab.listing), ""))
        else:
            table.reload()

    def _make(self, tab: Tab, index: int) -> RecordTable:
        scope = (self._scope, self._record or 0)
        listing = narrowed(LISTINGS[tab.listing], tab.without)
        table = RecordTable(self.workspace, listing, scope=scope, compact=True)
        table.opened.connect(self._opener(tab.page))
        table.row_commands = lambda row: self._commands(tab, row)
        self.tables[tab.listing] = table
        self._places[index].addWidget(table)
        table.show()  # at once, so that it can take the keyboard
        return table

    def _opener(self, page: str) -> Callable[[int], None]:
        return lambda number: self.workspace.go(page, number)

    def _commands(self, tab: Tab, row: Row) -> Sequence[Command]:
        return (Command("Open", lambda: self.workspace.go(tab.page, row.id), "arrow-right"),)
