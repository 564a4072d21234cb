"""The log: bounded, searchable, without values, and on disk only where the owner saves it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from capdesk.views.shell.log import LogWindow
from capdesk.views.shell.ring import Ring, matching
from capdesk.views.workspace import Workspace


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.Logger("capdesk.test")
    return made


@pytest.fixture
def ring(logger: logging.Logger) -> Ring:
    made = Ring(kept=3)
    logger.addHandler(made)
    return made


@pytest.fixture
def log(qtbot: QtBot, workspace: Workspace, ring: Ring) -> Iterator[LogWindow]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = LogWindow(workspace, ring, parent)
    yield made
    made.close()


def test_that_only_the_newest_are_kept(logger: logging.Logger, ring: Ring) -> None:
    for number in range(10):
        logger.info("record %d", number)
    assert [one.words for one in ring.noted] == ["record 7", "record 8", "record 9"]


def test_that_an_exception_is_noted_without_its_words(logger: logging.Logger, ring: Ring) -> None:
    number = "+1" + "415" * 3 + "1"
    try:
        raise KeyError(number)
    except KeyError:
        logger.exception("It failed")
    assert "test_log.py" in ring.noted[0].words
    assert "KeyError" in ring.noted[0].words
    assert number not in ring.noted[0].line()


def test_that_a_record_nobody_can_write_down_stops_nothing(
    logger: logging.Logger, ring: Ring, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("%d records", "no number")
    logger.info("after it")
    assert [one.words for one in ring.noted] == ["after it"]
    assert "no number" in capsys.readouterr().err


def test_that_level_and_words_narrow_what_is_shown(logger: logging.Logger, ring: Ring, log: LogWindow) -> None:
    logger.info("Opening the desk")
    logger.error("The desk is gone")
    log.enter()
    assert len(log.text.toPlainText().splitlines()) == 2
    log.level.setCurrentIndex(log.level.count() - 1)
    assert "gone" in log.text.toPlainText()
    assert "Opening" not in log.text.toPlainText()
    assert matching(list(ring.noted), logging.INFO, "desk OPEN")[0].words == "Opening the desk"


def test_that_it_follows_what_comes(logger: logging.Logger, qtbot: QtBot, log: LogWindow) -> None:
    log.enter()
    logger.info("A line that comes later")
    qtbot.waitUntil(lambda: "comes later" in log.text.toPlainText())


def test_that_it_is_copied_and_saved_for_its_owner_alone(
    logger: logging.Logger, log: LogWindow, tmp_path: Path
) -> None:
    logger.info("A line")
    log.enter()
    log.copy()
    assert QGuiApplication.clipboard().text().endswith("capdesk.test: A line")
    log.save(str(tmp_path / "log.txt"))
    assert (tmp_path / "log.txt").read_text().endswith("capdesk.test: A line\n")
    assert (tmp_path / "log.txt").stat().st_mode & 0o077 == 0
    log.save(str(tmp_path / "none" / "log.txt"))
    assert "not saved" in log.windowTitle()


def test_that_the_window_keeps_no_log_on_disk(logger: logging.Logger, log: LogWindow, workspace: Workspace) -> None:
    logger.error("Something")
    assert [file for file in workspace.folder.rglob("*.log") if "postgres" not in file.parts] == []
