"""What the program noted since it started: the newest records, kept in memory.

Nothing is written to a file unless the owner saves it: what was erased from the desk must not live on in a log.
"""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

KEPT = 5_000


@dataclass(frozen=True)
class Noted:
    """One record, as it is shown. Of an exception, the places in the code and its kind; never its words."""

    moment: datetime
    level: int
    source: str
    words: str

    def line(self) -> str:
        level = logging.getLevelName(self.level)
        return f"{self.moment:%Y-%m-%d %H:%M:%S}Z  {level:<8} {self.source}: {self.words}"


class Ring(logging.Handler):
    """Keeps the newest records; older ones make way. Safe from any thread."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(logging.INFO)
        self.noted: deque[Noted] = deque(maxlen=kept)
        self.count = 0
        """How many there ever were."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            words = record.getMessage()
            if record.exc_info and record.exc_info[0] is not None:
                import traceback  # noqa: PLC0415 - where something went wrong

                places = "".join(traceback.format_tb(record.exc_info[2]))
                words = f"{words}\n{places}{record.exc_info[0].__qualname__}"
            moment = datetime.fromtimestamp(record.created, UTC)
            self.noted.append(Noted(moment, record.levelno, record.name, words))
            self.count += 1
        except Exception:  # a record nobody can write down must not stop what wrote it
            self.handleError(record)


def install(ring: Ring) -> None:
    """From now on everything noted by the program and its libraries is in the ring."""
    root = logging.getLogger()
    root.addHandler(ring)
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)


def matching(noted: list[Noted], level: int, words: str) -> list[Noted]:
    """Those of at least the level in which all words stand, in any case."""
    wanted = words.casefold().split()
    return [one for one in noted if one.level >= level and all(word in one.line().casefold() for word in wanted)]
