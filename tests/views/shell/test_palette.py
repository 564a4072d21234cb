"""Ctrl+K: pages, actions and records by a few letters, with the keyboard alone."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.leads import add_lead
from capdesk.views.places import Place
from capdesk.views.shell.palette import Entries, Palette
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.views.conftest import PATIENCE_MS, Settle

CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(bench: Workbench, qtbot: QtBot) -> Palette:
    QTest.keyClick(bench.main, Qt.Key.Key_K, CONTROL)
    assert bench.palette_.isVisible()
    return bench.palette_


def titles(palette: Palette) -> list[str]:
    return [entry.title for entry in palette.model.entries]


def holds(palette: Palette, title: str) -> bool:
    return title in titles(palette)


def test_that_letters_and_enter_open_a_page(bench: Workbench, qtbot: QtBot, settle: Settle) -> None:
    palette = opened(bench, qtbot)
    QTest.keyClicks(palette.words, "camp")
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert bench.history.current is not None
    assert bench.history.current.place == Place("campaigns")
    settle()


def test_that_arrows_choose_and_wrap(bench: Workbench, qtbot: QtBot) -> None:
    palette = opened(bench, qtbot)
    QTest.keyClick(palette.words, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == len(palette.model.entries) - 1
    QTest.keyClick(palette.words, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 0
    QTest.keyClick(palette.words, Qt.Key.Key_Tab)
    assert palette.list.currentIndex().row() == 1
    QTest.keyClick(palette.words, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_that_actions_are_found_with_their_keys(bench: Workbench, qtbot: QtBot, workspace: Workspace) -> None:
    palette = opened(bench, qtbot)
    QTest.keyClicks(palette.words, "larger text")
    assert palette.model.entries[0].title == "Larger text"
    assert palette.model.entries[0].keys == "Ctrl+="
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    assert workspace.theme.scale == 110
    bench.acts.step_text(0)


def test_that_the_commands_of_the_page_are_there(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    workspace.go("campaigns")
    settle()
    palette = opened(bench, qtbot)
    QTest.keyClicks(palette.words, "new campaign")
    assert "on this page" in [entry.detail for entry in palette.model.entries]
    settle()


def test_that_places_one_was_at_come_first(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    workspace.go("leads", filter="status:active")
    workspace.go("campaigns")
    settle()
    palette = opened(bench, qtbot)
    assert titles(palette)[0] == "Leads"
    assert palette.model.entries[0].detail == "recent · status:active"


def test_that_records_are_found_by_name_and_number(bench: Workbench, qtbot: QtBot, desk: Desk, settle: Settle) -> None:
    builders.planned_experiment(desk, name="Two-call close")
    desk.write(lambda session: add_lead(session, "Spring", "+1 415 555 0100", desk.owner_id, name="Ada Byron"))
    palette = opened(bench, qtbot)
    for typed, found in (("two-c", "Two-call close"), ("(415) 555-0100", "Ada Byron"), ("byr", "Ada Byron")):
        palette.words.clear()
        QTest.keyClicks(palette.words, typed)
        qtbot.waitUntil(partial(holds, palette, found), timeout=PATIENCE_MS)
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    assert bench.history.current is not None
    assert bench.history.current.place == Place("leads", filter="id:1")
    settle()


def test_that_what_fits_nothing_is_said(bench: Workbench, qtbot: QtBot, settle: Settle) -> None:
    palette = opened(bench, qtbot)
    QTest.keyClicks(palette.words, "qqqq")
    assert palette.nothing.isVisible()
    settle()


def test_that_a_click_beside_it_closes_it(bench: Workbench, qtbot: QtBot) -> None:
    palette = opened(bench, qtbot)
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert not palette.isVisible()


def test_that_the_keyboard_returns_to_where_it_was(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    workspace.go("campaigns")
    settle()
    bench.sidebar.take_keyboard()
    before = bench.main.focusWidget()
    palette = opened(bench, qtbot)
    QTest.keyClick(palette.words, Qt.Key.Key_Escape)
    assert bench.main.focusWidget() is before


def test_that_the_model_keeps_qts_rules(qtbot: QtBot, bench: Workbench) -> None:
    model = Entries(bench)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, bench)
    model.fill(bench.palette_._acts())
    model.fill([])
    assert tester.model() is model


def test_that_a_record_that_begins_so_comes_before_an_action_that_holds_the_word(
    bench: Workbench, qtbot: QtBot, desk: Desk, settle: Settle
) -> None:
    builders.planned_experiment(desk, name="Short script")
    palette = opened(bench, qtbot)
    QTest.keyClicks(palette.words, "short")
    qtbot.waitUntil(lambda: holds(palette, "Short script"), timeout=PATIENCE_MS)
    assert titles(palette).index("Short script") < titles(palette).index("Keyboard shortcuts")
    settle()


def test_that_one_panel_makes_way_for_another_and_all_for_a_page(
    bench: Workbench, qtbot: QtBot, settle: Settle
) -> None:
    bench.shortcuts.enter()
    palette = opened(bench, qtbot)
    assert not bench.shortcuts.isVisible()
    palette.leave()
    bench.shortcuts.enter()
    bench.show_place(Place("leads"))
    assert not bench.shortcuts.isVisible()
    settle()
