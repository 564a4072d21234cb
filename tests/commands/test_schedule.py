"""`capdesk schedule` on a computer whose schedulers are small programs that keep what they were told."""

import contextlib
import io
import json
import os
from pathlib import Path

import pytest

from capdesk.cli import run
from capdesk.services.database.address import configure_url
from tests.conftest import Capdesk, Ran, TestDatabase

TOOLS = {
    "crontab": """
case "$1" in
  -l) [ -f "$HOME/crontab" ] || { echo "no crontab for olga" >&2; exit 1; }; cat "$HOME/crontab" ;;
  -r) rm "$HOME/crontab" ;;
  -) cat > "$HOME/crontab" ;;
esac
""",
    "systemctl": """
case "$*" in
  *is-system-running) echo "${MANAGER:-offline}" ;;
  *show*) printf 'ActiveState=active\\nNextElapseUSecRealtime=Mon 2026-11-23 12:30:00 UTC\\n' ;;
esac
""",
    "loginctl": "echo Linger=no",
    "pgrep": "exit 0",
}


class Computer:
    """One user's home, whose `PATH` begins with the played schedulers."""

    def __init__(self, folder: Path, address: str, patch: pytest.MonkeyPatch) -> None:
        self.home, self.desk, self.address, self._patch = folder / "home", folder / "my desk", address, patch
        tools = folder / "tools"
        for made in (self.home, tools):
            made.mkdir()
        for name, text in TOOLS.items():
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        for name in [name for name in os.environ if name.startswith(("XDG_", "CAPDESK_"))]:
            patch.delenv(name)
        patch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        patch.setenv("HOME", str(self.home))
        configure_url(self.desk, address)

    @property
    def crontab(self) -> str:
        return (self.home / "crontab").read_text()

    def __call__(self, *arguments: object, **environment: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with self._patch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            for name, value in {"MANAGER": "running", **environment}.items():
                patch.setenv(name, value)
            code = run(["--desk", str(self.desk), *map(str, arguments)])
        return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def computer(tmp_path: Path, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Computer:
    address = database.app.set(drivername="postgresql").render_as_string(hide_password=False)
    return Computer(tmp_path, address, monkeypatch)


def units(computer: Computer) -> dict[str, str]:
    folder = computer.home / ".config" / "systemd" / "user"
    return {path.suffix: path.read_text() for path in folder.glob("capdesk-*")}


def test_that_a_desk_is_scheduled_looked_at_and_let_go_of(computer: Computer) -> None:
    assert computer("schedule", "status").out == "Nothing is scheduled for this desk: run `capdesk schedule install`.\n"
    installed = computer("schedule", "install")
    assert (installed.code, installed.err) == (0, "")
    assert installed.out.startswith("Installed.\nscheduler   systemd (capdesk-")
    assert "It runs only while you are logged in" in installed.out
    assert "OnCalendar=Mon *-*-* 07:30:00 America/New_York" in units(computer)[".timer"]
    assert f'"--desk" "{computer.desk}" "schedule" "run"' in units(computer)[".service"]
    found = computer("schedule", "status", "--json").json
    assert (found["kind"], found["next_run"], found["broken"]) == ("systemd", "2026-11-23T12:30:00Z", False)
    assert computer("schedule", "remove").out == "Removed.\n"
    assert computer("schedule", "remove", "--json").json == {"removed": False}
    assert units(computer) == {}


def test_that_without_a_user_manager_it_goes_into_the_crontab(computer: Computer) -> None:
    (computer.home / "crontab").write_text("5 4 * * * true\n")
    assert computer("schedule", "install", MANAGER="offline").code == 0
    assert computer.crontab.endswith("end\n5 4 * * * true\n")
    assert f"--desk '{computer.desk}' schedule run" in computer.crontab
    computer("schedule", "remove", MANAGER="offline")
    assert computer.crontab == "5 4 * * * true\n"


def test_that_show_changes_nothing(computer: Computer) -> None:
    for kind, sign in (("systemd", "KillMode=process"), ("cron", "30 * * * * ")):
        shown = computer("schedule", "show", "--with", kind)
        assert (shown.code, sign in shown.out) == (0, True)
    assert (units(computer), (computer.home / "crontab").exists()) == ({}, False)
    files = computer("schedule", "show", "--json").json["files"]
    assert sorted(name.rpartition(".")[2] for name in files) == ["service", "timer"]


def test_that_a_scheduler_of_another_system_is_refused(computer: Computer) -> None:
    ran = computer("schedule", "install", "--with", "launchd")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "capdesk: This system has no launchd: leave out --with, or use systemd or cron.\n"


def test_that_a_run_does_what_is_due_and_status_tells_of_it(computer: Computer) -> None:
    ran = computer("schedule", "run")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "No account is connected, so no cost is pulled.",
        "No mail server, sender or recipient is set, so no email is sent.",
    ]
    assert [part["name"] for part in computer("schedule", "run", "--json").json["parts"]] == [
        "sync",
        "alerts",
        "weekly",
    ]
    computer("schedule", "install")
    assert "all well\n            No account is connected" in computer("schedule", "status").out


def test_that_a_run_whose_email_fails_ends_with_code_1(computer: Computer) -> None:
    options = ["--mail-host", "127.0.0.1", "--mail-port", "1", "--mail-security", "plain"]
    assert (
        computer("settings", "set", *options, "--mail-from", "a@example.com", "--recipient", "o@example.com").code == 0
    )
    ran = computer("schedule", "run")
    assert ran.code == 1
    assert "did not go to o@example.com and is tried again next time" in ran.out
    assert computer("schedule", "status", "--json").json["last_run"]["exit_code"] == 1


def test_that_a_run_makes_no_desk_where_there_is_none(computer: Computer) -> None:
    (computer.desk / "database-url").unlink()
    ran = computer("schedule", "run")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"capdesk: There is no desk in {computer.desk}: if it was moved, run `capdesk --desk")
    assert list(computer.desk.iterdir()) == []


