"""SMTP: TLS always checked, one recipient per envelope, never a second try.

The one moment that matters: before the first byte of the message leaves, every fault is a failure and trying
again later is safe. From then until the server's answer to the final dot is read, a lost connection is unknown.
"""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from capdesk.errors import DeliveryFailed, DeliveryUnknown, RuleRefused, UsageRefused
from capdesk.services.providers.base_url import LOCAL_HOSTS
from capdesk.services.providers.mail import Message
from capdesk.services.providers.smtp_line import Conversation, NoSmtp

_SAFE = "Nothing was sent"
# What smtplib's own default would look up by name, which can take many seconds on a desktop.
_HELO_NAME = "[127.0.0.1]"
_GOODBYE = 5.0


@dataclass(frozen=True)
class SmtpSettings:
    """How to reach the mail server. Raises UsageRefused or RuleRefused for settings that cannot be used.

    Seconds: `timeout` for each wait before the message, `deadline` for all of them together; `answer_timeout` from
    the message's first byte to the server's answer, which relays may take minutes for. So no server, however slowly
    it speaks, holds a send for longer than the last two together. `cafile` replaces the system's trusted certificates.
    """

    host: str
    port: int
    security: Literal["starttls", "ssl", "plain"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    deadline: float = 120.0
    answer_timeout: float = 300.0
    cafile: Path | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9.:_-]+", self.host) or not 0 < self.port < 65536:
            raise UsageRefused(
                f"'{self.host}' port {self.port} is no mail server; write it like smtp.example.com and 587."
            )
        if self.security not in ("starttls", "ssl", "plain"):
            raise UsageRefused(f"'{self.security}' is no mail security; choose starttls, ssl or plain.")
        if self.security == "plain" and self.host.lower() not in LOCAL_HOSTS:
            raise RuleRefused(
                f"Mail to {self.host} must be encrypted; choose starttls or ssl, plain is for localhost only."
            )
        if (self.user is None) != (self.password is None):
            raise UsageRefused(f"The mail login for {self.host} needs both a user and a password.")

    @property
    def where(self) -> str:
        return f"the mail server {self.host}:{self.port}"


