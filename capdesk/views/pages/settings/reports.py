"""When reports go out: the weekly e-mail's day and time, and when the day's pulls and alerts are due."""

from dataclasses import dataclass
from datetime import time
from typing import Any, cast

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.services.schedule.machine import this_machine
from capdesk.services.schedule.of_desk import DeskSchedule, look
from capdesk.services.settings import WEEKDAYS, Settings, change_settings, get_settings, parse_time
from capdesk.views.forms.fields import ChoiceField, ParsedField
from capdesk.views.forms.form import Form, Values
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.section import Card, SavedForm, Section
from capdesk.views.widgets import button, named, styled, text
from capdesk.views.workspace import Workspace, sentence


class TimeField(ParsedField):
    """A time of day, like 07:30."""

    def __init__(self, key: str, label: str, hint: str) -> None:
        super().__init__(key, label, parse_time, hint=hint)
        self.line.setPlaceholderText("HH:MM")

    def shown(self, value: time | str) -> str:
        return value if isinstance(value, str) else f"{value:%H:%M}"


@dataclass(frozen=True)
class _Schedule:
    found: DeskSchedule | None
    trouble: str


class ReportsSection(Section):
    key = "reports"
    title = "Reports"
    icon = "calendar-clock"
    about = "When the weekly e-mail goes out, and when each day's pulls and alerts are due."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.weekday = ChoiceField(
            "weekly_weekday", "Weekly e-mail on", [(n, day.capitalize()) for n, day in enumerate(WEEKDAYS, 1)]
        )
        self.weekly = TimeField("weekly_time", "At", "In the desk zone. It tells of the last complete week.")
        self.daily = TimeField("daily_time", "Each day's pulls and alerts at", "In the desk zone.")
        form = Form()
        form.add(self.weekday, self.weekly)
        form.add(self.daily)
        self.card = SavedForm(workspace, "reports", form, _save, lambda _saved: self.reload())
        self.recipients = named(text("", wrap=True), "report-recipients")
        change = button("Change recipients", lambda: workspace.go("settings", filter="mail"), kind="link")
        to = Card("Recipients", "", self.recipients)
        to.column.addWidget(flowing(change))
        self.state = named(text("Asking the scheduler …", wrap=True), "schedule-state")
        self.note = named(text("", "warn", wrap=True), "schedule-note")
        self.note.hide()
        by_itself = Card(
            "By itself",
            "The computer's own scheduler starts capdesk, also while no window is open.",
            self.state,
            self.note,
        )
        go = named(button("Show schedule and reports", lambda: workspace.go("reports")), "go-reports")
        by_itself.column.addWidget(flowing(go))
        for widget in (self.card, to, by_itself):
            self.column.addWidget(widget)

    def reload(self) -> None:
        self.read(lambda desk: desk.read(lambda s: get_settings(s, desk.owner_id)), self._show)
        self.read(_look, self._show_schedule, "schedule")

    def _show(self, settings: Settings) -> None:
        self.card.load({key: getattr(settings, key) for key in self.card.form.fields})
        self.recipients.setText(", ".join(settings.recipients) or "Nobody yet: no e-mail goes out.")

    def _show_schedule(self, told: _Schedule) -> None:
        if told.found is None:
            self.state.setText(told.trouble)
            styled(self.state, "warn")
            return
        status = told.found.status
        notes = [*status.notes, *([told.found.outdated] if told.found.outdated else [])]
        if status.kind is None:
            self.state.setText("Nothing is scheduled: reports go out only when you send them.")
        else:
            zone = self.workspace.desk.zone
            at = f"{status.next_run.astimezone(zone):%Y-%m-%d %H:%M}" if status.next_run else "not told"
            self.state.setText(f"Installed with {status.kind}; next run: {at}.")
        self.note.setText(" ".join(notes))
        self.note.setVisible(bool(notes))


def _save(desk: Desk, values: Values) -> Settings:
    return desk.write(lambda session: change_settings(session, desk.owner_id, **cast(Any, values)))


def _look(desk: Desk) -> _Schedule:
    try:
        return _Schedule(look(desk, this_machine()), "")
    except CapdeskError as error:
        return _Schedule(None, sentence(error))
