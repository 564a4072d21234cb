"""systemd's user manager. It listens on a socket that a shell opened by `su` or `cron` does not know of."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from capdesk.errors import RuleRefused
from capdesk.services.schedule.machine import NOT_THERE, Machine, Ran, read_bytes, refused, remove_file, write_whole
from capdesk.services.schedule.plan import Schedule
from capdesk.services.schedule.render_systemd import render_systemd, systemd_name
from capdesk.services.schedule.scheduler import Job, Kind

_UP = {"running", "degraded", "starting", "initializing", "maintenance"}
_LINGER_OFF = "It runs only while you are logged in; `loginctl enable-linger` lets it run whenever the computer is on."


@dataclass(frozen=True)
class Systemd:
    machine: Machine
    kind: Kind = "systemd"

    def missing(self) -> str | None:
        ran = self._ctl("is-system-running")
        if ran.code == NOT_THERE:
            return "there is no systemd"
        return None if ran.out.decode().strip() in _UP else "systemd runs no manager for this user"

    def silent(self) -> str | None:
        return None  # its files lie open

    def rendered(self, schedule: Schedule) -> dict[str, bytes]:
        return {name: text.encode() for name, text in render_systemd(schedule).items()}

    def install(self, schedule: Schedule) -> str:
        files, timer = self.rendered(schedule), f"{systemd_name(schedule.id)}.timer"
        before = {name: read_bytes(self._folder / name) for name in files}
        try:
            for name, content in files.items():
                write_whole(self._folder / name, content)
            for step in (["daemon-reload"], ["enable", timer], ["restart", timer]):
                ran = self._ctl(*step)
                if ran.code != 0:
                    raise refused(
                        f"`systemctl --user {' '.join(step)}`",
                        ran,
                        "ask `systemctl --user status`, or install with cron",
                    )
        except RuleRefused:
            self._put_back(schedule.id, before)
            raise
        return timer

    def find(self, desk_id: str) -> Job | None:
        timer = f"{systemd_name(desk_id)}.timer"
        if not (self._folder / timer).exists():
            return None
        shown = self._shown("show", timer, "--property=ActiveState,NextElapseUSecRealtime")
        notes = []
        active = shown.get("ActiveState") == "active"
        if not active:
            notes.append("systemd does not run its timer: run `capdesk schedule install` again.")
        linger = self.machine.runner.run("loginctl", "show-user", str(self.machine.uid), "--property=Linger")
        if linger.out.strip() == b"Linger=no":
            notes.append(_LINGER_OFF)
        return Job(timer, active, _moment(shown.get("NextElapseUSecRealtime", "")), tuple(notes))

    def remove(self, desk_id: str) -> bool:
        name = systemd_name(desk_id)
        timer = f"{name}.timer"
        if not any((self._folder / f"{name}.{ending}").exists() for ending in ("timer", "service")):
            return False
        self._ctl("disable", "--now", timer)
        self._ctl("clean", "--what=state", timer)
        self._forget(desk_id)
        return True

    @property
    def _folder(self) -> Path:
        return self.machine.folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"

    def _put_back(self, desk_id: str, before: Mapping[str, bytes | None]) -> None:
        """What was there before an attempt that failed."""
        timer = f"{systemd_name(desk_id)}.timer"
        if before[timer] is None:
            self.remove(desk_id)
            return
        with contextlib.suppress(RuleRefused):
            for name, content in before.items():
                write_whole(self._folder / name, content or b"")
        self._ctl("daemon-reload")
        self._ctl("restart", timer)

    def _forget(self, desk_id: str) -> None:
        name = systemd_name(desk_id)
        for path in (f"timers.target.wants/{name}.timer", f"{name}.timer", f"{name}.service"):
            remove_file(self._folder / path)
        self._ctl("daemon-reload")

    def _shown(self, *arguments: str) -> dict[str, str]:
        lines = self._ctl(*arguments).out.decode("utf-8", "replace").splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def _ctl(self, *arguments: str) -> Ran:
        runtime = self.machine.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{self.machine.uid}"
        bus = self.machine.environ.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={runtime}/bus"
        reach = {"XDG_RUNTIME_DIR": runtime, "DBUS_SESSION_BUS_ADDRESS": bus}
        return self.machine.runner.run("systemctl", "--user", "--no-pager", *arguments, environment=reach)


def _moment(text: str) -> datetime | None:
    """As systemctl prints it where TZ is UTC; None for anything else."""
    try:
        return datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None
