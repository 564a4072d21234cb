"""Hears of changes by anyone on this desk: this window, another, the command line, the scheduler."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

SETTLES_MS = 150
"""A burst of commits is one change."""
_STOPS_MS = 2_000
_stuck: list[QThread] = []
"""Threads that did not end in time: kept, since a QThread that goes while it runs takes the program along."""


class _Thread(QThread):
    told = Signal(str)

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        from capdesk.services.database.changes import Listener  # noqa: PLC0415 - the desk is open, so it is loaded

        self._listener = Listener(desk.engine, self.told.emit)

    def run(self) -> None:
        self._listener.run()

    def end(self) -> None:
        self._listener.stop()
        if not self.wait(_STOPS_MS):
            _stuck.append(self)


class Hearing(QObject):
    """Between `start` and `stop` it tells of changes, and of a database that went away and came back."""

    changed = Signal()
    lost = Signal()
    back = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread: _Thread | None = None
        self._settling = QTimer(self, singleShot=True, interval=SETTLES_MS)
        self._settling.timeout.connect(self.changed)

    def start(self, desk: "Desk") -> None:
        self.stop()
        self._thread = _Thread(desk)
        self._thread.told.connect(self._told)
        self._thread.start()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        self._settling.stop()
        if thread is not None:
            thread.told.disconnect(self._told)
            thread.end()

    @Slot(str)
    def _told(self, news: str) -> None:
        if news == "changed":
            if not self._settling.isActive():
                self._settling.start()
        elif news == "lost":
            self.lost.emit()
        else:
            self.back.emit()
