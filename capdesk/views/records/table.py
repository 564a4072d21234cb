"""The list every page uses: a filter above, rows in the middle, how many there are below."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from capdesk.errors import CapdeskError, UsageRefused
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Listing, Row
from capdesk.views.page import Command
from capdesk.views.records.arrangement import Arrangement
from capdesk.views.records.bar import FilterBar
from capdesk.views.records.display import NEWEST_FIRST
from capdesk.views.records.kept import Kept
from capdesk.views.records.menus import ColumnMenu, row_menu
from capdesk.views.records.model import RecordModel
from capdesk.views.records.states import StatePanel
from capdesk.views.records.taking import MOST, Exporter, copy_cell, copy_rows
from capdesk.views.records.terms import filtered_columns, with_term, without
from capdesk.views.records.view import RecordView
from capdesk.views.records.words import count_words
from capdesk.views.widgets import named, styled
from capdesk.views.workspace import Workspace, sentence

CELL = "Ctrl+Shift+C"
QUIET_MS = 200
"""How long reading may take before it is said."""


class RecordTable(QWidget):
    """Shows a listing. `row_commands` are offered in the menu of a row and run by their shortcuts.

    Nothing is read until `reload`, `set_filter` or `set_scope` is called.
    """

    opened = Signal(object)
    """The id of a record: Enter or a double click."""
    chosen = Signal(object)
    """The current Row, or None."""
    filtered = Signal(str)
    """Another filter was typed and applied."""

    def __init__(
        self,
        workspace: Workspace,
        listing: str | Listing,
        *,
        scope: tuple[str, int] | None = None,
        compact: bool = False,
    ) -> None:
        super().__init__()
        self.workspace = workspace
        self.listing = LISTINGS[listing] if isinstance(listing, str) else listing
        named(self, f"list-{self.listing.key}", self.listing.title)
        self.row_commands: Callable[[Row], Sequence[Command]] = lambda _row: ()
        self.empty_command: Command | None = None
        """What the button of an empty list does."""
        self.model = RecordModel(workspace, self.listing, self)
        self.view = RecordView(workspace.theme, self.model, compact)
        self.view.commands = self._commands
        self.bar = FilterBar(workspace.theme, self.listing, compact)
        self.state = StatePanel(self.view)
        self.count = named(styled(QLabel(), "small"), "row-count", "Rows")
        self.notice = named(styled(QLabel(), "small"), "list-notice", "Notice")
        self.exporter = Exporter(workspace, self.listing, self)
        habit = self.listing.key + (f":{scope[0]}" if scope else "")
        self.arrangement = Arrangement(workspace, self.listing, self.view, habit)
        self._kept = Kept(self.view, self.model)
        self._scope = scope
        self._filter = ""
        self._to_select: int | None = None
        self._told: Row | None = None
        self._quiet = QTimer(self, interval=QUIET_MS, singleShot=True)
        self._quiet.timeout.connect(self._say_loading)
        self._lay_out(compact)
        self._connect()
        self._add_shortcuts()

    # What it shows

    def filter(self) -> str:
        """The filter that was applied last."""
        return self._filter

    def set_filter(self, typed: str) -> None:
        """Filters by what is typed; one that cannot be understood is said below the line, and the rows stay."""
        self.bar.set_text(typed)
        self._apply(typed, on_purpose=True)

    @property
    def scope(self) -> tuple[str, int] | None:
        """What the list is narrowed to."""
        return self._scope

    def set_scope(self, scope: tuple[str, int] | None) -> None:
        """Narrows the list to what belongs to one record."""
        self._scope = scope
        self.reload()

    def reload(self) -> None:
        """Reads what is on show anew; selection and scroll position stay."""
        wanted = self._wanted(self._filter)
        if wanted == self.model.asked and (self.model.ready or self.model.loading):
            self._quiet.start()
            self.model.reload([first for first, _ in self.view.selected_rows()])
        else:
            self._ask(wanted)

    def current(self) -> Row | None:
        """The chosen row."""
        index = self.view.currentIndex()
        selected = index.isValid() and self.view.selectionModel().isSelected(index)
        return self.model.held(index.row()) if selected else None

    def value(self, row: Row, key: str) -> Any:
        """A value of the row by the key of its column."""
        return row.values[next(i for i, column in enumerate(self.listing.columns) if column.key == key)]

    def select(self, record: int) -> None:
        """Chooses the record where its row is here, or once it is."""
        number = self.model.numbers().get(record)
        self._to_select = record if number is None else None
        if number is not None:
            self.view.go_to_row(number)

    def sort(self, key: str, descending: bool) -> None:
        self.arrangement.sort_by(key, descending)
        self._ask(self._wanted(self._filter))

    # How it is built

    def _lay_out(self, compact: bool) -> None:
        column, foot = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8 if compact else 10)
        for label in (self.count, self.notice):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setWordWrap(True)
        foot.setContentsMargins(2, 0, 2, 0)
        foot.setSpacing(16)
        foot.addWidget(self.count)
        foot.addWidget(self.notice, 1)
        self.notice.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(self.bar)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        self.setFocusProxy(self.view)
        self.bar.columns.setMenu(self.arrangement.chooser(self.bar))

    def _connect(self) -> None:
        model, view = self.model, self.view
        self.bar.typed.connect(self._typed)
        self.bar.left.connect(lambda: view.setFocus(Qt.FocusReason.TabFocusReason))
        self.bar.export_wanted.connect(self.export)
        self.bar.retry_wanted.connect(self._retry)
        model.arrived.connect(self._arrived)
        model.counted.connect(self._draw_count)
        model.filled.connect(self._tell_chosen)
        model.filled.connect(self._select_wanted)
        model.refused.connect(self._refused)
        model.failed.connect(self._failed)
        view.entered_row.connect(self._entered)
        view.asked_for_menu.connect(self._open_row_menu)
        view.asked_for_all.connect(self._select_all)
        view.typed.connect(self.bar.go_on)
        view.asked_for_column.connect(self.open_column_menu)
        view.moved_on.connect(self._moved_on)
        view.customContextMenuRequested.connect(self._row_menu_at)
        view.head.sectionClicked.connect(self._head_clicked)
        view.head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.head.customContextMenuRequested.connect(self._head_menu_at)
        self.workspace.theme.changed.connect(self._look_changed)

    def _add_shortcuts(self) -> None:
        keys: list[tuple[QKeySequence, QWidget, Callable[[], object]]] = [
            (QKeySequence(QKeySequence.StandardKey.Find), self, self.bar.focus),
            (QKeySequence(QKeySequence.StandardKey.Copy), self.view, self.copy),
            (QKeySequence(CELL), self.view, self.copy_cell),
        ]
        for key, widget, run in keys:
            made = QShortcut(key, widget)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(run)

    # Asking

    def _wanted(self, typed: str) -> Ask:
        key, descending = self.arrangement.sort
        return Ask(typed, key, descending, self._scope)

    def _ask(self, ask: Ask) -> None:
        self._quiet.start()
        self.model.ask(ask)

    def _typed(self, typed: str, on_purpose: bool) -> None:
        if typed.strip() != self._filter or self.bar.wrong:
            before = self._filter
            self._apply(typed.strip(), on_purpose)
            if self._filter != before:
                self.filtered.emit(self._filter)

    def _apply(self, typed: str, on_purpose: bool) -> None:
        wanted = self._wanted(typed)
        try:
            read.check(self.listing, wanted)
        except UsageRefused as error:
            if on_purpose:
                self.bar.complain(sentence(error))
            else:
                self.bar.wait_for_more()
            if not self.model.ready and not self.model.loading:
                self._ask(self._wanted(self._filter))
            return
        self.bar.complain("")
        self._filter = typed
        self.view.head.filtered = filtered_columns(typed, [column.key for column in self.listing.columns])
        self.view.head.viewport().update()
        if not (self.model.ready and not self.model.loading and wanted == self.model.on_show):
            self._ask(wanted)

    def _retry(self) -> None:
        self.bar.complain("")
        self._ask(self._wanted(self._filter))

    # What arrives

    def _arrived(self) -> None:
        self._quiet.stop()
        if self.bar.text == self._filter:
            self.bar.complain("")
        self._say("")
        self.arrangement.fit()
        self._draw_state()
        self._draw_count()
        self._select_wanted()
        self._tell_chosen()

    def _select_wanted(self) -> None:
        if self._to_select is not None:
            self.select(self._to_select)

    def _refused(self, words: str) -> None:
        self._quiet.stop()
        self.bar.complain(words[:1].upper() + words[1:])

    def _failed(self, error: Exception) -> None:
        self._quiet.stop()
        known = isinstance(error, CapdeskError)
        words = sentence(error) if known else "The list could not be read."
        if not known:
            self.workspace.complain(error)
        if self.model.ready:
            self.bar.complain(words, retry=True)
        else:
            self.state.say("This could not be read", words, "Retry", self._retry)

    def _say_loading(self) -> None:
        if not self.model.ready:
            self.state.say("", "Loading…")
        else:
            self._say("Reading…")

    def _draw_state(self) -> None:
        narrowed = self.model.on_show.filter
        empty = not self.model.rowCount() and not narrowed
        never, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.view.setHorizontalScrollBarPolicy(never if empty else needed)
        self.view.head.setHidden(empty)
        if self.model.rowCount():
            self.state.hide()
        elif narrowed:
            self.state.say("Nothing matches", "No row matches the filter.", "Clear filter", self.clear_filter)
        else:
            self._say_empty()

    def _say_empty(self) -> None:
        command, noun = self.empty_command, self.listing.title.lower()
        action, run = (command.title, command.run) if command is not None else ("", None)
        self.state.say(f"No {noun} yet", self.listing.empty, action, run, primary=True)

    def _draw_count(self) -> None:
        if self.model.is_counted:
            self._draw_state()
        self.count.setText(count_words(self.model, self.view.selected_count()))

    # Selection

    def _moved_on(self) -> None:
        if not self._kept.resetting:
            self._to_select = None
            self._say("")
            self.count.setText(count_words(self.model, self.view.selected_count()))
            self._tell_chosen()

    def _tell_chosen(self) -> None:
        row = self.current()
        if row != self._told:
            self._told = row
            self.chosen.emit(row)

    def _select_all(self) -> None:
        count = self.model.rowCount()
        if count <= MOST and self.model.is_counted:
            self.view.select_every_row()
        else:
            self._say(f"Up to {MOST:,} rows can be selected; Export writes all of them.")

    def _entered(self, number: int) -> None:
        row = self.model.held(number)
        if row is not None:
            self.opened.emit(row.id)

    def _commands(self) -> Sequence[Command]:
        row = self.current()
        return () if row is None else self.row_commands(row)

    # What can be done

    def clear_filter(self) -> None:
        self.bar.set_text("")
        self._typed("", True)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def copy(self) -> None:
        """The selected rows as lines of a spreadsheet, with the titles of the columns on show."""
        copy_rows(self.view, self.model, self._say)

    def copy_cell(self) -> None:
        """The value of the current cell."""
        copy_cell(self.view, self.model, self._say)

    def export(self) -> None:
        """Asks for a file and writes every row of the filter, with the columns on show."""
        columns = [self.listing.columns[number] for number in self.view.shown_columns()]
        self.exporter.open(self._wanted(self._filter), columns)

    def _say(self, words: str) -> None:
        self.notice.setText(words)

    # Menus

    def _open_row_menu(self) -> None:
        self._row_menu(self.view.visualRect(self.view.currentIndex()).center())

    def _row_menu_at(self, place: QPoint) -> None:
        if self.view.indexAt(place).isValid():
            self._row_menu(place)

    def _row_menu(self, place: QPoint) -> None:
        own = (Command("Copy rows", self.copy, shortcut="Ctrl+C"), Command("Copy cell", self.copy_cell, shortcut=CELL))
        menu = row_menu(self, self.workspace.theme, self._commands(), own)
        menu.popup(self.view.viewport().mapToGlobal(place))

    def _head_menu_at(self, place: QPoint) -> None:
        number = self.view.head.logicalIndexAt(place)
        if number >= 0:
            self.open_column_menu(number)

    def open_column_menu(self, number: int) -> ColumnMenu:
        """The menu of a column, below its title."""
        column, head, columns = self.listing.columns[number], self.view.head, self.arrangement
        menu = ColumnMenu(self, column, self._filter)
        menu.filter_wanted.connect(lambda word: self._filter_column(column.key, word))
        menu.sort_wanted.connect(lambda descending: self.sort(column.key, descending))
        menu.hide_wanted.connect(lambda: columns.set_shown(column.key, False))
        menu.move_wanted.connect(lambda steps: columns.move(column.key, steps))
        menu.width_wanted.connect(lambda steps: columns.widen(column.key, steps))
        menu.popup(head.viewport().mapToGlobal(QPoint(head.sectionViewportPosition(number), head.height())))
        return menu

    def _filter_column(self, key: str, word: str) -> None:
        typed = with_term(self._filter, word, key) if word else without(self._filter, key)
        self.bar.set_text(typed)
        self._typed(typed, True)

    def _head_clicked(self, number: int) -> None:
        column = self.listing.columns[number]
        key, descending = self.arrangement.sort
        self.sort(column.key, not descending if key == column.key else column.kind in NEWEST_FIRST)

    def _look_changed(self) -> None:
        self.view.follow_text_size()
        self.bar.draw_icons()
        self.arrangement.scale_changed()
        self.view.viewport().update()
        self.view.head.viewport().update()
