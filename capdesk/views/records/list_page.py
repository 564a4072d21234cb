"""A page that is a list: its rows, and beside them the chosen record."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from capdesk.services.listings import read
from capdesk.services.listings.model import Row
from capdesk.views.page import Command, Page
from capdesk.views.places import Place
from capdesk.views.records.detail import RecordDetail
from capdesk.views.records.pane import Beside
from capdesk.views.records.table import RecordTable
from capdesk.views.records.words import noun
from capdesk.views.workspace import Workspace


class ListPage(Page):
    """Subclasses set `key` and `listing`. With `record_page`, Enter goes to the record's own page."""

    listing: ClassVar[str]
    record_page: ClassVar[str | None] = None

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.table = RecordTable(workspace, self.listing)
        self.table.row_commands = self.row_commands
        self.table.opened.connect(self.open_record)
        self.table.chosen.connect(self._chosen)
        self.table.filtered.connect(self._filtered)
        self.table.model.arrived.connect(self._rows_arrived)
        self._typed = ""
        """What was typed here last, without a filter in the place."""
        self._row: Row | None = None
        self.beside = Beside(workspace, self.key, self.table, self._show_row)
        self.body.addWidget(self.beside, 1)
        toggle = QShortcut(QKeySequence("Ctrl+D"), self)
        toggle.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        toggle.activated.connect(self.beside.toggle)
        primary = next((one for one in self.commands() if one.primary), None)
        self.table.empty_command = primary
        self.show_commands()
        self._show_row()

    def row_commands(self, row: Row) -> Sequence[Command]:  # noqa: ARG002 - for pages to use
        """What can be done with a row: in its menu, by shortcut, and as buttons in the pane."""
        return ()

    def details(self, row: Row) -> QWidget | None:  # noqa: ARG002 - for pages to use
        """What the pane shows of a row; None for every column and its value."""
        return None

    def value(self, row: Row, key: str) -> object:
        return self.table.value(row, key)

    def open(self, place: Place) -> None:
        self.place = place
        self.table.view.take_keyboard()
        typed = place.filter or self._typed
        if typed != self.table.filter():
            self.table.set_filter(typed)
        else:
            self.table.reload()
        if place.record is not None:
            self._open_place_record(place.record)

    def reload(self) -> None:
        self.table.reload()

    def open_record(self, record: int) -> None:
        """Enter: the record's page, or the pane beside."""
        if self.record_page is not None:
            self.workspace.go(self.record_page, record)
        else:
            self.beside.set_open(True)

    def _open_place_record(self, record: int) -> None:
        self.beside.set_open(True)
        self.table.select(record)
        listing = self.table.listing
        self.read(lambda desk: desk.read(lambda session: read.one(session, listing, record)), self._found, key="record")

    def _found(self, row: Row | None) -> None:
        if row is None:
            word = noun(self.table.listing.title.lower(), 1)
            self.workspace.say(f"There is no such {word}.", "warn")
        elif self.table.current() is None:
            self._chosen(row)

    def _filtered(self, typed: str) -> None:
        if not self.place.filter:
            self._typed = typed

    def _rows_arrived(self) -> None:
        model = self.table.model
        self.beside.set_needed(bool(model.rowCount() or model.on_show.filter or self._row))
        if self._row is None and self.beside.is_open:
            self._show_row()

    def _chosen(self, row: Row | None) -> None:
        self._row = row
        if self.beside.is_open:
            self._show_row()

    def _show_row(self) -> None:
        pane, row = self.beside.pane, self._row
        if row is None:
            pane.say("Choose a row to see everything about it." if self.table.model.rowCount() else "")
        else:
            made = self.details(row)
            pane.show_widget(made or RecordDetail(self.workspace, self.table.listing, row, self.row_commands(row)))
