"""Every key does one thing, and what has the keyboard does what Return asks of it."""

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from capdesk.views.places import PAGES, Place
from capdesk.views.shell.flat import FlatButton
from capdesk.views.shell.workbench import Workbench
from capdesk.views.widgets import button
from tests.views.conftest import Settle


@pytest.mark.parametrize("key", [one.key for one in PAGES.values() if one.listed])
def test_that_no_key_means_two_things_on_a_page(bench: Workbench, settle: Settle, key: str) -> None:
    bench.show_place(Place(key))
    settle()
    told = [keys.toString() for one in bench.main.findChildren(QAction) if one.isEnabled() for keys in one.shortcuts()]
    for shortcut in bench.main.findChildren(QShortcut):
        owner = shortcut.parent()
        if isinstance(owner, QWidget) and owner.isVisible():
            told.append(shortcut.key().toString())
    for one in bench.main.findChildren(QAbstractButton):
        if one.isVisible() and not one.shortcut().isEmpty():
            told.append(one.shortcut().toString())
    assert [keys for keys, times in Counter(told).items() if times > 1] == []


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