def test_that_a_run_that_did_not_reach_its_database_is_told_by_status(computer: Computer) -> None:
    computer("schedule", "install")
    configure_url(computer.desk, "postgresql://capdesk_app:hushhush@127.0.0.1:1/capdesk")
    assert computer("schedule", "run").code == 1
    found = computer("schedule", "status")
    assert (found.code, "hushhush" in found.out) == (0, False)
    assert "not all well\n            The database cannot be reached" in found.out


def test_that_a_clock_that_was_set_back_stops_a_run_until_it_is_said_to_be_right(computer: Computer) -> None:
    (computer.desk / "schedule-clock.json").write_text(json.dumps({"latest": "2100-01-01T00:00:00Z"}))
    assert "but it was 2100-01-01T00:00:00Z before" in computer("schedule", "run").out
    assert computer("schedule", "run", "--clock-is-right").code == 0
    assert computer("schedule", "run").code == 0


def test_that_a_database_address_a_job_would_not_know_is_refused(computer: Computer) -> None:
    (computer.desk / "database-url").unlink()
    for ran in (
        computer("schedule", "install", CAPDESK_DATABASE_URL=computer.address),
        computer("--database-url", computer.address, "schedule", "show"),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert "have it remembered first with `capdesk settings set --database-url ...`" in ran.err
    assert units(computer) == {}
    configure_url(computer.desk, computer.address)
    assert computer("schedule", "install", CAPDESK_DATABASE_URL=computer.address).code == 0
    assert "password" not in "".join(units(computer).values())


def test_that_secrets_of_this_terminal_are_said_to_be_unseen(computer: Computer) -> None:
    ran = computer("schedule", "install", CAPDESK_SMTP_PASSWORD="hushhush", CAPDESK_DESK="/elsewhere")
    assert "A scheduled run does not see CAPDESK_SMTP_PASSWORD of this terminal" in ran.out
    assert "hushhush" not in ran.out + "".join(units(computer).values())


def test_that_other_times_ask_for_another_installation(computer: Computer) -> None:
    said = "The installed schedule is for other settings: run `capdesk schedule install` again."
    assert said not in computer("settings", "set", "--daily-time", "05:00").out
    computer("schedule", "install")
    assert said not in computer("settings", "set", "--owner-name", "Olga P.").out
    assert computer("settings", "set", "--daily-time", "05:10", "--json").json["note"] == said
    assert computer("settings", "set", "--weekly-weekday", "fri").out.endswith(f"\n{said}\n")
    computer("schedule", "install")
    assert "OnCalendar=*-*-* 05:10:00 America/New_York" in units(computer)[".timer"]
    assert computer("settings", "set", "--weekly-weekday", "friday", "--json").json["note"] is None


def test_that_help_names_every_command(capdesk: Capdesk) -> None:
    helped = capdesk("schedule", "--help").out
    assert all(f"  {name} " in helped for name in ("install", "remove", "run", "show", "status"))
