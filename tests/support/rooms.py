"""A window on a desk, to look round in: it goes where it is told and comes to rest there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QPushButton, QWidget

from capdesk.bootstrap import Desk
from capdesk.views.look.colors import Scheme
from capdesk.views.look.theme import Theme
from capdesk.views.page import Page
from capdesk.views.pages.settings.page import SECTIONS
from capdesk.views.places import PAGES, Place
from capdesk.views.records.list_page import ListPage
from capdesk.views.shell.window import Window
from capdesk.views.shell.workbench import Workbench
from capdesk.views.workspace import Workspace

PATIENCE_S = 20.0
_CALM_TURNS = 4
_OF_ONE_RECORD = {"campaign": (1,), "experiment": (1, 3), "evaluation": (1,), "evaluate": (3,)}
"""Records of the demo: the first experiment has ended, the third is running."""


class Strays(QObject):
    """Hears of widgets that became a window by mistake: shown before they had a parent, they take the keyboard."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            kinds = Qt.WindowType.Popup, Qt.WindowType.ToolTip, Qt.WindowType.Dialog
            if not isinstance(watched, QMainWindow) and watched.windowType() not in kinds:
                self.seen.append(f"{type(watched).__name__}#{watched.objectName()} was a window of its own")
        return False


class Room:
    """Whatever went wrong in the window meanwhile is in `mistakes`."""

    def __init__(self, desk: Desk, scheme: Scheme, scale: int, size: tuple[int, int]) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self.application = application
        self.strays = Strays(application)
        application.installEventFilter(self.strays)
        self.theme = Theme(application, scheme, scale)
        self.workspace = Workspace(desk.folder, None, self.theme, desk.clock)
        self.mistakes: list[Exception] = []
        self.workspace.failed.connect(self.mistakes.append)
        self.workspace.take(desk)
        self.window = Window(self.workspace)
        self.window.resize(*size)
        self.window.show()
        self.window.activateWindow()
        self.window.open_soon()
        self.wait(self.bench.isVisible)
        self.rest()

    @property
    def bench(self) -> Workbench:
        return self.window.bench

    @property
    def page(self) -> Page:
        shown = self.bench.current_page()
        assert shown is not None
        return shown

    def wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, "the window did not come to rest"
            self.turn(20)

    def turn(self, milliseconds: int = 5) -> None:
        self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, milliseconds)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def rest(self) -> None:
        """Until nothing has been under way for a few turns of the event loop."""
        calm = 0
        while calm < _CALM_TURNS:
            self.wait(lambda: self.workspace.jobs.idle)
            self.turn()
            calm = calm + 1 if self.workspace.jobs.idle else 0

    def go(self, place: Place) -> None:
        self.workspace.went.emit(place)
        self.rest()

    def dialogs(self) -> list[QDialog]:
        """Those on show, the topmost last."""
        return [one for one in self.application.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]

    def ways(self) -> list[tuple[str, Callable[[], object]]]:
        """What the page offers, what its first row offers, and buttons that ask for more: by name, and how."""
        page = self.page
        commands = list(page.commands())
        if isinstance(page, ListPage) and page.table.model.rowCount():
            page.table.view.go_to_row(0)
            self.rest()
            row = page.table.current()
            commands += page.row_commands(row) if row is not None else ()
        buttons = page.findChildren(QPushButton)
        asking = [one for one in buttons if one.isVisible() and one.isEnabled() and one.text().endswith("…")]
        return [
            *((one.title, one.run) for one in commands if one.enabled),
            *((one.text(), _pressing(page, one.objectName(), one.accessibleName())) for one in asking),
        ]

    def close(self) -> None:
        self.window.closing.close_without_asking()
        self.window.close()
        running = [job.title or "a reading" for job in self.workspace.jobs._active]
        ended = self.workspace.jobs.close(10_000)
        self.window.deleteLater()
        self.workspace.deleteLater()
        self.turn()
        assert ended, f"a thread outlived its window: {running}"
        self.application.removeEventFilter(self.strays)
        assert self.mistakes == []
        assert self.strays.seen == []


@contextmanager
def room(desk: Desk, scheme: Scheme = "light", scale: int = 100, size: tuple[int, int] = (1280, 800)) -> Iterator[Room]:
    made = Room(desk, scheme, scale, size)
    try:
        yield made
    finally:
        made.close()


def _pressing(page: Page, name: str, spoken: str) -> Callable[[], object]:
    """Presses the button that is called so by then: pages make theirs anew."""

    def press() -> None:
        for one in page.findChildren(QPushButton, name):
            if one.accessibleName() == spoken and one.isVisible():
                one.click()
                return

    return press


def places(*, with_records: bool) -> Iterator[Place]:
    """Every page of the window, each section of the settings, and pages of single records where there are any."""
    for key, info in PAGES.items():
        if key == "settings":
            yield from (Place(key, None, section) for section in SECTIONS)
        elif info.listed:
            yield Place(key)
        elif with_records:
            yield from (Place(key, record) for record in _OF_ONE_RECORD[key])


def told(place: Place) -> str:
    """The place in a finding."""
    return ":".join(str(one) for one in (place.page, place.record, place.filter) if one)
