"""At twice the size of text nothing is cut off, in a window of 1280 by 800; and at the usual size neither."""

from pathlib import Path

import pytest
import stamina
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.views.pages.imports.page import ImportsPage
from capdesk.views.places import Place
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Message
from tests.support.clipped import misfits
from tests.support.harmless import harmless, nowhere_to_ask
from tests.support.rooms import Room, places, room, told

SIZE = (1280, 800)
both = pytest.mark.parametrize("scale", [100, 200])


def looked_at(here: Room, where: str) -> list[str]:
    found = [f"{where}: {one}" for one in misfits(here.window)]
    if (here.window.width(), here.window.height()) != SIZE:
        found.append(f"{where}: the window grew to {here.window.width()} by {here.window.height()}")
    return found


@both
@pytest.mark.parametrize("desk_name", ["demo_desk", "desk"])
def test_that_every_page_fits(qtbot: QtBot, request: pytest.FixtureRequest, desk_name: str, scale: int) -> None:
    desk: Desk = request.getfixturevalue(desk_name)
    found = []
    with room(desk, scale=scale, size=SIZE) as here:
        for place in places(with_records=desk_name == "demo_desk"):
            here.go(place)
            found += looked_at(here, told(place))
            if isinstance(here.page, ListPage) and here.page.table.model.rowCount():
                here.page.beside.set_open(True)
                here.page.table.view.go_to_row(0)
                here.rest()
                found += looked_at(here, f"{told(place)} with a row beside")
                here.page.beside.set_open(False)
    assert not found, "\n".join(found)


@pytest.mark.qt_log_ignore("does not support", extend=True)
def test_that_every_dialog_fits(qtbot: QtBot, demo_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harmless(monkeypatch, tmp_path / "surroundings")
    nowhere_to_ask(demo_desk)
    found, seen = [], 0
    with stamina.set_testing(True, attempts=1), room(demo_desk, scale=200, size=SIZE) as here:
        for place in places(with_records=True):
            here.go(place)
            for name, run in here.ways():
                run()
                here.rest()
                for dialog in here.dialogs():
                    seen += not isinstance(dialog, QFileDialog)
                    found += [f"{told(place)}, {name}: {one}" for one in of_dialog(dialog)]
                    dialog.reject()
                here.go(place)
    assert not found, "\n".join(found)
    assert seen > 20


def of_dialog(dialog: QDialog) -> list[str]:
    """Qt's own file dialog is left out."""
    if isinstance(dialog, QFileDialog):
        return []
    found = misfits(dialog)
    if dialog.width() > SIZE[0] or dialog.height() > SIZE[1]:
        found.append(f"{dialog.objectName()} is {dialog.width()} by {dialog.height()}")
    return found


def test_that_every_step_of_an_import_fits(qtbot: QtBot, demo_desk: Desk) -> None:
    found, steps = [], 0
    with room(demo_desk, scale=200, size=SIZE) as here:
        here.workspace.memory.put("imports/campaign", "Roofers Northeast")
        here.go(Place("imports"))
        page = here.page
        assert isinstance(page, ImportsPage)
        page.begin(demo_desk.folder / "sources" / "calls-with-mistakes.csv")
        here.rest()
        while page.wizard.isVisible() and steps < 8:
            steps += 1
            found += looked_at(here, f"step {page.wizard.at}")
            page.wizard.go_on()
            here.rest()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("panel", ["palette", "jobs", "keys", "log", "guide"])
def test_that_every_panel_fits(qtbot: QtBot, desk: Desk, panel: str) -> None:
    with room(desk, scale=200, size=SIZE) as here:
        here.workspace.said.emit(Message("A sentence that is rather long, as sentences of services are. " * 3, "bad"))
        here.bench.acts.by_key[panel].trigger()
        here.rest()
        found = looked_at(here, panel)
        for dialog in here.dialogs():
            found += of_dialog(dialog)
            dialog.close()
    assert not found, "\n".join(found)
