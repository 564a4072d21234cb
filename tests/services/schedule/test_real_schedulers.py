"""The real tools where they are installed: systemd's own checks, a user manager of its own, and a real crontab."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capdesk.services.schedule.install import install, remove, status
from capdesk.services.schedule.machine import Ran, SystemRunner
from capdesk.services.schedule.plan import Schedule
from capdesk.services.schedule.render_systemd import render_systemd
from tests.services.schedule.fakes import machine, planned
from tests.services.schedule.test_render import cron_strips
from tests.services.schedule.test_weeks import ZONES, shown

NASTY = "a \"b\" 'c' $HOME ${X} 100% %h \\\\% \\ ; é"
ROOT = Path(__file__).parents[3]
needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (Debian package systemd)"
)


def analyze(runtime: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C", "TZ": "UTC"}
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=60, check=False)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that writes down how it was called."""
    folder = tmp_path / "$HOME 100% %h; é"
    folder.mkdir()
    written = folder / "capdesk"
    new, done = tmp_path / "called.new", tmp_path / "called"
    written.write_text(f'#!/bin/sh\nprintf "%s\\0" "$0" "$@" > "{new}"\nmv "{new}" "{done}"\n')
    written.chmod(0o755)
    return written


def called(tmp_path: Path) -> tuple[str, ...]:
    return tuple((tmp_path / "called").read_bytes().decode().split("\0")[:-1])


# systemd-analyze


@needs_analyze
def test_that_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, program: Path) -> None:
    units = tmp_path / "units"
    units.mkdir()
    for name, text in render_systemd(planned(tmp_path / NASTY, (str(program),))).items():
        (units / name).write_text(text)
    ran = analyze(tmp_path, "verify", "--user", *map(str, units.iterdir()))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    program.unlink()
    assert "is not executable" in analyze(tmp_path, "verify", "--user", *map(str, units.iterdir())).stderr


@needs_analyze
def test_that_systemd_knows_every_zone_and_every_weekday(tmp_path: Path) -> None:
    lines = [
        on_calendar(render_systemd(Schedule(("/x",), tmp_path, zone, number % 7 + 1, time(7, 30), time(6))))
        for number, zone in enumerate(ZONES)
    ]
    ran = analyze(tmp_path, "calendar", *set(chain.from_iterable(lines)))
    unknown = sorted(set(re.findall("Failed to parse calendar specification '(.*)'", ran.stderr)))
    assert (ran.returncode, unknown) == (0, [])


@needs_analyze
@pytest.mark.parametrize(
    ("name", "begin", "at"),
    [
        ("America/New_York", "2026-03-05", time(2, 30)),  # skipped: that day systemd fires at the hourly line only
        ("America/New_York", "2026-10-29", time(1, 30)),  # shown twice
        ("Australia/Lord_Howe", "2026-04-01", time(1, 45)),
        ("Africa/Casablanca", "2026-02-12", time(2, 30)),
        ("Asia/Kathmandu", "2026-02-12", time(2, 30)),
    ],
)
def test_that_systemd_fires_when_the_clocks_first_show_a_time_and_each_hour_whatever_they_do(
    tmp_path: Path, name: str, begin: str, at: time
) -> None:
    zone, day = ZoneInfo(name), date.fromisoformat(begin)
    units = render_systemd(Schedule(("/x",), tmp_path, name, 7, at, at))
    daily, weekly, hourly = on_calendar(units)
    week = [next(shown(day + timedelta(days=n), at, zone), None) for n in range(1, 8)]
    seen = [moment for moment in week if moment is not None]
    assert [moment for moment in elapses(tmp_path, begin, daily, 10) if seen[0] <= moment <= seen[-1]] == seen
    (sunday,) = (moment for n, moment in enumerate(week, 1) if (day + timedelta(days=n)).isoweekday() == 7)
    assert (sunday is None) == (begin == "2026-03-05")
    assert sunday in (None, elapses(tmp_path, begin, weekly, 1)[0])
    hours = elapses(tmp_path, begin, hourly, 150)
    assert {moment.minute for moment in hours} == {at.minute}
    assert {later - earlier for earlier, later in pairwise(hours)} == {timedelta(hours=1)}


def on_calendar(units: dict[str, str]) -> list[str]:
    """The lines of the timer: daily, weekly, hourly."""
    timer = next(text for name, text in units.items() if name.endswith("timer"))
    return re.findall("^OnCalendar=(.*)$", timer, re.MULTILINE)


def elapses(runtime: Path, begin: str, line: str, count: int) -> list[datetime]:
    ran = analyze(runtime, "calendar", f"--iterations={count}", f"--base-time={begin} 00:00:00 UTC", line)
    assert ran.returncode == 0, ran.stderr
    found = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (.*) UTC", ran.stdout)
    return [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in found]


# A user manager of our own, in a mount namespace: the computer's is not touched

