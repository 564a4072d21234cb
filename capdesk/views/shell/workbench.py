"""The workbench: a sidebar, the page, what is to be told above it, and how the desk is below it.

It is built once the window is seen, while the desk opens.
"""

import logging
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from capdesk.views.page import Page
from capdesk.views.places import PAGES, Place, make_page
from capdesk.views.pulling import pulling
from capdesk.views.reading_order import step
from capdesk.views.shell.actions import Actions
from capdesk.views.shell.crash import Crashes
from capdesk.views.shell.errands import Errands
from capdesk.views.shell.head import Head
from capdesk.views.shell.hearing import Hearing
from capdesk.views.shell.help import HelpWindow, ShortcutSheet
from capdesk.views.shell.history import History, Scroller, Stop, scrolls_of
from capdesk.views.shell.jobs_panel import JobsPanel
from capdesk.views.shell.message_bar import MessageBar
from capdesk.views.shell.opening import import_pages, own_server
from capdesk.views.shell.palette import Palette
from capdesk.views.shell.sidebar import PARENTS, Sidebar
from capdesk.views.shell.status_bar import StatusBar
from capdesk.views.widgets import named
from capdesk.views.workspace import sentence

if TYPE_CHECKING:
    from capdesk.views.shell.window import Window

_log = logging.getLogger("capdesk.window")
SEALS_EVERY_MS = 5 * 60_000
_IMPORTS_AFTER_MS = 400
_TURNS = {Qt.MouseButton.BackButton: -1, Qt.MouseButton.ForwardButton: 1}


