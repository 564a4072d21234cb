"""Steps 4 to 6: the file is tried, imported, and its receipt shown."""

import time
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, Stopped
from capdesk.services.imports.coverage import BeforeFirstRun
from capdesk.services.imports.receipt import Receipt
from capdesk.services.plain import utc_stamp
from capdesk.views.forms.fields import CheckField
from capdesk.views.jobs import Job, Report
from capdesk.views.layouts import empty, inside
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.pages.imports.receipt_view import ReceiptView, Told
from capdesk.views.pages.imports.step import Step
from capdesk.views.places import Place
from capdesk.views.widgets import button, card, named, styled, text
from capdesk.views.workspace import Workspace, sentence

_ANYWAY = "Import them all the same"
_ANYWAY_HINT = (
    "They count for no experiment, and that cannot be changed later. "
    "The other way is to start an experiment back-dated to that moment first."
)


class Progress(QWidget):
    """How far a job is, and how fast."""

    def __init__(self) -> None:
        super().__init__()
        self._words = named(text("", "muted"), "progress-words")
        self.bar = named(QProgressBar(), "progress", "Progress")
        self.bar.setTextVisible(False)
        self._began = 0.0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.bar)
        column.addWidget(self._words)

    def begin(self) -> None:
        self._began = time.monotonic()
        self.bar.setRange(0, 0)
        self._words.setText("Reading the file …")

    def moved(self, done: int, total: int, _text: str) -> None:
        self.bar.setRange(0, max(total, done, 1))
        self.bar.setValue(done)
        spent = time.monotonic() - self._began
        speed = f" · {done / spent:,.0f} rows a second" if spent > 0.5 and done else ""
        self._words.setText(f"{done:,} of about {max(total, done):,} rows{speed}")


class RunStep(Step):
    """Runs the import once, tried or in earnest, with progress and cancel."""

    dry_run = False

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.receipt: Receipt | None = None
        self.job: Job[Receipt] | None = None
        self._state: tuple[object, ...] = ()
        self._heading = named(text("", "heading", wrap=True), "run-heading")
        self._words = named(text("", wrap=True), "run-words")
        self.progress = Progress()
        self.told = ReceiptView(workspace.theme)
        self.card = card(self._heading, self._words, self.progress, self.told, spacing=14, margin=24)
        self.column.addWidget(self.card)
        self.column.addStretch(1)

    @property
    def running(self) -> bool:
        return self.job is not None

    def back_words(self) -> str:
        return "Cancel" if self.running else "Back"

    def go_back(self) -> bool:
        """While it runs, Back is Cancel."""
        if self.job is None:
            return True
        self.job.cancel()
        self._heading.setText("Stopping …")
        return False

    def forget(self) -> None:
        """The file may have become another: what was found of it no longer holds."""
        self.receipt = None

    def begin(self) -> None:
        draft = self.draft
        if draft is None or self.running:
            return
        self.receipt = None
        self._state = draft.state()
        for widget in (self.told, self._words):
            widget.hide()
        self.progress.show()
        self.progress.begin()
        self._heading.setText(f"{'Checking' if self.dry_run else 'Importing'} {draft.path.name}")
        styled(self._heading, "heading")
        dry_run = self.dry_run
        chosen = replace(draft, mapping=dict(draft.mapping), outcomes=dict(draft.outcomes))

        def work(desk: Desk, report: Report) -> Receipt:
            return chosen.run(desk, report, dry_run=dry_run)

        title = f"{'Checking' if dry_run else 'Importing'} {draft.path.name}"
        self.job = self.workspace.run(title, work, owner=self, then=self._done, failed=self._failed)
        self.job.progressed.connect(self.progress.moved)
        self.job.leads_to(batch_of)
        self.changed.emit()

    def _done(self, receipt: Receipt) -> None:
        self.job, self.receipt = None, receipt
        self.progress.hide()
        self.told.show_told(Told.of(receipt))
        self.told.show()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.job = None
        self.progress.hide()
        if isinstance(error, Stopped):
            self._heading.setText("The check was cancelled." if self.dry_run else "Cancelled: nothing was recorded.")
        elif isinstance(error, CapdeskError):
            self._heading.setText("It cannot be imported as it is." if self.dry_run else "Nothing was recorded.")
            self._words.setText(in_window(sentence(error)))
            self._words.show()
        else:
            self._heading.setText("Something went wrong; nothing was recorded.")
            self.workspace.complain(error)
        self.changed.emit()


