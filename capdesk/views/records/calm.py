"""What every table of records is: rows of one height, chosen whole, no grid, a soft ground below the pointer."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from capdesk.services.listings.model import Listing
from capdesk.views.look.theme import Theme
from capdesk.views.page import Page
from capdesk.views.records.delegates import RecordDelegate
from capdesk.views.records.header import RecordHeader
from capdesk.views.widgets import BY_KEYBOARD, named, set_property

_Index = QModelIndex | QPersistentModelIndex


class CalmView(QTableView):
    """A table of records; its model has a `cell` for each of them."""

    def __init__(self, theme: Theme, listing: Listing, *, compact: bool = False) -> None:
        super().__init__()
        self._theme, self._compact = theme, compact
        named(self, f"records-{listing.key}", listing.title)
        self.head = RecordHeader(theme, listing, self)
        self.setHorizontalHeader(self.head)
        self.painted = RecordDelegate(theme, self)
        self.setItemDelegate(self.painted)
        self._be_calm()

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
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.head.setStretchLastSection(True)

    def follow_text_size(self) -> None:
        """Rows as high as the text needs, all alike."""
        height = self.fontMetrics().height() + (10 if self._compact else 13)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.head.setFixedHeight(height + 4)
        self.verticalScrollBar().setSingleStep(height)
        self.horizontalScrollBar().setSingleStep(24)

    def room(self) -> int:
        """Pixels for columns, beside the scroll bar that many rows will bring."""
        bar, head = self.verticalScrollBar(), self.verticalHeader()
        high = self.model().rowCount() * head.defaultSectionSize() > self.viewport().height()
        return self.viewport().width() - (bar.sizeHint().width() if high and not bar.isVisible() else 0)

    def take_keyboard(self) -> None:
        """The rows have the keyboard where their page has it: what one comes to first on a page is not its filter."""
        focus, page = QApplication.focusWidget(), self.parentWidget()
        while page is not None and not isinstance(page, Page):
            page = page.parentWidget()
        if self.isVisible() and page is not None and focus is not None and (focus is page or page.isAncestorOf(focus)):
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Only who came here by keyboard is shown a frame: on a page one opens it would be loud."""
        set_property(self, "by-keyboard", event.reason() in BY_KEYBOARD)
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted.begin()
        super().paintEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(int(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

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


AIR = 110
"""Pixels at 100 percent each column gets beyond what it needs, where there is room; the last one gets the rest."""
NARROWEST = 110
"""Pixels at 100 percent a long text keeps where that makes all columns fit."""
READABLE = 180
"""And where they do not fit all the same."""


def shared_out(wanted: dict[str, int], texts: frozenset[str], room: int, scale: int) -> dict[str, int]:
    """Widths of columns: room that is left is shared out, what is missing is taken from texts, the widest first."""
    spare = room - sum(wanted.values())
    if spare >= 0:
        air = min(spare // max(len(wanted), 1), round(AIR * scale / 100))
        return {key: width + air for key, width in wanted.items()}
    cut, narrowest = {key: width for key, width in wanted.items() if key in texts}, round(NARROWEST * scale / 100)
    left = sum(cut.values()) + spare
    if sum(min(width, narrowest) for width in cut.values()) > left:
        return wanted | {key: min(width, round(READABLE * scale / 100)) for key, width in cut.items()}
    return wanted | _cut(cut, left, narrowest)


def _cut(widths: dict[str, int], room: int, narrowest: int) -> dict[str, int]:
    """The widest ones cut to one width so that all have room."""
    if not widths:
        return {}
    low, high = narrowest, max(widths.values())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(min(width, middle) for width in widths.values()) <= room else (low, middle)
    return {key: min(width, low) for key, width in widths.items()}
