"""Where one was: back and forward over places, each with how far its lists were scrolled."""

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from capdesk.views.places import Place

_LONGEST = 200
Scrolls = list[tuple[int, int]]


@dataclass
class Stop:
    """A place one was at."""

    place: Place
    scrolls: Scrolls = field(default_factory=list)


class History:
    """A line of stops and which of them is the present one."""

    def __init__(self) -> None:
        self._stops: list[Stop] = []
        self._at = -1

    @property
    def current(self) -> Stop | None:
        return self._stops[self._at] if self._stops else None

    def visit(self, place: Place) -> None:
        """Goes on from here; what lay ahead is forgotten. The same place twice is one stop."""
        if self.current is not None and self.current.place == place:
            return
        del self._stops[self._at + 1 :]
        self._stops.append(Stop(place))
        del self._stops[:-_LONGEST]
        self._at = len(self._stops) - 1

    def move(self, steps: int) -> Stop | None:
        """Back (-1) or forward (1); None where there is nothing."""
        if not self.can(steps):
            return None
        self._at += steps
        return self._stops[self._at]

    def can(self, steps: int) -> bool:
        return 0 <= self._at + steps < len(self._stops)

    def recent(self) -> list[Place]:
        """Where one was, the newest first, each once, without the present place."""
        present = None if self.current is None else self.current.place
        return [place for place in dict.fromkeys(stop.place for stop in reversed(self._stops)) if place != present]


def scrolls_of(page: QWidget) -> Scrolls:
    """How far everything on the page that scrolls is scrolled."""
    return [(area.verticalScrollBar().value(), area.horizontalScrollBar().value()) for area in _areas(page)]


def _areas(page: QWidget) -> list[QAbstractScrollArea]:
    return page.findChildren(QAbstractScrollArea)


class Scroller(QObject):
    """Brings a page back to where it was scrolled, as soon as what it shows has arrived."""

    _TRIES = 40

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=30)
        self._timer.timeout.connect(self._try)
        self._page: QWidget | None = None
        self._wanted: Scrolls = []
        self._tries = 0

    def restore(self, page: QWidget, wanted: Scrolls) -> None:
        self._page, self._wanted, self._tries = page, wanted, 0
        if any(place != (0, 0) for place in wanted):
            self._timer.start()
        else:
            self._timer.stop()

    def stop(self) -> None:
        self._timer.stop()
        self._page = None

    def _try(self) -> None:
        self._tries += 1
        page = self._page
        if page is None or self._tries > self._TRIES or _restored(page, self._wanted):
            self.stop()


def _restored(page: QWidget, wanted: Scrolls) -> bool:
    areas = _areas(page)
    if len(areas) != len(wanted):
        return False
    reached = True
    for area, (down, right) in zip(areas, wanted, strict=True):
        for bar, value in ((area.verticalScrollBar(), down), (area.horizontalScrollBar(), right)):
            bar.setValue(value)
            reached = reached and bar.value() == value
    return reached
