"""`capdesk sync` killed without a last word at every request, answer and commit: no gap, no double."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.providers.local.http import Late
from capdesk.services.sync import SOURCES, sync_log
from tests.conftest import TestDatabase
from tests.support.killing import Child, Commands, Gate, end_sessions, sessions_end
from tests.support.outside import DAY, MAIN, Outside, quick_sync
from tests.support.pulled import Pulled

SYNC = ("sync", *(f"--source={one}" for one in SOURCES))
EVERY = 5
"""After so many kills one pull is let live, and everything must be as if none had died."""


@pytest.fixture
def commands(database: TestDatabase, outside: Outside, tmp_path: Path) -> Iterator[Commands]:
    with Commands(tmp_path, database.app, outside.environment()) as running:
        yield running


Kill = Callable[[Child, int], bool]
"""Kills the child at its n-th point of a kind; False where it ended before."""


class Killing:
    """One run after the other, each killed one point further, until one does not come that far."""

    def __init__(self, pulled: Pulled, database: TestDatabase, commands: Commands) -> None:
        self.desk, self.outside, self.pulled = pulled.desk, pulled.outside, pulled
        self.database, self.commands = database, commands

    def everywhere(self, kill: Kill, stride: int = 1) -> int:
        """How many kills there were."""
        kills = 0
        while self._once(kill, 1 + kills * stride):
            kills += 1
            if kills % EVERY == 0:
                self.recover()
        self.recover()
        assert not self.pulled.again().failed
        return kills

    def _once(self, kill: Kill, number: int) -> bool:
        self.outside.move()
        with sessions_end(self.database.admin):
            child = self.commands.start(*SYNC, "--since", self.outside.first)
            killed = kill(child, number)
            code = child.wait()
        assert code == (-9 if killed else 0), child.said
        self.pulled.killed += killed
        self.pulled.after_a_fault()
        return killed

    def recover(self) -> None:
        self.outside.well()
        assert not quick_sync(self.desk, since=self.outside.first).failed
        self.pulled.after_a_good_sync()
        assert "running" not in [run.state for run in self.desk.read(sync_log)]


@pytest.fixture
def killing(pulled: Pulled, database: TestDatabase, commands: Commands) -> Killing:
    return Killing(pulled, database, commands)


def test_that_a_kill_when_a_request_arrives_leaves_no_gap_and_no_double(killing: Killing) -> None:
    def kill(child: Child, number: int) -> bool:
        met = killing.outside.at(number, then=child.kill)
        child.wait()
        return met.is_set()

    assert killing.everywhere(kill) >= 20


def test_that_a_kill_when_an_answer_has_gone_out_leaves_no_gap_and_no_double(killing: Killing) -> None:
    def kill(child: Child, number: int) -> bool:
        met = killing.outside.after(number, child.kill)
        child.wait()
        return met.is_set() and child.code != 0

    assert killing.everywhere(kill, stride=2) >= 10


@pytest.mark.parametrize("committed", [False, True])
def test_that_a_kill_around_a_commit_leaves_no_gap_and_no_double(killing: Killing, committed: bool) -> None:
    """Of each run, step, outcome and seal: just before it is committed, and just after."""

    def kill(child: Child, number: int) -> bool:
        with Gate(killing.database.admin) as gate:
            for _ in range(number - 1 + committed):
                if not gate.reached(child):
                    return False
                gate.passed()
            if not committed and not gate.reached(child):
                return False
            child.kill()
            return child.wait() != 0

    assert killing.everywhere(kill) >= 13


MONTHS_BACK = (65, 64, 40, 35, 20, 3)
"""Days with calls: a first pull of calls goes by in three stretches."""


def test_that_a_first_pull_of_calls_killed_anywhere_goes_on_where_a_stretch_was_whole(
    desk: Desk, killing: Killing, outside: Outside
) -> None:
    outside.first = outside.today - 70 * DAY
    for back in MONTHS_BACK:
        outside.call(MAIN, outside.today - back * DAY)
    marks, number = set(), 0
    ended = False
    while not ended:
        number += 1
        with sessions_end(killing.database.admin):
            child = killing.commands.start("sync", "--source=twilio-calls", "--since", outside.first)
            met = outside.at(number, then=child.kill)
            ended = child.wait() == 0
        assert ended != met.is_set()
        killing.pulled.killed += not ended
        killing.pulled.after_a_fault()
        marks.add(killing.pulled.watermark(MAIN, "twilio-calls"))
    assert len(marks) >= 3
    killing.recover()


def test_that_whoever_stops_a_sync_by_hand_keeps_what_was_whole(killing: Killing, outside: Outside) -> None:
    """Ctrl-C at every third request: no run stays open, and the exit code says that it was stopped."""
    for number in range(1, 24, 3):
        outside.move()
        with sessions_end(killing.database.admin):
            child = killing.commands.start(*SYNC, "--since", outside.first)
            outside.at(number, Late(0.2), then=child.interrupt)
            assert child.wait() == 1, child.said
        assert "stopped; what it had recorded by then stays" in child.said
        assert "Traceback" not in child.said
        killing.pulled.after_a_fault()
    killing.recover()


def test_that_sessions_the_database_ends_leave_no_gap_and_no_double(
    desk: Desk, database: TestDatabase, outside: Outside, pulled: Pulled
) -> None:
    """As when it is started anew, at every second request."""
    quick_sync(desk, since=outside.first)
    pulled.after_a_good_sync()
    for number in range(1, 27, 2):
        outside.move()
        outside.at(number, then=lambda: end_sessions(database.admin))
        report = quick_sync(desk)
        outside.well()
        for failed in (pull for pull in report.pulls if pull.state == "failed"):
            assert "The database cannot be reached" in failed.detail
        pulled.after_a_fault()
    assert not quick_sync(desk).failed
    pulled.after_a_good_sync()


def test_that_four_processes_that_pull_at_once_never_double(
    killing: Killing, database: TestDatabase, outside: Outside, tmp_path: Path
) -> None:
    states: list[str] = []
    with contextlib.ExitStack() as stack:
        four = [stack.enter_context(Commands(tmp_path, database.app, outside.environment())) for _ in range(4)]
        for commands in four:
            commands.ready()
        for _ in range(6):
            outside.move()
            children = [commands.start(*SYNC, "--since", outside.first, "--json") for commands in four]
            assert [child.wait() for child in children] == [0] * 4, [child.said for child in children]
            told = [re.findall(r'"state": "([a-z]+)"', child.said) for child in children]
            assert all("done" in of_source for of_source in zip(*told, strict=True))
            states += [state for states in told for state in states]
            killing.pulled.after_a_fault()
    assert set(states) == {"done", "busy"}
    killing.recover()
