"""What every page is given: the open desk, the jobs, the look, the way to other pages, and a place for messages."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from capdesk.errors import CapdeskError, DatabaseUnavailable, Stopped
from capdesk.services.clock import Clock, SystemClock
from capdesk.views.jobs import Failed, Job, Jobs, Report
from capdesk.views.look.theme import Theme
from capdesk.views.memory import Memory
from capdesk.views.places import Place

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

T = TypeVar("T")
_log = logging.getLogger("capdesk.window")
Tone = Literal["info", "good", "warn", "bad"]


@dataclass(frozen=True)
class Message:
    """One sentence for the bar above the page, with a way out where there is one."""

    text: str
    tone: Tone = "info"
    action: str = ""
    run: Callable[[], object] | None = None


class Workspace(QObject):
    """The window's side of a desk. Pages call services only through `read`, `write` and `run`."""

    opened = Signal()
    """The desk is open; pages may be built."""
    changed = Signal()
    """Something was recorded on this desk, here or by another program."""
    went = Signal(object)
    """Place: it is to be shown."""
    titled = Signal(object, str)
    """Place and the title of what it shows."""
    said = Signal(object)
    """Message."""
    hushed = Signal()
    """The message bar has nothing to say any more."""
    failed = Signal(object)
    """Exception: our own mistake, for the crash dialog."""
    asked = Signal(str)
    """A question of words for the window itself: `demo`, `import PATH`, `sync`, `backup`."""

    def __init__(self, folder: Path, database_url: str | None, theme: Theme, clock: Clock | None = None) -> None:
        super().__init__()
        self.folder, self.database_url, self.theme = folder, database_url, theme
        self.clock: Clock = clock or SystemClock()
        self.jobs = Jobs(self)
        self.memory = Memory(folder)
        self._desk: Desk | None = None
        self._when_left: list[Callable[[], object]] = []

    @property
    def desk(self) -> "Desk":
        """Raises DatabaseUnavailable before `opened`."""
        if self._desk is None:
            raise DatabaseUnavailable("The desk is not open yet; try again in a moment.")
        return self._desk

    @property
    def is_open(self) -> bool:
        return self._desk is not None

    def take(self, desk: "Desk | None") -> None:
        """The desk that was opened, or none any more."""
        self._desk = desk
        if desk is not None:
            self.opened.emit()

    def when_left(self, tidy: Callable[[], object]) -> None:
        """Has something put in order when the program is left, even where a thread does not end."""
        self._when_left.append(tidy)

    def leave(self) -> None:
        """Puts in order what was asked for."""
        while self._when_left:
            self._when_left.pop()()

    def go(self, page: str, record: int | None = None, filter: str = "") -> None:
        """Shows a page, a record or a filtered list."""
        self.went.emit(Place(page, record, filter))

    def say(self, text: str, tone: Tone = "info", action: str = "", run: Callable[[], object] | None = None) -> None:
        """One sentence in the message bar."""
        self.said.emit(Message(text, tone, action, run))

    def complain(self, error: Exception) -> None:
        """Shows an error: the catalogue's as its sentence, our own mistakes as a report."""
        if isinstance(error, Stopped):
            self.say(sentence(error), "info")
        elif isinstance(error, CapdeskError):
            self.say(sentence(error), "bad")
        else:
            self.failed.emit(error)

    def read(
        self,
        owner: QObject,
        key: str,
        work: "Callable[[Desk], T]",
        then: Callable[[T], None],
        failed: Failed | None = None,
    ) -> None:
        """Reads in the background for a widget; a newer reading of the same owner and key replaces an older one."""
        desk = self.desk
        self.jobs.read(owner, key, lambda _report: work(desk), then, failed or self.complain)

    def write(
        self,
        title: str,
        work: "Callable[[Desk], T]",
        *,
        owner: QObject | None = None,
        then: Callable[[T], None] | None = None,
        failed: Failed | None = None,
    ) -> Job[T]:
        """Records in the background and seals what was recorded."""
        return self.run(
            title, lambda desk, _report: work(desk), owner=owner, then=then, failed=failed, cancellable=False
        )

    def run(
        self,
        title: str,
        work: "Callable[[Desk, Report], T]",
        *,
        owner: QObject | None = None,
        then: Callable[[T], None] | None = None,
        failed: Failed | None = None,
        cancellable: bool = True,
    ) -> Job[T]:
        """Starts a listed job with progress; what it recorded is sealed when it ends, however it ends."""
        desk = self.desk

        def whole(report: Report) -> T:
            try:
                return work(desk, report)
            finally:
                _seal(desk)

        return self.jobs.run(
            title, whole, owner=owner, then=then, failed=failed or self.complain, cancellable=cancellable
        )


def _seal(desk: "Desk") -> None:
    """What was recorded stays recorded where it cannot be sealed just now: the next seal covers it."""
    try:
        desk.seal()
    except Exception:
        _log.exception("What was recorded could not be sealed; the next seal covers it")


def sentence(error: Exception) -> str:
    """The error's sentence in words of the window, beginning with a capital letter."""
    from capdesk.views.plain_words import in_window  # noqa: PLC0415 - not before the window was seen

    words = in_window(str(error))
    return words[:1].upper() + words[1:]
