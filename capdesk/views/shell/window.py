"""The window: seen at once with the start screen in it, the workbench once the desk is open."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from capdesk.views.shell.opening import Opening
from capdesk.views.shell.start_screen import StartScreen
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk
    from capdesk.views.page import Page
    from capdesk.views.shell.closing import Closing
    from capdesk.views.shell.log import LogWindow
    from capdesk.views.shell.ring import Ring
    from capdesk.views.shell.signals import Signals
    from capdesk.views.shell.workbench import Workbench

GEOMETRY = "look/geometry"
_SEEN_BY_MS = 300
_LEAST = (640, 480)
"""Whatever was remembered of it: a window of a few letters is none."""


class Window(QMainWindow):
    """Everything but the start screen is built, and the desk opened, once it was seen."""

    def __init__(self, workspace: Workspace, ring: "Ring | None" = None, *, guarded: bool = False) -> None:
        """`guarded`: what nobody expected is caught and told, from any thread; for a program of its own."""
        super().__init__()
        self.workspace = workspace
        self._ring, self._guarded = ring, guarded
        self._log: LogWindow | None = None
        self._closing: Closing | None = None
        self._bench: Workbench | None = None
        self._signals: Signals | None = None
        self.setObjectName("window")
        self.setWindowTitle("capdesk")
        self.setAcceptDrops(True)
        self.setMinimumSize(*_LEAST)
        self.resize(1280, 800)
        self.restoreGeometry(workspace.memory.get_bytes(GEOMETRY))
        self.start_screen = StartScreen(workspace.folder)
        self._whole = QStackedWidget()
        self._whole.addWidget(self.start_screen)
        self.setCentralWidget(self._whole)
        self.opening = Opening(workspace)
        self.opening.working.connect(self.start_screen.working)
        self.opening.failed.connect(self._not_opened)
        self.opening.opened.connect(self._take)
        self.start_screen.retried.connect(self.opening.start)
        self.start_screen.log_asked.connect(self.show_log)
        self.start_screen.another_asked.connect(self._another_desk)
        self._seen = QTimer(self, singleShot=True, interval=_SEEN_BY_MS)
        self._seen.timeout.connect(self._begin)
        if guarded:
            self._hear_signals()

    @property
    def bench(self) -> "Workbench":
        """The workbench, built when it is first asked for."""
        if self._bench is None:
            from capdesk.views.shell.workbench import Workbench  # noqa: PLC0415 - after the window was seen

            self._bench = Workbench(self)
            self._whole.addWidget(self._bench)
            if self._guarded:
                self._bench.crashes.install()
        return self._bench

    @property
    def pages(self) -> "dict[str, Page]":
        """Those that were shown, by key."""
        return self.bench.pages

    @property
    def closing(self) -> "Closing":
        if self._closing is None:
            from capdesk.views.shell.closing import Closing  # noqa: PLC0415

            self._closing = Closing(self)
        return self._closing

    def open_soon(self) -> None:
        """Opens the desk after the window has been drawn, or where nobody draws it, a moment later."""
        self.start_screen.painted.connect(self._drawn)
        self._seen.start()

    def show_log(self) -> None:
        from capdesk.views.shell.log import LogWindow  # noqa: PLC0415 - rarely
        from capdesk.views.shell.ring import Ring  # noqa: PLC0415

        if self._log is None:
            self._log = LogWindow(self.workspace, self._ring or Ring(), self)
        self._log.enter()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.closing.may_close():
            event.ignore()
            return
        memory = self.workspace.memory
        memory.put_bytes(GEOMETRY, self.saveGeometry())
        memory.save()
        self._seen.stop()
        if self._bench is not None:
            self._bench.crashes.uninstall()
            self._bench.stop()
        if self._signals is not None:
            self._signals.stop()
        if self._log is not None:
            self._log.close()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._bench is None or not self._bench.turn(event.button()):
            super().mousePressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.workspace.is_open and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.workspace.asked.emit(f"import {files[0]}")

    def _hear_signals(self) -> None:
        """From the first moment: Python would raise KeyboardInterrupt in whatever Qt just called."""
        from capdesk.views.shell.signals import Signals  # noqa: PLC0415 - only in a program of its own

        self._signals = Signals(self)

    def _drawn(self) -> None:
        if self._seen.isActive():
            self._seen.start(0)

    def _begin(self) -> None:
        if self.workspace.is_open:
            self._opened()
        else:
            self.opening.start()
            QTimer.singleShot(0, self, self._build)

    def _build(self) -> None:
        """While the desk opens in its own thread."""
        self.bench.sidebar.mark("home")

    def _take(self, desk: "Desk") -> None:
        before = self.workspace.desk if self.workspace.is_open else None
        self.workspace.take(desk)
        self._opened()
        if before is not None:
            self.closing.close_later(before)

    def _opened(self) -> None:
        self._whole.setCurrentWidget(self.bench)
        self.bench.desk_opened()

    def _not_opened(self, error: Exception) -> None:
        if self.workspace.is_open:
            self.bench.not_reopened(error)
        else:
            self._whole.setCurrentWidget(self.start_screen)
            self.start_screen.failed(error)

    def _another_desk(self) -> None:
        self.bench.errands.choose_desk()
