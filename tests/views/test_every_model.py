"""Every model there is, under Qt's own model tests: empty, with rows, while rows change, and empty again."""

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

import capdesk.views
from capdesk.bootstrap import Desk
from capdesk.services.cost_sums import CostSums, SumRow
from capdesk.services.imports.corrections import RejectedRow
from capdesk.services.imports.preview import Preview, PreviewRow
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask
from capdesk.views.charts.figures_table import FiguresModel
from capdesk.views.pages.imports.preview_table import RowsModel
from capdesk.views.pages.imports.rejects import RejectsModel
from capdesk.views.pages.sums_model import SumsModel
from capdesk.views.records.held import Held, HeldModel
from capdesk.views.records.model import RecordModel
from capdesk.views.shell.palette import Entries, Entry
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle

NOW = datetime.now(UTC) - timedelta(hours=1)
Step = Callable[[], object]


@dataclass
class Lab:
    """What makers are given."""

    desk: Desk
    workspace: Workspace
    settle: Settle


@dataclass
class Made:
    """A model, and what happens to it; after each step it is sound."""

    model: QAbstractItemModel
    steps: tuple[Step, ...]


def records(lab: Lab) -> Made:
    ids, facts = builders.running_experiment(lab.desk, at=NOW - timedelta(days=2)), Facts(lab.desk)
    model = RecordModel(lab.workspace, LISTINGS["calls"])

    def ask(filter_: str) -> Step:
        def step() -> None:
            model.ask(Ask(filter_))
            lab.settle()

        return step

    def call(minutes: int) -> Step:
        at = NOW + timedelta(minutes=minutes)

        def step() -> None:
            facts.call(ids.campaign, at, "Info", 200)
            model.reload()
            lab.settle()

        return step

    return Made(model, (ask(""), call(0), call(1), ask("outcome:info"), ask("outcome:busy"), ask("")))


def entries(_lab: Lab) -> Made:
    model = Entries(_lab.workspace)
    lines = [Entry(f"Page {number}", "page", "house", lambda: None, "Ctrl+1") for number in range(5)]
    return Made(model, (lambda: model.fill(lines), lambda: model.fill(lines[2:]), lambda: model.fill([])))


def figures(_lab: Lab) -> Made:
    model = FiguresModel(("Tranche", "Spent"))
    return Made(model, (lambda: model.set_rows([("1", "$1.00"), ("2", "—")]), lambda: model.set_rows([])))


def file_rows(lab: Lab) -> Made:
    model = RowsModel(lab.workspace.theme)
    rows = (PreviewRow(2, ("+1", "Info")), PreviewRow(3, ("", "x"), "phone", "no number"))
    seen = Preview(("phone", "outcome"), rows)
    return Made(
        model,
        (
            lambda: model.show_rows(("a", "b"), [("1", "2"), ("3",)]),
            lambda: model.show_preview(seen, {"phone": "phone"}),
            lambda: model.show_rows((), ()),
        ),
    )


def rejects(lab: Lab) -> Made:
    model = RejectsModel(lab.workspace.theme)
    rows = (RejectedRow(1, 4, "no outcome", ("+1", "x"), "outcome"), RejectedRow(2, 9, "broken", ("", ""), raw='"'))
    return Made(
        model,
        (
            lambda: model.show_rows(("phone", "outcome"), rows),
            lambda: model.setData(model.index(0, model.columnCount() - 1), "Info"),
            lambda: model.show_rows((), ()),
        ),
    )


def sums(lab: Lab) -> Made:
    model = SumsModel(lab.desk.zone)
    rows = tuple(SumRow(f"E{n}", "C", Decimal(n), Decimal(0), {"labor": Decimal(n)}) for n in range(3))
    told = CostSums("experiment", NOW, rows, SumRow("total", None, Decimal(3), Decimal(0)))
    return Made(
        model,
        (
            lambda: model.show_sums(told),
            lambda: model.sort(model.columnCount() - 1, Qt.SortOrder.DescendingOrder),
            lambda: model.set_words("e1"),
            lambda: model.set_words("nothing of the kind"),
        ),
    )


def held(lab: Lab) -> Made:
    listing = LISTINGS["products"]
    model = HeldModel(listing, lab.desk.zone)
    rows = [Held(number, tuple(None for _ in listing.columns)) for number in range(4)]
    return Made(model, (lambda: model.set_rows(rows), lambda: model.sort(0), lambda: model.set_words("nothing")))


MAKERS: dict[type[QAbstractItemModel], Callable[[Lab], Made]] = {
    RecordModel: records,
    Entries: entries,
    FiguresModel: figures,
    RowsModel: file_rows,
    RejectsModel: rejects,
    SumsModel: sums,
    HeldModel: held,
}
"""Of every model class under views; one that is missing here fails."""


def models() -> list[type[QAbstractItemModel]]:
    found: set[type[QAbstractItemModel]] = set()
    for info in pkgutil.walk_packages(capdesk.views.__path__, "capdesk.views."):
        for _, kind in inspect.getmembers(import_module(info.name), inspect.isclass):
            if issubclass(kind, QAbstractItemModel) and kind.__module__.startswith("capdesk."):
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


def test_that_every_model_is_known_here() -> None:
    assert [kind.__qualname__ for kind in models() if kind not in MAKERS] == []
    assert [kind.__qualname__ for kind in MAKERS if kind not in models()] == []


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.__name__)
def test_that_every_model_is_sound_whatever_happens_to_it(
    kind: type[QAbstractItemModel],
    qtbot: QtBot,
    desk: Desk,
    workspace: Workspace,
    settle: Settle,
    qtmodeltester: ModelTester,
) -> None:
    made = MAKERS[kind](Lab(desk, workspace, settle))
    model = made.model
    assert type(model) is kind
    qtmodeltester.check(model)
    most = 0
    for step in made.steps:
        step()
        qtmodeltester.check(model)
        most = max(most, model.rowCount())
        everything(model)
    assert most > 0, "it never had a row"


def everything(model: QAbstractItemModel) -> None:
    """All roles of all cells and heads can be asked for, and no row has rows of its own."""
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
    for row in range(model.rowCount()):
        for column in range(columns):
            index = model.index(row, column)
            assert model.rowCount(index) == 0
            for role in Qt.ItemDataRole:
                model.data(index, role)
    for section in range(columns + 1):
        for way in Qt.Orientation:
            model.headerData(section, way)
