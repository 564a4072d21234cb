"""The window: where one is, how one gets elsewhere, and that it hears of what others do."""

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.session import make_engine
from capdesk.services.products import add_product
from capdesk.views.look.theme import Theme
from capdesk.views.places import PAGES, Place
from capdesk.views.shell.closing import let_go
from capdesk.views.shell.sidebar import COLLAPSED
from capdesk.views.shell.window import Window
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace
from tests.conftest import TestDatabase
from tests.views.conftest import PATIENCE_MS, Settle


def here(bench: Workbench) -> Place | None:
    return bench.history.current.place if bench.history.current else None


def test_that_the_first_start_makes_the_desk_behind_the_start_screen(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "new desk", None, theme)
    window = Window(workspace)
    window.show()
    assert window.start_screen.isVisible()
    window.open_soon()
    qtbot.waitUntil(lambda: workspace.is_open and window.bench.isVisible(), timeout=PATIENCE_MS)
    assert EmbeddedServer(workspace.folder).status().running
    assert window.close()
    assert let_go(workspace, window.opening)
    assert not EmbeddedServer(workspace.folder).status().running
    EmbeddedServer(workspace.folder).remove(force=True)
    window.deleteLater()


def test_that_a_desk_that_cannot_be_opened_says_why_and_offers_ways_out(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path, "postgresql://nobody@127.0.0.1:1/none", theme)
    window = Window(workspace)
    window.show()
    window.open_soon()
    qtbot.waitUntil(window.start_screen.ways_out.isVisible, timeout=PATIENCE_MS)
    assert "cannot be reached" in window.start_screen.doing.text()
    assert window.start_screen.retry.hasFocus()
    window.start_screen.retry.click()
    assert not window.start_screen.ways_out.isVisible()
    qtbot.waitUntil(window.start_screen.ways_out.isVisible, timeout=PATIENCE_MS)
    assert window.close()
    assert let_go(workspace, window.opening)
    window.deleteLater()


