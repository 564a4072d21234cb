"""Who cannot see the window, or has no mouse: everything has a name, and the Tab key comes everywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QTableView
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.bug_report import BugReport
from capdesk.views.pages.imports.page import ImportsPage
from capdesk.views.places import Place
from capdesk.views.reading_order import is_stop
from capdesk.views.shell.crash import CrashDialog
from tests.support.harmless import harmless, nowhere_to_ask
from tests.support.rooms import places, room, told
from tests.support.spoken import below, findings
from tests.support.tabbing import lost_ways, walked


@pytest.fixture(params=["demo", "empty"])
def looked_at(request: pytest.FixtureRequest) -> tuple[Desk, bool]:
    """A desk, and whether it has records."""
    desk: Desk = request.getfixturevalue("demo_desk" if request.param == "demo" else "desk")
    return desk, request.param == "demo"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_desk: Desk) -> Iterator[Desk]:
    """A demo desk on which one may press anything."""
    harmless(monkeypatch, tmp_path / "surroundings")
    nowhere_to_ask(demo_desk)
    with stamina.set_testing(True, attempts=1):
        yield demo_desk


def test_that_every_control_of_every_page_has_a_name_and_a_role(qtbot: QtBot, looked_at: tuple[Desk, bool]) -> None:
    desk, full = looked_at
    found = []
    with room(desk) as here:
        for place in places(with_records=full):
            here.go(place)
            found += [f"{told(place)}: {one}" for one in findings(here.window)]
    assert not found, "\n".join(found)


def test_that_tab_goes_through_every_page_as_one_reads_and_back(qtbot: QtBot, looked_at: tuple[Desk, bool]) -> None:
    desk, full = looked_at
    found = []
    with room(desk) as here:
        for place in places(with_records=full):
            here.go(place)
            found += [f"{told(place)}: {one}" for one in lost_ways(here.window, here.bench.sidebar.toggle)]
    assert not found, "\n".join(found)


def test_that_tab_goes_from_the_head_into_the_page_and_from_its_end_to_the_status(
    qtbot: QtBot, demo_desk: Desk
) -> None:
    with room(demo_desk) as here:
        here.go(Place("leads"))
        page, way = here.page, walked(here.window, here.bench.head.search)
        inside = [page.isAncestorOf(one) for one in way]
        assert inside[:2] == [False, True]
        after = way[len(inside) - inside[::-1].index(True)]
        assert here.bench.status.isAncestorOf(after)


def test_that_what_comes_to_the_keyboard_is_scrolled_to(qtbot: QtBot, demo_desk: Desk) -> None:
    with room(demo_desk, size=(1000, 640)) as here:
        here.go(Place("experiment", 3))
        for stop in walked(here.window, here.bench.head.search):
            stop.setFocus(Qt.FocusReason.OtherFocusReason)
            QTest.keyClick(stop, Qt.Key.Key_Tab)
            focus = here.window.focusWidget()
            assert focus is not None
            assert not focus.visibleRegion().isEmpty(), focus.objectName()


@pytest.mark.qt_log_ignore("does not support", extend=True)
def test_that_every_dialog_one_can_open_is_named_and_can_be_walked_through(qtbot: QtBot, offline: Desk) -> None:
    found, seen = [], 0
    with room(offline) as here:
        for place in places(with_records=True):
            here.go(place)
            for name, run in here.ways():
                run()
                here.rest()
                for dialog in here.dialogs():
                    seen += not isinstance(dialog, QFileDialog)
                    found += [f"{told(place)}, {name}: {one}" for one in _looked_at(dialog)]
                    dialog.reject()
                here.go(place)
    assert not found, "\n".join(found)
    assert seen > 30


def test_that_every_step_of_an_import_is_named_and_can_be_walked_through(qtbot: QtBot, demo_desk: Desk) -> None:
    found: list[str] = []
    steps: list[int] = []
    with room(demo_desk) as here:
        here.workspace.memory.put("imports/campaign", 1)
        here.go(Place("imports"))
        page = here.page
        assert isinstance(page, ImportsPage)
        page.begin(demo_desk.folder / "sources" / "calls-with-mistakes.csv")
        here.rest()
        while page.wizard.isVisible() and len(steps) < 8:
            steps.append(page.wizard.at)
            found += [f"step {steps[-1]}: {one}" for one in findings(here.window)]
            found += [f"step {steps[-1]}: {one}" for one in lost_ways(here.window, here.bench.sidebar.toggle)]
            page.wizard.go_on()
            here.rest()
    assert not found, "\n".join(found)
    assert (steps[:3], steps[-1]) == ([1, 2, 3], 5)


@pytest.mark.parametrize("name", ["palette", "jobs", "keys", "log", "guide"])
def test_that_every_panel_is_named(qtbot: QtBot, demo_desk: Desk, name: str) -> None:
    with room(demo_desk) as here:
        here.bench.acts.by_key[name].trigger()
        here.rest()
        top = here.window.focusWidget() if name in ("palette", "jobs", "keys") else here.dialogs()[-1]
        assert top is not None
        assert findings(top.window()) == []
        for one in here.dialogs():
            one.close()


def test_that_the_report_of_a_mistake_is_named(qtbot: QtBot, demo_desk: Desk) -> None:
    with room(demo_desk) as here:
        dialog = CrashDialog(here.window)
        dialog.tell([BugReport("It broke.", demo_desk.folder / "report.txt")])
        dialog.open()
        here.rest()
        assert _looked_at(dialog) == []
        dialog.reject()


def test_that_cells_say_their_column_and_value(qtbot: QtBot, demo_desk: Desk) -> None:
    with room(demo_desk) as here:
        here.go(Place("experiments"))
        view = next(one for one in below(here.page) if isinstance(one, QTableView))
        table, columns = QAccessible.queryAccessibleInterface(view), view.model().columnCount()
        said = [str(table.child(number).text(QAccessible.Text.Name)) for number in range(2 * (columns + 1))]
        corner, head = "", str(view.model().headerData(0, Qt.Orientation.Vertical) or "")
        assert said[: columns + 1] == [
            corner, *(view.model().headerData(n, Qt.Orientation.Horizontal) for n in range(columns))
        ]  # fmt: skip
        assert said[columns + 1 :] == [head, *(str(view.model().index(0, n).data()) for n in range(columns))]


def _looked_at(dialog: QDialog) -> list[str]:
    if isinstance(dialog, QFileDialog):
        return []
    first = next(one for one in below(dialog) if is_stop(one))
    return [*findings(dialog), *lost_ways(dialog, first)]
