"""Rows of a file as a table: as they stand in it, or as they would be recorded with the reason where not."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from capdesk.services.imports.preview import Preview
from capdesk.views.look.theme import Theme
from capdesk.views.pages.imports.draft import FIELD_WORDS
from capdesk.views.widgets import named, tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
LEAST_TABLE = 220
"""Points high, however little room there is."""
_LANDS = "✓ lands"


class RowsModel(QAbstractTableModel):
    """Texts under titles; a row may be marked as not taken, and one of its cells as the reason."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.titles: tuple[str, ...] = ()
        self.rows: tuple[tuple[str, ...], ...] = ()
        self._judged: tuple[bool, ...] | None = None
        self._faults: tuple[int, ...] = ()

    def show_rows(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows as they stand in the file."""
        self.beginResetModel()
        self.titles, self.rows, self._judged = tuple(titles), tuple(map(tuple, rows)), None
        self.endResetModel()

    def show_preview(self, preview: Preview, columns: dict[str, str]) -> None:
        """Rows as they would be recorded; `columns` tells which field a column at fault carries."""
        at = {columns[name]: number for number, name in enumerate(preview.titles, 2) if name in columns}
        self.beginResetModel()
        self.titles = ("Line", "Result", *(FIELD_WORDS.get(name, name) for name in preview.titles))
        self.rows = tuple(
            (f"{row.line:,}", _LANDS if row.taken else f"✕ {row.reason}", *row.values) for row in preview.rows
        )
        self._judged = tuple(row.taken for row in preview.rows)
        self._faults = tuple(at.get(row.field or "", -1) for row in preview.rows)
        self.endResetModel()

    @property
    def judged(self) -> bool:
        """Whether the rows are shown with what becomes of them."""
        return self._judged is not None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section] if section < len(self.titles) else None
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            cell = self.rows[row][column] if column < len(self.rows[row]) else ""
            words = " ".join(cell[:500].split())
            return words if role == Qt.ItemDataRole.DisplayRole else tip(words)
        return None if self._judged is None else self._looks(role, column, self._judged[row], self._faults[row])

    def _looks(self, role: int, column: int, taken: bool, fault: int) -> QColor | None:
        colors = self._theme.colors
        if role == Qt.ItemDataRole.BackgroundRole and not taken:
            return QColor(colors.bad_soft)
        if role == Qt.ItemDataRole.ForegroundRole and taken:
            return QColor(colors.good) if column == 1 else None
        if role == Qt.ItemDataRole.ForegroundRole and column in (1, fault):
            return QColor(colors.bad)
        return None


class Tinted(QStyledItemDelegate):
    """Paints the ground of a cell that has one, and a frame where the keyboard is; the style sheet leaves both out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        ground = index.data(Qt.ItemDataRole.BackgroundRole)
        rect: QRect = option.rect
        if isinstance(ground, QColor):
            painter.fillRect(rect, ground)
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Accent), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))


def rows_table(name: str, spoken: str, model: QAbstractTableModel) -> QTableView:
    """A table one reads and walks through by rows."""
    made = named(QTableView(), name, spoken)
    made.setModel(model)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setItemDelegate(Tinted(made))
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setTabKeyNavigation(False)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(made.fontMetrics().height() + 12)
    header = made.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    return made


def fit_columns(table: QTableView, most: int = 260) -> None:
    """Columns as wide as what they hold, none wider than most."""
    table.resizeColumnsToContents()
    for column in range(table.model().columnCount()):
        table.setColumnWidth(column, min(most, table.columnWidth(column) + 8))
