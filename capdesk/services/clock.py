"""The one source of the current time. Nothing else in capdesk asks the system."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is told to move."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)
