"""Costs: summed by what one asks for, the ledger they are sums of, and the providers' charges behind it."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QHeaderView, QTableView, QTabWidget, QVBoxLayout, QWidget

from capdesk.services.costs import By, CostTable, costs
from capdesk.services.money import dollars
from capdesk.services.reports.wording import NONE, local_moment
from capdesk.views.page import Command, Page
from capdesk.views.places import Place
from capdesk.views.records.table import RecordTable
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

Index = QModelIndex | QPersistentModelIndex
_WAYS: tuple[tuple[By, str], ...] = (
    ("experiment", "by experiment"),
    ("campaign", "by campaign"),
    ("source", "by source"),
    ("day", "by day"),
)
_ROOT = QModelIndex()


class SumsModel(QAbstractTableModel):
    """The rows of a CostTable, what is unassigned, and the total at the end."""

    HEADERS = ("What", "Campaign", "Spent", "Of it provisional")

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, str, str, str]] = []

    def show(self, table: CostTable) -> None:
        self.beginResetModel()
        self._rows = [
            (row.key or "overhead", row.campaign or "", dollars(row.spent_usd), _part(row.provisional_usd))
            for row in table.rows
        ]
        if table.unassigned_usd is not None:
            self._rows.append(("unassigned spend", "", dollars(table.unassigned_usd), ""))
        self._rows.append(("together", "", dollars(table.total_usd), _part(table.provisional_usd)))
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.HEADERS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() > 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.HEADERS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section > 1 else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class CostsPage(Page):
    key = "costs"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.way = named(QComboBox(), "costs-by", "Sum up")
        for key, words in _WAYS:
            self.way.addItem(words, key)
        self.way.currentIndexChanged.connect(self._chosen)
        self._as_of = text("", "small")
        self.sums = SumsModel()
        self.ledger = RecordTable(workspace, "costs")
        self.charges = RecordTable(workspace, "charges")
        self.tabs = named(QTabWidget(), "costs-tabs", "Costs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._summary(), "Sums")
        self.tabs.addTab(self.ledger, "Ledger")
        self.tabs.addTab(self.charges, "Provider charges")
        self.body.addWidget(self.tabs, 1)

    def open(self, place: Place) -> None:
        if place.filter:
            self.tabs.setCurrentWidget(self.ledger)
            self.ledger.set_filter(place.filter)
        super().open(place)

    def reload(self) -> None:
        self._chosen()
        self.ledger.reload()
        self.charges.reload()

    def commands(self) -> Sequence[Command]:
        return (
            Command("Pull costs…", lambda: self.workspace.go("syncs"), "refresh-cw"),
            Command("Mapping", lambda: self.workspace.go("settings", filter="mapping"), "map"),
        )

    def _summary(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.addWidget(text("Sum up"))
        top.addWidget(self.way)
        top.addStretch(1)
        top.addWidget(self._as_of)
        column.addLayout(top)
        table = named(QTableView(), "costs-sums", "Sums of costs")
        table.setModel(self.sums)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        column.addWidget(table, 1)
        return whole

    def _chosen(self, _index: int = 0) -> None:
        way: By = self.way.currentData()
        self.read(lambda desk: costs(desk, way), self._show, key="sums")

    def _show(self, table: CostTable) -> None:
        self.sums.show(table)
        self._as_of.setText(f"as of {local_moment(table.as_of, self.workspace.desk.zone.key)}")
        self.show_commands()


def _part(amount: Any) -> str:
    return dollars(amount) if amount else NONE
