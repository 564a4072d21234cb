"""Two small files of the desk folder: what was installed, and what the last firing did.

The second also holds the latest moment a firing saw, by which a clock that was set back is noticed.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

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
        program, minute = _texts(found["program"]), int(found["minute"])
        if found["kind"] not in get_args(Kind) or not program or not 0 <= minute < 60:
            return None
        return Installed(found["kind"], program, str(found["digest"]), minute)
    except (KeyError, TypeError, ValueError):
        return None


def write_installed(folder: Path, installed: Installed) -> None:
    _write(folder / _INSTALLED, asdict(installed))


def forget_installed(folder: Path) -> None:
    remove_file(folder / _INSTALLED)


def read_last_run(folder: Path) -> LastRun | None:
    found = _read(folder / _LAST_RUN)
    try:
        return LastRun(_moment(found["at"]), int(found["exit_code"]), _texts(found["lines"]))
    except (KeyError, TypeError, ValueError):
        return None


def write_last_run(folder: Path, last: LastRun) -> None:
    _write(folder / _LAST_RUN, plain(last))


def read_latest_moment(folder: Path) -> datetime | None:
    """The latest moment any firing saw."""
    found = _read(folder / _LATEST)
    try:
        return _moment(found["latest"])
    except (KeyError, TypeError, ValueError):
        return None


def write_latest_moment(folder: Path, moment: datetime) -> None:
    _write(folder / _LATEST, plain({"latest": moment}))


def _moment(text: str) -> datetime:
    """Raises ValueError where it says no zone, or lies where local time may not reach."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1970 <= moment.year < 9999:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TypeError
    return tuple(found)


def _read(path: Path) -> Any:
    try:
        return json.loads(read_bytes(path) or b"{}")
    except ValueError:
        return {}


def _write(path: Path, content: Any) -> None:
    write_whole(path, json.dumps(content, indent=2).encode())
