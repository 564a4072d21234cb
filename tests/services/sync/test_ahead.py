"""Stretches written while the next one is read: in order, each whole or not at all, and nothing behind a failure."""

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.sync.ahead import PAGES_AHEAD, written_ahead

_SOON = 30.0
"""Seconds; nothing here takes so long unless it hangs."""


class Fault(Exception):
    pass


def nothing() -> None:
    return None


@dataclass
class Books:
    """Stretch n has `pages[n]` pages, (n, 0) and on; reading or writing one of them fails where `faults` says so."""

    pages: list[int]
    read_faults: dict[tuple[int, int], BaseException] = field(default_factory=dict)
    write_faults: dict[tuple[int, int], BaseException] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)
    """How often the transaction of a stretch is lost when it is complete, and tried again."""
    written: list[list[tuple[int, int]]] = field(default_factory=list)
    read_now: int = 0
    given_up: list[int] = field(default_factory=list)

    def read(self, stretch: int) -> Generator[tuple[int, int], None, None]:
        self.read_now += 1
        try:
            for page in range(self.pages[stretch] + 1):
                if fault := self.read_faults.get((stretch, page)):
                    raise fault
                if page < self.pages[stretch]:
                    yield stretch, page
        except GeneratorExit:
            self.given_up.append(stretch)
            raise
        finally:
            self.read_now -= 1

    def write(self, stretch: int, pages: Callable[[], Iterator[tuple[int, int]]]) -> int:
        while True:
            taken = []
            for number, page in enumerate(pages()):
                if fault := self.write_faults.get((stretch, number)):
                    raise fault
                taken.append(page)
            if not self.lost.get(stretch):
                break
            self.lost[stretch] -= 1
        if fault := self.write_faults.get((stretch, self.pages[stretch])):
            raise fault
        self.written.append(taken)
        return stretch

    def pull(self) -> Iterator[int]:
        return written_ahead(range(len(self.pages)), self.read, self.write, nothing)

    def expected(self, stretches: int) -> list[list[tuple[int, int]]]:
        return [[(stretch, page) for page in range(self.pages[stretch])] for stretch in range(stretches)]


def recording_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("recording")]


@given(
    pages=st.lists(st.integers(0, 12), max_size=5),
    lost=st.dictionaries(st.integers(0, 4), st.integers(0, 2)),
)
def test_that_every_page_is_written_once_in_its_stretch(pages: list[int], lost: dict[int, int]) -> None:
    """Also where a transaction is lost and tried again: its pages are read again."""
    books = Books(pages, lost=lost)
    assert list(books.pull()) == list(range(len(pages)))
    assert books.written == books.expected(len(pages))
    assert (books.read_now, recording_threads()) == (0, [])


@given(pages=st.lists(st.integers(0, 12), min_size=1, max_size=5), data=st.data())
def test_that_a_failure_keeps_what_comes_before_and_nothing_after_it(pages: list[int], data: st.DataObject) -> None:
    stretch = data.draw(st.integers(0, len(pages) - 1))
    at = (stretch, data.draw(st.integers(0, pages[stretch])))
    fault = data.draw(st.sampled_from([Fault, KeyboardInterrupt]))()
    side = data.draw(st.sampled_from(["read", "write"]))
    books = Books(pages, **{f"{side}_faults": {at: fault}})  # type: ignore[arg-type]
    done: list[int] = []
    with pytest.raises(type(fault)) as raised:
        done.extend(books.pull())
    assert raised.value is fault
    assert books.written == books.expected(stretch)
    assert done == list(range(len(done)))
    assert (books.read_now, recording_threads()) == (0, [])


def test_that_a_stretch_is_read_while_the_one_before_is_written() -> None:
    books, both = Books([1, 1]), threading.Barrier(2)

    def read(stretch: int) -> Generator[tuple[int, int], None, None]:
        if stretch == 1:
            both.wait(_SOON)
        yield from books.read(stretch)

    def write(stretch: int, pages: Callable[[], Iterator[tuple[int, int]]]) -> int:
        found = books.write(stretch, pages)
        if stretch == 0:
            both.wait(_SOON)
        return found

    assert list(written_ahead(range(2), read, write, nothing)) == [0, 1]


def test_that_only_a_few_pages_wait_to_be_written() -> None:
    books, out, most = Books([50]), 0, 0

    def read(stretch: int) -> Generator[tuple[int, int], None, None]:
        nonlocal out, most
        for page in books.read(stretch):
            out += 1
            most = max(most, out)
            yield page

    def write(_stretch: int, pages: Callable[[], Iterator[tuple[int, int]]]) -> int:
        nonlocal out
        for _ in pages():
            out -= 1
        return 0

    assert list(written_ahead(range(1), read, write, nothing)) == [0]
    assert most <= PAGES_AHEAD + 2


def test_that_who_cannot_write_stops_the_reading() -> None:
    books = Books([10_000], write_faults={(0, 0): Fault()})
    with pytest.raises(Fault):
        list(books.pull())
    assert books.given_up == [0]


def test_that_a_write_that_waits_is_cancelled_when_the_reading_is_stopped_by_hand() -> None:
    books, waiting, cancelled = Books([1, 1], {(1, 0): KeyboardInterrupt()}), threading.Event(), threading.Event()

    def read(stretch: int) -> Generator[tuple[int, int], None, None]:
        if stretch == 1:
            assert waiting.wait(_SOON)
        yield from books.read(stretch)

    def write(_stretch: int, _pages: Callable[[], Iterator[tuple[int, int]]]) -> int:
        waiting.set()
        assert cancelled.wait(_SOON)
        raise Fault

    with pytest.raises(KeyboardInterrupt):
        list(written_ahead(range(2), read, write, cancelled.set))
    assert cancelled.is_set()
    assert recording_threads() == []


def test_that_who_wants_no_more_results_ends_the_thread() -> None:
    books = Books([2, 2, 2])
    results = written_ahead(range(3), books.read, books.write, nothing)
    assert next(results) == 0
    results.close()
    assert (books.read_now, recording_threads()) == (0, [])
    assert books.written == books.expected(len(books.written))
