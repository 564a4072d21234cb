"""launchd of macOS: an agent of the logged-in user."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from capdesk.errors import RuleRefused
from capdesk.services.schedule.machine import NOT_THERE, Machine, read_bytes, refused, remove_file, write_whole
from capdesk.services.schedule.plan import Schedule
from capdesk.services.schedule.render_launchd import launchd_label, render_launchd
from capdesk.services.schedule.scheduler import Job, Kind

_NOT_LOADED = "launchd has not loaded it: run `capdesk schedule install` again."


@dataclass(frozen=True)
class Launchd:
    machine: Machine
    kind: Kind = "launchd"

    def missing(self) -> str | None:
        there = self.machine.runner.run("launchctl", "help").code != NOT_THERE
        return None if there else "there is no launchctl"

    def silent(self) -> str | None:
        return None  # its files lie open

    def rendered(self, schedule: Schedule) -> dict[str, bytes]:
        return {f"{launchd_label(schedule.id)}.plist": render_launchd(schedule)}

    def install(self, schedule: Schedule) -> str:
        file = self._file(schedule.id)
        before = read_bytes(file)
        write_whole(file, render_launchd(schedule))
        try:
            self._load(schedule.id)
        except RuleRefused:
            if before is None:
                remove_file(file)
            else:
                with suppress(RuleRefused):
                    write_whole(file, before)
                    self._load(schedule.id)
            raise
        return launchd_label(schedule.id)

    def find(self, desk_id: str) -> Job | None:
        if not self._file(desk_id).exists():
            return None
        if self.machine.runner.run("launchctl", "print", self._target(desk_id)).code == 0:
            return Job(launchd_label(desk_id))
        return Job(launchd_label(desk_id), fires=False, notes=(_NOT_LOADED,))

    def remove(self, desk_id: str) -> bool:
        self.machine.runner.run("launchctl", "bootout", self._target(desk_id))
        return remove_file(self._file(desk_id))

    def _load(self, desk_id: str) -> None:
        """An older job of the desk is taken out first; there may be none."""
        self.machine.runner.run("launchctl", "bootout", self._target(desk_id))
        ran = self.machine.runner.run("launchctl", "bootstrap", self._domain, str(self._file(desk_id)))
        if ran.code != 0:
            raise refused("`launchctl bootstrap`", ran, "log in at the computer's own screen, then try again")

    @property
    def _domain(self) -> str:
        return f"gui/{self.machine.uid}"

    def _target(self, desk_id: str) -> str:
        return f"{self._domain}/{launchd_label(desk_id)}"

    def _file(self, desk_id: str) -> Path:
        return self.machine.home / "Library" / "LaunchAgents" / f"{launchd_label(desk_id)}.plist"
