"""Emails and alerts that were due: what each was about, how often it was tried, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.services.listings.model import Row
from capdesk.services.notifications import Delivery
from capdesk.services.notifications.again import Attempt, Story, send_again, story
from capdesk.services.reports.wording import local_moment, sentence
from capdesk.views.cards import heading, rows
from capdesk.views.forms.fields import CheckField
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.layouts import empty, inside
from capdesk.views.page import Command
from capdesk.views.pages.reports.sending import UNKNOWN
from capdesk.views.records.list_page import ListPage
from capdesk.views.widgets import button, card, named, status_badge, text

AGAIN = ("due", "failed", "unknown")
"""The states in which the owner may have it sent."""
_MEANINGS = {
    "due": "It was due and nothing was tried yet; the next firing sends it.",
    "sending": "A capdesk process is sending it just now.",
    "sent": "The mail server took it.",
    "failed": "It was definitely refused; the next firing tries again.",
    "unknown": UNKNOWN,
    "skipped": "Its time had passed before it could be sent; a later email names it.",
}


class NotificationsPage(ListPage):
    """Everything that was due to be sent, newest first."""

    key = "notifications"
    listing = "notifications"

    def commands(self) -> Sequence[Command]:
        return (Command("Weekly report", lambda: self.workspace.go("reports"), "file-text"),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        found = []
        state = str(self.value(row, "state"))
        if state in AGAIN:
            found.append(Command("Send again…", lambda: self.ask_to_send(row.id, state), "send"))
        if str(self.value(row, "kind")) == "weekly":
            week = str(self.value(row, "period"))
            found.append(Command("Open the report", lambda: self.workspace.go("reports", filter=week), "file-text"))
        return found

    def details(self, row: Row) -> QWidget | None:
        return StoryView(self, row.id)

    def ask_to_send(self, number: int, state: str) -> None:
        """Has one email tried again; where it may have arrived, only after the owner said it did not."""
        form = Form()
        if state == "unknown":
            form.add_text(UNKNOWN)
            form.add(NotThere())
        else:
            form.add_text("It is sent to its recipient now, once.")
        dialog = FormDialog(
            self.workspace,
            "Send it again?",
            form,
            lambda desk, _values: send_again(desk, number),
            self._sent,
            save_words="Send it again",
            danger=state == "unknown",
            parent=self,
        )
        dialog.open()

    def _sent(self, delivery: Delivery) -> None:
        if delivery.state == "unknown":
            self.workspace.say(f"{delivery.recipient}: {UNKNOWN}", "warn")
        else:
            self.workspace.say(sentence(delivery.detail), "good" if delivery.state == "sent" else "warn")
        self.reload()
        self._show_row()


class NotThere(CheckField):
    """Has to be ticked: only who looked may have it sent again."""

    def __init__(self) -> None:
        super().__init__("not_there", "I looked: it is not in the mailbox")

    def check(self) -> bool:
        self.complain("" if self.value() else "Look into the mailbox first, then tick this.")
        return bool(self.value())


class StoryView(QWidget):
    """One notification: what it says, each attempt, and what can be done."""

    def __init__(self, page: NotificationsPage, number: int) -> None:
        super().__init__()
        self._page, self._number = page, number
        named(self, "notification-story", "Notification")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._column.addWidget(text("Reading…", "muted"))

        def work(desk: Desk) -> Story:
            return desk.read(lambda session: story(session, number))

        page.workspace.read(self, "story", work, self._show, self._gone)

    def _gone(self, error: Exception) -> None:
        if isinstance(error, CapdeskError):
            empty(self._column)
            self._column.addWidget(text(sentence(str(error)), "bad", wrap=True))
        else:
            self._page.workspace.complain(error)

    def _show(self, found: Story) -> None:
        column, one = self._column, found.notification
        zone = str(self._page.workspace.desk.zone)
        empty(column)
        title = f"Report of {one.period}" if one.kind == "weekly" else str(one.about.get("experiment", "Alert"))
        column.addWidget(heading(title))
        column.addWidget(status_badge(one.state))
        column.addWidget(text(_MEANINGS[one.state], wrap=True))
        column.addWidget(rows(_facts(found, zone), right=False))
        for attempt in found.attempts:
            column.addWidget(_attempt(attempt, zone))
        if not found.attempts:
            column.addWidget(text("Nothing was tried yet." if one.state == "due" else "Nothing was tried.", "muted"))
        if one.state in AGAIN:
            page, number, state = self._page, self._number, one.state
            words = "Send now…" if one.state == "due" else "Send again…"
            column.addWidget(button(words, lambda: page.ask_to_send(number, state)))
        if one.kind == "weekly":
            go = self._page.workspace.go
            column.addWidget(button("Open the report", lambda: go("reports", filter=one.period), kind="link"))
        elif found.experiment_id is not None:
            number, go = found.experiment_id, self._page.workspace.go
            column.addWidget(button("Open the experiment", lambda: go("experiment", number), kind="link"))
        column.addStretch(1)


def _facts(found: Story, zone: str) -> list[tuple[str, str]]:
    one = found.notification
    facts = [("To", one.recipient), ("Due since", local_moment(found.due_at, zone))]
    if one.kind == "alert":
        facts.append(("Says", str(one.about.get("sentence", ""))))
    if seen := one.about.get("as_of"):
        facts.append(("As of", local_moment(datetime.fromisoformat(seen), zone)))
    if seal := one.about.get("seal"):
        facts.append(("Seal", f"{seal[:16]} {seal[16:32]} {seal[32:48]} {seal[48:]}"))
    if not found.attempts and one.detail:
        facts.append(("Why", sentence(one.detail)))
    return facts


def _attempt(one: Attempt, zone: str) -> QWidget:
    frame = card(
        text(f"Attempt {one.number}", "strong"), text(local_moment(one.at, zone), "small"), spacing=3, margin=12
    )
    frame.setProperty("frame-style", "sunken")
    answer = f"{one.outcome}: {one.detail}" if one.outcome else "no outcome was recorded: nobody can tell"
    for words in (sentence(answer), one.message_id):
        label = text(words, "small" if words == one.message_id else None, wrap=True)
        inside(frame).addWidget(label)
    return frame
