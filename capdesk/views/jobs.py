"""The one bridge from services to threads: any callable, run in a QThread, with progress, cancel and result.

A reading is quick and quiet: the newest of its kind replaces older ones. A job is what a person started: it is listed,
tells its progress, and may be cancelled. Results and errors arrive in the window's own thread; where their owner is
gone by then they are dropped.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from capdesk.errors import Stopped
from capdesk.views.places import Place

T = TypeVar("T")
Failed = Callable[[Exception], None]

MOST_READINGS = 3
"""At once; a desk's pool of connections is small, and a page asks for few things."""


class Report:
    """What a piece of work is handed to tell its progress. Qt-free; cheap to call often."""

    def __init__(self) -> None:
        self._latest: tuple[int, int, str] | None = None
        self.cancelled = False

    def __call__(self, done: int = 0, total: int = 0, text: str = "") -> None:
        """`total` is 0 where nobody knows it. Raises Stopped where the person in front cancelled."""
        if self.cancelled:
            raise Stopped(changed=False)
        self._latest = (done, total, text)

    def latest(self) -> tuple[int, int, str] | None:
        return self._latest


Work = Callable[[Report], T]


class _Thread(QThread):
    """Runs one piece of work; what came of it is kept here until the window's thread takes it."""

    def __init__(self, work: Work[Any], report: Report) -> None:
        super().__init__()
        self._work, self._report = work, report
        self.result: Any = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self._work(self._report)
        except Exception as error:  # whatever it is, it is shown where it was asked for
            self.error = error
        finally:
            self._work = _nothing


def _nothing(_report: Report) -> None:
    """In place of work that is done, so that what it held can go."""


class Job(QObject, Generic[T]):
    """One piece of work under way. `title` says what it does, in the present: "Importing calls.csv"."""

    progressed = Signal(int, int, str)
    ended = Signal()

    def __init__(self, title: str, owner: QObject | None, work: Work[T], cancellable: bool = True) -> None:
        super().__init__()
        self.title = title
        self.cancellable = cancellable
        self.state = "running"
        """`running`, then `done`, `failed` or `cancelled`."""
        self.report = Report()
        self._owner = owner
        self._owned = owner is not None
        self._thread = _Thread(work, self.report)
        self._thread.finished.connect(self._finished)
        self._then: Callable[[T], None] | None = None
        self._failed: Failed | None = None
        self.error: Exception | None = None
        self.result_place: Place | Path | None = None
        """Once it is done: where its result can be looked at, a place of the window or a file."""
        self._where: Callable[[T], Place | Path | None] | None = None

    def leads_to(self, where: Callable[[T], Place | Path | None]) -> None:
        """Says where its result will be found."""
        self._where = where

    def start(self, then: Callable[[T], None] | None, failed: Failed | None) -> None:
        self._then, self._failed = then, failed
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to stop at its next step; what it had not committed is undone."""
        self.report.cancelled = True

    def drop(self) -> None:
        """It ends unheard."""
        self._then = self._failed = None
        self.cancel()

    def wait(self, milliseconds: int) -> bool:
        return self._thread.wait(milliseconds)

    @Slot()
    def _finished(self) -> None:
        thread, error = self._thread, self._thread.error
        self.error = error
        self.state = "done" if error is None else "cancelled" if isinstance(error, Stopped) else "failed"
        wanted = not self._owned or (self._owner is not None and shiboken6.isValid(self._owner))
        then, failed = (self._then, self._failed) if wanted else (None, None)
        where, self._where = self._where, None
        self._then = self._failed = self._owner = None
        if error is None and where is not None:
            self.result_place = where(thread.result)
        self.ended.emit()
        if error is None and then is not None:
            then(thread.result)
        elif error is not None and failed is not None:
            failed(error)
        thread.result = None


@dataclass
class _Asked:
    owner: QObject
    key: str
    work: Work[Any]
    then: Callable[[Any], None]
    failed: Failed
    job: Job[Any] | None = field(default=None)


class Jobs(QObject):
    """All work of one window."""

    started = Signal(object)
    """A listed Job."""
    ended = Signal(object)
    """A listed Job that is over."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listed: list[Job[Any]] = []
        """The jobs under way, oldest first."""
        self._readings: dict[tuple[int, str], _Asked] = {}
        self._waiting: deque[_Asked] = deque()
        self._active: list[Job[Any]] = []
        self._closed = False
        self._ticks = QTimer(self, interval=100)
        self._ticks.timeout.connect(self._tick)

    def read(self, owner: QObject, key: str, work: Work[T], then: Callable[[T], None], failed: Failed) -> None:
        """Reads for a widget; a later reading of the same owner and key takes the place of this one."""
        if self._closed:
            return
        asked = _Asked(owner, key, work, then, failed)
        before = self._readings.get((id(owner), key))
        if before is not None and before.job is not None:
            before.job.drop()
        elif before is not None:
            self._waiting.remove(before)
        self._readings[id(owner), key] = asked
        self._waiting.append(asked)
        self._next_reading()

    def run(
        self,
        title: str,
        work: Work[T],
        *,
        owner: QObject | None = None,
        then: Callable[[T], None] | None = None,
        failed: Failed | None = None,
        cancellable: bool = True,
    ) -> Job[T]:
        """Starts a job that is listed until it ends."""
        job = Job(title, owner, work, cancellable)
        self.listed.append(job)
        self._begin(job, then, failed)
        self.started.emit(job)
        self._ticks.start()
        return job

    def close(self, milliseconds: int) -> bool:
        """Cancels everything and waits; False where something has not ended by then."""
        self._closed = True
        self._waiting.clear()
        for job in self._active:
            job.cancel()
        ended = [job.wait(milliseconds) for job in list(self._active)]
        self._ticks.stop()
        return all(ended)

    @property
    def idle(self) -> bool:
        return not self._active and not self._waiting

    def _begin(self, job: Job[Any], then: Callable[[Any], None] | None, failed: Failed | None) -> None:
        self._active.append(job)
        job.ended.connect(self._job_ended)
        job.start(then, failed)

    def _next_reading(self) -> None:
        while self._waiting and sum(job not in self.listed for job in self._active) < MOST_READINGS:
            asked = self._waiting.popleft()
            asked.job = Job("", asked.owner, asked.work)
            self._begin(asked.job, asked.then, asked.failed)

    @Slot()
    def _job_ended(self) -> None:
        job: Any = self.sender()
        self._active.remove(job)
        for place, asked in list(self._readings.items()):
            if asked.job is job:
                del self._readings[place]
        if job in self.listed:
            self.listed.remove(job)
            if not self.listed:
                self._ticks.stop()
            self.ended.emit(job)
        job.deleteLater()
        if not self._closed:
            self._next_reading()

    @Slot()
    def _tick(self) -> None:
        for job in self.listed:
            latest = job.report.latest()
            if latest is not None:
                job.progressed.emit(*latest)
