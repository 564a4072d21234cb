"""What the window does when it is asked: the demo, an import, a page's command."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from capdesk.errors import RuleRefused, Stopped
from capdesk.services.demo.build import is_built
from capdesk.views.jobs import Report
from capdesk.views.places import Place
from capdesk.views.shell.errands import build_demo, program
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS, Settle


def test_that_a_demo_is_not_built_into_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(RuleRefused, match="is not empty"):
        build_demo(tmp_path, Report())
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]


def test_that_a_cancelled_demo_leaves_nothing(tmp_path: Path) -> None:
    report = Report()
    report.cancelled = True
    with pytest.raises(Stopped):
        build_demo(tmp_path / "demo", report)
    assert not (tmp_path / "demo").exists()


def test_that_a_demo_that_is_there_is_only_opened(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    assert is_built(tmp_path)
    assert build_demo(tmp_path, Report()) == tmp_path


def test_that_a_built_demo_opens_in_a_window_of_its_own(
    bench: Workbench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Started:
        def __init__(self, line: list[str], **_rest: object) -> None:
            started.append(line)

    monkeypatch.setattr("subprocess.Popen", Started)
    (tmp_path / "demo.json").write_text("{}")
    bench.errands.build_demo(str(tmp_path))
    qtbot.waitUntil(lambda: bool(started), timeout=PATIENCE_MS)
    assert started == [[*program(), "--desk", str(tmp_path)]]


@pytest.mark.parametrize(("words", "page"), [("sync", "syncs"), ("import", "imports")])
def test_that_what_is_asked_leads_to_its_page(
    bench: Workbench, workspace: Workspace, settle: Settle, words: str, page: str
) -> None:
    workspace.asked.emit(words)
    assert bench.history.current is not None
    assert bench.history.current.place == Place(page)
    settle()


def test_that_a_backup_asks_for_its_file_on_the_settings_page(bench: Workbench, settle: Settle) -> None:
    bench.show_place(Place("settings", None, "about"))
    settle()
    bench.acts.by_key["back-up"].trigger()
    settle()
    assert bench.history.current is not None
    assert bench.history.current.place == Place("settings", None, "database")
    asked = [one for one in bench.main.findChildren(QFileDialog) if one.isVisible()]
    assert [one.windowTitle() for one in asked] == ["Back up"]
    asked[0].reject()


def test_that_a_dropped_file_goes_to_the_wizard(
    bench: Workbench, workspace: Workspace, settle: Settle, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("phone\n+14155550100\n")
    workspace.asked.emit(f"import {file}")
    settle()
    page = bench.current_page()
    assert page is not None
    assert page.key == "imports"
    assert bench.messages.shown is None
