"""Every key does one thing, and what has the keyboard does what Return asks of it."""

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.views.pages.imports.page import ImportsPage
from capdesk.views.places import Place
from capdesk.views.shell.flat import FlatButton
from capdesk.views.shell.workbench import Workbench
from capdesk.views.widgets import button
from tests.support.rooms import places, room, told
from tests.views.conftest import Settle


@pytest.mark.parametrize("full", [True, False])
def test_that_no_key_means_two_things_on_a_page(qtbot: QtBot, request: pytest.FixtureRequest, full: bool) -> None:
    found = []
    with room(request.getfixturevalue("demo_desk" if full else "desk")) as here:
        for place in places(with_records=full):
            here.go(place)
            found += [f"{told(place)}: {keys}" for keys in _twice(here.window)]
    assert found == []


def test_that_no_key_means_two_things_on_the_way_of_an_import(qtbot: QtBot, demo_desk: Desk) -> None:
    with room(demo_desk) as here:
        here.workspace.memory.put("imports/campaign", 1)
        here.workspace.asked.emit(f"import {demo_desk.folder / 'sources' / 'calls-with-mistakes.csv'}")
        here.rest()
        page, steps = here.page, []
        assert isinstance(page, ImportsPage)
        for _ in range(4):
            steps.append(page.wizard.at)
            assert _twice(here.window) == []
            page.wizard.go_on()
            here.rest()
        assert page.wizard.at == 5
        page._show(page.editor)
        assert _twice(here.window) == []


def _twice(window: QWidget) -> list[str]:
    """Keys that several things would take now."""
    told = [keys.toString() for one in window.findChildren(QAction) if one.isEnabled() for keys in one.shortcuts()]
    for shortcut in window.findChildren(QShortcut):
        owner = shortcut.parent()
        if isinstance(owner, QWidget) and owner.isVisible():
            told.append(shortcut.key().toString())
    for one in window.findChildren(QAbstractButton):
        if one.isVisible() and not one.shortcut().isEmpty():
            told.append(one.shortcut().toString())
    return [keys for keys, times in Counter(told).items() if times > 1]


def test_that_a_file_is_imported_by_one_key_from_anywhere(qtbot: QtBot, bench: Workbench, settle: Settle) -> None:
    for start in ("home", "imports"):
        bench.show_place(Place(start))
        settle()
        QTest.keyClick(bench.main, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        settle()
        page = bench.current_page()
        assert isinstance(page, ImportsPage)
        assert page.wizard.isVisible()
        page.show_list()
    assert ("Import a file…", QKeySequence("Ctrl+O").toString()) in dict(bench.acts.shortcuts())["File"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_that_a_button_is_pressed_by_return_as_by_space(qtbot: QtBot, bench: Workbench, key: Qt.Key) -> None:
    pressed: list[str] = []
    made = button("Go", lambda: pressed.append("words"))
    flat = FlatButton(bench.workspace.theme, "flat", "Go", clicked=lambda: pressed.append("flat"))
    for one in (made, flat):
        qtbot.addWidget(one)
        QTest.keyClick(one, key)
    assert pressed == ["words", "flat"]


def test_that_return_on_cancel_never_presses_the_default(qtbot: QtBot) -> None:
    pressed: list[str] = []
    dialog = QDialog()
    qtbot.addWidget(dialog)
    save, cancel = button("Save", lambda: pressed.append("save")), button("Cancel", lambda: pressed.append("cancel"))
    save.setDefault(True)
    column = QVBoxLayout(dialog)
    column.addWidget(save)
    column.addWidget(cancel)
    dialog.show()
    cancel.setFocus()
    QTest.keyClick(cancel, Qt.Key.Key_Return)
    assert pressed == ["cancel"]
