"""A computer whose schedulers are played: what they were asked is kept, and any of them can say no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from capdesk.services.schedule.machine import NOT_THERE, Machine, Ran, Runner
from capdesk.services.schedule.plan import Schedule

PROGRAM = ("/opt/capdesk/capdesk-cli",)


@dataclass
class PlayedTools:
    """`systemd` is the state of the user manager, None where there is none; `crontab` None where there is no cron."""

    systemd: str | None = "running"
    crontab: bytes | None = None
    cron: bool = True
    loaded: set[str] = field(default_factory=set)
    """Timers, agents and tasks that are active."""
    says_no: dict[str, Ran] = field(default_factory=dict)
    """By the beginning of the command."""
    asked: list[str] = field(default_factory=list)

    def run(self, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        line = " ".join(command).replace(" --user --no-pager", "")
        self.asked.append(line)
        refused = [ran for beginning, ran in self.says_no.items() if line.startswith(beginning)]
        return refused[0] if refused else self._answer(line, given, environment)

    def _answer(self, line: str, given: bytes, environment: Mapping[str, str] | None) -> Ran:
        match line.split():
            case ["systemctl", *rest]:
                assert set(environment or {}) == {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"}
                return self._systemctl(rest)
            case ["crontab", what]:
                return self._crontab(what, given)
            case ["launchctl", "bootstrap" | "bootout" | "print" as verb, *_, last]:
                return self._keep(verb == "bootstrap", verb == "bootout", Path(last).name.removesuffix(".plist"))
            case ["schtasks", verb, *rest] if "/TN" in rest:
                return self._keep(verb == "/Create", verb == "/Delete", rest[rest.index("/TN") + 1])
            case ["loginctl", *_]:
                return Ran(0, b"Linger=no\n")
        return Ran(0)

    def _systemctl(self, rest: list[str]) -> Ran:
        if self.systemd is None:
            return Ran(NOT_THERE, err="systemctl is not installed")
        match rest:
            case ["is-system-running"]:
                return Ran(0 if self.systemd == "running" else 1, self.systemd.encode() + b"\n")
            case ["restart", timer]:
                return self._keep(True, False, timer)
            case ["disable", "--now", timer]:
                return self._keep(False, True, timer)
            case ["show", timer, *_]:
                state = b"active" if timer in self.loaded else b"inactive"
                return Ran(0, b"ActiveState=" + state + b"\nNextElapseUSecRealtime=Mon 2026-11-23 11:00:00 UTC\n")
        return Ran(0)

    def _crontab(self, what: str, given: bytes) -> Ran:
        if not self.cron:
            return Ran(NOT_THERE, err="crontab is not installed")
        if what == "-":
            self.crontab = given
        elif what == "-r":
            self.crontab = None
        elif self.crontab is None:
            return Ran(1, err="no crontab for olga")
        return Ran(0, self.crontab or b"" if what == "-l" else b"")

    def _keep(self, comes: bool, goes: bool, name: str) -> Ran:
        if comes:
            self.loaded.add(name)
        found = name in self.loaded
        if goes:
            self.loaded.discard(name)
        return Ran(0 if found else 1, err="" if found else "not found")


def machine(home: Path, tools: Runner, system: str = "linux") -> Machine:
    return Machine(system, home, "DESK\\olga", 1000, tools, {})


def planned(folder: Path, program: tuple[str, ...] = PROGRAM, zone: str = "America/New_York") -> Schedule:
    """Mondays 07:30, daily 06:00."""
    return Schedule(program, folder, zone, 1, time(7, 30), time(6))
