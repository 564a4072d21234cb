"""Work in the background: what it returns and raises arrives in the window's thread; the newest reading wins."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from capdesk.errors import RuleRefused, Stopped
from capdesk.views.jobs import Job, Jobs, Report
from tests.views.conftest import PATIENCE_MS


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    assert made.close(PATIENCE_MS)


def unexpected(error: Exception) -> None:
    raise AssertionError(error)


def test_that_a_result_arrives_in_the_windows_own_thread(qtbot: QtBot, jobs: Jobs, qapp: QApplication) -> None:
    seen: list[Any] = []
    worked_in: list[QThread] = []

    def work(_report: Report) -> int:
        worked_in.append(QThread.currentThread())
        return 2**40

    jobs.run("Counting", work, then=lambda value: seen.append((value, QThread.currentThread())), failed=unexpected)
    qtbot.waitUntil(lambda: bool(seen), timeout=PATIENCE_MS)
    assert seen == [(2**40, qapp.thread())]
    assert worked_in != [qapp.thread()]


def test_that_an_error_arrives_instead_of_a_result(qtbot: QtBot, jobs: Jobs) -> None:
    errors: list[Exception] = []

    def work(_report: Report) -> None:
        raise RuleRefused("No.")

    job = jobs.run("Refusing", work, failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=PATIENCE_MS)
    assert str(errors[0]) == "No."
    assert job.state == "failed"
    assert jobs.idle


def test_that_a_cancelled_job_ends_at_its_next_step(qtbot: QtBot, jobs: Jobs) -> None:
    began, errors = threading.Event(), list[Exception]()

    def work(report: Report) -> None:
        began.set()
        while True:
            report(1, 2)

    job = jobs.run("Going on", work, failed=errors.append)
    assert began.wait(PATIENCE_MS / 1000)
    job.cancel()
    qtbot.waitUntil(lambda: bool(errors), timeout=PATIENCE_MS)
    assert isinstance(errors[0], Stopped)
    assert job.state == "cancelled"


def test_that_progress_is_told_while_a_job_is_listed(qtbot: QtBot, jobs: Jobs) -> None:
    told: list[tuple[int, int, str]] = []
    go_on = threading.Event()

    def work(report: Report) -> None:
        report(3, 10, "rows")
        assert go_on.wait(PATIENCE_MS / 1000)

    job: Job[None] = jobs.run("Importing", work)
    job.progressed.connect(lambda *values: told.append(values))
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert told[0] == (3, 10, "rows")
    assert jobs.listed == [job]
    go_on.set()
    qtbot.waitUntil(lambda: jobs.idle, timeout=PATIENCE_MS)
    assert jobs.listed == []


def test_that_the_newest_reading_of_a_kind_wins(qtbot: QtBot, jobs: Jobs) -> None:
    owner, got = QObject(), list[int]()
    hold = threading.Event()

    def slow(_report: Report) -> int:
        assert hold.wait(PATIENCE_MS / 1000)
        return 1

    jobs.read(owner, "rows", slow, got.append, unexpected)
    for number in range(2, 12):
        jobs.read(owner, "rows", lambda _report, number=number: number, got.append, unexpected)  # type: ignore[misc]
    hold.set()
    qtbot.waitUntil(lambda: jobs.idle, timeout=PATIENCE_MS)
    assert got[-1] == 11
    assert 1 not in got


def test_that_what_comes_for_a_widget_that_is_gone_is_dropped(qtbot: QtBot, jobs: Jobs) -> None:
    owner, got = QWidget(), list[int]()
    hold = threading.Event()

    def slow(_report: Report) -> int:
        assert hold.wait(PATIENCE_MS / 1000)
        return 1

    jobs.read(owner, "rows", slow, got.append, unexpected)
    shiboken6.delete(owner)
    hold.set()
    qtbot.waitUntil(lambda: jobs.idle, timeout=PATIENCE_MS)
    assert got == []


def test_that_closing_says_when_something_does_not_end(qtbot: QtBot) -> None:
    jobs, hold = Jobs(), threading.Event()
    jobs.run("Hanging", lambda _report: hold.wait(PATIENCE_MS / 1000))
    assert not jobs.close(50)
    hold.set()
    assert jobs.close(PATIENCE_MS)
