"""Python's search for garbage: it stops every thread, the window's too, for longer the more objects there are."""

import gc

from PySide6.QtCore import QObject, QTimer

from capdesk.views.workspace import Workspace

_PAGES_IMPORTED_MS = 10_000
_SELDOM = (5_000, 20, 20)


def search_less() -> None:
    """What is there now stays as long as the program, most of it modules: it is left out from here on."""
    gc.set_threshold(*_SELDOM)
    gc.freeze()


class Collecting(QObject):
    """Leaves out what stays once the desk is open and pages are imported. For a program of its own, not for tests."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        soon = QTimer(self, interval=_PAGES_IMPORTED_MS, singleShot=True)
        soon.timeout.connect(search_less)
        workspace.opened.connect(soon.start)
