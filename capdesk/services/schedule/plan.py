"""What the operating system is asked to do for a desk: start capdesk now and then. capdesk itself knows what is due.

However clumsy a scheduler is (no zones, no catching up, late, twice), nothing is sent twice and nothing is left out,
because each firing looks at what is due in the desk zone and at what was done.
"""

import hashlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from capdesk.errors import RuleRefused

LONGEST_RUN = timedelta(hours=6)
"""After which a firing that does not end is stopped, where the scheduler can do that."""


@dataclass(frozen=True)
class Schedule:
    """One job for one desk. Weekday 1 is Monday; times of day are in `zone`, the desk's.

    Raises RuleRefused where a path could not be written into any scheduler's file.
    """

    program: tuple[str, ...]
    folder: Path
    zone: str
    weekly_weekday: int
    weekly_time: time
    daily_time: time

    def __post_init__(self) -> None:
        for argument in self.arguments:
            if not _writable(argument):
                raise RuleRefused(
                    f"No scheduler can be given {argument!r}: rename that folder so that it has no control characters."
                )

    @property
    def id(self) -> str:
        return desk_id(self.folder)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line of each firing, the program first."""
        return (*self.program, "--desk", str(self.folder), "schedule", "run")

    @property
    def minute(self) -> int:
        """Of each hour, for schedulers that know neither zones nor catching up."""
        return self.weekly_time.minute


def desk_id(folder: Path) -> str:
    """Short and the same as long as the desk stays where it is, so that several desks can be scheduled."""
    return hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def this_program() -> tuple[str, ...]:
    """How capdesk is started without a terminal: its console program, or Python with the package."""
    ending = ".exe" if sys.platform == "win32" else ""
    beside = Path(sys.executable).parent
    for name in ("capdesk-cli", "capdesk"):
        if (beside / (name + ending)).is_file():
            return (str(beside / (name + ending)),)
    return (sys.executable,) if getattr(sys, "frozen", False) else (sys.executable, "-m", "capdesk")


def next_hourly(now: datetime, minute: int) -> datetime:
    """The next firing of a scheduler that fires at this minute of each hour of the computer's own zone, in UTC."""
    local = now.astimezone()
    firing = local.replace(minute=minute, second=0, microsecond=0)
    return (firing if firing > local else firing + timedelta(hours=1)).astimezone(UTC)


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    # XML holds neither the other control characters nor the two non-characters at its end.
    return not any(char < " " or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029\ufffe\uffff" for char in text)
