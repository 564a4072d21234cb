"""What the window itself does when it is asked: another window, another desk, the demo; and what leads to a page."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QFileDialog

from capdesk.bootstrap import Desk, call_source, cost_source, open_desk
from capdesk.errors import RuleRefused
from capdesk.views.jobs import Report
from capdesk.views.places import Place

if TYPE_CHECKING:
    from capdesk.services.sync import SyncReport
    from capdesk.views.shell.workbench import Workbench

_URL = "CAPDESK_DATABASE_URL"


class Errands(QObject):
    """Answers `workspace.asked`, and runs what menus and the palette name."""

    def __init__(self, bench: "Workbench") -> None:
        super().__init__(bench)
        self._bench, self._workspace = bench, bench.workspace

    @Slot(str)
    def asked(self, words: str) -> None:
        """`demo`, `import PATH`, `sync`, `backup`."""
        what, _, rest = words.partition(" ")
        if what == "demo":
            self.offer_demo()
        elif what == "import":
            self._import(rest)
        elif what == "sync":
            self.do_on_page("syncs", "sync now")
        elif what == "backup":
            self._back_up()

    def do_on_page(self, page: str, command: str) -> None:
        """Goes to a page and runs its command whose title begins so."""
        self._workspace.go(page)
        QTimer.singleShot(0, self, lambda: self._run_command(page, command))

    def new_window(self, folder: Path | None = None) -> None:
        """Another program on this desk, or on another one."""
        same = folder is None
        environment = dict(os.environ)
        if same and self._workspace.database_url is not None:
            environment[_URL] = self._workspace.database_url  # not on the command line, where others could read it
        elif not same:
            environment.pop(_URL, None)
        subprocess.Popen(  # it outlives this one
            [*program(), "--desk", str(folder or self._workspace.folder)], env=environment, start_new_session=True
        )

    def choose_desk(self) -> None:
        """Another desk folder, opened in a window of its own; this one closes if its own could not be opened."""
        dialog = QFileDialog(self._bench.main, self.tr("Choose a desk folder"), str(self._workspace.folder.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def offer_demo(self) -> None:
        """Asks for a folder near the desk and builds the demo there."""
        near = self._workspace.folder.resolve()
        dialog = QFileDialog(self._bench.main, self.tr("Where to build the demo desk"), str(near.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Build"))
        dialog.selectFile(f"{near.name}-demo")
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.build_demo)
        dialog.open()

    @Slot(str)
    def build_demo(self, folder: str) -> None:
        """Builds the demo in a job, then opens it in a window of its own."""
        self._workspace.run(
            self.tr("Building the demo desk"),
            lambda _desk, report: build_demo(Path(folder), report),
            owner=self,
            then=self._demo_built,
        )
        self._workspace.say(self.tr("The demo desk is being built; its window opens in about half a minute."))

    def _demo_built(self, folder: Path) -> None:
        self._workspace.say(self.tr("The demo desk is built and opens in its own window."), "good")
        self.new_window(folder)

    def _chosen(self, folder: str) -> None:
        self.new_window(Path(folder))
        if not self._workspace.is_open:
            self._bench.main.close()

    def _back_up(self) -> None:
        self._workspace.went.emit(Place("settings", None, "database"))
        page = self._bench.current_page()
        back_up = getattr(page, "back_up", None)
        if back_up is not None:
            back_up()

    def _import(self, file: str) -> None:
        """Starts the wizard of the imports page, with the file where one was named."""
        self._workspace.went.emit(Place("imports"))
        page = self._bench.current_page()
        if page is None or page.key != "imports":
            return
        begin, start = getattr(page, "begin", None), getattr(page, "start", None)  # its module comes with the database
        if begin is not None and start is not None:
            begin(Path(file)) if file else start()

    def _run_command(self, page: str, command: str) -> None:
        shown = self._bench.current_page()
        if shown is None or shown.key != page:
            return
        for one in shown.commands():
            if one.enabled and one.title.casefold().startswith(command):
                one.run()
                return


def program() -> Sequence[str]:
    """How this program is started again."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "capdesk"]


def build_demo(folder: Path, report: Report) -> Path:
    """A built demo desk; what was half built is removed. Raises RuleRefused for a folder that is in use."""
    from capdesk.services.database.embedded import EmbeddedServer  # noqa: PLC0415 - with the database layer
    from capdesk.services.demo.build import ZONE, build, is_built  # noqa: PLC0415

    if is_built(folder):
        return folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RuleRefused(f"{folder} is not empty: choose a new folder for the demo.")

    def tell(words: str) -> None:
        report(0, 0, words)

    try:
        with open_desk(folder, zone=ZONE) as desk:
            build(desk, folder / "sources", day=None, seed=1, pull=partial(_pull, desk), tell=tell)
    except BaseException:
        with suppress(Exception):
            EmbeddedServer(folder).remove(force=True)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _pull(desk: Desk, since: Any) -> "SyncReport":
    from capdesk.services.sync import sync  # noqa: PLC0415 - heavy, and only here

    return sync(desk, since=since, open_source=partial(cost_source, desk), open_calls=partial(call_source, desk))