class CheckStep(RunStep):
    """The dry run, begun by itself whenever something was chosen anew."""

    dry_run = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.anyway = CheckField("allow_unattributed", _ANYWAY, hint=_ANYWAY_HINT)
        self.anyway.changed.connect(self._allowed)
        self._ways = QHBoxLayout()
        self._ways.setSpacing(8)
        self._early = card(self.anyway)
        inside(self._early).addLayout(self._ways)
        self._early.hide()
        self.column.insertWidget(1, self._early)

    def next_words(self) -> str:
        if self.receipt is None:
            return "Check again" if not self.running else "Import"
        return f"Import {self.receipt.landed:,} row{'' if self.receipt.landed == 1 else 's'}"

    def enter(self, draft: Draft | None) -> None:
        super().enter(draft)
        if draft is None or self.running:
            return
        if draft.state() != self._state or self.receipt is None:
            self.anyway.box.blockSignals(True)
            self.anyway.set_value(draft.allow_unattributed)
            self.anyway.box.blockSignals(False)
            self._early.setVisible(draft.allow_unattributed)
            self.begin()

    def ready(self) -> bool:
        return not self.running

    def go_on(self) -> bool:
        """What was checked is what is imported: another choice meanwhile, or a file written again, is checked again."""
        if self.receipt is not None and self.chosen_so_far.state() == self._state:
            return True
        self.begin()
        return False

    def _done(self, receipt: Receipt) -> None:
        self._heading.setText(_verdict(receipt))
        super()._done(receipt)

    def _failed(self, error: Exception) -> None:
        super()._failed(error)
        if isinstance(error, BeforeFirstRun):
            self._show_early(error)

    def _show_early(self, error: BeforeFirstRun) -> None:
        zone = self.workspace.desk.zone
        moment = f"{error.earliest.astimezone(zone):%Y-%m-%d %H:%M}"
        self._words.setText(
            f"{error.what}; the earliest is at {moment} ({zone.key}). They would belong to no experiment, for good."
        )
        empty(self._ways)
        for number, name in list(error.planned.items())[:3]:
            stamp = utc_stamp(error.earliest)
            link = button(
                f"Start “{name}” back-dated…".replace("&", "&&"), partial(self.workspace.go, "experiment", number)
            )
            link.setToolTip(f"Opens the experiment; start it at {moment} ({stamp}) or earlier.")
            self._ways.addWidget(link)
        self._ways.addStretch(1)
        self._early.show()

    def _allowed(self) -> None:
        if self.draft is not None:
            self.draft.allow_unattributed = bool(self.anyway.value())
            self.begin()


class ImportStep(RunStep):
    """In earnest. It goes on by itself once it is through."""

    def next_words(self) -> str:
        return "Import"

    def enter(self, draft: Draft | None) -> None:
        super().enter(draft)
        if not self.running:
            self.begin()

    def ready(self) -> bool:
        return not self.running

    def go_on(self) -> bool:
        if self.receipt is None:
            self.begin()
        return self.receipt is not None

    def _done(self, receipt: Receipt) -> None:
        super()._done(receipt)
        self.onward.emit()


class ReceiptStep(Step):
    """What became of every row, and where to go from here."""

    open_rejects = Signal()
    another = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._heading = named(text("", "heading", wrap=True), "receipt-heading")
        self._words = named(text("", "muted", wrap=True), "receipt-words")
        self.told = ReceiptView(workspace.theme)
        self.open_rows = button("Open rejected rows", self.open_rejects.emit)
        self.open_rows.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._where = named(text("", "small", wrap=True), "receipt-rejects")
        self.column.addWidget(
            card(self._heading, self._words, self.told, self.open_rows, self._where, spacing=14, margin=24)
        )
        self.column.addStretch(1)

    def show_receipt(self, receipt: Receipt) -> None:
        self._heading.setText(_landed(receipt))
        into = f"Into {receipt.campaign}." if receipt.campaign else ""
        how = f"Read with profile {receipt.profile}." if receipt.profile and receipt.profile != "--map" else ""
        self._words.setText(" ".join(words for words in (into, how, f"Batch {receipt.batch}.") if words))
        self.told.show_told(Told.of(receipt))
        self.open_rows.setVisible(receipt.rejects_file is not None)
        self._where.setText(
            f"The rejected rows are in {receipt.rejects_file}." if receipt.rejects_file else _costs_note(receipt)
        )
        self._where.setVisible(bool(self._where.text()))

    def next_words(self) -> str:
        return "Done"

    def back_words(self) -> str:
        return "Import another file"

    def go_back(self) -> bool:
        self.another.emit()
        return False


def batch_of(receipt: Receipt) -> Place | None:
    """Where what was recorded is found."""
    return None if receipt.batch is None else Place("imports", receipt.batch)


def in_window(words: str) -> str:
    """A sentence that names an option of the command line, as the window calls it."""
    return words.replace("without --whole-days", "without “whole days”").replace(
        "name it with --campaign", "choose it in step 2"
    )


def _verdict(receipt: Receipt) -> str:
    if not receipt.read:
        return "The file has no rows."
    if receipt.rejected and not receipt.landed:
        return "No row would land."
    if receipt.rejected:
        return f"{receipt.landed:,} of {receipt.read:,} rows would land; the rejected ones go to a file to correct."
    if not receipt.landed:
        return "Every row is known already; an import would land nothing."
    return "Everything is in order." if not receipt.duplicate else "Everything new would land."


def _landed(receipt: Receipt) -> str:
    if receipt.rejected:
        return f"{receipt.landed:,} landed, {receipt.rejected:,} rejected"
    if not receipt.landed:
        return "Nothing new: every row was known already" if receipt.read else "The file has no rows"
    return "Everything landed" if not receipt.duplicate else f"{receipt.landed:,} landed, the rest was known already"


def _costs_note(receipt: Receipt) -> str:
    if receipt.rejected:
        return "Correct the rejected records in the file itself and import it again: a day counts only as a whole."
    return ""
