"""The Imports page: from a dropped file to its receipt, by keyboard, and nothing lost or half done on the way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.campaigns import edit_campaign
from capdesk.views.look.theme import Theme
from capdesk.views.pages.imports.page import ImportsPage
from capdesk.views.pages.imports.preview_table import RowsModel
from capdesk.views.pages.imports.wizard import Wizard
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.support.files import CALLS, LEADS, START, call, imported, rows, size, written
from tests.views.conftest import PATIENCE_MS, Settle

MANY = 50_000


@pytest.fixture
def working(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    builders.lead(desk)
    return desk


@pytest.fixture
def page(qtbot: QtBot, workspace: Workspace, working: Desk, settle: Settle) -> ImportsPage:
    made = ImportsPage(workspace)
    qtbot.addWidget(made)
    made.resize(1100, 760)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.open(Place("imports"))
    settle()
    return made


@pytest.fixture
def enter(page: ImportsPage, settle: Settle) -> Callable[..., None]:
    """Presses a key, as the wizard has the keyboard, and waits for what comes of it."""

    def press(key: Qt.Key = Qt.Key.Key_Return) -> None:
        QTest.keyClick(QApplication.focusWidget() or page.wizard, key)
        settle()

    return press


def at_step(wizard: Wizard) -> str:
    return wizard.strip.accessibleName().rpartition(": ")[2]


def figures(wizard: Wizard) -> tuple[str, ...]:
    return tuple(label.text() for label in wizard.receipt.told._figures)


def test_that_a_known_file_is_imported_with_three_keys(
    page: ImportsPage, working: Desk, settle: Settle, enter: Callable[..., None], tmp_path: Path
) -> None:
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("a"), call("b")]))
    settle()
    assert at_step(page.wizard) == "What it is"
    for _ in range(3):
        enter()
    assert at_step(page.wizard) == "Receipt"
    assert figures(page.wizard) == ("2", "2", "0", "0")
    assert rows(working, "SELECT count(*) FROM call") == [(2,)]
    enter()
    assert page.stack is not None
    assert page.stack.currentWidget() is page.beside
    settle()
    assert page.table.model.rowCount() == 2  # the import, and the lead entered by hand


def test_that_a_file_may_be_dropped_anywhere_on_the_page(page: ImportsPage, settle: Settle, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(written(tmp_path / "leads.csv", LEADS, [["Bo", "+13055550188", "", ""]])))])
    keys = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(page, QDragEnterEvent(QPointF(5, 5), *keys))
    assert page.over.isVisible()
    QApplication.sendEvent(page, QDropEvent(QPointF(5, 5), *keys))
    assert not page.over.isVisible()
    settle()
    assert (page.wizard.what.kind.value(), page.wizard.what.campaign.box.currentText()) == ("leads", "Spring")


def test_that_a_file_that_is_no_table_is_refused_in_place(page: ImportsPage, settle: Settle, tmp_path: Path) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n\0\0")
    page.begin(path)
    settle()
    assert at_step(page.wizard) == "File"
    assert "NUL byte" in page.wizard.file._error.text()
    assert page.wizard.next.isHidden()


def test_that_columns_and_words_are_mapped_and_going_back_loses_nothing(
    page: ImportsPage, working: Desk, settle: Settle, enter: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    made = [call("a"), call("b", outcome="Voicemail")]
    page.begin(written(tmp_path / "calls.csv", ("Call ID", "Began", "Duration", "Result", "To", "Agent Email"), made))
    settle()
    wizard, columns = page.wizard, page.wizard.columns
    enter()
    assert not wizard.next.isEnabled()
    assert columns.boxes["started_at"].hasFocus()
    QTest.keyClicks(columns.boxes["started_at"], "Beg")
    settle()
    qtbot.waitUntil(lambda: "1 rejected" in columns._summary.text(), timeout=PATIENCE_MS)
    columns.words["Voicemail"].setCurrentText("No Answer")
    QTest.keyClicks(columns.save_as, "ours")
    qtbot.waitUntil(lambda: "All of the first 2 rows" in columns._summary.text(), timeout=PATIENCE_MS)
    enter()
    assert at_step(wizard) == "Check"
    for step in ("Columns", "What it is", "File"):
        enter(Qt.Key.Key_Escape)
        assert at_step(wizard) == step
    for _ in range(3):
        wizard.go_on()
        settle()
    assert columns.boxes["started_at"].currentText() == "Began"
    assert columns.words["Voicemail"].currentText() == "No Answer"
    enter()
    assert figures(wizard) == ("2", "2", "0", "0")
    assert rows(working, "SELECT name, mapping #>> '{outcomes,Voicemail}' FROM import_profile") == [
        ("ours", "No Answer")
    ]
    page.begin(tmp_path / "calls.csv")
    settle()
    assert wizard.what.profile.value() == "ours"


def test_that_a_check_records_nothing(page: ImportsPage, working: Desk, settle: Settle, tmp_path: Path) -> None:
    before = size(working)
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("a"), call("b", outcome="VM")]))
    settle()
    for _ in range(2):
        page.wizard.go_on()
        settle()
    assert page.wizard.next.text() == "Import 1 row"
    assert size(working) == before
    assert not (tmp_path / "calls.rejects.csv").exists()


def test_that_a_cancelled_import_leaves_nothing_and_a_later_one_lands_all(
    page: ImportsPage, working: Desk, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    made = [call(n, at=f"2026-03-02T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z") for n in range(MANY)]
    made[-1][3] = "no outcome"
    page.begin(written(tmp_path / "calls.csv", CALLS, made))
    settle()
    wizard = page.wizard
    for _ in range(2):
        wizard.go_on()
        settle()
    before = size(working)
    wizard.go_on()
    job = wizard.run.job
    assert job is not None
    assert wizard.back.text() == "Cancel"
    qtbot.waitUntil(lambda: job.report.latest() is not None, timeout=PATIENCE_MS)
    QTest.keyClick(wizard, Qt.Key.Key_Escape)
    settle()
    assert wizard.run._heading.text() == "Cancelled: nothing was recorded."
    assert size(working) == before
    assert list(tmp_path.glob("*rejects*")) == []
    wizard.go_on()
    settle()
    assert figures(wizard) == (f"{MANY:,}", f"{MANY - 1:,}", "0", "1")


def test_that_rows_before_the_first_run_are_imported_only_on_purpose(
    page: ImportsPage, working: Desk, workspace: Workspace, settle: Settle, tmp_path: Path
) -> None:
    ids = builders.planned_experiment(working, name="Earlier")
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("a", at="2026-01-05T10:00:00Z")]))
    settle()
    wizard, went = page.wizard, list[Place]()
    workspace.went.connect(went.append)
    for _ in range(2):
        wizard.go_on()
        settle()
    words = wizard.check._words.text()
    assert "before its first run; the earliest is at 2026-01-05 05:00 (America/New_York)" in words
    assert "--" not in words
    link = wizard.check._ways.itemAt(0)
    assert link is not None
    link.widget().click()  # type: ignore[union-attr]
    assert went == [Place("experiment", ids.experiment)]
    wizard.check.anyway.box.click()
    settle()
    wizard.go_on()
    settle()
    assert figures(wizard) == ("1", "1", "0", "0")


def test_that_rejected_rows_are_corrected_in_place_and_imported_again(
    page: ImportsPage, working: Desk, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    made = [call("a"), call("b", outcome="VM"), call("c", at="2026-03-02T15:00")]
    page.begin(written(tmp_path / "calls.csv", CALLS, made))
    settle()
    for _ in range(3):
        page.wizard.go_on()
        settle()
    page.wizard.receipt.open_rows.click()
    settle()
    editor = page.editor
    assert [editor.model.fault(row) for row in range(2)] == [3, 1]
    index = editor.table.currentIndex()
    assert (index.row(), index.column()) == (0, 5)
    QTest.keyClick(editor.table, Qt.Key.Key_Return)
    line = QApplication.focusWidget()
    assert line is not None
    QTest.keyClicks(line, "Busy")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: editor.model.cell(0, 3) == "Busy", timeout=PATIENCE_MS)
    QTest.keyClick(editor.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: editor._told.text() == "1 landed now, 1 still rejected.", timeout=PATIENCE_MS)
    settle()
    assert [row.cells[0] for row in editor.model.rows] == ["c"]
    editor.model.setData(editor.model.index(0, 3), "2026-03-02T15:00:00Z")
    editor.import_again()
    settle()
    assert editor._heading.text() == "Every row is put right"
    assert rows(working, "SELECT count(*) FROM call") == [(3,)]


def test_that_rejected_rows_of_a_past_import_are_opened_from_its_row(
    page: ImportsPage, settle: Settle, tmp_path: Path
) -> None:
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("b", outcome="VM")]))
    settle()
    for _ in range(3):
        page.wizard.go_on()
        settle()
    page.wizard.go_on()
    settle()
    page.table.view.go_to_row(0)
    settle()
    row = page.table.current()
    assert row is not None
    page.row_commands(row)[0].run()
    settle()
    assert page.editor.model.cell(0, 3) == "VM"
    page.editor.model.setData(page.editor.model.index(0, 5), "Busy")
    page.editor.import_again()
    settle()
    assert page.editor._told.text() == "1 landed now; none is left."


def test_that_corrections_are_not_thrown_away_in_passing(page: ImportsPage, settle: Settle, tmp_path: Path) -> None:
    for name in ("one", "two"):
        page.begin(written(tmp_path / f"{name}.csv", CALLS, [call(name, outcome="VM")]))
        settle()
        for _ in range(3):
            page.wizard.go_on()
            settle()
        page.wizard.receipt.open_rows.click()
        settle()
        if name == "one":
            page.editor.model.setData(page.editor.model.index(0, 5), "Busy")
    assert page.editor.model.cell(0, 0) == "one"
    assert page.editor.model.cell(0, 3) == "Busy"
    assert page.unsaved() == "1 corrected row of one.rejects.csv"


def test_that_a_header_line_can_be_copied(page: ImportsPage, workspace: Workspace, qtbot: QtBot) -> None:
    said: list[Message] = []
    workspace.said.connect(said.append)
    page.start()
    copy = page.wizard.file.findChild(QPushButton, "button-copy-hours-header")
    assert copy is not None
    copy.click()
    assert QGuiApplication.clipboard().text() == "email,date,hours,entry_id"
    assert said[0].tone == "good"


def test_that_the_models_keep_the_rules_of_qt(
    page: ImportsPage, settle: Settle, qtmodeltester: object, working: Desk, tmp_path: Path
) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call("a"), call("b", outcome="VM")])
    page.begin(path)
    settle()
    page.wizard.go_on()
    settle()
    imported(working, "calls", path)
    for model in (page.wizard.what.model, page.wizard.columns.model, page.editor.model):
        qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_that_a_file_written_again_since_its_check_is_checked_again(
    page: ImportsPage, working: Desk, settle: Settle, enter: Callable[..., None], tmp_path: Path
) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call("a")])
    page.begin(path)
    settle()
    enter()
    enter()
    assert (at_step(page.wizard), page.wizard.next.text()) == ("Check", "Import 1 row")
    written(path, CALLS, [call("a"), call("b")])
    enter()
    assert (at_step(page.wizard), page.wizard.next.text()) == ("Check", "Import 2 rows")
    assert rows(working, "SELECT count(*) FROM call") == [(0,)]
    enter()
    assert figures(page.wizard) == ("2", "2", "0", "0")


def test_that_tips_take_nothing_of_a_file_for_markup(theme: Theme, qtbot: QtBot) -> None:
    model = RowsModel(theme)
    model.show_rows(("Name",), [("<img src=x>",)])
    assert model.index(0, 0).data(Qt.ItemDataRole.DisplayRole) == "<img src=x>"
    assert "&lt;img src=x&gt;" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_that_an_import_under_way_is_unsaved_until_its_receipt(
    page: ImportsPage, settle: Settle, enter: Callable[..., None], tmp_path: Path
) -> None:
    page.start()
    assert page.unsaved() == ""
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("a")]))
    settle()
    assert page.unsaved() == "the import of calls.csv"
    page.show_list()
    assert page.unsaved() == "the import of calls.csv"
    page.start()
    for _ in range(3):
        enter()
    assert at_step(page.wizard) == "Receipt"
    assert page.unsaved() == ""


def test_that_a_campaign_renamed_meanwhile_is_still_the_one_that_was_chosen(
    page: ImportsPage, working: Desk, settle: Settle, tmp_path: Path
) -> None:
    page.begin(written(tmp_path / "calls.csv", CALLS, [call("a")]))
    settle()
    home = page.wizard.what.campaign.value()
    working.write(lambda session: edit_campaign(session, home, name="Summer"))
    for _ in range(3):
        page.wizard.go_on()
        settle()
    assert figures(page.wizard) == ("1", "1", "0", "0")
    assert "Into Summer." in page.wizard.receipt._words.text()
