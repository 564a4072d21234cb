"""Our own mistakes: one dialog, a report without values, and one goes on."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from capdesk.views.shell.crash import Crashes


@pytest.fixture
def crashes(qtbot: QtBot) -> Iterator[Crashes]:
    window = QWidget()
    qtbot.addWidget(window)
    made = Crashes(window)
    yield made
    made.uninstall()
    for report in made.reports:
        report.file.unlink(missing_ok=True)


def press(crashes: Crashes, name: str) -> None:
    assert crashes.dialog is not None
    button = crashes.dialog.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def test_that_several_mistakes_are_one_dialog(crashes: Crashes) -> None:
    for _ in range(3):
        crashes.show(KeyError("+14155550100"))
    assert crashes.dialog is not None
    words = crashes.dialog.words.text()
    assert "This is a mistake in capdesk (KeyError)" in words
    assert "2 more" in words
    assert "+1415" not in words
    first: QWidget = crashes.dialog
    press(crashes, "button-copy")
    assert QGuiApplication.clipboard().text().count("capdesk-error-") == 3
    press(crashes, "button-go-on")
    assert not first.isVisible()
    assert not crashes.reports


def test_that_a_storm_of_mistakes_writes_a_bounded_number_of_reports(crashes: Crashes) -> None:
    for _ in range(200):
        crashes.show(KeyError())
    assert len(crashes.reports) <= 20
    press(crashes, "button-go-on")


def test_that_quit_is_asked_for(qtbot: QtBot, crashes: Crashes) -> None:
    crashes.show(KeyError())
    with qtbot.waitSignal(crashes.quit_asked):
        press(crashes, "button-quit")


def test_that_mistakes_in_threads_are_told_too(qtbot: QtBot, crashes: Crashes) -> None:
    crashes.install()

    def fail() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: crashes.dialog is not None)
    press(crashes, "button-go-on")


def test_that_telling_never_raises(crashes: Crashes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not even where the report cannot be written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    heard: list[type[BaseException]] = []
    crashes._hooks = (lambda kind, _error, _trace: heard.append(kind), crashes._hooks[1])
    crashes.show(KeyError())
    assert heard == [FileNotFoundError]
    assert crashes.dialog is None


def test_that_the_hooks_are_given_back(crashes: Crashes) -> None:
    before = sys.excepthook
    crashes.install()
    assert sys.excepthook is not before
    crashes.uninstall()
    assert sys.excepthook is before


def test_that_the_folder_of_a_report_opens_whatever_its_name(
    crashes: Crashes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "Olga's temp. files"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    crashes.show(KeyError())
    press(crashes, "button-open-folder")
    assert [Path(url.toLocalFile()) for url in opened] == [folder]
    press(crashes, "button-go-on")
