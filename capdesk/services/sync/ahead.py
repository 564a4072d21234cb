"""Stretches written in a thread of their own, each while the next one is still being read.

Reading stays with the caller: whoever stops it by hand stops the request under way, too.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from queue import Empty, Queue
from types import TracebackType
from typing import Generic, Self, TypeVar

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

PAGES_AHEAD = 4
"""So many pages of a stretch wait to be written at most."""

_GRACE_S = 1.0
"""What is read whole is mostly written in so many seconds, even where all is given up."""

Read = Callable[[S], Generator[P, None, None]]
"""The pages of a stretch."""
Write = Callable[[S, Callable[[], Iterator[P]]], R]
"""One transaction, which takes all pages or none; tried again, it asks for the pages again."""


class _Broken(Exception):
    """Nobody takes pages any more, or no more come. Why is said elsewhere."""


class _ReadAlready(Exception):
    """Pages are handed over once; a transaction that is tried again needs them again."""


def written_ahead(
    stretches: Iterable[S], read: Read[S, P], write: Write[S, P, R], cancel: Callable[[], None]
) -> Generator[R, None, None]:
    """What was written of each stretch, in their order.

    Raises what its reading or writing raised; of the stretches after it nothing is written then, those before it stay.
    `cancel` ends a write that waits, when all is given up.
    """
    left = list(stretches)
    while left:
        try:
            with closing(_in_turn(tuple(left), read, write, cancel)) as results:
                for result in results:
                    del left[0]
                    yield result
        except _ReadAlready:
            again = left.pop(0)
            yield write(again, partial(read, again))


def _in_turn(
    stretches: Sequence[S], read: Read[S, P], write: Write[S, P, R], cancel: Callable[[], None]
) -> Generator[R, None, None]:
    with _Writer(write, cancel) as writer:
        before: Future[R] | None = None
        for stretch in stretches:
            coming = writer.take(stretch, read)
            if before is not None:
                yield before.result()
            before = coming
        if before is not None:
            yield before.result()


class _Writer(Generic[S, P, R]):
    """A thread that writes. After the first failure nothing more is written."""

    def __init__(self, write: Write[S, P, R], cancel: Callable[[], None]) -> None:
        self._write, self._cancel = write, cancel
        self._pool = ThreadPoolExecutor(1, "recording")
        self._pages: Queue[P | Exception | None] = Queue(PAGES_AHEAD)
        self._newest: Future[R] | None = None
        self._broken = False

    def take(self, stretch: S, read: Read[S, P]) -> "Future[R]":
        """Reads a stretch for the thread to write; what reading it raises, the thread raises."""
        pages = self._pages = Queue(PAGES_AHEAD)
        coming = self._newest = self._pool.submit(self._one, stretch, pages)
        try:
            with closing(read(stretch)) as reading:
                for page in reading:
                    self._put(page)
            self._put(None)
        except _Broken:
            pass
        except Exception as error:
            pages.put(error)
        return coming

    def _put(self, page: P | None) -> None:
        self._pages.put(page)
        if self._broken:
            raise _Broken

    def _one(self, stretch: S, pages: "Queue[P | Exception | None]") -> R:
        try:
            if self._broken:
                raise _Broken
            return self._write(stretch, _Once(pages))
        except BaseException:
            self._broken = True
            _empty(pages)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._pool:
            if kind is not None:
                self._give_up()

    def _give_up(self) -> None:
        """The stretch before the newest was read whole: it is still written, if that takes but a moment."""
        _empty(self._pages)
        self._pages.put(_Broken())
        if self._newest is None:
            return
        try:
            wait((self._newest,), _GRACE_S)
        finally:
            if not self._newest.done():
                self._cancel()


class _Once(Generic[P]):
    """The pages that come through a queue."""

    def __init__(self, pages: "Queue[P | Exception | None]") -> None:
        self._pages = pages
        self._begun = False

    def __call__(self) -> Iterator[P]:
        if self._begun:
            raise _ReadAlready
        self._begun = True
        return self._coming()

    def _coming(self) -> Iterator[P]:
        while (page := self._pages.get()) is not None:
            if isinstance(page, Exception):
                raise page
            yield page


def _empty(pages: "Queue[P]") -> None:
    try:
        while True:
            pages.get_nowait()
    except Empty:
        pass
