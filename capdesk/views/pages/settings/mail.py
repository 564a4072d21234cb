"""The mail server that sends the weekly e-mail and the alerts: tried as it is filled in, kept when saved."""

from typing import Any, cast

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.connect.asked import given
from capdesk.services.connect.credentials import password
from capdesk.services.connect.keep import Kept, keep_with_secret
from capdesk.services.notifications.mail_test import MailTest, send_test
from capdesk.services.providers.mail import check_address
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from capdesk.services.secrets import SMTP_PASSWORD
from capdesk.services.settings import USUAL_PORTS, Security, Settings, change_settings, get_settings
from capdesk.views.forms.fields import ChoiceField, NotesField, NumberField, ParsedField, TextField
from capdesk.views.forms.form import Form, Values
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.section import Card, JobLine, Outcome, SavedForm, Section
from capdesk.views.widgets import button, named
from capdesk.views.workspace import Workspace, sentence

_SECURITY = (
    ("starttls", "STARTTLS (port 587)"),
    ("ssl", "TLS from the start (port 465)"),
    ("plain", "None: only for a server on this computer"),
)


class MailSection(Section):
    key = "mail"
    title = "Mail"
    icon = "mail"
    about = "The server that sends the weekly e-mail and the alerts, and who gets them."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.host = TextField("mail_host", "Mail server", required=False, placeholder="smtp.example.com")
        self.security = ChoiceField("mail_security", "Security", _SECURITY)
        self.port = NumberField("mail_port", "Port", required=False, hint="The usual one unless you say another.")
        self.user = TextField("mail_user", "Login", required=False)
        self.password = TextField("password", "Password", required=False, secret=True, hint=_hint(False))
        self.mail_from = ParsedField("mail_from", "Sender's e-mail address", check_address, required=False)
        self.recipients = NotesField(
            "recipients",
            "Recipients",
            required=False,
            hint="One address a line; for the weekly e-mail and alerts.",
        )
        form = Form()
        form.add(self.host, self.security)
        form.add(self.port, self.user)
        form.add(self.password, self.mail_from)
        form.add(self.recipients)
        self.card = SavedForm(workspace, "mail", form, _save, self._saved)
        self.try_it = named(button("Test connection", self.test), "mail-test")
        self.card.add_button(self.try_it)
        self.column.addWidget(self.card)
        self.column.addWidget(self._test_card())

    def _test_card(self) -> Card:
        self.to = ParsedField(
            "to", "Send it to", check_address, required=False, hint="The first recipient unless said."
        )
        self.send = named(button("Send a test message", self.send_test), "mail-send")
        self.sent = Outcome("mail-sent")
        self.waiting = JobLine("mail-send-job")
        about = "One e-mail that says it is a test, with what is saved above. It is never sent twice."
        made = Card("A test message", about, self.to)
        made.column.addWidget(flowing(self.send))
        made.column.addWidget(self.waiting)
        made.column.addWidget(self.sent)
        return made

    def reload(self) -> None:
        self.read(_read, self._show)

    def test(self) -> None:
        """Reaches the server as it is filled in, saved or not; sends and records nothing."""
        if self.card.waiting.busy or not self.card.form.check():
            return
        if self.host.value() is None:
            self.host.complain("Which server? Write it like smtp.example.com.")
            self.host.setFocus()
            return
        values = self.card.form.values()
        self.card.outcome.say("")
        job = self.workspace.run(
            "Asking the mail server",
            lambda desk, _report: _tried(desk, values),
            owner=self,
            then=self.card.outcome.say,
            failed=self.card.outcome.refuse(self.workspace),
        )
        self.card.waiting.watch(job)

    def send_test(self) -> None:
        """Sends one e-mail, never repeated by itself."""
        if self.waiting.busy or not self.to.check():
            return
        if self.card.touched:
            self.sent.say("Save what you changed above first: the test goes as it is saved.", "warn")
            return
        to = self.to.value()
        self.sent.say("")
        job = self.workspace.run(
            "Sending a test message",
            lambda desk, _report: _sent(desk, to),
            owner=self,
            then=self._told,
            failed=self.sent.refuse(self.workspace),
            cancellable=False,
        )
        self.waiting.watch(job)

    def _show(self, shown: tuple[Settings, bool]) -> None:
        settings, has_password = shown
        self.password.set_hint(_hint(has_password))
        values = {key: getattr(settings, key) for key in self.card.form.fields if hasattr(settings, key)}
        self.card.load(values | {"password": None, "recipients": "\n".join(settings.recipients)})

    def _saved(self, kept: Kept[Settings]) -> None:
        self.password.line.clear()
        self.card.back()
        if kept.moved_aside is not None:
            self.card.outcome.say(
                f"Saved. The file of secrets that could no longer be opened is now {kept.moved_aside}: set the other "
                "secrets again too.",
                "warn",
            )
        self.reload()

    def _told(self, told: MailTest) -> None:
        self.sent.say(told.detail, "good" if told.exit_code == 0 else "warn" if told.state == "unknown" else "bad")


def _hint(kept: bool) -> str:
    return "One is kept; leave this empty to go on with it." if kept else "Sealed on this computer, never shown again."


def _read(desk: Desk) -> tuple[Settings, bool]:
    settings = desk.read(lambda session: get_settings(session, desk.owner_id))
    return settings, bool(settings.mail_user)


def _save(desk: Desk, values: Values) -> Kept[Settings]:
    changes = _changes(values)
    secret = None
    if typed := values["password"]:
        if changes["mail_user"] is None:
            raise UsageRefused("A password goes with a login: fill in the login, or leave the password empty.")
        secret = password(typed, "mail password")
    kept: Kept[Settings] = keep_with_secret(
        desk,
        SMTP_PASSWORD,
        secret,
        lambda session: change_settings(session, desk.owner_id, **cast(Any, changes)),
    )
    return kept


def _changes(values: Values) -> dict[str, Any]:
    recipients = [part.strip() for part in (values["recipients"] or "").replace(",", "\n").splitlines()]
    changes = {key: value for key, value in values.items() if key != "password"}
    return changes | {"recipients": [part for part in recipients if part]}


def _tried(desk: Desk, values: Values) -> str:
    changes = _changes(values)
    security = cast(Security, changes["mail_security"])
    host, port, user = str(changes["mail_host"]), changes["mail_port"] or USUAL_PORTS[security], changes["mail_user"]
    secret = None
    if user is not None:
        secret = given(desk.secrets, SMTP_PASSWORD, "mail password", values["password"] or "", password).value
    settings = SmtpSettings(host, port, security, user, secret)
    return f"{sentence(Exception(SmtpMailer(settings).check()))} Nothing was sent."


def _sent(desk: Desk, to: str | None) -> MailTest:
    return send_test(desk, to)
