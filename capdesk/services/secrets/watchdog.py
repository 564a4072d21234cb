"""Waiting for something that may never answer: a keyring that put up a window, a bus that fell silent."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """No answer within the deadline, or the one before is still being waited for."""


class Watchdog:
    """Runs each call in a thread of its own and waits `deadline_s` seconds for it.

    A call that hangs cannot be stopped, only left behind: until it ends, further calls are refused at once, so that a
    pull over twenty accounts does not wait twenty times.
    """

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._left: threading.Thread | None = None

    def call(self, action: Callable[[], T]) -> T:
        """What the action returns or raises; raises Overdue when it does neither in time."""
        if self._left is not None and self._left.is_alive():
            raise Overdue
        answers: queue.SimpleQueue[tuple[T] | BaseException] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((action(),))
            except BaseException as error:  # whatever it is, the caller decides
                answers.put(error)

        thread = threading.Thread(target=run, name="capdesk-keyring", daemon=True)
        thread.start()
        try:
            answer = answers.get(timeout=self._deadline_s)
        except queue.Empty:
            self._left = thread
            answer = Overdue()
        if isinstance(answer, BaseException):
            raise answer
        thread.join()
        return answer[0]
