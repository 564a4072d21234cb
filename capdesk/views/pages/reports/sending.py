"""Who gets the weekly email, what is known of each, and sending it."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.notifications import Sending, send_weekly
from capdesk.services.notifications.preview import Recipient, WeeklyPreview
from capdesk.services.notifications.weekly import LetterChanged
from capdesk.services.reports.wording import listed, sentence
from capdesk.views.cards import heading
from capdesk.views.forms.fields import CheckField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.layouts import empty, inside
from capdesk.views.widgets import badge, button, named, status_badge, text
from capdesk.views.workspace import Workspace
from capdesk.views.workspace import sentence as capital

UNKNOWN = (
    "The connection broke after the email was handed over, so nobody can tell whether it arrived. Look into the "
    "mailbox; only if it is not there, send it again."
)
_WORDS = {
    None: "not sent yet",
    "due": "It is due and goes out at the next firing, or now.",
    "sending": "Another capdesk process is sending it just now.",
    "failed": "The mail server refused it; it is tried again at the next firing.",
    "unknown": UNKNOWN,
    "skipped": "Its time had passed before it could be sent; a later email names the week.",
    "sent": "",
}


def can_send(preview: WeeklyPreview) -> str | None:
    """Why nothing can be sent now, in one sentence; None where something can."""
    if preview.missing:
        return f"Mail is not set up: {listed(preview.missing)} missing."
    if not preview.over:
        return f"Week {preview.week} is not over yet; its email can be sent once it is."
    settled = ("sent", "skipped", "sending")
    open_ = [one for one in preview.recipients if one.gets_it and one.state not in settled]
    return None if open_ else f"The report of {preview.week} went to every recipient already."


class SendingCard(QFrame):
    """The recipients of the week's email, and what became of each."""

    as_sent = Signal(object)
    """A moment: show the email as it was sent then."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.setProperty("frame-style", "card")
        named(self, "recipients", "Recipients")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)

    def show_preview(self, preview: WeeklyPreview) -> None:
        column = inside(self)
        empty(column)
        column.addWidget(heading("Recipients"))
        if preview.missing:
            words = (
                f"No email can be sent without {listed(preview.missing)}. Set up the mail once; then the report goes "
                "out by itself each week."
            )
            column.addWidget(text(words, "warn", wrap=True))
            column.addWidget(_row(button("Set up mail", lambda: self.workspace.go("settings", filter="mail"))))
        for one in preview.recipients:
            column.addWidget(self._recipient(one, preview))
        reason = can_send(preview)
        if reason is not None and not preview.missing:
            column.addWidget(named(text(reason, "muted", wrap=True), "cannot-send"))

    def _recipient(self, one: Recipient, preview: WeeklyPreview) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(text(one.address, "strong", wrap=True), 1)
        head.addWidget(status_badge(one.state) if one.state else badge("not sent yet"))
        column.addLayout(head)
        known = (_WORDS[one.state] if one.state else "") if one.gets_it else "No recipient any more: it gets no emails."
        words = " ".join(filter(None, (known, _detail(one))))
        if words:
            column.addWidget(text(words, "small", wrap=True))
        if one.as_of is not None and one.state == "sent" and one.as_of != preview.report.as_of:
            moment = one.as_of
            shown = button("Show it as it was sent", lambda: self.as_sent.emit(moment), kind="link")
            shown.setAccessibleName(f"Show the email as it was sent to {one.address}")
            column.addWidget(shown)
        return whole


def send_dialog(
    workspace: Workspace, preview: WeeklyPreview, sent: Callable[[Sending | LetterChanged], object], parent: QWidget
) -> FormDialog:
    """Says to whom the email goes and sends it once the owner agrees."""
    form = Form()
    recipients = [one for one in preview.recipients if one.gets_it]
    for one in recipients:
        known = _WORDS[one.state] if one.state in ("sending", "skipped", "unknown") else ""
        state = {"sent": "was sent already and gets no second one.", None: "gets it now."}.get(one.state, known)
        form.add_text(f"{one.address}: {state or 'gets it now.'}")
    doubtful = [one for one in recipients if one.state == "unknown"]
    if doubtful:
        form.add(
            CheckField(
                "again",
                "It is not in the mailbox: send it again",
                hint=f"If it did arrive, {listed(one.address for one in doubtful)} will have it twice.",
            )
        )

    def work(desk: Desk, values: Values) -> Sending | LetterChanged:
        try:
            return send_weekly(desk, preview.week, again=bool(values.get("again")), shown=preview.report.as_of)
        except LetterChanged as changed:
            return changed

    return FormDialog(
        workspace,
        f"Send the report of {preview.week}?",
        form,
        work,
        sent,
        save_words="Send it",
        intro=f"“{preview.letter.subject}”, exactly as shown.",
        parent=parent,
    )


def told(sending: Sending) -> tuple[str, bool]:
    """What became of it in words for the window, and whether all is well."""
    lines = [
        f"{one.recipient}: {UNKNOWN}" if one.state == "unknown" else capital(Exception(one.detail))
        for one in sending.deliveries
    ]
    return " ".join(lines), sending.exit_code == 0


def _detail(one: Recipient) -> str:
    if one.state in ("failed", "unknown", "skipped") and one.detail:
        return sentence(one.detail)
    return f"The mail server answered: {one.detail}" if one.state == "sent" and one.detail else ""


def _row(widget: QWidget) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    return whole