class Workbench(QWidget):
    """Everything of the window once the desk is open."""

    def __init__(self, window: "Window") -> None:
        super().__init__()
        named(self, "workbench")
        self.main, self.workspace = window, window.workspace
        self.pages: dict[str, Page] = {}
        self._titles: dict[Place, str] = {}
        self.history = History()
        self._scroller = Scroller(self)
        self.hearing = Hearing(self)
        self.crashes = Crashes(window)
        self._lay_out()
        self.help = HelpWindow(window)
        self.errands = Errands(self)
        self.jobs_panel = JobsPanel(self.workspace, window)
        self.palette_ = Palette(self)
        self.shortcuts = ShortcutSheet(self)
        self.acts = Actions(self)
        self._sealing = QTimer(self, interval=SEALS_EVERY_MS)
        self._connect()

    def _lay_out(self) -> None:
        workspace = self.workspace
        self.sidebar = Sidebar(workspace)
        self.head = Head(workspace)
        self.messages = MessageBar(workspace)
        self.stack = QStackedWidget()
        self.status = StatusBar(workspace)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.head)
        right.addWidget(self.messages)
        right.addWidget(self.stack, 1)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.sidebar)
        across.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(across, 1)
        whole.addWidget(self.status)

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.went.connect(self.show_place)
        workspace.changed.connect(self.reload)
        workspace.titled.connect(self._titled)
        workspace.failed.connect(self.crashes.show)
        workspace.asked.connect(self.errands.asked)
        self.crashes.quit_asked.connect(self.main.close)
        self.head.moved.connect(self.move_in_history)
        self.head.searched.connect(self.palette_.enter)
        self.messages.emptied.connect(self.focus_page)
        self.status.jobs_asked.connect(self.jobs_panel.flip)
        self.hearing.changed.connect(workspace.changed)
        self.hearing.lost.connect(self._lost)
        self.hearing.back.connect(self._back)
        self._sealing.timeout.connect(self._seal)

    def desk_opened(self) -> None:
        """The first time the home page is shown; after the server came back, whatever was on show."""
        self.status.say_offline(False)
        self.hearing.start(self.workspace.desk)
        self._sealing.start()
        pulling(self.workspace)
        if self.history.current is None:
            self.show_place(Place("home"))
            self.focus_page()
            QTimer.singleShot(_IMPORTS_AFTER_MS, self, self._import_pages)
        else:
            self.reload()

    def stop(self) -> None:
        """The window closes: no timer and no thread of the workbench stays."""
        self._sealing.stop()
        self.status.stop()
        self.hearing.stop()
        self.help.close()

    def page(self, key: str) -> Page:
        """The page, built when it is first asked for."""
        if key not in self.pages:
            self.pages[key] = make_page(key, self.workspace)
            self.stack.addWidget(self.pages[key])
        return self.pages[key]

    def show_place(self, place: Place) -> None:
        """Goes there; back leads to where one is now."""
        if self._show(place):
            self.history.visit(place)
            self._show_where()

    def move_in_history(self, steps: int) -> None:
        """Back (-1) or forward (1), to where the page was scrolled."""
        self._remember_scroll()
        stop = self.history.move(steps)
        if stop is not None and self._show(stop.place, stop):
            self._show_where()

    def turn(self, button: Qt.MouseButton) -> bool:
        """Back or forward by the mouse; False for its other buttons."""
        steps = _TURNS.get(button)
        if steps is not None:
            self.move_in_history(steps)
        return steps is not None

    def focusNextPrevChild(self, forward: bool) -> bool:
        """The Tab key, in the order of reading."""
        return step(self, forward)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lists take every button of the mouse for themselves."""
        if event.type() == QEvent.Type.MouseButtonPress and self.turn(cast(QMouseEvent, event).button()):
            return True
        return super().eventFilter(watched, event)

    def reload(self) -> None:
        """Reads the page on show anew; each of the others reads anew when it is shown next."""
        current = self.current_page()
        if current is not None:
            current.reload()

    def current_page(self) -> Page | None:
        current = self.stack.currentWidget()
        return current if isinstance(current, Page) else None

    def title_of(self, place: Place) -> str:
        """What a place is called: the record's own name where it was seen."""
        info = PAGES[place.page]
        shown = self._titles.get(place, info.title)
        return shown if place.record is None or shown == info.title else f"{info.title}: {shown}"

    def switch_side(self) -> None:
        """From the page to the sidebar, or back."""
        focus = self.main.focusWidget()
        if focus is not None and self.sidebar.isAncestorOf(focus):
            self.focus_page()
        else:
            self.sidebar.take_keyboard()

    def focus_page(self) -> None:
        """Gives the page the keyboard."""
        page = self.current_page()
        if page is not None:
            inside = page.focusWidget()
            if inside is not None and inside.isVisible():
                inside.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                page.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _import_pages(self) -> None:
        """While one looks at the first page, so that no other makes the window wait."""
        if self.workspace.is_open:
            self.workspace.jobs.read(self, "pages", lambda _report: import_pages(), _done, self.workspace.complain)

    def _show(self, place: Place, stop: Stop | None = None) -> bool:
        """Shows the place; False where it cannot be, and all stays as it was."""
        if not self.workspace.is_open:
            return False
        try:
            page = self.page(place.page)
        except ModuleNotFoundError as error:
            _log.exception("The page %s cannot be loaded", place.page)
            self.workspace.say(
                self.tr("The page “{page}” is missing from this installation ({module}).").format(
                    page=PAGES[place.page].title, module=error.name
                ),
                "bad",
            )
            return False
        if stop is None:
            self._remember_scroll()
        self._scroller.stop()
        for panel in (self.palette_, self.shortcuts, self.jobs_panel):
            panel.leave()
        for area in page.findChildren(QAbstractScrollArea):
            area.viewport().installEventFilter(self)
        self.stack.setCurrentWidget(page)
        self.sidebar.mark(place.page)
        page.open(place)
        if stop is not None:
            self._scroller.restore(page, stop.scrolls)
        return True

    def _remember_scroll(self) -> None:
        page, stop = self.current_page(), self.history.current
        if page is not None and stop is not None:
            stop.scrolls = scrolls_of(page)

    def _titled(self, place: Place, title: str) -> None:
        self._titles[place] = title
        self._show_where()

    def _show_where(self) -> None:
        stop = self.history.current
        if stop is None:
            return
        info = PAGES[stop.place.page]
        parent = PAGES.get(PARENTS.get(info.key, ""))
        title = self._titles.get(stop.place, info.title)
        parts = [parent.title if parent else info.group, title]
        self.head.show_place("  ›  ".join(part for part in parts if part), self.history.can(-1), self.history.can(1))
        self.acts.follow(self.history.can(-1), self.history.can(1))
        self.main.setWindowTitle(f"{title} – capdesk")

    def not_reopened(self, error: Exception) -> None:
        """The server went away and could not be started again."""
        self.workspace.say(sentence(error), "bad", self.tr("Try again"), self.main.opening.start)

    def _lost(self) -> None:
        """A server of our own is started again; another is waited for."""
        _log.warning("The database cannot be reached any more")
        self.status.say_offline(True)
        if own_server(self.workspace.folder, self.workspace.database_url):
            self.main.opening.start()

    def _back(self) -> None:
        _log.info("The database is back")
        self.workspace.desk.engine.dispose()
        self.status.say_offline(False)
        self.workspace.changed.emit()

    def _seal(self) -> None:
        desk = self.workspace.desk
        self.workspace.read(self, "seal", lambda desk: desk.seal(), lambda _none: self.status.refresh(), _unsealed)
        _log.debug("Sealing %s", desk.folder)


def _done(_result: object) -> None:
    """Nothing follows."""


def _unsealed(error: Exception) -> None:
    _log.warning("Sealing failed; it is tried again in five minutes", exc_info=error)
