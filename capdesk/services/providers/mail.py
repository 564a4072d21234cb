"""Sending one email to one recipient: the port, its fake, and what an email is.

A mailer never retries. It raises DeliveryFailed where the server has definitely not taken the message, and
DeliveryUnknown where nobody can tell; whoever called commits that outcome and decides what follows.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from capdesk.errors import CapdeskError, DeliveryUnknown, UsageRefused

# 76 keeps quoted-printable and encoded-word lines within what every relay must carry.
_POLICY = SMTP.clone(max_line_length=76)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_HEADER_BREAK = re.compile(r"[\r\n\0]")


def check_address(text: str) -> str:
    """A bare e-mail address. Raises UsageRefused for anything else, display names and lists included."""
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise UsageRefused(f"{text[:80]!r} is not an e-mail address capdesk can use; write it like you@example.com.")
    return text


@dataclass(frozen=True)
class Message:
    """One email. `message_id` is ours, with its angle brackets; `date` is aware; `html` may be empty.

    Raises UsageRefused when made with an address or header that could not be sent as it stands.
    """

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime

    def __post_init__(self) -> None:
        check_address(self.sender)
        check_address(self.recipient)
        if _HEADER_BREAK.search(self.subject):
            raise UsageRefused("The subject of an e-mail is one line; remove its line breaks.")
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise UsageRefused(f"{self.message_id[:80]!r} is no Message-ID; write it like <id@example.com>.")
        if self.date.tzinfo is None:
            raise UsageRefused("The date of an e-mail needs its time zone.")

    def wire(self) -> bytes:
        """The message in short 7-bit lines that end in CRLF; plain text first, then HTML."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(addr_spec=self.sender, display_name="capdesk")
        mail["To"] = Address(addr_spec=self.recipient)
        mail["Subject"] = self.subject
        mail["Date"] = format_datetime(self.date.astimezone(UTC))
        mail["Message-ID"] = self.message_id
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self.text, cte="quoted-printable")
        if self.html:
            mail.add_alternative(self.html, subtype="html", cte="quoted-printable")
            mail.set_boundary(f"=_{re.sub(r'[^A-Za-z0-9]', '', self.message_id)[:40]}_=")
        return mail.as_bytes()


class Mailer(Protocol):
    def send(self, message: Message) -> str:
        """Hands the message over once and returns the server's reply.

        Raises DeliveryFailed when the server definitely did not take it, DeliveryUnknown when nobody can tell.
        """
        ...


@dataclass
class OutboxMailer:
    """A fake that keeps what arrived. `answers` are raised one per send, first to last, then all is well.

    A DeliveryUnknown is raised after the message has arrived: the worst case for whoever would send again.
    """

    answers: list[CapdeskError] = field(default_factory=list)
    arrived: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> str:
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or isinstance(answer, DeliveryUnknown):
            self.arrived.append(message)
        if answer is not None:
            raise answer
        return f"250 OK {len(self.arrived)}"
