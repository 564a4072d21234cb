"""The table itself: rows of one height, so that a million of them cost no more than twenty."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent

from capdesk.views.look.theme import Theme
from capdesk.views.page import Command
from capdesk.views.records.calm import CalmView
from capdesk.views.records.model import RecordModel


class RecordView(CalmView):
    """Shows a RecordModel. It selects whole rows, and has a current cell for what is done to one value."""

    entered_row = Signal(int)
    """Enter or a double click on a row."""
    asked_for_menu = Signal()
    """The menu of the current row is wanted."""
    asked_for_column = Signal(int)
    """The menu of a column is wanted."""
    asked_for_all = Signal()
    """All rows shall be selected."""
    typed = Signal(str)
    """Letters typed while the rows have the keyboard."""
    resized = Signal()
    moved_on = Signal()
    """The current row has changed, or the selection."""

    def __init__(self, theme: Theme, model: RecordModel, compact: bool) -> None:
        super().__init__(theme, model.listing, compact=compact)
        self.commands: Callable[[], Sequence[Command]] = tuple
        self.setModel(model)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        model.visible = self.visible_rows
        self.follow_text_size()
        self.verticalScrollBar().valueChanged.connect(model.look)
        self.selectionModel().selectionChanged.connect(self.moved_on)
        self.doubleClicked.connect(lambda index: self.entered_row.emit(index.row()))

    def visible_rows(self) -> tuple[int, int]:
        first = self.rowAt(0)
        last = self.rowAt(max(self.viewport().height() - 1, 0))
        rows = self.model().rowCount()
        return max(first, 0), last if last >= 0 else rows - 1

    def selected_rows(self) -> list[tuple[int, int]]:
        """First and last row of each stretch of the selection, in order."""
        return sorted((one.top(), one.bottom()) for one in self.selectionModel().selection().toList())

    def selected_count(self) -> int:
        return sum(last - first + 1 for first, last in self.selected_rows())

    def go_to_row(self, row: int) -> None:
        """Makes the row the current and only selected one, in the column that was current."""
        self.setCurrentIndex(self.model().index(row, self.current_column()))

    def current_column(self) -> int:
        """The column of the current cell, or else the first on show."""
        shown = self.shown_columns()
        column = self.currentIndex().column()
        return column if column in shown else next(iter(shown), 0)

    def shown_columns(self) -> list[int]:
        """Numbers of the columns on show, from left to right."""
        order = (self.head.logicalIndex(place) for place in range(self.head.count()))
        return [column for column in order if not self.isColumnHidden(column)]

    def selectAll(self) -> None:
        self.asked_for_all.emit()

    def select_every_row(self) -> None:
        super().selectAll()

    def keyboardSearch(self, search: str) -> None:
        """Typing filters; to look for a row by itself would read every row there is."""
        if search.strip():
            self.typed.emit(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = (
            event.key(),
            event.modifiers()
            in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            ),
        )
        rows = self.model().rowCount()
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_row.emit(self.currentIndex().row())
        elif plain and key in (Qt.Key.Key_Home, Qt.Key.Key_End) and rows:
            self.go_to_row(0 if key == Qt.Key.Key_Home else rows - 1)
        elif key == Qt.Key.Key_Menu or (
            key == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        ):
            self.asked_for_menu.emit()
        elif key == Qt.Key.Key_Down and event.modifiers() == Qt.KeyboardModifier.AltModifier:
            self.asked_for_column.emit(self.current_column())
        elif not self._ran_command(event):
            super().keyPressEvent(event)

    def _ran_command(self, event: QKeyEvent) -> bool:
        """Whether the key was the shortcut of a command of the current row."""
        pressed = QKeySequence(event.keyCombination())
        for command in self.commands():
            if command.shortcut and command.enabled and QKeySequence(command.shortcut) == pressed:
                command.run()
                return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
