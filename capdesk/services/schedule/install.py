"""Installing, showing and removing a desk's job with whichever scheduler there is."""

import hashlib
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from capdesk.errors import RuleRefused
from capdesk.services.schedule.machine import Machine
from capdesk.services.schedule.memory import (
    Installed,
    LastRun,
    forget_installed,
    read_installed,
    read_last_run,
    write_installed,
)
from capdesk.services.schedule.on_cron import Cron
from capdesk.services.schedule.on_launchd import Launchd
from capdesk.services.schedule.on_systemd import Systemd
from capdesk.services.schedule.on_windows import TaskScheduler
from capdesk.services.schedule.plan import Schedule, desk_id, next_hourly
from capdesk.services.schedule.scheduler import Kind, Scheduler
from capdesk.services.settings import Settings, parse_time

_AGAIN = "The installed schedule is for other settings: run `capdesk schedule install` again."


@dataclass(frozen=True)
class Status:
    """`kind` is None where nothing is installed. `notes` are sentences on what keeps the job from running well."""

    kind: Kind | None
    job: str | None
    program: tuple[str, ...]
    next_run: datetime | None
    last_run: LastRun | None
    notes: tuple[str, ...]
    broken: bool
    """Whether what was installed cannot run."""


def schedule_of(folder: Path, settings: Settings, program: tuple[str, ...]) -> Schedule:
    """The job for a desk as it is set. Raises RuleRefused for a folder no scheduler can be told of."""
    return Schedule(
        program=program,
        folder=folder.resolve(),
        zone=settings.zone,
        weekly_weekday=settings.weekly_weekday,
        weekly_time=parse_time(settings.weekly_time),
        daily_time=parse_time(settings.daily_time),
    )


def schedulers(machine: Machine) -> tuple[Scheduler, ...]:
    """Those of the machine's system, the better one first."""
    if machine.system == "darwin":
        return (Launchd(machine),)
    if machine.system == "win32":
        return (TaskScheduler(machine),)
    if machine.system == "linux":
        return (Systemd(machine), Cron(machine))
    return (Cron(machine),)


def choose(machine: Machine, kind: Kind | None = None) -> Scheduler:
    """The wanted scheduler, or the best that can be used here. Raises RuleRefused where there is none."""
    known = schedulers(machine)
    wanted = [one for one in known if kind in (None, one.kind)]
    if not wanted:
        here = " or ".join(one.kind for one in known)
        raise RuleRefused(f"This system has no {kind}: leave out --with, or use {here}.")
    reasons = []
    for one in wanted:
        reason = one.missing()
        if reason is None:
            return one
        reasons.append(reason)
    raise RuleRefused(
        f"Nothing was scheduled, {' and '.join(reasons)}: let a scheduler of your own start `capdesk schedule run` "
        "every hour."
    )


def install(machine: Machine, schedule: Schedule, kind: Kind | None = None) -> Scheduler:
    """Installs the job instead of any older one of the desk; the scheduler that has it now.

    Raises RuleRefused where that cannot be; an older job is then as it was.
    """
    chosen = choose(machine, kind)
    chosen.install(schedule)
    for other in schedulers(machine):
        if other.kind != chosen.kind:
            with suppress(RuleRefused):
                other.remove(schedule.id)
    made = Installed(chosen.kind, schedule.program, digest(chosen.rendered(schedule)), schedule.minute)
    write_installed(schedule.folder, made)
    return chosen


def remove(machine: Machine, folder: Path) -> bool:
    """Whether there was a job. Raises RuleRefused where one is, or may be, still there."""
    found = [one.remove(desk_id(folder)) for one in schedulers(machine)]
    if not any(found) and (reason := _silent(machine, read_installed(folder))):
        raise RuleRefused(f"Nothing was taken away, {reason}: ask who administers this computer, then try again.")
    forget_installed(folder)
    return any(found)


def _silent(machine: Machine, made: Installed | None) -> str | None:
    """Why the scheduler that has the job cannot tell of it now."""
    return next((one.silent() for one in schedulers(machine) if made and one.kind == made.kind), None)


def status(machine: Machine, folder: Path, now: datetime) -> Status:
    """What is installed, when it runs next, what it did last. Raises RuleRefused where a scheduler does not answer."""
    made, last = read_installed(folder), read_last_run(folder)
    program = made.program if made else ()
    for one in schedulers(machine):
        job = one.find(desk_id(folder))
        if job is None:
            continue
        notes = list(job.notes)
        gone = bool(program) and not Path(program[0]).exists()
        if gone:
            notes.append(f"{program[0]} is not there any more: run `capdesk schedule install` again.")
        if not folder.exists():
            gone = True
            notes.append(
                f"There is no desk in {folder} any more: take its job away with "
                f"`capdesk --desk {shlex.quote(str(folder))} schedule remove`."
            )
        hourly = next_hourly(now, made.minute) if made and job.fires else None
        broken = gone or not job.fires
        return Status(one.kind, job.name, program, job.next_run or hourly, last, tuple(notes), broken)
    if made is None:
        return Status(None, None, (), None, last, (), False)
    reason = _silent(machine, made)
    note = (
        f"It was installed with {made.kind}, but {reason}: nobody can tell whether it still runs."
        if reason
        else f"What was installed with {made.kind} is not there any more: run `capdesk schedule install` again."
    )
    return Status(None, None, program, None, last, (note,), True)


def outdated(machine: Machine, folder: Path, settings: Settings) -> str | None:
    """One sentence where the job would be another one with these settings. Asks no scheduler."""
    made = read_installed(folder)
    if made is None:
        return None
    one = next((one for one in schedulers(machine) if one.kind == made.kind), None)
    if one is None or digest(one.rendered(schedule_of(folder, settings, made.program))) == made.digest:
        return None
    return _AGAIN


def digest(files: Mapping[str, bytes]) -> str:
    """Of what was rendered."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name} {len(content)} ".encode() + content)
    return whole.hexdigest()
