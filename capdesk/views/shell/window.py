"""The window: a sidebar, the page, what is to be told above it, and how the desk is below it."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from capdesk.bootstrap import Desk, open_desk
from capdesk.views.jobs import Report
from capdesk.views.page import Page
from capdesk.views.places import Place, make_page
from capdesk.views.shell.sidebar import Sidebar
from capdesk.views.workspace import Workspace


class Window(QMainWindow):
    """Shown at once; the desk is opened once it is visible."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.setObjectName("window")
        self.setWindowTitle("capdesk")
        self.resize(1280, 800)
        self.sidebar = Sidebar(workspace)
        self.stack = QStackedWidget()
        self.pages: dict[str, Page] = {}
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self.stack, 1)
        self.setCentralWidget(whole)
        workspace.went.connect(self.show_place)
        workspace.changed.connect(self.reload)
        workspace.opened.connect(self._opened)

    def open_soon(self) -> None:
        """Opens the desk after the window has been drawn."""
        QTimer.singleShot(0, self._open)

    def page(self, key: str) -> Page:
        """The page, built when it is first asked for."""
        if key not in self.pages:
            self.pages[key] = make_page(key, self.workspace)
            self.stack.addWidget(self.pages[key])
        return self.pages[key]

    def show_place(self, place: Place) -> None:
        page = self.page(place.page)
        self.stack.setCurrentWidget(page)
        self.sidebar.mark(place.page)
        page.open(place)

    def reload(self) -> None:
        current = self.stack.currentWidget()
        if isinstance(current, Page):
            current.reload()

    def _open(self) -> None:
        folder, url = self.workspace.folder, self.workspace.database_url

        def work(_report: Report) -> Desk:
            return open_desk(folder, database_url=url)

        self.workspace.jobs.run(
            "Opening the desk", work, owner=self, then=self.workspace.take, failed=self.workspace.complain
        )

    def _opened(self) -> None:
        self.show_place(Place("home"))
