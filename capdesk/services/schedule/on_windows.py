"""The Windows Task Scheduler, by its program `schtasks`."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from capdesk.services.schedule.machine import NOT_THERE, Machine, refused
from capdesk.services.schedule.plan import Schedule
from capdesk.services.schedule.render_windows import render_windows, windows_task
from capdesk.services.schedule.scheduler import Job, Kind


@dataclass(frozen=True)
class TaskScheduler:
    machine: Machine
    kind: Kind = "task"

    def missing(self) -> str | None:
        there = self.machine.runner.run("schtasks", "/?").code != NOT_THERE
        return None if there else "there is no schtasks"

    def silent(self) -> str | None:
        return None  # schtasks answers alike where there is no such task

    def rendered(self, schedule: Schedule) -> dict[str, bytes]:
        return {"task.xml": render_windows(schedule, self.machine.user)}

    def install(self, schedule: Schedule) -> str:
        name = windows_task(schedule.id)
        with tempfile.TemporaryDirectory(prefix="capdesk-") as folder:
            file = Path(folder) / "task.xml"
            file.write_bytes(render_windows(schedule, self.machine.user))
            ran = self.machine.runner.run("schtasks", "/Create", "/XML", str(file), "/TN", name, "/F")
        if ran.code != 0:
            raise refused("`schtasks /Create`", ran, "nothing was changed; ask who administers this computer")
        return name

    def find(self, desk_id: str) -> Job | None:
        name = windows_task(desk_id)
        if self.machine.runner.run("schtasks", "/Query", "/TN", name).code != 0:
            return None
        return Job(name)

    def remove(self, desk_id: str) -> bool:
        name = windows_task(desk_id)
        if self.machine.runner.run("schtasks", "/Query", "/TN", name).code != 0:
            return False
        ran = self.machine.runner.run("schtasks", "/Delete", "/TN", name, "/F")
        if ran.code != 0:
            raise refused("`schtasks /Delete`", ran, "remove it in the Task Scheduler")
        return True
