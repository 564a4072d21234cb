"""Starts the window. Nothing here imports the database layer: the window is seen first."""

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from capdesk.views.look.theme import Theme
from capdesk.views.memory import Memory
from capdesk.views.shell.window import Window
from capdesk.views.workspace import Workspace


def run(folder: Path, database_url: str | None = None) -> int:
    """Shows the window of the desk in the folder until it is closed; returns the exit code."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("capdesk")
    memory = Memory(folder)
    theme = Theme(application, memory.get("look/scheme", "system"), memory.get("look/scale", 100))
    workspace = Workspace(folder, database_url, theme)
    window = Window(workspace)
    window.show()
    window.open_soon()
    return application.exec()
