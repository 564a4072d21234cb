"""The model of a list: however long it is, only the pages near what is looked at are read and kept.

What is on show stays until the first page of what was asked for next is there; then it changes at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QElapsedTimer,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.listings import read
from capdesk.services.listings.model import Ask, Column, Listing, Row
from capdesk.views.records.content import PAGE, Anew, Content, pages_of, read_anew
from capdesk.views.records.delegates import Cell
from capdesk.views.records.display import NUMERIC, shown
from capdesk.views.records.in_words import InWords
from capdesk.views.workspace import Workspace

SETTLE_MS = 30
"""How long a place is looked at before its rows are asked for."""
MOST_ANEW = 4
"""Pages read at once when a list is read anew."""
MOVING_MS = 120
"""How long one may go on moving before rows on the way are asked for all the same."""
WAITING = "…"

_Index = QModelIndex | QPersistentModelIndex
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.UserRole, Qt.ItemDataRole.AccessibleTextRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class RecordModel(QAbstractTableModel):
    """Rows of a listing as they are asked for. `ask` and `reload` read; receivers run in the window's thread."""

    arrived = Signal()
    """Other rows are on show: those of the newest asking."""
    counted = Signal()
    """How many rows there are has become known, or has changed."""
    filled = Signal()
    """Rows that were waited for are there."""
    refused = Signal(str)
    """The filter cannot be understood, in one sentence; the rows stay."""
    failed = Signal(object)
    """Exception: reading failed; the rows stay."""

    def __init__(self, workspace: Workspace, listing: Listing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace, self.listing = workspace, listing
        self.zone = workspace.desk.zone
        self.visible: Callable[[], tuple[int, int]] | None = None
        """The first and last row on show, told by the view."""
        self._in_words = InWords(listing, self.zone)
        self._content = Content(Ask())
        self._pending: Content | None = None
        self._asked_once = False
        self._again = False
        """Whether something changed while it was being read anew; readings are not cut short, or none would end."""
        self._fetching = False
        self._wanted = (0, 0)
        self._last_first = 0
        self._soon = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._soon.timeout.connect(self._fetch)
        self._moving = QElapsedTimer()

    # What is asked for

    @property
    def asked(self) -> Ask:
        """What was asked for last, be it on show yet or not."""
        return (self._pending or self._content).ask

    @property
    def on_show(self) -> Ask:
        return self._content.ask

    @property
    def loading(self) -> bool:
        """Whether rows asked for are still to come."""
        return self._pending is not None

    @property
    def ready(self) -> bool:
        """Whether rows were ever read."""
        return self._asked_once

    @property
    def is_counted(self) -> bool:
        return self._content.counted

    @property
    def whole(self) -> int | None:
        """Rows there are without the filter, where known."""
        return self._content.count if not self.on_show.filter and self.is_counted else self._content.whole

    def ask(self, ask: Ask) -> None:
        """Reads another part or order of the list. A filter that is not understood is refused and changes nothing."""
        if self._asked_once and self._pending is None and ask == self._content.ask:
            self.reload()
            return
        try:
            read.check(self.listing, ask)
        except UsageRefused as error:
            self.refused.emit(str(error))
            return
        content = Content(ask)
        if ask.scope == self._content.ask.scope and self._asked_once:
            content.whole = self.whole
        self._pending, self._again = content, False
        listing = self.listing
        self.workspace.read(
            self,
            "first",
            lambda desk: desk.read(lambda session: read.page(session, listing, ask, 0, PAGE)),
            lambda rows: self._first_arrived(content, rows),
            lambda error: self._first_failed(content, error),
        )
        self._count(content)

    def reload(self, rows: Sequence[int] = ()) -> None:
        """Reads what is on show anew, and where given also the pages of these rows; nothing moves until it is there."""
        if self._pending is not None:
            self._again = True
            return
        if not self._asked_once:
            self.ask(self.asked)
            return
        first, last = self._visible()
        near = [*range(first // PAGE, last // PAGE + 1), *(row // PAGE for row in rows)]
        numbers = sorted(list(dict.fromkeys(near))[:MOST_ANEW])
        content = self._pending = Content(self._content.ask)
        listing, ask = self.listing, content.ask
        self.workspace.read(
            self,
            "first",
            lambda desk: read_anew(desk, listing, ask, numbers),
            lambda anew: self._anew_arrived(content, anew),
            lambda error: self._first_failed(content, error),
        )

    # Rows

    def row(self, number: int) -> Row | None:
        """The row where it is here; it is asked for otherwise."""
        found = self._content.row(number)
        if found is None and 0 <= number < self._content.count:
            self._wanted = (number, number)
            self.look()
        return found

    def held(self, number: int) -> Row | None:
        """The row where it is here; nothing is read."""
        return self._content.row(number)

    def cell(self, number: int, column: int) -> Cell:
        """What is painted there; a row that is not here is asked for."""
        row = self.row(number)
        return self.cell_of(row, column) if row else Cell(self.listing.columns[column], None, WAITING, "waiting")

    def cell_of(self, row: Row, column: int) -> Cell:
        """A cell of a row that is here."""
        return self._in_words.cell(row, column)

    def numbers(self) -> dict[int, int]:
        """The numbers of the rows that are here, by the ids of their records."""
        return {
            row.id: page * PAGE + place for page, rows in self._content.pages.items() for place, row in enumerate(rows)
        }

    def look(self) -> None:
        """Other rows are on show: what is missing of them, or will be soon, is read once the view comes to rest."""
        if not self._soon.isActive():
            self._moving.start()
        if self._moving.elapsed() < MOVING_MS:
            self._soon.start()

    # Qt's side

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._content.count

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.listing.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.listing.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.kind in NUMERIC else _LEFT
        return self._value(index, column, role) if role in _ROLES else None

    def _value(self, index: _Index, column: Column, role: int) -> Any:
        row = self.row(index.row())
        if row is None:
            return None if role == Qt.ItemDataRole.UserRole else WAITING
        value = row.values[index.column()]
        if role == Qt.ItemDataRole.UserRole:
            return value
        if role == Qt.ItemDataRole.AccessibleTextRole and column.kind == "flag":
            return "yes" if value else "no"
        return shown(column, value, self.zone)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.listing.columns):
            return None
        column = self.listing.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.kind in NUMERIC else _LEFT
        return None

    # What arrives

    def _first_arrived(self, content: Content, rows: list[Row]) -> None:
        if content is not self._pending:
            return
        content.keep(0, rows)
        if not content.counted:
            content.count = max(content.count, len(rows))
        if len(rows) < PAGE:
            content.count, content.counted = len(rows), True
        self._show(content)

    def _anew_arrived(self, content: Content, anew: Anew) -> None:
        if content is not self._pending:
            return
        content.count, content.counted, content.whole = anew.count, True, anew.whole
        for number, rows in anew.pages.items():
            if rows:
                content.keep(number, rows)
        self._show(content)

    def _show(self, content: Content) -> None:
        self.beginResetModel()
        self._content, self._pending, self._asked_once = content, None, True
        self._wanted = (0, 0)
        self.endResetModel()
        self.arrived.emit()
        if content.counted:
            self.counted.emit()
        self.look()
        if self._again:
            self._again = False
            self.reload()

    def _first_failed(self, content: Content, error: Exception) -> None:
        if content is not self._pending:
            return
        self._pending, self._again = None, False
        if not self._asked_once:
            self._content.ask = content.ask
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, UsageRefused):
            self.refused.emit(str(error))
        else:
            self.failed.emit(error)

    # How many

    def _count(self, content: Content) -> None:
        listing, ask, needs_whole = self.listing, content.ask, content.whole is None and bool(content.ask.filter)

        def work(desk: Desk) -> tuple[int, int | None]:
            return desk.read(
                lambda session: (
                    read.count(session, listing, ask),
                    read.count(session, listing, replace(ask, filter="")) if needs_whole else None,
                )
            )

        self.workspace.read(
            self, "count", work, lambda counts: self._count_arrived(content, *counts), self._count_failed
        )

    def _count_arrived(self, content: Content, count: int, whole: int | None) -> None:
        content.whole = content.whole if whole is None else whole
        if content is self._pending:
            content.count, content.counted = count, True
        elif content is self._content:
            self._set_count(count)
            self.look()

    def _count_failed(self, error: Exception) -> None:
        if not isinstance(error, UsageRefused):
            self.failed.emit(error)

    def _set_count(self, count: int) -> None:
        content = self._content
        content.counted = True
        if count > content.count:
            self.beginInsertRows(QModelIndex(), content.count, count - 1)
            content.count = count
            self.endInsertRows()
        elif count < content.count:
            self.beginRemoveRows(QModelIndex(), count, content.count - 1)
            content.count = count
            self.endRemoveRows()
        self.counted.emit()

    # Pages

    def _visible(self) -> tuple[int, int]:
        first, last = self.visible() if self.visible is not None else self._wanted
        return max(first, 0), max(last, first, 0)

    def _fetch(self) -> None:
        """Reads the pages on show that are missing, or else the one that comes next; one reading at a time."""
        if self._fetching or not self._asked_once or not self.workspace.is_open:
            return
        first, last = self._visible()
        content = self._content
        numbers = content.missing(first, last) or self._next_page(first, last)
        if not numbers:
            return
        self._fetching = True
        listing, ask, total = self.listing, content.ask, content.count if content.counted else None

        def work(desk: Desk) -> dict[int, list[Row]]:
            return desk.read(lambda session: pages_of(session, listing, ask, numbers, total))

        self.workspace.read(self, "pages", work, lambda pages: self._pages_arrived(content, pages), self._pages_failed)

    def _next_page(self, first: int, last: int) -> list[int]:
        """The page one is moving towards, where it is not here."""
        ahead = last + PAGE if first >= self._last_first else first - PAGE
        self._last_first = first
        return self._content.missing(ahead, ahead)[:1] if ahead >= 0 else []

    def _pages_arrived(self, content: Content, pages: dict[int, list[Row]]) -> None:
        self._fetching = False
        if content is not self._content:
            self.look()
            return
        for number, rows in pages.items():
            content.keep(number, rows)
            if len(rows) < min(PAGE, content.count - number * PAGE):
                self._count(content)
        last = len(self.listing.columns) - 1
        for number, rows in pages.items():
            if rows and number * PAGE < content.count:
                end = min(number * PAGE + len(rows), content.count) - 1
                self.dataChanged.emit(self.index(number * PAGE, 0), self.index(end, last))
        self.filled.emit()
        if content.missing(*self._visible()):
            self.look()

    def _pages_failed(self, error: Exception) -> None:
        self._fetching = False
        self._tell(error)