_MANAGER = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR" || exit 77
manager=/lib/systemd/systemd; [ -x $manager ] || manager=/usr/lib/systemd/systemd
$manager --user --log-target=null &
for _ in $(seq 100); do systemctl --user is-system-running >/dev/null 2>&1 && break; sleep 0.1; done
systemctl --user is-system-running >/dev/null 2>&1 || { kill $!; exit 77; }
"$@"; code=$?
kill $!; wait $!
exit $code
"""
_TRY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from capdesk.services.schedule.install import install, remove, status
from capdesk.services.schedule.machine import this_machine
from capdesk.services.schedule.render_systemd import systemd_name
from tests.services.schedule.fakes import planned

here, desk, now = this_machine(), Path(sys.argv[2]), datetime.now(UTC)
plan = planned(desk, (sys.argv[1],))
for _ in range(2):
    assert install(here, plan).kind == "systemd"
found = status(here, desk, now)
assert (found.kind, found.broken) == ("systemd", False), found
assert found.next_run is not None and 0 < (found.next_run - now).total_seconds() <= 3600, found
ran = here.runner.run("systemctl", "--user", "start", systemd_name(plan.id) + ".service")
assert ran.code == 0, ran
assert remove(here, desk) and not remove(here, desk)
assert status(here, desk, now).kind is None
timers = here.runner.run("systemctl", "--user", "list-timers", "--all", "--no-legend").out
assert b"capdesk" not in timers, timers
assert [path for path in here.home.rglob("*") if path.is_file() or path.is_symlink()] == []
"""


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed (Debian package systemd)")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed (Debian package util-linux)")
def test_that_a_real_user_manager_takes_the_job_starts_it_as_written_and_lets_go_of_it(
    tmp_path: Path, program: Path
) -> None:
    home, desk = tmp_path / "home", tmp_path / NASTY
    home.mkdir()
    desk.mkdir()
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": "/run/user/capdesk-test"}
    apart = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "--propagation", "private"]
    ran = subprocess.run(
        [*apart, "sh", "-c", _MANAGER, "sh", sys.executable, "-c", _TRY, str(program), str(desk)],
        cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if ran.returncode == 77 or "unshare" in ran.stderr:
        pytest.skip(f"no user manager can be started here apart from the computer's own: {ran.stderr.strip()[:200]}")
    assert ran.returncode == 0, ran.stderr
    assert called(tmp_path) == planned(desk, (str(program),)).arguments


# A real crontab, of an account that has none


@dataclass(frozen=True)
class OfAccount:
    """Runs `crontab` for another account, everything else as it is; systemd is kept out of it."""

    account: str

    def run(self, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        if command[0] == "systemctl":
            return Ran(127)
        whose = ("-u", self.account) if command[0] == "crontab" else ()
        return SystemRunner().run(command[0], *whose, *command[1:], given=given, environment=environment)


@pytest.fixture
def account() -> Iterator[OfAccount]:
    """`nobody`, whose crontab is afterwards as it was."""
    if shutil.which("crontab") is None:
        pytest.skip("crontab is not installed (Debian package cron)")
    if os.geteuid() != 0:
        pytest.skip("only root may use a crontab of another account than its own")
    runner = OfAccount("nobody")
    before = runner.run("crontab", "-l")
    yield runner
    runner.run("crontab", "-", given=before.out) if before.code == 0 else runner.run("crontab", "-r")


def test_that_a_real_crontab_takes_the_job_sh_starts_it_as_written_and_all_else_stays(
    tmp_path: Path, program: Path, account: OfAccount
) -> None:
    here, desk = machine(tmp_path / "home", account), tmp_path / NASTY
    now, plan = datetime.now(UTC), planned(desk, (str(program),))
    mine = b"MAILTO=''\nSHELL=/bin/false\n# \xc3\xa9\n\n5 4 * * *\tdate +\\%H\n"
    for before in (b"", mine):
        if before:
            assert account.run("crontab", "-", given=before).code == 0
        for _ in range(2):
            assert install(here, plan).kind == "cron"
        crontab = account.run("crontab", "-l").out
        assert crontab.endswith(before)
        assert crontab.count(b" begin (written by") == 1
        assert status(here, desk, now).kind == "cron"
        subprocess.run(["/bin/sh", "-c", entry(crontab)], check=True, timeout=30)
        assert called(tmp_path) == plan.arguments
        assert remove(here, desk)
        assert not remove(here, desk)
        assert account.run("crontab", "-l").out == before
    assert account.run("crontab", "-", given=b"no entry\n").code != 0  # it is the real one: it looks at what it gets


def entry(crontab: bytes) -> str:
    """The command Debian's cron hands to sh."""
    line = next(line for line in crontab.decode().splitlines() if line.startswith("30 * * * * "))
    return cron_strips(line.removeprefix("30 * * * * "), "%\\")
