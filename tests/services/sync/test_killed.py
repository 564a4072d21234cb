"""A process killed without a last word, wherever it stands: the next pull leaves no gap and doubles nothing."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL

from capdesk.bootstrap import Desk
from capdesk.services.providers.pull_fakes import call_state
from capdesk.services.sync import sync_log
from tests.conftest import TestDatabase
from tests.services.sync.pulling import DAY, SID, SUB, Fakes, connect, differences, recorded, rows, sizes, today

_ROOT = Path(__file__).parents[3]
_PULLER = """
import os, signal, sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import event, make_url

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database.session import make_engine
from tests.services.sync.test_killed import provided

address, first, point = sys.argv[1:]
desk = Desk(Path("."), SystemClock(), make_engine(make_url(address)), ZoneInfo("America/New_York"), 1)
left = int(point)

def here(*_anything):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(desk.engine, "commit", here)  # just before it is sent
event.listen(desk.engine, "before_cursor_execute", here)
fakes = provided(date.fromisoformat(first))
if int(point) == 0:
    print("ready", flush=True)
    sys.stdin.readline()
report = fakes.sync(desk, since=date.fromisoformat(first), progress=here)
print(*(pull.state for pull in report.pulls), -left)
"""


def provided(first: date) -> Fakes:
    """What the providers say, in this process and in the killed ones: six days, two accounts, three pages of calls."""
    fakes = Fakes()
    fakes.calls.page_size = 2
    for number in range(6):
        day = first + number * DAY
        fakes.twilio.state(SID, day, "40")
        fakes.twilio.state(SUB, day, "2.5")
        fakes.calls.state(call_state(f"CA{number}", SID, datetime.combine(day, time(12), UTC)))
    return fakes


def puller(address: URL, first: date, point: int) -> "subprocess.Popen[str]":
    """A process that pulls and is killed at its n-th statement, commit or page; 0: lives, and waits for a line."""
    arguments = [address.render_as_string(hide_password=False), str(first), str(point)]
    return subprocess.Popen(
        [sys.executable, "-c", _PULLER, *arguments], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def whole(first: date) -> dict[tuple[str, date], Decimal]:
    return {
        (account, first + n * DAY): usd
        for account, usd in ((SID, Decimal(40)), (SUB, Decimal("2.5")))
        for n in range(6)
    }


@pytest.mark.parametrize("lot", range(4))
def test_that_a_kill_anywhere_leaves_no_gap_and_no_double(desk: Desk, database: TestDatabase, lot: int) -> None:
    """A whole pull has 55 points (statements, commits, pages): every third, each going on where another stopped."""
    connect(desk)
    first = today(desk) - 6 * DAY
    killed = 0
    for step in range(4):
        process = puller(database.app, first, 3 + lot * 3 + step * 12)
        process.communicate(timeout=60)
        killed += process.returncode == -9
        found = recorded(desk)
        assert found.items() <= whole(first).items()
        for account in (SID, SUB):
            assert sum(name == account for name, _ in found) in (0, 6)
        assert rows(desk, "SELECT count(*) - count(DISTINCT sid) FROM twilio_call") == [(0,)]
    assert killed >= 3
    provided(first).sync(desk, since=first)
    assert recorded(desk) == whole(first)
    assert rows(desk, "SELECT count(*) FROM provider_charge") == [(12,)]
    assert rows(desk, "SELECT count(*), count(DISTINCT sid) FROM twilio_call") == [(6, 6)]
    assert {name: size for name, size in sizes(desk).items() if "staged" in name and size} == {}
    states = [run.state for run in desk.read(sync_log)]
    assert states[:2] == ["done", "done"]
    assert "running" not in states
    assert differences(desk) == ()


def test_that_a_killed_pull_is_shown_as_interrupted_and_is_due_again(desk: Desk, database: TestDatabase) -> None:
    connect(desk)
    first = today(desk) - 6 * DAY
    process = puller(database.app, first, 25)
    process.communicate(timeout=60)
    assert process.returncode == -9
    runs = desk.read(sync_log)
    assert [(run.state, run.ended_at) for run in runs] == [("interrupted", None)]
    assert [pull.state for pull in provided(first).sync(desk, only_due=True).pulls] == ["done", "done"]


def test_that_processes_that_pull_at_once_never_double(desk: Desk, database: TestDatabase) -> None:
    connect(desk)
    first = today(desk) - 6 * DAY
    with ThreadPoolExecutor(3) as threads:
        processes = list(threads.map(lambda _n: puller(database.app, first, 0), range(3)))
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        said = [out for out, _ in threads.map(lambda process: process.communicate("\n", timeout=60), processes)]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert all(word in ("done", "busy") for line in said for word in line.split()[:2])
    assert recorded(desk) == whole(first)
    assert rows(desk, "SELECT count(*) FROM provider_charge") == [(12,)]
    assert rows(desk, "SELECT count(*), count(DISTINCT sid) FROM twilio_call") == [(6, 6)]
    assert differences(desk) == ()
