"""Python's search for garbage: only in the window's own thread, and not among what stays for good.

It may come upon widgets and end them, and Qt's objects are ended in their own thread or the program breaks. And it
stops every thread, the window's too, for longer the more objects there are.
"""

import gc

from PySide6.QtCore import QObject, QTimer

from capdesk.views.workspace import Workspace

EVERY_MS = 500
MANY = 2_000
"""New objects since the last search; for fewer it is not worth it."""
_PAGES_IMPORTED_MS = 10_000
_OLDER, _ALL = 20, 240
"""Turns until older objects are searched too, and until all are."""


class Collecting(QObject):
    """Searches while it lives, in its own thread; from then on no other thread does."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        gc.disable()
        self._turns = 0
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.turn)
        self._timer.start()
        soon = QTimer(self, interval=_PAGES_IMPORTED_MS, singleShot=True)
        soon.timeout.connect(leave_out_what_stays)
        workspace.opened.connect(soon.start)

    def turn(self) -> None:
        """One search, or none where little is new."""
        self._turns += 1
        if self._turns % _ALL == 0:
            gc.collect()
        elif self._turns % _OLDER == 0:
            gc.collect(1)
        elif gc.get_count()[0] > MANY:
            gc.collect(0)


def leave_out_what_stays() -> None:
    """What is there now stays as long as the program, most of it modules: it is searched no more."""
    gc.freeze()
