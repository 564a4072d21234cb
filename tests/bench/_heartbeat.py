"""A pulse in the window's own thread: how long it was late is how long nobody could click."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 10


class Heartbeat(QObject):
    """Milliseconds each beat was late, since `clear`."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def clear(self) -> None:
        self.late.clear()
        self._last = time.perf_counter()

    def stop(self) -> None:
        self._timer.stop()

    def longest(self) -> float:
        return max(self.late, default=0.0)

    def share(self, part: float) -> float:
        """The lateness that this part of the beats did not exceed."""
        ordered = sorted(self.late)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now