def test_that_back_and_forward_go_through_places_and_filters(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    workspace.go("campaigns")
    workspace.go("leads", filter="status:active")
    settle()
    QTest.keyClick(bench.main, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert here(bench) == Place("campaigns")
    QTest.mouseClick(bench.main, Qt.MouseButton.ForwardButton)
    assert here(bench) == Place("leads", filter="status:active")
    page = bench.current_page()
    assert page is not None
    assert page.place == Place("leads", filter="status:active")
    settle()


def test_that_pages_are_kept_alive(bench: Workbench, workspace: Workspace, settle: Settle) -> None:
    workspace.go("campaigns")
    first = bench.current_page()
    workspace.go("leads")
    workspace.go("campaigns")
    assert bench.current_page() is first
    settle()


def test_that_the_sidebar_marks_the_page_and_its_records(bench: Workbench, workspace: Workspace) -> None:
    workspace.go("campaigns")
    assert bench.sidebar.buttons["campaigns"].isChecked()
    bench.sidebar.mark("experiment")
    assert bench.sidebar.buttons["experiments"].isChecked()


def test_that_arrows_go_from_page_to_page_and_enter_opens_one(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    workspace.go("campaigns")
    bench.sidebar.take_keyboard()
    focused = bench.sidebar.buttons["campaigns"]
    QTest.keyClick(focused, Qt.Key.Key_Down)
    QTest.keyClick(bench.sidebar.buttons["experiments"], Qt.Key.Key_Down)
    QTest.keyClick(bench.sidebar.buttons["leads"], Qt.Key.Key_Return)
    assert here(bench) == Place("leads")
    settle()


@pytest.mark.parametrize(("number", "key"), [(2, "campaigns"), (4, "leads")])
def test_that_ctrl_and_a_number_open_a_page(
    bench: Workbench, qtbot: QtBot, settle: Settle, number: int, key: str
) -> None:
    QTest.keyClick(bench.main, Qt.Key(Qt.Key.Key_0.value + number), Qt.KeyboardModifier.ControlModifier)
    assert here(bench) == Place(key)
    settle()


def test_that_the_sidebar_collapses_to_icons_and_that_is_remembered(
    bench: Workbench, qtbot: QtBot, workspace: Workspace
) -> None:
    wide = bench.sidebar.width()
    QTest.keyClick(bench.main, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert bench.sidebar.maximumWidth() < wide / 2
    assert bench.sidebar.buttons["leads"].accessibleName() == "Leads"
    assert workspace.memory.get(COLLAPSED) is True


def test_that_a_commit_by_somebody_else_reads_the_page_anew(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, desk: Desk, database: TestDatabase
) -> None:
    other = Desk(desk.folder, desk.clock, make_engine(database.app), desk.zone, desk.owner_id)
    with qtbot.waitSignal(workspace.changed, timeout=PATIENCE_MS):
        other.write(lambda session: add_product(session, "Shop"))
    other.close()


def test_that_a_burst_of_commits_is_one_change(
    bench: Workbench, qtbot: QtBot, workspace: Workspace, desk: Desk, database: TestDatabase
) -> None:
    heard: list[int] = []
    workspace.changed.connect(lambda: heard.append(1))
    other = Desk(desk.folder, desk.clock, make_engine(database.app), desk.zone, desk.owner_id)

    def burst() -> None:
        for number in range(20):
            other.write(partial(add_product, name=f"Shop {number}"))

    workspace.jobs.run("Writing", lambda _report: burst())
    qtbot.waitUntil(lambda: bool(heard) and workspace.jobs.idle, timeout=PATIENCE_MS)
    qtbot.wait(400)
    assert len(heard) <= 6
    other.close()


def test_that_a_page_that_was_not_installed_is_told_and_one_stays_where_one_was(
    bench: Workbench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.go("campaigns")
    lost = PAGES["overrides"].__class__("overrides", "Overrides", "shield-alert", "Decisions", "capdesk.none:Page")
    monkeypatch.setitem(PAGES, "overrides", lost)
    workspace.go("overrides")
    assert here(bench) == Place("campaigns")
    assert "missing from this installation" in bench.messages.label.text()


def test_that_text_grows_shrinks_and_returns_by_keys(bench: Workbench, qtbot: QtBot, workspace: Workspace) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(bench.main, Qt.Key.Key_Equal, control)
    assert workspace.theme.scale == 110
    assert workspace.memory.get("look/scale") == 110
    QTest.keyClick(bench.main, Qt.Key.Key_Minus, control)
    QTest.keyClick(bench.main, Qt.Key.Key_Minus, control)
    assert workspace.theme.scale == 100
    QTest.keyClick(bench.main, Qt.Key.Key_Equal, control)
    QTest.keyClick(bench.main, Qt.Key.Key_0, control)
    assert workspace.theme.scale == 100


def test_that_light_and_dark_are_chosen_and_remembered(bench: Workbench, workspace: Workspace) -> None:
    schemes: list[str] = []
    for key in ("dark", "light"):
        bench.acts.by_key[key].trigger()
        schemes.append(workspace.theme.colors.scheme)
        assert workspace.memory.get("look/scheme") == key
    assert schemes == ["dark", "light"]


def test_that_every_shortcut_means_one_thing(bench: Workbench) -> None:
    keys = [keys.toString() for action in bench.acts.by_key.values() for keys in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_that_the_status_line_tells_database_zone_sync_and_seal(
    bench: Workbench, qtbot: QtBot, desk: Desk, workspace: Workspace
) -> None:
    status = bench.status
    assert status.zone.text() == desk.zone.key
    assert status.database.text() == "Database on this computer"
    assert status.sync.text() == "No connections"
    assert status.seal.text() == "Nothing sealed yet"
    workspace.write("Recording", lambda desk: desk.write(lambda session: add_product(session, "Shop")))
    qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)


def test_that_no_control_of_the_shell_is_without_a_name(bench: Workbench) -> None:
    for button in bench.findChildren(QToolButton):
        assert button.accessibleName() or button.text() or button.toolTip() or bench.stack.isAncestorOf(button)
    for page_button in bench.sidebar.buttons.values():
        assert page_button.accessibleName()


def test_that_a_server_of_ours_that_went_away_is_started_again(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "desk", None, theme)
    window = Window(workspace)
    window.show()
    window.open_soon()
    qtbot.waitUntil(lambda: workspace.is_open and window.bench.isVisible(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)
    first = workspace.desk
    EmbeddedServer(workspace.folder).stop(force=True)
    qtbot.waitUntil(lambda: workspace.desk is not first, timeout=PATIENCE_MS)
    with qtbot.waitSignal(workspace.changed, timeout=PATIENCE_MS):
        workspace.write("Recording", lambda desk: desk.write(lambda session: add_product(session, "Shop")))
    qtbot.waitUntil(lambda: workspace.jobs.idle, timeout=PATIENCE_MS)
    assert window.close()
    assert let_go(workspace, window.opening)
    window.closing.join()
    assert not EmbeddedServer(workspace.folder).status().running
    EmbeddedServer(workspace.folder).remove(force=True)
    window.deleteLater()
