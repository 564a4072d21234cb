"""Two small files of the desk folder: what was installed, and what the last firing did.

The second also holds the latest moment a firing saw, by which a clock that was set back is noticed.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from capdesk.services.plain import plain
from capdesk.services.schedule.machine import read_bytes, remove_file, write_whole
from capdesk.services.schedule.scheduler import Kind

_INSTALLED, _LAST_RUN, _LATEST = "schedule.json", "schedule-run.json", "schedule-clock.json"


@dataclass(frozen=True)
class Installed:
    """`digest` is of what was rendered: with other settings it may come out otherwise."""

    kind: Kind
    program: tuple[str, ...]
    digest: str
    minute: int


@dataclass(frozen=True)
class LastRun:
    """`lines` is what it said, one line for each part."""

    at: datetime
    exit_code: int
    lines: tuple[str, ...]


def read_installed(folder: Path) -> Installed | None:
    """None where nothing was installed or the file cannot be understood: the scheduler itself is asked then."""
    found = _read(folder / _INSTALLED)
    try:
        return Installed(found["kind"], tuple(found["program"]), str(found["digest"]), int(found["minute"]))
    except (KeyError, TypeError, ValueError):
        return None


def write_installed(folder: Path, installed: Installed) -> None:
    _write(folder / _INSTALLED, asdict(installed))


def forget_installed(folder: Path) -> None:
    remove_file(folder / _INSTALLED)


def read_last_run(folder: Path) -> LastRun | None:
    found = _read(folder / _LAST_RUN)
    try:
        return LastRun(datetime.fromisoformat(found["at"]), int(found["exit_code"]), tuple(found["lines"]))
    except (KeyError, TypeError, ValueError):
        return None


def write_last_run(folder: Path, last: LastRun) -> None:
    _write(folder / _LAST_RUN, plain(last))


def read_latest_moment(folder: Path) -> datetime | None:
    """The latest moment any firing saw."""
    found = _read(folder / _LATEST)
    try:
        return datetime.fromisoformat(found["latest"])
    except (KeyError, TypeError, ValueError):
        return None


def write_latest_moment(folder: Path, moment: datetime) -> None:
    _write(folder / _LATEST, plain({"latest": moment}))


def _read(path: Path) -> Any:
    try:
        return json.loads(read_bytes(path) or b"{}")
    except ValueError:
        return {}


def _write(path: Path, content: Any) -> None:
    write_whole(path, json.dumps(content, indent=2).encode())
