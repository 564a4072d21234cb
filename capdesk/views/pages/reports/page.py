"""The weekly report: what is sent, to whom, when; sending it now, and what was sent before."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QLocale, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QTabWidget, QVBoxLayout, QWidget

from capdesk.errors import CapdeskError
from capdesk.services.dates import Week, business_date
from capdesk.services.notifications import Sending
from capdesk.services.notifications.preview import WeeklyPreview, weekly_preview
from capdesk.services.notifications.weekly import LetterChanged
from capdesk.services.reports.wording import local_moment
from capdesk.views.layouts import Columns
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.reports.letter import LetterView
from capdesk.views.pages.reports.opened import PrivateFiles
from capdesk.views.pages.reports.pdf import PAPERS, Paper, save_pdf
from capdesk.views.pages.reports.schedule import ScheduleCard
from capdesk.views.pages.reports.sending import SendingCard, can_send, send_dialog, told
from capdesk.views.pages.reports.weeks import WeekBar
from capdesk.views.places import Place
from capdesk.views.records.table import RecordTable
from capdesk.views.widgets import card, named, text
from capdesk.views.workspace import Workspace

_LEAST_LETTER = 420
_SENT_BEFORE = "kind:weekly"
_PAPER = "reports/paper"


class ReportsPage(Page):
    """The weekly email and its schedule. A place's filter may name a week: `2026-W46`."""

    key = "reports"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.preview: WeeklyPreview | None = None
        self._moment: datetime | None = None
        """The moment chosen when the preview was read; None is now."""
        self._file_dialog: QFileDialog | None = None
        self._files = PrivateFiles()
        workspace.when_left(self._files.remove)
        self._asked = False
        self.weeks = WeekBar(workspace)
        self.weeks.changed.connect(self._choose)
        self.letter = LetterView(workspace.theme)
        self.sending = SendingCard(workspace)
        self.sending.as_sent.connect(self._show_as_sent)
        self.schedule = ScheduleCard(workspace)
        self.history = RecordTable(workspace, "notifications", compact=True)
        self.history.opened.connect(lambda number: workspace.go("notifications", number))
        self.tabs = named(QTabWidget(), "reports-tabs", "Parts of the page")
        self.tabs.addTab(self._email(), "Weekly email")
        self.tabs.addTab(self._history(), "Sent before")
        self.tabs.currentChanged.connect(self._turned)
        self.body.addWidget(self.tabs, 1)

    def _email(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(12)
        self._notice = named(text("", "warn", wrap=True), "letter-notice")
        self._notice.hide()
        columns = Columns((5, 3))
        columns.left.addWidget(self.letter)
        for widget in (self.sending, self._about_the_preview(), self.schedule):
            columns.right.addWidget(widget)
        self._area = scrolled(columns)
        self._area.viewport().installEventFilter(self)
        column.addWidget(self.weeks)
        column.addWidget(self._notice)
        column.addWidget(self._area, 1)
        return whole

    def _about_the_preview(self) -> QFrame:
        hint = (
            "The preview lacks only the email's rounded corners and its dark version; a browser shows those. Nothing "
            "is fetched from the network."
        )
        return card(text(hint, "small", wrap=True))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The letter is as high as there is room and scrolls by itself."""
        if event.type() is QEvent.Type.Resize and watched is self._area.viewport():
            self.letter.setFixedHeight(max(_LEAST_LETTER, self._area.viewport().height() - 2))
        return super().eventFilter(watched, event)

    def _history(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 12, 0, 0)
        column.addWidget(self.history, 1)
        return whole

    # what is shown

    def open(self, place: Place) -> None:
        if place.filter:
            try:
                self.weeks.week = Week.parse(place.filter)
            except CapdeskError as error:
                self.workspace.complain(error)
        self._asked = False
        super().open(place)

    def reload(self) -> None:
        week, as_of, recipient = self.weeks.week, self.weeks.as_of, self.weeks.recipient
        self.workspace.read(
            self, "page", lambda desk: weekly_preview(desk, week, as_of, recipient), self._show, self._refused
        )
        if not self._asked:
            self._asked = True
            self.schedule.reload()
        if self.tabs.currentIndex() == 1:
            self.history.reload()

    def _choose(self) -> None:
        self.reload()

    def _show(self, preview: WeeklyPreview) -> None:
        self.preview, self._moment = preview, self.weeks.as_of
        zone = str(self.workspace.desk.zone)
        self.say_title("Reports", "What is mailed each week, exactly as it is sent")
        present = Week.of(business_date(self.workspace.clock.now(), self.workspace.desk.zone))
        addresses = [one.address for one in preview.recipients]
        self.weeks.show_week(preview.week, present, addresses, preview.recipient)
        self.letter.show_letter(preview.letter)
        self.sending.show_preview(preview)
        notes = []
        if self.weeks.as_of is not None:
            when = local_moment(preview.report.as_of, zone)
            notes.append(f"As it was known on {when}. What is sent is always as last known.")
        if not preview.over:
            notes.append(f"Week {preview.week} is not over yet: these are its figures so far.")
        self._notice.setText(" ".join(notes))
        self._notice.setVisible(bool(notes))
        self.show_commands()

    def _refused(self, error: Exception) -> None:
        """What was shown stays; the choice goes back to it."""
        if self.preview is not None:
            self.weeks.week = self.preview.week
        self.weeks.set_moment(self._moment)
        self.workspace.complain(error)

    def _show_as_sent(self, moment: object) -> None:
        self.weeks.set_moment(moment)  # type: ignore[arg-type]
        self.reload()

    def _turned(self, number: int) -> None:
        if number == 1:
            self.history.set_filter(_SENT_BEFORE)

    def commands(self) -> Sequence[Command]:
        preview = self.preview
        there = preview is not None
        able = preview is not None and can_send(preview) is None and self.weeks.as_of is None
        return (
            Command("Save as PDF…", self.ask_for_file, "save", enabled=there),
            Command("Open in browser", self.open_in_browser, "external-link", enabled=there),
            Command("Copy", self.copy, "copy", enabled=there),
            Command("Send now…", self.ask_to_send, "send", enabled=able, primary=True),
        )

    # what is done

    def ask_to_send(self) -> None:
        """Sends the email on show, once the owner agrees."""
        if self.preview is None:
            return
        dialog = send_dialog(self.workspace, self.preview, self._sent, self)
        dialog.open()

    def _sent(self, result: Sending | LetterChanged) -> None:
        if isinstance(result, LetterChanged):
            self.workspace.complain(result)
        else:
            words, well = told(result)
            self.workspace.say(words, "good" if well else "warn")
        self.reload()

    def ask_for_file(self) -> None:
        """Asks where to; the kind of file chosen is the size of the paper."""
        if self.preview is None:
            return
        dialog = QFileDialog(self, "Save the report as PDF")
        named(dialog, "dialog-pdf", "Save the report as PDF")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        filters = {_filter(paper): paper for paper in PAPERS}
        dialog.setNameFilters(list(filters))
        dialog.selectNameFilter(_filter(self._usual_paper()))
        dialog.setDefaultSuffix("pdf")
        dialog.selectFile(f"capdesk-{self.preview.week}.pdf")
        dialog.fileSelected.connect(
            lambda name: self.save_pdf(Path(name), filters.get(dialog.selectedNameFilter(), "A4"))
        )
        dialog.finished.connect(dialog.deleteLater)
        self._file_dialog = dialog
        dialog.open()

    def save_pdf(self, path: Path, paper: Paper) -> None:
        """Writes what is on show as a PDF, in the background."""
        if self.preview is None:
            return
        self.workspace.memory.put(_PAPER, paper)
        letter = self.preview.letter
        job = self.workspace.run(
            f"Saving {path.name}", lambda _desk, _report: save_pdf(letter, paper, path), owner=self, then=self._saved
        )
        job.leads_to(lambda saved: saved)

    def _saved(self, path: Path) -> None:
        self.workspace.say(f"Saved as {path}.", "good")

    def _usual_paper(self) -> Paper:
        metric = QLocale.system().measurementSystem() is QLocale.MeasurementSystem.MetricSystem
        usual: Paper = "A4" if metric else "Letter"
        chosen = self.workspace.memory.get(_PAPER, usual)
        return next((paper for paper in PAPERS if paper == chosen), usual)

    def open_in_browser(self) -> None:
        if self.preview is None:
            return
        try:
            self._files.open_in_browser(self.preview.letter.html)
        except CapdeskError as error:
            self.workspace.complain(error)
            return
        self.workspace.say("The browser shows the email from a private file, removed when capdesk is closed.", "info")

    def copy(self) -> None:
        """The email onto the clipboard, formatted and as plain text."""
        QGuiApplication.clipboard().setMimeData(self.letter.mime())
        self.workspace.say("The email is on the clipboard.", "info")


def _filter(paper: Paper) -> str:
    return f"PDF, {paper} (*.pdf)"
