"""Imports: every file that was recorded, and the way in for the next. A file may be dropped anywhere on the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from capdesk.services.imports.receipt import Receipt
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Row
from capdesk.services.reports.wording import listed
from capdesk.views.page import Command
from capdesk.views.pages.imports.detail import ImportDetail
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.pages.imports.file_step import DropZone
from capdesk.views.pages.imports.rejects import RejectsEditor, Source
from capdesk.views.pages.imports.wizard import Wizard
from capdesk.views.places import Place
from capdesk.views.records.list_page import ListPage
from capdesk.views.workspace import Workspace

_REMEMBERED = "imports/rejects"
_MOST_REMEMBERED = 40


class ImportsPage(ListPage):
    """The list, the wizard and the table of rejected rows take turns."""

    key = "imports"
    listing = "imports"
    stack: QStackedWidget | None = None

    _TITLES: ClassVar[tuple[tuple[str, str], ...]] = (
        ("Imports", ""),
        ("Import a file", ""),
        ("Rejected rows", ""),
    )

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.wizard = Wizard(workspace)
        self.editor = RejectsEditor(workspace)
        self.stack = QStackedWidget()
        for widget in (self.beside, self.wizard, self.editor):
            self.stack.addWidget(widget)
        self.body.addWidget(self.stack, 1)
        self.over = _Overlay(workspace, self)
        self.setAcceptDrops(True)
        self._looked_for_any = False
        self.wizard.closed.connect(self.show_list)
        self.wizard.landed.connect(self._landed)
        self.wizard.rejects_wanted.connect(self._correct)
        self.editor.closed.connect(self.show_list)
        self.editor.landed.connect(self._landed)

    def open(self, place: Place) -> None:
        """Comes to the list; to a wizard or corrections that were left only where nothing else is asked for."""
        super().open(place)
        if place.record is not None or place.filter:
            self.show_list()
        elif not self._looked_for_any:
            self._looked_for_any = True
            listing = LISTINGS["imports"]
            self.read(lambda desk: desk.read(lambda s: read.count(s, listing, Ask())), self._counted, key="any")

    def begin(self, path: Path) -> None:
        """Starts the wizard with a file."""
        self._show(self.wizard)
        self.wizard.begin(path)

    def start(self) -> None:
        """Opens the wizard where it was left, or at its beginning."""
        if self.wizard.draft is None and not self.wizard.busy:
            self.wizard.restart()
        self._show(self.wizard)

    def show_list(self) -> None:
        self._show(self.beside)
        self.table.reload()
        self.table.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def unsaved(self) -> str:
        return listed(told) if (told := [one for one in (self.wizard.unsaved(), self.editor.unsaved()) if one]) else ""

    def commands(self) -> Sequence[Command]:
        if self.stack is not None and self.stack.currentWidget() is not self.beside:
            return ()
        return (Command("Import…", self.start, "file-input", primary=True),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        if not self.value(row, "rejected") or self.value(row, "kind") in ("twilio-usage", "gcp-billing"):
            return ()
        return (Command("Correct rejected rows…", lambda: self.open_rejects(row), "pencil"),)

    def details(self, row: Row) -> QWidget:
        return ImportDetail(self.workspace, self.table.listing, row, self.value, self.row_commands(row))

    def open_rejects(self, row: Row) -> None:
        """The rejected rows of a past import; where their file is not known any more, it is asked for."""
        told = self._remembered().get(str(row.id))
        if isinstance(told, dict) and Path(str(told.get("path"))).is_file():
            self._edit(Source.remembered(Path(str(told["path"])), row.id, told))
            return
        dialog = QFileDialog(self, f"Where are the rejected rows of {self.value(row, 'file')}?", "", "CSV (*.csv)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = {name: self.value(row, name) for name in ("kind", "campaign", "profile")}
        if chosen["profile"] == "--map":
            chosen["profile"] = None
        dialog.fileSelected.connect(lambda name, batch=row.id: self._edit(Source.remembered(Path(name), batch, chosen)))
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event) is not None:
            event.acceptProposedAction()
            self.over.invite()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.over.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.over.hide()
        path = dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.begin(path)

    def _show(self, widget: QWidget) -> None:
        if self.stack is None:
            return
        self.stack.setCurrentWidget(widget)
        self.say_title(*self._TITLES[self.stack.currentIndex()])
        self.show_commands()

    def _counted(self, count: int) -> None:
        """Before the first import there is no list to look at: the way in is shown at once."""
        if not count and self.stack is not None and self.stack.currentWidget() is self.beside:
            self.start()

    def _landed(self, draft: Draft, receipt: Receipt) -> None:
        if receipt.rejects_file is not None and receipt.batch is not None:
            known = {**self._remembered(), str(receipt.batch): {**draft.to_plain(), "path": receipt.rejects_file}}
            kept = dict(list(known.items())[-_MOST_REMEMBERED:])
            self.workspace.memory.put(_REMEMBERED, kept)
        self.table.reload()

    def _remembered(self) -> dict[str, Any]:
        known: dict[str, Any] = self.workspace.memory.get(_REMEMBERED, {})
        return known

    def _correct(self, draft: Draft, receipt: Receipt) -> None:
        if receipt.rejects_file is not None:
            self._edit(Source(Path(receipt.rejects_file), receipt.batch, draft))

    def _edit(self, source: Source) -> None:
        self._show(self.editor)
        self.editor.open(source)


class _Overlay(QWidget):
    """Covers the page while a file is dragged over it."""

    def __init__(self, workspace: Workspace, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self.zone = DropZone(workspace.theme, lambda: None)
        self.zone.choose.hide()
        self.zone.words.setText("Drop to import")
        self.zone.invite(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self.zone)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def invite(self) -> None:
        self.setGeometry(self._page.rect())
        self.raise_()
        self.show()


def dropped(event: QDropEvent) -> Path | None:
    """The file that is dragged; None where it is something else."""
    files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(files[0]) if files else None
