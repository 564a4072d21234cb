"""Handing the job to a scheduler, asking about it, taking it away; and every way a scheduler can say no."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from capdesk.errors import RuleRefused
from capdesk.services.schedule.install import choose, install, outdated, remove, schedulers, status
from capdesk.services.schedule.machine import Machine, Ran, SystemRunner
from capdesk.services.schedule.memory import read_installed
from capdesk.services.schedule.plan import next_hourly, this_program
from capdesk.services.schedule.scheduler import Kind
from capdesk.services.settings import Settings
from tests.services.schedule.fakes import PlayedTools, machine, planned

NOW = datetime(2026, 11, 20, 17, 10, tzinfo=UTC)
FOREIGN = b"MAILTO=x@example.com\n# mine \xff\n5 4 * * * true\n"
SYSTEMS: list[tuple[str, Kind]] = [("linux", "systemd"), ("linux", "cron"), ("darwin", "launchd"), ("win32", "task")]
SETTINGS = Settings(
    zone="America/New_York", owner_name="Olga", owner_email=None, recipients=[], weekly_weekday=1, weekly_time="07:30",
    daily_time="06:00", phone_region="US", gcp_label_key="campaign", mail_from=None, mail_host=None, mail_port=None,
    mail_user=None, mail_security="starttls",
)  # fmt: skip


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, ...]:
    """One that is there."""
    (tmp_path / "capdesk").touch()
    return (str(tmp_path / "capdesk"),)


def left(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(("system", "kind"), SYSTEMS)
def test_that_what_is_installed_shows_and_goes(
    tmp_path: Path, program: tuple[str, ...], system: str, kind: Kind
) -> None:
    tools = PlayedTools(crontab=FOREIGN)
    here, desk = machine(tmp_path / "home", tools, system), tmp_path / "desk"
    assert status(here, desk, NOW).kind is None
    assert install(here, planned(desk, program), kind).kind == kind
    found = status(here, desk, NOW)
    assert (found.kind, found.program, found.broken) == (kind, program, False)
    assert found.next_run is not None
    assert found.next_run > NOW
    assert remove(here, desk)
    assert not remove(here, desk)
    assert status(here, desk, NOW).kind is None
    assert (tools.crontab, tools.loaded, left(tmp_path / "home"), left(desk)) == (FOREIGN, set(), [], [])


@pytest.mark.parametrize(("system", "kind"), SYSTEMS)
def test_that_installing_again_changes_nothing_and_other_times_replace_it(
    tmp_path: Path, system: str, kind: Kind
) -> None:
    tools, plan = PlayedTools(crontab=FOREIGN), planned(tmp_path / "desk")
    here = machine(tmp_path / "home", tools, system)
    states = []
    for schedule in (plan, plan, dataclasses.replace(plan, weekly_time=plan.weekly_time.replace(minute=45))):
        install(here, schedule, kind)
        files = [(path, (tmp_path / "home" / path).read_bytes()) for path in left(tmp_path / "home")]
        states.append((files, tools.crontab, set(tools.loaded)))
    assert states[0] == states[1]
    assert (kind == "task") == (states[1] == states[2])  # the file of a task goes to Windows and is not kept
    assert all(crontab is not None and crontab.endswith(FOREIGN) for _, crontab, _ in states)
    assert [len(files) for files, _, _ in states] == [{"systemd": 2, "launchd": 1}.get(kind, 0)] * 3


def test_that_one_scheduler_takes_over_from_the_other(tmp_path: Path) -> None:
    tools = PlayedTools(crontab=FOREIGN)
    here, plan = machine(tmp_path / "home", tools), planned(tmp_path / "desk")
    install(here, plan, "cron")
    install(here, plan, "systemd")
    assert (tools.crontab, len(tools.loaded)) == (FOREIGN, 1)
    install(here, plan, "cron")
    assert (tools.crontab != FOREIGN, left(tmp_path / "home")) == (True, [])


def test_that_several_desks_are_scheduled_side_by_side(tmp_path: Path) -> None:
    tools = PlayedTools()
    here = machine(tmp_path / "home", tools)
    for name in ("one", "two"):
        install(here, planned(tmp_path / name))
    remove(here, tmp_path / "one")
    assert (status(here, tmp_path / "one", NOW).kind, status(here, tmp_path / "two", NOW).kind) == (None, "systemd")


def test_that_an_empty_crontab_is_taken_away_again(tmp_path: Path) -> None:
    tools = PlayedTools(systemd=None)
    here = machine(tmp_path, tools)
    install(here, planned(tmp_path / "desk"))
    remove(here, tmp_path / "desk")
    assert tools.crontab is None


# Which scheduler


@pytest.mark.parametrize(
    ("system", "tools", "chosen"),
    [
        ("linux", PlayedTools(), "systemd"),
        ("linux", PlayedTools(systemd="degraded"), "systemd"),
        ("linux", PlayedTools(systemd="offline"), "cron"),
        ("linux", PlayedTools(systemd=None), "cron"),
        ("freebsd14", PlayedTools(), "cron"),
        ("darwin", PlayedTools(), "launchd"),
        ("win32", PlayedTools(), "task"),
    ],
)
def test_that_the_best_scheduler_there_is_is_used(tmp_path: Path, system: str, tools: PlayedTools, chosen: str) -> None:
    assert choose(machine(tmp_path, tools, system)).kind == chosen


NO = Ran(1, err="it is Sunday.")


@pytest.mark.parametrize(
    ("system", "tools", "kind", "sentence"),
    [
        ("linux", PlayedTools(systemd=None, cron=False), None, "there is no systemd and there is no crontab: let a"),
        ("linux", PlayedTools(systemd="offline"), "systemd", "systemd runs no manager for this user: let a scheduler"),
        ("linux", PlayedTools(), "task", "This system has no task: leave out --with, or use systemd or cron"),
        ("linux", PlayedTools(says_no={"systemctl enable": NO}), "systemd", r"`systemctl --user enable .*\(it is Sund"),
        ("linux", PlayedTools(says_no={"systemctl restart": NO}), "systemd", "did not work .it is Sunday.: ask"),
        ("linux", PlayedTools(says_no={"crontab -l": NO}), "cron", r"`crontab -l` says no \(it is Sunday\)"),
        ("linux", PlayedTools(says_no={"crontab -": NO}), "cron", "it is Sunday"),
        ("darwin", PlayedTools(says_no={"launchctl bootstrap": NO}), None, "log in at the computer's own screen"),
        ("win32", PlayedTools(says_no={"schtasks /Create": NO}), None, "`schtasks /Create` did not work"),
    ],
)
def test_that_a_scheduler_that_says_no_gives_one_sentence_and_leaves_nothing(
    tmp_path: Path, system: str, tools: PlayedTools, kind: Kind | None, sentence: str
) -> None:
    here = machine(tmp_path / "home", tools, system)
    with pytest.raises(RuleRefused, match=sentence) as refused:
        install(here, planned(tmp_path / "desk"), kind)
    assert str(refused.value).endswith(".")
    assert (left(tmp_path / "home"), left(tmp_path), tools.loaded, tools.crontab) == ([], [], set(), None)


@pytest.mark.parametrize(
    ("system", "beginning"), [("linux", "systemctl daemon-reload"), ("darwin", "launchctl bootstrap")]
)
def test_that_a_failed_change_leaves_the_older_job(tmp_path: Path, system: str, beginning: str) -> None:
    tools, plan = PlayedTools(), planned(tmp_path / "desk")
    here = machine(tmp_path / "home", tools, system)
    install(here, plan)
    before = {path: (tmp_path / "home" / path).read_bytes() for path in left(tmp_path / "home")}
    tools.says_no = {beginning: NO}
    with pytest.raises(RuleRefused):
        install(here, dataclasses.replace(plan, weekly_time=plan.weekly_time.replace(minute=1)))
    assert {path: (tmp_path / "home" / path).read_bytes() for path in left(tmp_path / "home")} == before
    assert read_installed(tmp_path / "desk") is not None


def test_that_a_crontab_that_cannot_be_read_is_not_written(tmp_path: Path) -> None:
    tools = PlayedTools(systemd=None, crontab=FOREIGN, says_no={"crontab -l": Ran(1, err="disk error")})
    here = machine(tmp_path, tools)
    with pytest.raises(RuleRefused):
        install(here, planned(tmp_path / "desk"))
    assert not remove(here, tmp_path / "desk")
    assert tools.crontab == FOREIGN


# Status


def test_that_status_says_what_keeps_the_job_from_running(tmp_path: Path, program: tuple[str, ...]) -> None:
    tools, desk = PlayedTools(), tmp_path / "desk"
    here = machine(tmp_path / "home", tools)
    install(here, planned(desk, program))
    found = status(here, desk, NOW)
    assert (found.broken, found.next_run) == (False, datetime(2026, 11, 23, 11, tzinfo=UTC))
    assert found.notes[0].startswith("It runs only while you are logged in")
    tools.loaded.clear()
    Path(program[0]).unlink()
    found = status(here, desk, NOW)
    assert found.broken
    assert "systemd does not run its timer" in found.notes[0]
    assert found.notes[-1] == f"{program[0]} is not there any more: run `capdesk schedule install` again."


def test_that_status_tells_of_a_cron_daemon_that_does_not_run(tmp_path: Path, program: tuple[str, ...]) -> None:
    here = machine(tmp_path / "home", PlayedTools(systemd=None, says_no={"pgrep": Ran(1)}))
    install(here, planned(tmp_path / "desk", program))
    assert status(here, tmp_path / "desk", NOW).notes[0].startswith("No cron daemon seems to run")


@pytest.mark.parametrize(("system", "kind"), SYSTEMS)
def test_that_status_notices_a_job_that_somebody_else_took_away(tmp_path: Path, system: str, kind: Kind) -> None:
    here = machine(tmp_path / "home", PlayedTools(), system)
    install(here, planned(tmp_path / "desk"), kind)
    for one in schedulers(here):
        one.remove(planned(tmp_path / "desk").id)
    found = status(here, tmp_path / "desk", NOW)
    assert (found.kind, found.broken) == (None, True)
    assert found.notes == (
        f"What was installed with {kind} is not there any more: run `capdesk schedule install` again.",
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b'{"kind": "cron"}', b"\xff"])
def test_that_a_damaged_note_of_what_was_installed_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    here = machine(tmp_path / "home", PlayedTools())
    install(here, planned(tmp_path / "desk"))
    (tmp_path / "desk" / "schedule.json").write_bytes(content)
    (tmp_path / "desk" / "schedule-run.json").write_bytes(content)
    assert status(here, tmp_path / "desk", NOW).kind == "systemd"
    assert remove(here, tmp_path / "desk")


def test_that_the_job_of_a_desk_that_is_gone_is_broken_and_says_how_to_take_it_away(
    tmp_path: Path, program: tuple[str, ...]
) -> None:
    here, desk = machine(tmp_path / "home", PlayedTools()), tmp_path / "the desk"
    install(here, planned(desk, program))
    desk.rename(tmp_path / "moved")
    found = status(here, desk, NOW)
    assert (found.kind, found.broken) == ("systemd", True)
    assert found.notes[-1] == (
        f"There is no desk in {desk} any more: take its job away with `capdesk --desk '{desk}' schedule remove`."
    )
    assert not desk.exists()
    assert remove(here, desk)


def test_that_a_job_is_not_forgotten_while_its_scheduler_cannot_be_asked(
    tmp_path: Path, program: tuple[str, ...]
) -> None:
    tools, desk = PlayedTools(systemd=None, crontab=FOREIGN), tmp_path / "desk"
    here = machine(tmp_path / "home", tools)
    install(here, planned(desk, program), "cron")
    tools.says_no["crontab"] = Ran(1, err="You (olga) are not allowed to use this program (crontab)")
    found = status(here, desk, NOW)
    assert (found.kind, found.broken) == (None, True)
    assert found.notes == (
        "It was installed with cron, but `crontab -l` says no (You (olga) are not allowed to use this program "
        "(crontab)): nobody can tell whether it still runs.",
    )
    with pytest.raises(RuleRefused, match=r"^Nothing was taken away, `crontab -l` says no"):
        remove(here, desk)
    del tools.says_no["crontab"]
    assert status(here, desk, NOW).kind == "cron"
    assert remove(here, desk)
    assert tools.crontab == FOREIGN


def test_that_a_job_whose_scheduler_was_uninstalled_can_be_forgotten(tmp_path: Path) -> None:
    tools, desk = PlayedTools(systemd=None), tmp_path / "desk"
    here = machine(tmp_path / "home", tools)
    install(here, planned(desk), "cron")
    tools.cron = False
    assert not remove(here, desk)
    assert status(here, desk, NOW).broken is False


def test_that_an_hourly_job_runs_next_at_its_minute() -> None:
    for now in (NOW, NOW + timedelta(minutes=20), NOW + timedelta(minutes=49, seconds=59)):
        following = next_hourly(now, 30)
        assert timedelta(0) < following - now <= timedelta(hours=1)
        assert following.astimezone().minute == 30


# Settings that were changed since


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        ("systemd", {}, False),
        ("systemd", {"zone": "Asia/Tokyo"}, True),
        ("systemd", {"weekly_weekday": 5}, True),
        ("systemd", {"daily_time": "05:00"}, True),
        ("cron", {"zone": "Asia/Tokyo", "weekly_weekday": 5, "daily_time": "05:00", "weekly_time": "09:30"}, False),
        ("cron", {"weekly_time": "09:31"}, True),
    ],
)
def test_that_it_is_told_when_other_settings_need_another_job(
    tmp_path: Path, kind: Kind, changes: dict[str, object], told: bool
) -> None:
    here, folder = machine(tmp_path / "home", PlayedTools()), (tmp_path / "desk").resolve()
    changed = dataclasses.replace(SETTINGS, **changes)  # type: ignore[arg-type]
    assert outdated(here, folder, changed) is None
    install(here, planned(folder), kind)
    assert (outdated(here, folder, changed) is not None) == told


# The program


def test_that_the_program_that_is_scheduled_is_there_and_starts() -> None:
    program = this_program()
    assert Path(program[0]).is_absolute()
    assert SystemRunner().run(*program, "--version").out.startswith(b"capdesk")


# Running tools


def test_that_a_tool_that_is_not_there_or_cannot_be_started_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    assert SystemRunner().run(str(tmp_path / "none")) == Ran(127, err=f"{tmp_path / 'none'} is not installed")
    ran = SystemRunner().run(str(tmp_path / "text"))
    assert (ran.code, ran.err) == (126, f"{tmp_path / 'text'} cannot be started (Permission denied)")


def test_that_a_tool_gets_its_input_and_speaks_plain_english_in_utc() -> None:
    ran = SystemRunner().run(
        "sh", "-c", "cat; echo $LC_ALL $TZ $X; echo a; echo b >&2", given=b"\xff", environment={"X": "1"}
    )
    assert ran == Ran(0, b"\xffC UTC 1\na\n", "b")


def test_that_a_folder_of_the_environment_counts_only_if_it_is_whole() -> None:
    for named, found in (("/cfg", "/cfg"), ("cfg", "/home/.config"), ("", "/home/.config")):
        here = Machine("linux", Path("/home"), "olga", 1, PlayedTools(), {"XDG_CONFIG_HOME": named})
        assert here.folder("XDG_CONFIG_HOME", ".config") == Path(found)
