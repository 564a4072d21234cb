"""A list on the screen: what can be done with keys, what is copied and exported, and what it says."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from capdesk.errors import DatabaseUnavailable
from capdesk.services.listings.model import Column, Row
from capdesk.views.page import Command
from capdesk.views.records.menus import ColumnMenu
from capdesk.views.records.table import RecordTable
from capdesk.views.workspace import Message, Workspace
from tests.views.conftest import PATIENCE_MS, Settle
from tests.views.records.conftest import Opened
from tests.views.records.numbers import numbers

"""Menus, where there is no screen."""


NO_KEY = Qt.KeyboardModifier.NoModifier


def keys_of(table: RecordTable) -> list[str]:
    return [table.listing.columns[number].key for number in table.view.shown_columns()]


def number_of(table: RecordTable, key: str) -> int:
    return next(i for i, column in enumerate(table.listing.columns) if column.key == key)


def first(table: RecordTable) -> Row:
    row = table.model.held(0)
    assert row is not None
    return row


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def type_filter(qtbot: QtBot, settle: Settle, table: RecordTable, typed: str) -> None:
    table.bar.focus()
    QTest.keyClicks(table.bar.line, typed)
    QTest.keyClick(table.bar.line, Qt.Key.Key_Return)
    settle()


def test_that_the_list_says_how_many_rows_it_has(qtbot: QtBot, settle: Settle, opened: Opened) -> None:
    table = opened()
    assert table.count.text() == "200,000 numbers"
    type_filter(qtbot, settle, table, "cost>1999")
    qtbot.waitUntil(lambda: table.count.text() == "100 of 200,000 numbers", timeout=PATIENCE_MS)
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_Home)
    QTest.keyClick(table.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert table.count.text().endswith("· 2 selected")


def test_that_a_filter_is_applied_when_typing_rests(qtbot: QtBot, opened: Opened) -> None:
    table = opened()
    QTest.keyClicks(table.bar.line, "id:77")
    with qtbot.waitSignal(table.filtered, timeout=PATIENCE_MS) as told:
        pass
    assert told.args == ["id:77"]
    qtbot.waitUntil(lambda: table.model.rowCount() == 1, timeout=PATIENCE_MS)


def test_that_a_filter_that_cannot_be_understood_is_said_in_place_and_the_rows_stay(
    qtbot: QtBot, settle: Settle, opened: Opened
) -> None:
    table = opened(filter="name:1")
    rows = table.model.rowCount()
    table.bar.line.clear()
    type_filter(qtbot, settle, table, "cost>much")
    assert "cost>much" in table.bar.wrong
    assert table.bar.line.property("wrong") is True
    assert (table.model.rowCount(), table.filter()) == (rows, "name:1")
    table.set_filter("name:2")
    settle()
    assert (table.bar.wrong, table.filter()) == ("", "name:2")


def test_that_a_list_opened_with_a_bad_filter_shows_its_rows_all_the_same(opened: Opened) -> None:
    table = opened(filter="nosuch:1")
    assert "nosuch:1" in table.bar.wrong
    assert table.model.rowCount() == 200_000


def test_that_escape_clears_the_filter_and_then_leaves_it(settle: Settle, opened: Opened) -> None:
    table = opened(filter="id:5")
    table.bar.focus()
    QTest.keyClick(table.bar.line, Qt.Key.Key_Escape)
    settle()
    assert table.model.rowCount() == 200_000
    QTest.keyClick(table.bar.line, Qt.Key.Key_Escape)
    assert table.view.hasFocus()


def test_that_a_click_on_a_title_sorts_and_another_one_turns_it_round(settle: Settle, opened: Opened) -> None:
    table = opened()
    head = table.view.head
    place = QPoint(head.sectionViewportPosition(number_of(table, "cost")) + 30, head.height() // 2)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, NO_KEY, place)
    settle()
    assert (head.sorted_by, first(table).id) == (("cost", True), 200_000)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, NO_KEY, place)
    settle()
    assert (head.sorted_by, first(table).id) == (("cost", False), 1)


def test_that_end_goes_to_the_last_of_two_hundred_thousand_rows(qtbot: QtBot, opened: Opened) -> None:
    table = opened()
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_End)
    with qtbot.waitSignal(table.chosen, timeout=PATIENCE_MS) as told:
        pass
    assert told.args[0].id == 200_000
    assert table.current() == told.args[0]
    QTest.keyClick(table.view, Qt.Key.Key_Home)
    row = table.current()
    assert row is not None
    assert (row.id, table.value(row, "name")) == (1, "row 1")


def test_that_enter_and_a_double_click_open_the_record(opened: Opened) -> None:
    table, records = opened(), list[int]()
    table.opened.connect(records.append)
    table.view.setFocus()
    table.view.go_to_row(2)
    QTest.keyClick(table.view, Qt.Key.Key_Return)
    place = table.view.visualRect(table.model.index(4, number_of(table, "name"))).center()
    QTest.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, NO_KEY, place)
    QTest.mouseDClick(table.view.viewport(), Qt.MouseButton.LeftButton, NO_KEY, place)
    assert records == [3, 5]


def test_that_reading_anew_keeps_selection_by_record_and_what_is_on_show(
    qtbot: QtBot, settle: Settle, opened: Opened
) -> None:
    table = opened()
    view = table.view
    view.go_to_row(150)
    view.verticalScrollBar().setValue(view.rowHeight(0) * 140 + 7)
    settle()
    shown = view.visible_rows()
    with qtbot.waitSignal(table.model.arrived, timeout=PATIENCE_MS):
        table.reload()
    row = table.current()
    assert row is not None
    assert (row.id, view.visible_rows()) == (151, shown)
    assert view.verticalScrollBar().value() == view.rowHeight(0) * 140 + 7


def test_that_another_order_starts_at_the_top_and_keeps_the_record_where_it_is_there(
    settle: Settle, opened: Opened
) -> None:
    table = opened(numbers(300))
    table.view.go_to_row(120)
    table.sort("name", False)
    settle()
    row = table.current()
    assert row is not None
    assert row.id == 121
    assert table.view.visible_rows()[0] == 0


def test_that_rows_are_copied_with_titles_for_a_spreadsheet(opened: Opened) -> None:
    table = opened(numbers(20))
    table.arrangement.set_shown("at", False)
    table.arrangement.move("cost", -1)
    table.view.setFocus()
    table.view.go_to_row(5)
    QTest.keyClick(table.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().splitlines() == [
        "Name\tCost\tStatus\tHours\tDay\tOdd\tNote",
        "row 6\t0.060000\trunning\t1.50\t2026-01-07\tno\t<b>6</b>",
        "row 7\t0.070000\tpaused\t1.75\t2026-01-08\tyes\t",
    ]
    assert table.notice.text() == "Copied 2 rows."


def test_that_rows_that_were_never_read_are_copied_too(settle: Settle, opened: Opened) -> None:
    table = opened(numbers(3000))
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    settle()
    lines = clipboard().splitlines()
    assert len(lines) == 3001
    assert lines[-1].startswith("row 3000\t")


def test_that_too_many_rows_cannot_be_selected_and_the_list_says_so(opened: Opened) -> None:
    table = opened()
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert table.notice.text() == "Up to 10,000 rows can be selected; Export writes all of them."
    assert table.view.selected_count() <= 1


def test_that_one_cell_is_copied(opened: Opened) -> None:
    table = opened()
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(11, number_of(table, "cost")))
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(table.view, Qt.Key.Key_C, both)
    assert clipboard() == "0.120000"


def test_that_commands_of_a_row_run_by_their_shortcut(opened: Opened) -> None:
    table, ran = opened(), list[int]()
    table.row_commands = lambda row: [
        Command("Reverse", lambda: ran.append(row.id), shortcut="Ctrl+R"),
        Command("Never", lambda: ran.append(-1), shortcut="Ctrl+E", enabled=False),
    ]
    table.view.setFocus()
    table.view.go_to_row(8)
    QTest.keyClick(table.view, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(table.view, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert ran == [9]


def test_that_the_menu_of_a_row_opens_by_the_keyboard(opened: Opened) -> None:
    table, ran = opened(), list[int]()
    table.row_commands = lambda row: [Command("R & D", lambda: ran.append(row.id))]
    table.view.setFocus()
    table.view.go_to_row(0)
    QTest.keyClick(table.view, Qt.Key.Key_Menu)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    titles = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert titles == ["R && D", "Copy rows", "Copy cell"]
    menu.actions()[0].trigger()
    menu.close()
    assert ran == [1]


def test_that_columns_are_hidden_moved_widened_and_remembered(opened: Opened) -> None:
    table = opened(numbers(5, "habits"))
    arrangement = table.arrangement
    arrangement.set_shown("hours", False)
    arrangement.move("status", 2)
    arrangement.widen("name", 2)
    width = table.view.columnWidth(number_of(table, "name"))
    arrangement.sort_by("cost", True)
    arrangement.save()
    assert keys_of(table) == ["name", "cost", "day", "status", "at", "odd", "note"]
    again = opened(numbers(5, "habits"))
    assert keys_of(again) == keys_of(table)
    assert again.view.columnWidth(number_of(again, "name")) == width
    assert first(again).id == 5
    again.arrangement.reset()
    assert keys_of(again) == ["name", "status", "cost", "hours", "day", "at", "odd", "note"]


def test_that_the_last_column_cannot_be_hidden(opened: Opened) -> None:
    table = opened(numbers(5))
    for column in table.listing.columns:
        table.arrangement.set_shown(column.key, False)
    assert len(keys_of(table)) == 1


def test_that_the_chooser_stays_open_while_columns_are_checked(opened: Opened) -> None:
    table = opened(numbers(5))
    menu = table.bar.columns.menu()
    menu.popup(QPoint(0, 0))
    menu.setActiveAction(menu.actions()[number_of(table, "day")])
    QTest.keyClick(menu, Qt.Key.Key_Space)
    assert "day" not in keys_of(table)
    assert menu.isVisible()
    menu.close()


def column_menu(qtbot: QtBot, table: RecordTable, key: str) -> ColumnMenu:
    """Opened by Alt+Down on the current cell."""
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(0, number_of(table, key)))
    QTest.keyClick(table.view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ColumnMenu)
    return menu


def test_that_a_columns_filter_is_written_into_the_typed_one(qtbot: QtBot, settle: Settle, opened: Opened) -> None:
    table = opened(filter="row cost<100")
    menu = column_menu(qtbot, table, "cost")
    assert menu.line is not None
    QTest.keyClicks(menu.line, "> 1999.5")
    QTest.keyClick(menu.line, Qt.Key.Key_Return)
    settle()
    assert table.bar.line.text() == "row cost>1999.5"
    assert table.filter() == "row cost>1999.5"
    assert "cost" in table.view.head.filtered
    assert table.model.rowCount() == 50


def test_that_choices_of_a_column_are_checked_one_by_one(qtbot: QtBot, settle: Settle, opened: Opened) -> None:
    table = opened()
    menu = column_menu(qtbot, table, "status")
    running, paused = menu.actions()[:2]
    running.trigger()
    assert table.filter() == "status:running"
    paused.trigger()
    assert table.filter() == "status:running,paused"
    running.trigger()
    assert table.filter() == "status:paused"
    paused.trigger()
    assert table.filter() == ""
    menu.close()
    settle()


def test_that_a_filter_without_a_match_offers_to_clear_it(settle: Settle, opened: Opened) -> None:
    table = opened(filter="name:nothing")
    assert table.state.words == "Nothing matches No row matches the filter."
    table.state.button.click()
    settle()
    assert table.state.words == ""
    assert (table.filter(), table.model.rowCount()) == ("", 200_000)


def test_that_an_empty_list_says_what_to_do_first(opened: Opened, settle: Settle) -> None:
    table, ran = opened(numbers(0)), list[str]()
    assert table.state.words == "No numbers yet Nothing was counted; count something first."
    table.empty_command = Command("Count", lambda: ran.append("counted"))
    table.reload()
    settle()
    table.state.button.click()
    assert ran == ["counted"]


def test_that_a_scope_narrows_the_list(settle: Settle, opened: Opened) -> None:
    table = opened(numbers(100))
    table.set_scope(("half", 1))
    settle()
    assert table.model.rowCount() == 50
    assert table.count.text() == "50 numbers"


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx", "rows"])
def test_that_every_row_of_the_filter_is_exported(
    name: str, tmp_path: Path, workspace: Workspace, settle: Settle, opened: Opened
) -> None:
    table, said = opened(filter="cost>1990"), list[Message]()
    workspace.said.connect(said.append)
    table.arrangement.set_shown("at", False)
    table.bar.export.click()
    dialog = table.exporter.dialog
    assert dialog is not None
    assert dialog.isVisible()
    dialog.close()
    table.exporter.write(table.model.on_show, keys_of(table), tmp_path / name)
    settle()
    file = tmp_path / (name if "." in name else f"{name}.csv")
    assert [one.text for one in said] == [f"Exported 1,000 rows to {file.name}."]
    assert said[0].action == "Open folder"
    if file.suffix == ".csv":
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.reader(lines))
        assert len(rows) == 1001
        assert rows[1][0] == "row 199001"
    else:
        assert file.stat().st_size > 10_000


def test_that_rows_are_higher_when_text_is_larger(workspace: Workspace, opened: Opened) -> None:
    table = opened(numbers(5))
    before = table.view.rowHeight(0)
    workspace.theme.choose(scale=200)
    assert table.view.rowHeight(0) > 1.5 * before
    workspace.theme.choose(scale=100)
    assert table.view.rowHeight(0) == before


def test_that_help_names_every_column(opened: Opened) -> None:
    table = opened(numbers(5))
    table.bar.help.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    words = {label.text() for label in dialog.findChildren(QLabel)}
    assert {column.key for column in table.listing.columns} <= words
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_that_typing_in_the_list_searches_nothing(settle: Settle, opened: Opened) -> None:
    table = opened()
    table.view.setFocus()
    table.view.go_to_row(0)
    QTest.keyClicks(table.view, "row 199")
    settle()
    assert table.view.currentIndex().row() == 0


def test_that_a_reading_that_failed_is_said_in_place_and_can_be_tried_again(settle: Settle, opened: Opened) -> None:
    table = opened()
    table.model.failed.emit(DatabaseUnavailable("the server fell silent; start it again."))
    assert table.bar.wrong == "The server fell silent; start it again."
    assert table.model.rowCount() == 200_000
    table.bar.retry_wanted.emit()
    settle()
    assert table.bar.wrong == ""


def test_that_a_list_that_could_not_be_read_at_all_says_so_where_its_rows_would_be(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    table = RecordTable(workspace, numbers(5))
    qtbot.addWidget(table)
    table.show()
    table.model.failed.emit(DatabaseUnavailable("the server fell silent."))
    assert table.state.words == "This could not be read The server fell silent."
    table.state.button.click()
    settle()
    assert (table.state.words, table.model.rowCount()) == ("", 5)


def test_that_typing_in_the_rows_goes_on_in_the_filter(qtbot: QtBot, opened: Opened) -> None:
    table = opened(filter="row")
    table.view.setFocus()
    QTest.keyClicks(table.view, " 77")
    QTest.keyClicks(table.bar.line, "7")
    assert table.bar.line.hasFocus()
    qtbot.waitUntil(lambda: table.filter() == "row777", timeout=PATIENCE_MS)


def test_that_columns_fill_the_list_and_need_no_scrolling_where_they_have_room(opened: Opened) -> None:
    table = opened()
    table.resize(1600, 560)
    assert table.view.head.length() == table.view.viewport().width()
    assert not table.view.horizontalScrollBar().maximum()
    table.resize(500, 560)
    assert table.view.horizontalScrollBar().maximum()


@pytest.mark.parametrize(
    ("reason", "framed"), [(Qt.FocusReason.OtherFocusReason, False), (Qt.FocusReason.TabFocusReason, True)]
)
def test_that_only_who_comes_by_keyboard_is_shown_a_frame(opened: Opened, reason: Qt.FocusReason, framed: bool) -> None:
    table = opened()
    table.bar.focus()
    table.view.setFocus(reason)
    assert table.view.property("by-keyboard") is framed


def test_that_a_row_is_put_into_words_once_and_another_row_never_gets_them(settle: Settle, opened: Opened) -> None:
    table = opened()
    before = [table.model.cell(0, number) for number in range(3)]
    assert all(one is table.model.cell(0, number) for number, one in enumerate(before))
    table.sort("id", True)
    settle()
    assert table.model.cell(0, number_of(table, "name")).words == "row 200000"


def test_that_what_was_reversed_is_struck_out_but_not_when_it_was(opened: Opened) -> None:
    listing = numbers(2)
    answered = Column("reversed", "Reversed", "date", "CASE WHEN n = 2 THEN date '2026-01-02' END", shown=False)
    table = opened(replace(listing, columns=(*listing.columns, answered)))
    assert [table.model.cell(row, 1).manner for row in (0, 1)] == ["", "gone"]
    assert table.model.cell(1, len(listing.columns)).manner == ""
