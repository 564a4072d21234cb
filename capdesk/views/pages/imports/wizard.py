"""The import wizard: six steps inside the page. Enter goes on, Esc goes back, and nothing chosen is lost on the way."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.services.campaigns import list_campaigns
from capdesk.services.imports.detect import Looked, look_at
from capdesk.views.page import scrolled
from capdesk.views.pages.imports.columns_step import ColumnsStep
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.pages.imports.file_step import FileStep
from capdesk.views.pages.imports.run_steps import CheckStep, ImportStep, ReceiptStep
from capdesk.views.pages.imports.step import Step, Strip
from capdesk.views.pages.imports.what_step import Campaigns, WhatStep
from capdesk.views.widgets import button, line, named
from capdesk.views.workspace import Workspace, sentence

_FILE, _WHAT, _CHECK, _IMPORT, _RECEIPT = 0, 1, 3, 4, 5


class Wizard(QWidget):
    """From a file to its receipt. `closed` when one is through or turns away."""

    closed = Signal()
    landed = Signal(object, object)
    """Draft and Receipt of an import that was recorded."""
    rejects_wanted = Signal(object, object)
    """Draft and Receipt whose rejected rows are to be corrected."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "import-wizard", "Import")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.workspace = workspace
        self.draft: Draft | None = None
        self.file, self.what, self.columns = FileStep(workspace), WhatStep(workspace), ColumnsStep(workspace)
        self.check, self.run, self.receipt = CheckStep(workspace), ImportStep(workspace), ReceiptStep(workspace)
        self.steps: tuple[Step, ...] = (self.file, self.what, self.columns, self.check, self.run, self.receipt)
        self.strip = Strip(workspace.theme)
        self.stack = QStackedWidget()
        for step in self.steps:
            self.stack.addWidget(scrolled(step))
            step.changed.connect(self._refresh)
            step.onward.connect(self.go_on)
        self.back = button("Back", self.go_back)
        self.next = button("Next", self.go_on, kind="primary")
        self.file.chosen.connect(self.begin)
        self.receipt.open_rejects.connect(self._open_rejects)
        self.receipt.another.connect(self.restart)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.strip)
        column.addWidget(self.stack, 1)
        column.addWidget(line())
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.next)
        column.addLayout(row)
        for key, action in (("Return", self._entered), ("Enter", self._entered), ("Esc", self.go_back)):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    @property
    def at(self) -> int:
        return self.stack.currentIndex()

    @property
    def step(self) -> Step:
        return self.steps[self.at]

    @property
    def busy(self) -> bool:
        return self.check.running or self.run.running

    def unsaved(self) -> str:
        """What was chosen for a file whose import has not begun."""
        prepared = _FILE < self.at < _RECEIPT and not self.run.running
        return f"the import of {self.draft.path.name}" if self.draft is not None and prepared else ""

    def restart(self) -> None:
        """To the first step, with nothing chosen."""
        if not self.busy:
            self.draft = None
            self._show(_FILE)

    def begin(self, path: Path) -> None:
        """Looks at a file and shows what it is."""
        if self.busy:
            self.workspace.say("An import is under way; wait for it or cancel it first.", "warn")
            return
        self.draft = None
        self._show(_FILE)
        self.file.looking(path)
        self.workspace.memory.put("imports/folder", str(path.parent))

        def look(desk: Desk) -> tuple[Looked, Campaigns]:
            return look_at(desk, path), _campaigns(desk)

        self.workspace.read(self, "look", look, self._looked, self._refused)

    def go_on(self) -> None:
        """To the next step, where the present one lets go."""
        if not self.step.ready() or not self.step.go_on():
            return
        if self.at == _RECEIPT:
            self.draft = None
            self.closed.emit()
            return
        self._show(self.at + 1)

    def go_back(self) -> None:
        if not self.step.go_back():
            return
        if self.at == _FILE:
            self.closed.emit()
            return
        self._show(self.at - 1)

    def showEvent(self, _event: QShowEvent) -> None:
        """Campaigns may have been made while one was elsewhere."""
        if self.workspace.is_open and self.draft is not None and not self.busy:
            self.workspace.read(self, "campaigns", _campaigns, self._show_campaigns)

    def _show_campaigns(self, campaigns: Campaigns) -> None:
        if self.draft is not None and campaigns != self.what.campaigns:
            self.what.show_campaigns(campaigns)
            if self.at == _WHAT:
                self.what.enter(self.draft)

    def _looked(self, found: tuple[Looked, Campaigns]) -> None:
        looked, campaigns = found
        draft = Draft(looked, looked.kind)
        known: int = self.workspace.memory.get("imports/campaign", 0)
        if draft.needs_campaign or draft.kind is None:
            draft.campaign = known if known in campaigns else next(iter(campaigns)) if len(campaigns) == 1 else None
        self.draft = draft
        self.check.forget()
        self.what.show_campaigns(campaigns)
        self._show(_WHAT)

    def _refused(self, error: Exception) -> None:
        if isinstance(error, CapdeskError):
            self.file.refuse(sentence(error))
        else:
            self.file.refuse("The file could not be looked at.")
            self.workspace.complain(error)

    def _show(self, at: int) -> None:
        if at == _RECEIPT and self.run.receipt is not None and self.draft is not None:
            self.receipt.show_receipt(self.run.receipt)
            if self.draft.campaign:
                self.workspace.memory.put("imports/campaign", self.draft.campaign)
            self.landed.emit(self.draft, self.run.receipt)
        self.stack.setCurrentIndex(at)
        self.strip.show_step(at)
        self.step.enter(self.draft)
        self._refresh()
        wanted = self.step.first_focus() or (self.next if self.next.isEnabled() else self)
        wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refresh(self) -> None:
        for made, words in ((self.next, self.step.next_words()), (self.back, self.step.back_words())):
            made.setText(words)
            made.setAccessibleName(words)
        ready = self.step.ready()
        if not ready and self.next.hasFocus():
            self.setFocus()  # else it would go to Back, and Enter with it
        self.next.setEnabled(ready)
        self.next.setVisible((self.at != _IMPORT or not self.busy) and (self.at != _FILE or self.draft is not None))
        if ready and self.hasFocus():
            self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _entered(self) -> None:
        """Enter presses the button that has the keyboard, and goes on anywhere else."""
        focus = self.window().focusWidget()
        if isinstance(focus, QPushButton) and focus is not self.next and focus.isVisible():
            focus.click()
        else:
            self.go_on()

    def _open_rejects(self) -> None:
        if self.draft is not None and self.run.receipt is not None:
            draft, receipt = self.draft, self.run.receipt
            self.rejects_wanted.emit(draft, receipt)


def _campaigns(desk: Desk) -> Campaigns:
    return {row.id: row.name for row in desk.read(list_campaigns)}
