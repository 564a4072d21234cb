"""The records of one experiment below its figures; each list is made when it is first looked at."""

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from capdesk.views.records.table import RecordTable
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace

LISTS = (("events", "Events"), ("bonuses", "Bonuses"), ("costs", "Costs"), ("evaluations", "Evaluations"))


class RecordTabs(QTabWidget):
    """Events, bonuses, costs and evaluations of an experiment."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "experiment-records", "Records of the experiment")
        self._workspace = workspace
        self._experiment: int | None = None
        self._places: list[QVBoxLayout] = []
        self.tables: dict[str, RecordTable] = {}
        self.setDocumentMode(True)
        for key, title in LISTS:
            place = QWidget()
            place.setObjectName(f"records-{key}")
            self._places.append(QVBoxLayout(place))
            self._places[-1].setContentsMargins(0, 8, 0, 0)
            self.addTab(place, title)
        self.currentChanged.connect(self._make)
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * 22)

    def show_experiment(self, experiment_id: int) -> None:
        """The lists of this experiment; those already made are narrowed to it, or read anew."""
        same = self._experiment == experiment_id
        self._experiment = experiment_id
        for table in self.tables.values():
            if same:
                table.reload()
            else:
                table.set_scope(("experiment", experiment_id))
        self._make(self.currentIndex())

    def _make(self, index: int) -> None:
        key = LISTS[index][0]
        if key in self.tables or self._experiment is None:
            return
        table = RecordTable(self._workspace, key, scope=("experiment", self._experiment), compact=True)
        self.tables[key] = table
        self._places[index].addWidget(table)
        table.reload()
        if key == "evaluations":
            table.opened.connect(lambda number: self._workspace.go("evaluation", number))
