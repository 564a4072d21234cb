"""Rows as they are painted: each cell is put into words once."""

from zoneinfo import ZoneInfo

from capdesk.services.listings.model import Listing, Row
from capdesk.views.records.delegates import Cell
from capdesk.views.records.display import shown

_MOST = 400
"""Rows remembered: several screens of them."""


class InWords:
    """Remembers rows by identity, and holds them so that no other row gets theirs."""

    def __init__(self, listing: Listing, zone: ZoneInfo) -> None:
        self._listing, self._zone = listing, zone
        self._reversed = next((at for at, one in enumerate(listing.columns) if one.key == "reversed"), None)
        self._rows: dict[int, tuple[Row, dict[int, Cell]]] = {}

    def cell(self, row: Row, column: int) -> Cell:
        """What was reversed is `gone`, but for when that was."""
        if len(self._rows) > _MOST:
            self._rows.clear()
        cells = self._rows.setdefault(id(row), (row, {}))[1]
        if column not in cells:
            told, value = self._listing.columns[column], row.values[column]
            gone = self._reversed not in (None, column) and row.values[self._reversed or 0] is not None
            cells[column] = Cell(told, value, shown(told, value, self._zone), "gone" if gone else "")
        return cells[column]