class SmtpMailer:
    """A Mailer over SMTP. Each send opens its own connection."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, message: Message) -> str:
        """Hands the message over once and returns the server's reply, like `250 2.0.0 Ok: queued`."""
        wire = _dotted(message.wire())
        server = self._connected()
        try:
            self._log_in(server)
            self._envelope(server, message)
            return self._hand_over(server, wire)
        finally:
            server.close()

    def check(self) -> str:
        """Connects, logs in and says goodbye without sending anything. Returns one sentence of what holds.

        Raises DeliveryFailed as `send` would.
        """
        server = self._connected()
        try:
            self._log_in(server)
            secured = f" over {server.sock.version()}" if isinstance(server.sock, ssl.SSLSocket) else ""
            with suppress(OSError):
                server.quit()
        finally:
            server.close()
        login = f" and takes the login of {self._settings.user}" if self._settings.user else ""
        return f"{self._settings.where} answers{secured}{login}."

    def _connected(self) -> Conversation:
        settings = self._settings
        with self._before_the_message("answering the first connection"):
            tls = self._trust() if settings.security == "ssl" else None
            server = Conversation(
                settings.host, settings.port, name=_HELO_NAME, each=settings.timeout, total=settings.deadline, tls=tls
            )
            try:
                if settings.security == "starttls":
                    self._start_tls(server)
            except BaseException:
                server.close()
                raise
            return server

    def _start_tls(self, server: Conversation) -> None:
        server.ehlo()
        if not server.has_extn("starttls"):
            raise DeliveryFailed(
                f"{_SAFE}: {self._settings.where} offers no STARTTLS; choose ssl with port 465, or ask your provider."
            )
        server.start_tls(self._trust())

    def _trust(self) -> ssl.SSLContext:
        """Certificates and host names are always checked."""
        return ssl.create_default_context(cafile=self._settings.cafile)

    def _log_in(self, server: Conversation) -> None:
        settings = self._settings
        with self._before_the_message("checking the login"):
            server.ehlo_or_helo_if_needed()
            if settings.user is None or settings.password is None:
                return
            if not server.has_extn("auth"):
                raise DeliveryFailed(
                    f"{_SAFE}: {settings.where} offers no login; remove the mail user and password or change the port."
                )
            try:
                server.login(settings.user, settings.password)
            except UnicodeEncodeError:
                raise DeliveryFailed(
                    f"{_SAFE}: the mail user or password for {settings.host} holds a letter SMTP login cannot carry; "
                    "use one of plain ASCII."
                ) from None

    def _envelope(self, server: Conversation, message: Message) -> None:
        with self._before_the_message("taking the addresses"):
            self._require(server.mail(message.sender), (250,), f"the sender {message.sender}")
            self._require(server.rcpt(message.recipient), (250, 251), f"the recipient {message.recipient}")
            self._require(server.docmd("DATA"), (354,), "the message before reading it")
            server.require_silence()

    def _hand_over(self, server: Conversation, wire: bytes) -> str:
        """From the first byte on only a complete answer of the server says what became of the message."""
        server.allow(self._settings.answer_timeout)
        try:
            server.send(wire)
            code, text = server.getreply()
        except (OSError, ValueError) as error:
            raise DeliveryUnknown(self._unknown()) from error
        if 200 <= code <= 299:
            # The message is theirs now: a fault while saying goodbye changes nothing.
            server.allow(_GOODBYE)
            with suppress(OSError):
                server.putcmd("QUIT")
            return self._reply(code, text)
        if 400 <= code <= 599:
            self._require((code, text), (), "the message")
        raise DeliveryUnknown(self._unknown())

    def _unknown(self) -> str:
        return (
            f"Nobody can tell whether {self._settings.where} took the message, the connection was lost while it "
            "was handed over; look into the mailbox before sending it again."
        )

    def _require(self, reply: tuple[int, bytes], good: tuple[int, ...], what: str) -> None:
        code, text = reply
        if code in good:
            return
        if 400 <= code <= 499:
            way_out = "it refuses for now, try again later"
        elif code >= 500:
            way_out = "correct it in the settings"
        else:
            way_out = "that is no answer to it; check the port, or ask your provider"
        raise DeliveryFailed(f"{_SAFE}: {self._settings.where} refused {what} ({self._reply(code, text)}); {way_out}.")

    def _reply(self, code: int, text: bytes) -> str:
        """The server's words on one line, without the password should it repeat it."""
        words = " ".join(text.decode("utf-8", "replace").split())
        for secret in self._secrets():
            words = words.replace(secret, "***")
        words = "".join(char for char in words if char.isprintable())
        return f"{code} {words[:200]}".rstrip()

    def _secrets(self) -> list[str]:
        """The password as it is and as the login commands carry it, longest first."""
        user, password = self._settings.user or "", self._settings.password
        if not password:
            return []
        carried = (f"\0{user}\0{password}", password)
        return [base64.b64encode(text.encode()).decode() for text in carried] + [password]

    @contextmanager
    def _before_the_message(self, doing: str) -> Iterator[None]:
        """Every fault in here is a DeliveryFailed: no byte of the message has left."""
        try:
            yield
        except DeliveryFailed:
            raise
        except smtplib.SMTPException as error:
            raise DeliveryFailed(self._protocol_sentence(error, doing)) from None
        except (OSError, ValueError) as error:
            raise DeliveryFailed(self._network_sentence(error, doing)) from None

    def _protocol_sentence(self, error: smtplib.SMTPException, doing: str) -> str:
        where = self._settings.where
        if isinstance(error, smtplib.SMTPAuthenticationError) and 500 <= error.smtp_code <= 599:
            reply = self._reply(error.smtp_code, _raw(error.smtp_error))
            return f"{_SAFE}: {where} refused the user or the password ({reply}); set them again."
        if isinstance(error, smtplib.SMTPResponseException):
            reply = self._reply(error.smtp_code, _raw(error.smtp_error))
            return f"{_SAFE}: {where} refused while {doing} ({reply}); try again later or ask your provider."
        if isinstance(error, NoSmtp):
            return f"{_SAFE}: {where} does not speak SMTP as it should while {doing}; check the port it is set to."
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return f"{_SAFE}: {where} hung up or fell silent while {doing}; try again later."
        return f"{_SAFE}: {where} offers no way of {doing} that capdesk knows; ask your provider."

    def _network_sentence(self, error: OSError | ValueError, doing: str) -> str:
        where = self._settings.where
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"{_SAFE}: the certificate of {where} is not to be trusted ({error.verify_message.rstrip('.')}); "
                "check the host name, or ask your provider."
            )
        if isinstance(error, ssl.SSLError):
            return (
                f"{_SAFE}: {where} does not speak TLS in the way that is set; "
                "use starttls with port 587 or ssl with port 465."
            )
        if isinstance(error, socket.gaierror):
            return f"{_SAFE}: {where} cannot be found; check the host name and the network."
        if isinstance(error, TimeoutError):
            return f"{_SAFE}: {where} did not answer in time; check host, port and network."
        if isinstance(error, FileNotFoundError):
            return f"{_SAFE}: the file of trusted certificates {self._settings.cafile} does not exist; set it again."
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "connection lost"
        return f"{_SAFE}: {where} could not be reached ({reason}) while {doing}; check host, port and network."


def _dotted(wire: bytes) -> bytes:
    """The message as DATA carries it: lines in CRLF, leading dots doubled, the final dot at its end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", wire)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _raw(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")
