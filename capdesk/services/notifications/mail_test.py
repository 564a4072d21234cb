"""Trying the mail: reaching the server, or sending one email that says nothing. Recorded nowhere, never repeated."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from capdesk import models
from capdesk.errors import DeliveryFailed, DeliveryUnknown, RuleRefused
from capdesk.services.notifications.post import desk_row, missing_settings, require, smtp_settings
from capdesk.services.providers.mail import Mailer, Message, check_address
from capdesk.services.providers.smtp import SmtpMailer

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_TEXT = """This is a test from capdesk, sent because somebody asked for it.

Weekly reports and alerts will come the same way. Nothing has to be done.
"""


@dataclass(frozen=True)
class MailTest:
    """What came of it. `detail` is for people: what happened, and what to do where it is not well.

    `reached`: the server answers and takes the login, and nothing was sent.
    """

    state: Literal["reached", "sent", "failed", "unknown"]
    recipient: str | None
    message_id: str | None
    detail: str

    @property
    def exit_code(self) -> int:
        return 0 if self.state in ("reached", "sent") else 1


def check_server(desk: "Desk") -> MailTest:
    """Connects, logs in, sends nothing. Raises RuleRefused, SecretUnavailable where the settings do not suffice."""
    row = desk.read(desk_row)
    require([what for what in missing_settings(row) if what == "a mail server"])
    try:
        answer = SmtpMailer(smtp_settings(row, desk.secrets)).check()
    except DeliveryFailed as error:
        return MailTest("failed", None, None, str(error))
    return MailTest("reached", None, None, f"{answer[0].upper()}{answer[1:]} Nothing was sent.")


def send_test(desk: "Desk", to: str | None = None, mailer: Mailer | None = None) -> MailTest:
    """Sends one email to the address, by default to the first recipient.

    Raises RuleRefused, UsageRefused, SecretUnavailable where nothing can be sent: nothing was attempted then.
    """
    row = desk.read(desk_row)
    require([what for what in missing_settings(row, needs_server=mailer is None) if what != "recipients"])
    recipient = _recipient(row, to)
    sender = mailer or SmtpMailer(smtp_settings(row, desk.secrets))
    now = desk.clock.now()
    name = f"{now:%Y%m%d%H%M%S%f}-{row.instance_id.hex[:12]}"
    message = Message(
        sender=str(row.mail_from),
        recipient=recipient,
        subject="capdesk: a test of the mail settings",
        text=_TEXT,
        html="",
        message_id=f"<test-{name}@{str(row.mail_from).rpartition('@')[2]}>",
        date=now,
    )
    try:
        reply = sender.send(message)
    except DeliveryFailed as error:
        return MailTest("failed", recipient, message.message_id, str(error))
    except DeliveryUnknown as error:
        return MailTest("unknown", recipient, message.message_id, str(error))
    return MailTest(
        "sent",
        recipient,
        message.message_id,
        f"The mail server took the test for {recipient} ({reply}). If it is not there in a few minutes, look into "
        f"the spam folder, then ask your provider for {message.message_id}.",
    )


def _recipient(row: models.Desk, to: str | None) -> str:
    if to is not None:
        return check_address(to.strip())
    if not row.recipients:
        raise RuleRefused("Nobody is set to get emails: say to whom the test goes with --to you@example.com.")
    return str(row.recipients[0])
