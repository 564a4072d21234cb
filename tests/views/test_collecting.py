"""Python's search for garbage, which ends Qt's objects in whatever thread it runs, and stops the window as well."""

import gc
import threading
from collections.abc import Iterator
from weakref import ref

import pytest

from capdesk.views.collecting import MANY, Collecting, leave_out_what_stays
from capdesk.views.workspace import Workspace


@pytest.fixture
def as_before() -> Iterator[None]:
    """The search as other tests know it."""
    searched = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if searched else gc.disable)()


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.own = self


def rings(ended_in: list[int]) -> None:
    """Many objects that only a search finds; each tells in which thread it was ended."""

    class Telling(Ring):
        def __del__(self) -> None:
            ended_in.append(threading.get_ident())

    for _ in range(MANY * 2):
        Telling()


@pytest.mark.usefixtures("as_before")
def test_that_garbage_of_another_thread_is_ended_in_the_windows_own(workspace: Workspace) -> None:
    collecting = Collecting(workspace)
    ended_in: list[int] = []
    worker = threading.Thread(target=rings, args=(ended_in,))
    worker.start()
    worker.join()
    assert ended_in == []
    collecting.turn()
    assert set(ended_in) == {threading.get_ident()}


@pytest.mark.usefixtures("as_before")
def test_that_what_stays_is_left_out_and_the_rest_is_still_found() -> None:
    leave_out_what_stays()
    assert gc.get_freeze_count() > 10_000
    made = Ring()
    seen = ref(made)
    del made
    gc.collect()
    assert seen() is None
