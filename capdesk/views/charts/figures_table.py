"""A small table of figures that is all there: the other way to read a chart."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from capdesk.views.widgets import named

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class FiguresModel(QAbstractTableModel):
    """Rows of words under headers; the first `texts` columns stand left, figures right."""

    def __init__(self, headers: Sequence[str], texts: int = 1) -> None:
        super().__init__()
        self._headers, self._texts = tuple(headers), texts
        self._rows: tuple[tuple[str, ...], ...] = ()

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        self.beginResetModel()
        self._rows = tuple(map(tuple, rows))
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        return self._aligned(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._headers):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return self._aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def as_text(self) -> str:
        """Headers and rows, to be pasted into a spreadsheet."""
        return "\n".join("\t".join(row) for row in (self._headers, *self._rows))

    def _aligned(self, column: int) -> Qt.AlignmentFlag:
        return _LEFT if column < self._texts else _RIGHT


class FiguresTable(QTableView):
    """Ctrl+C copies all of it."""

    def __init__(self, name: str, spoken: str, headers: Sequence[str], *, texts: int = 1, most_rows: int = 12) -> None:
        super().__init__()
        named(self, name, spoken)
        self.figures = FiguresModel(headers, texts)
        self._most_rows = most_rows
        self._height = 0
        self.setModel(self.figures)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Shows the rows; the table is as high as they need, up to a limit."""
        self.figures.set_rows(rows)
        row = round(self.fontMetrics().lineSpacing() * 1.75)
        self.verticalHeader().setDefaultSectionSize(row)
        shown = max(min(len(rows), self._most_rows), 1)
        self._height = self.horizontalHeader().sizeHint().height() + row * shown + 4
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._height:
            self._fit()

    def _fit(self) -> None:
        """Each column has what it needs and an equal part of what is left; where nothing is left it scrolls."""
        header, count = self.horizontalHeader(), self.figures.columnCount()
        needed = [max(self.sizeHintForColumn(at), header.sectionSizeHint(at)) + 14 for at in range(count)]
        spare = max(self.viewport().width() - sum(needed), 0)
        for at, width in enumerate(needed):
            header.resizeSection(at, width + spare // count)
        sideways = 0 if spare else self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self._height + sideways)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.figures.as_text())
        else:
            super().keyPressEvent(event)
