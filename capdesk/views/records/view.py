"""The table itself: rows of one height, so that a million of them cost no more than twenty."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from capdesk.views.look.theme import Theme
from capdesk.views.page import Command
from capdesk.views.records.delegates import RecordDelegate
from capdesk.views.records.header import RecordHeader
from capdesk.views.records.model import RecordModel
from capdesk.views.widgets import named

_Index = QModelIndex | QPersistentModelIndex


class RecordView(QTableView):
    """Shows a RecordModel. It selects whole rows, and has a current cell for what is done to one value."""

    entered_row = Signal(int)
    """Enter or a double click on a row."""
    asked_for_menu = Signal()
    """The menu of the current row is wanted."""
    asked_for_column = Signal(int)
    """The menu of a column is wanted."""
    asked_for_all = Signal()
    """All rows shall be selected."""
    resized = Signal()
    moved_on = Signal()
    """The current row has changed, or the selection."""

    def __init__(self, theme: Theme, model: RecordModel, compact: bool) -> None:
        super().__init__()
        self._theme, self._compact = theme, compact
        named(self, f"records-{model.listing.key}", model.listing.title)
        self.commands: Callable[[], Sequence[Command]] = tuple
        self.head = RecordHeader(theme, model.listing, self)
        self.setHorizontalHeader(self.head)
        self.painted = RecordDelegate(theme, self)
        self.setItemDelegate(self.painted)
        self.setModel(model)
        model.visible = self.visible_rows
        self._be_calm()
        self.follow_text_size()
        self.verticalScrollBar().valueChanged.connect(model.look)
        self.selectionModel().selectionChanged.connect(self.moved_on)
        self.doubleClicked.connect(lambda index: self.entered_row.emit(index.row()))

    def _be_calm(self) -> None:
        self.setProperty("records", True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def follow_text_size(self) -> None:
        """Rows as high as the text needs, all alike."""
        height = self.fontMetrics().height() + (10 if self._compact else 13)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.head.setFixedHeight(height + 4)
        self.verticalScrollBar().setSingleStep(height)
        self.horizontalScrollBar().setSingleStep(24)

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
        """Typing finds nothing by itself: it would read every row there is."""

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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(int(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: object) -> None:
        self._hover(-1)
        super().leaveEvent(event)  # type: ignore[arg-type]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self._redraw_row(previous.row())
        self._redraw_row(current.row())

    def _hover(self, row: int) -> None:
        before, self.painted.hovered = self.painted.hovered, row
        if row != before:
            self._redraw_row(before)
            self._redraw_row(row)

    def _redraw_row(self, row: int) -> None:
        if row >= 0:
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            self.viewport().update(QRect(0, top, self.viewport().width(), height))
