"""Starts the window. Nothing here imports the database layer: the window is seen first."""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtWidgets import QApplication

from capdesk.views.collecting import Collecting
from capdesk.views.look.theme import Theme
from capdesk.views.memory import Memory
from capdesk.views.shell.ring import Ring, install
from capdesk.views.shell.window import Window
from capdesk.views.workspace import Workspace


def run(folder: Path, database_url: str | None = None) -> int:
    """Shows the window of the desk in the folder until it is closed; returns the exit code."""
    ring = Ring()
    install(ring)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("capdesk")
    memory = Memory(folder)
    theme = Theme(application, memory.get("look/scheme", "system"), memory.get("look/scale", 100))
    workspace = Workspace(folder.absolute(), database_url, theme)
    Collecting(workspace)
    window = Window(workspace, ring, guarded=True)
    window.show()
    window.open_soon()
    return _leave(window, application.exec())


def _leave(window: Window, code: int) -> int:
    """Lets go of the desk; a thread that never ends does not keep the program."""
    from capdesk.views.shell.closing import let_go  # noqa: PLC0415 - not before the window was seen

    if not (let_go(window.workspace, window.opening) and window.closing.join()):
        logging.getLogger("capdesk.window").warning("Left while something still ran")
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code or 1)
    return code
