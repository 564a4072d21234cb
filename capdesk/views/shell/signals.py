"""Ctrl-C and SIGTERM."""

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, Slot

if TYPE_CHECKING:
    from capdesk.views.shell.window import Window

_ENDING = (signal.SIGINT, signal.SIGTERM)


class Signals(QObject):
    """Either closes the window in order.

    Python hears them only when it runs, and Qt sleeps: a socket wakes it.
    """

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._heard, self._rings = socket.socketpair()
        self._heard.setblocking(False)
        self._rings.setblocking(False)
        signal.set_wakeup_fd(self._rings.fileno())
        self._before = {one: signal.signal(one, _nothing) for one in _ENDING}
        self._notifier = QSocketNotifier(self._heard.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def stop(self) -> None:
        if self._heard.fileno() < 0:
            return
        signal.set_wakeup_fd(-1)
        for one, before in self._before.items():
            signal.signal(one, before)
        self._notifier.setEnabled(False)
        self._heard.close()
        self._rings.close()

    @Slot()
    def _drain(self) -> None:
        """In the event loop, never in the middle of what a signal interrupted."""
        with suppress(OSError):
            if any(number in _ENDING for number in self._heard.recv(64)):
                self._window.closing.close_without_asking()


def _nothing(_number: int, _frame: object) -> None:
    """The socket has heard it; without a handler of Python's own it would not."""
