"""The operating system's own timer for this desk: what it does, when it runs next, and putting it there."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from capdesk.bootstrap import Desk
from capdesk.services.reports.wording import local_moment
from capdesk.services.schedule.install import remove
from capdesk.services.schedule.machine import Machine, this_machine
from capdesk.services.schedule.of_desk import DeskSchedule, install_for, look
from capdesk.services.settings import WEEKDAYS
from capdesk.views.cards import heading, rows
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.layouts import empty, inside
from capdesk.views.widgets import badge, button, named, text
from capdesk.views.workspace import Workspace, sentence

SCHEDULERS = {
    "systemd": "a systemd timer of your own",
    "cron": "a line in your crontab",
    "launchd": "a launchd agent of your own",
    "task": "a task of the Task Scheduler",
}


class ScheduleCard(QFrame):
    """What is installed for this desk. `machine` is asked for the computer whose scheduler it is."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.machine: Callable[[], Machine] = this_machine
        self.found: DeskSchedule | None = None
        self.setProperty("frame-style", "card")
        named(self, "schedule", "Schedule")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)
        column.addWidget(heading("Schedule"))
        column.addWidget(text("Asking the operating system…", "muted"))

    def reload(self) -> None:
        machine = self.machine
        self.workspace.read(self, "schedule", lambda desk: look(desk, machine()), self._show, self._refused)

    def _refused(self, error: Exception) -> None:
        column = inside(self)
        empty(column)
        column.addWidget(heading("Schedule"))
        column.addWidget(text(sentence(error), "bad", wrap=True))
        column.addLayout(_buttons(button("Ask again", self.reload)))

    def _show(self, found: DeskSchedule) -> None:
        self.found = found
        column, status = inside(self), found.status
        empty(column)
        head = QHBoxLayout()
        head.addWidget(heading("Schedule"), 1)
        if status.broken:
            head.addWidget(badge("broken", "bad"))
        else:
            head.addWidget(badge("installed", "good") if status.kind else badge("not installed", "warn"))
        column.addLayout(head)
        column.addWidget(named(text(meaning(found), wrap=True), "schedule-meaning"))
        column.addWidget(rows(_lines(found, str(self.workspace.desk.zone)), right=False))
        for note in (*status.notes, *filter(None, (found.outdated,))):
            column.addWidget(text(sentence(Exception(note)), "warn", wrap=True))
        if found.best is None and found.trouble:
            column.addWidget(text(sentence(Exception(found.trouble)), "muted", wrap=True))
        self._add_buttons(column, found)

    def _add_buttons(self, column: QVBoxLayout, found: DeskSchedule) -> None:
        installed = found.status.kind is not None
        made: list[QPushButton] = []
        if found.best is not None:
            again = installed or found.status.broken
            made.append(button("Install again" if again else "Install…", self.ask_to_install))
        if installed or found.status.broken:
            made.append(button("Remove…", self.ask_to_remove))
        made.append(button("Weekday and time", lambda: self.workspace.go("settings", filter="reports"), kind="link"))
        column.addLayout(_buttons(*made))

    def ask_to_install(self) -> None:
        if self.found is None or self.found.best is None:
            return
        machine, url = self.machine, self.workspace.database_url
        words = f"It is put there as {SCHEDULERS[self.found.best]}, for your user only. {meaning(self.found)}"
        self._ask("Install the schedule?", words, "Install", lambda desk: install_for(desk, machine(), url))

    def ask_to_remove(self) -> None:
        machine = self.machine
        words = (
            "No costs are pulled, no alerts and no weekly email sent any more unless this window is open or you do it "
            "by hand. Nothing else of the desk changes."
        )
        self._ask("Remove the schedule?", words, "Remove", lambda desk: remove(machine(), desk.folder))

    def _ask(self, title: str, words: str, save_words: str, work: Callable[[Desk], object]) -> None:
        form = Form()
        form.add_text(words)
        dialog = FormDialog(
            self.workspace,
            title,
            form,
            lambda desk, _values: work(desk),
            self._done,
            save_words=save_words,
            parent=self,
        )
        dialog.open()

    def _done(self, _result: object) -> None:
        self.reload()


def meaning(found: DeskSchedule) -> str:
    """What the schedule does, in words."""
    one = found.settings
    day = WEEKDAYS[one.weekly_weekday - 1].capitalize()
    return (
        "The operating system starts capdesk every hour, and capdesk does what is due: from "
        f"{one.daily_time} on it pulls costs and sends alerts once a day, and from {day} {one.weekly_time} on the "
        f"report of the week before. Times are in {one.zone}. Nothing goes out twice, and nothing is lost while the "
        "computer is off."
    )


def _lines(found: DeskSchedule, zone: str) -> list[tuple[str, str]]:
    status = found.status
    lines = []
    if status.kind is not None:
        lines.append(("Where", SCHEDULERS[status.kind]))
        lines.append(("Next run", local_moment(status.next_run, zone) if status.next_run else "—"))
    if status.last_run is None:
        return [*lines, ("Last run", "never")]
    said = "all well" if status.last_run.exit_code == 0 else "not all well"
    lines.append(("Last run", f"{local_moment(status.last_run.at, zone)}, {said}"))
    return [*lines, *((" " * number, line) for number, line in enumerate(status.last_run.lines, 1))]


def _buttons(*made: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for one in made:
        row.addWidget(one)
    row.addStretch(1)
    return row
