"""Opens the desk behind the start screen, and again where its server went away."""

import logging
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from capdesk.views.jobs import Job, Report
from capdesk.views.places import PAGES
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_log = logging.getLogger("capdesk.window")
FIRST = ("home",)
"""Pages that are wanted at once; the others are imported while one reads the first."""


class Opening(QObject):
    """One attempt after the other; what was opened and is wanted no more is closed."""

    working = Signal(str, int, int)
    failed = Signal(object)
    opened = Signal(object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._left: list[Desk] = []
        self._busy = False

    def start(self) -> None:
        """Opens the desk in the background, and makes it where there is none yet."""
        if self._busy:
            return
        self._busy = True
        workspace, left = self._workspace, self._left
        folder, url = workspace.folder, workspace.database_url
        first = url is None and not any((folder / name).exists() for name in ("postgres", "database-url"))
        words = self.tr("Making a new desk, once…") if first else self.tr("Starting the database…")
        pages = self.tr("Preparing the pages…")

        def work(report: Report) -> "Desk":
            from capdesk.bootstrap import open_desk  # noqa: PLC0415 - the window was seen by now

            report(0, 0, words)
            desk = open_desk(folder, database_url=url, clock=workspace.clock)
            left.append(desk)
            report(0, 0, pages)
            import_pages(FIRST)
            return desk

        self.working.emit(words, 0, 0)
        job = workspace.jobs.run(
            self.tr("Opening the desk"), work, owner=self, then=self._opened, failed=self._failed, cancellable=False
        )
        job.progressed.connect(self._progressed)

    def busy(self, job: Job[object]) -> bool:
        """Whether the job is this one: nobody need be asked before it is given up."""
        return self._busy and job.title == self.tr("Opening the desk")

    def abandoned(self) -> "list[Desk]":
        """What was opened and never taken, to be closed."""
        left, self._left[:] = list(self._left), []
        return left

    def _progressed(self, done: int, total: int, words: str) -> None:
        self.working.emit(words, done, total)

    def _opened(self, desk: "Desk") -> None:
        self._busy = False
        self._left.remove(desk)
        _log.info("The desk %s is open", desk.folder)
        self.opened.emit(desk)

    def _failed(self, error: Exception) -> None:
        self._busy = False
        _log.error("The desk could not be opened", exc_info=error)
        self.failed.emit(error)


def own_server(folder: Path, database_url: str | None) -> bool:
    """Whether the desk's server is started by us."""
    from capdesk.services.database.address import configured_url  # noqa: PLC0415

    return database_url is None and configured_url(folder) is None


def import_pages(keys: tuple[str, ...] | None = None) -> None:
    """Imports the modules of pages; what is wrong with one is told where it is opened."""
    for key in keys or tuple(PAGES):
        with suppress(Exception):
            import_module(PAGES[key].module.partition(":")[0])
