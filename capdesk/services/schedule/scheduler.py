"""What every scheduler of an operating system can do for a desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from capdesk.services.schedule.plan import Schedule

Kind = Literal["systemd", "cron", "launchd", "task"]


@dataclass(frozen=True)
class Job:
    """An installed job as the scheduler tells of it. Each note is a sentence on what keeps it from firing.

    `fires` is whether the scheduler heeds it; `next_run` is None where it does not tell when.
    """

    name: str
    fires: bool = True
    next_run: datetime | None = None
    notes: tuple[str, ...] = ()


class Scheduler(Protocol):
    @property
    def kind(self) -> Kind: ...

    def missing(self) -> str | None:
        """Why it cannot be used here, as `there is no crontab`; None where it can."""
        ...

    def silent(self) -> str | None:
        """Why it cannot tell what it has, though it is there, as ``crontab -l` says no`; None where it can."""
        ...

    def rendered(self, schedule: Schedule) -> dict[str, bytes]:
        """What would be installed, by name. Pure."""
        ...

    def install(self, schedule: Schedule) -> str:
        """Installs the job instead of an older one of that desk; its name. Raises RuleRefused, nothing is then left."""
        ...

    def find(self, desk_id: str) -> Job | None:
        """The installed job of the desk."""
        ...

    def remove(self, desk_id: str) -> bool:
        """Whether there was one. Raises RuleRefused where it is still there."""
        ...
