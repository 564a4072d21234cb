"""A real SMTP server on 127.0.0.1 that keeps what arrives and can be told to misbehave at any step.

TLS and logins are those of `aiosmtpd`; nothing it takes ever leaves the computer.
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from types import TracebackType
from typing import Any, Literal, Self, cast

from aiosmtpd import smtp
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from capdesk.errors import UsageRefused

_HOST = "127.0.0.1"
_GOODBYE_S = 10.0

Step = Literal["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "message", "quit", "other"]
"""What the server is about to answer. At `body` the first bytes of a message have come, at `message` its last."""

_VERBS: dict[bytes, Step] = {
    b"EHLO": "ehlo", b"HELO": "ehlo", b"STARTTLS": "starttls", b"AUTH": "auth", b"MAIL": "mail", b"RCPT": "rcpt",
    b"DATA": "data", b"QUIT": "quit", b"RSET": "other", b"NOOP": "other", b"HELP": "other", b"VRFY": "other",
}  # fmt: skip


@dataclass(frozen=True)
class Says:
    """Other words than the usual ones. A message, recipient or sender answered with anything but 2xx is not taken."""

    step: Step
    words: str


@dataclass(frozen=True)
class Drops:
    """Breaks the line before or after its answer; at `body`, once `heard` bytes of the message have come."""

    step: Step
    when: Literal["before", "after"] = "before"
    how: Literal["fin", "rst"] = "fin"
    heard: int = 0


@dataclass(frozen=True)
class Hangs:
    """Falls silent for good and keeps the line open."""

    step: Step


@dataclass(frozen=True)
class Drips:
    """Answers one byte at a time, with a pause after each."""

    step: Step
    pause_s: float


Fault = Says | Drops | Hangs | Drips


@dataclass(frozen=True)
class Arrived:
    """A message the server took, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=SMTP_POLICY)


def nothing_seen(_step: Step) -> None:
    """What `LocalSmtp.watch` is until told otherwise."""


class LocalSmtp:
    """Takes mail for anybody; with `user`, only after a login. `tls` needs the `ssl_context` of a server.

    `faults` and `watch` may be set at any time. `watch` is called in the server's thread just before a step is
    answered, and the answer waits for it. `arrived` is the truth: what was taken, whether or not its sender was told.
    Raises UsageRefused on entry where `port` is taken; port 0 takes a free one.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        tls: Literal["none", "starttls", "ssl"] = "none",
        ssl_context: ssl.SSLContext | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        if (tls == "none") != (ssl_context is None):
            raise ValueError("TLS and the context of a server go together")
        self.faults = faults
        self.watch: Callable[[Step], None] = nothing_seen
        self.arrived: list[Arrived] = []
        self.tls = tls
        self.ssl_context = ssl_context
        self.login = None if user is None else LoginPassword(user.encode(), (password or "").encode())
        self._wanted_port = port
        self.lines: set[_Line] = set()

    def __enter__(self) -> Self:
        try:
            self._listener = socket.create_server((_HOST, self._wanted_port))
        except OSError as error:
            raise UsageRefused(
                f"Port {self._wanted_port} of this computer cannot be listened on ({error.strerror}); choose another."
            ) from None
        self.port = int(self._listener.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        serving = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(serving,), name=f"local-smtp-{self.port}", daemon=True)
        self._thread.start()
        serving.wait(_GOODBYE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GOODBYE_S)

    def fault_at(self, step: Step) -> Fault | None:
        return next((fault for fault in self.faults if fault.step == step), None)

    def refusal(self, step: Step) -> str | None:
        """The words that refuse at a step, if any do."""
        fault = self.fault_at(step)
        return fault.words if isinstance(fault, Says) and not fault.words.startswith("2") else None

    def _run(self, serving: threading.Event) -> None:
        """The listener is bound already: asking for port 0 here would leave nobody knowing which one it became."""
        loop = self._loop
        asyncio.set_event_loop(loop)
        context = self.ssl_context if self.tls == "ssl" else None
        server = loop.run_until_complete(
            loop.create_server(lambda: _Line(self, loop), sock=self._listener, ssl=context)
        )
        loop.call_soon(serving.set)
        try:
            loop.run_forever()
        finally:
            server.close()
            loop.run_until_complete(self._hang_up())
            loop.close()

    async def _hang_up(self) -> None:
        """Until nobody is left; a connection just accepted shows up a moment later."""
        deadline = self._loop.time() + _GOODBYE_S
        await asyncio.sleep(0)
        while (work := asyncio.all_tasks() - {asyncio.current_task()}) or self.lines:
            if self._loop.time() > deadline:
                return
            for line in list(self.lines):
                line.hang_up("rst")
            for task in work:
                task.cancel()
            await asyncio.sleep(0.001)


class _Inbox:
    """What `aiosmtpd` asks about each message."""

    def __init__(self, server: LocalSmtp) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802
        self, _smtp: smtp.SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused := self._server.refusal("mail"):
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _smtp: smtp.SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refused := self._server.refusal("rcpt"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _smtp: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if refused := self._server.refusal("message"):
            return refused
        content = envelope.original_content or b""
        self._server.arrived.append(Arrived(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return f"250 2.0.0 Ok: queued as {len(self._server.arrived)}"


class _Line(smtp.SMTP):
    """One connection. `aiosmtpd` answers everything by `push` and hears everything by `data_received`."""

    def __init__(self, server: LocalSmtp, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._step: Step = "connect"
        self._answered = False
        self._heard = 0
        self._raw: socket.socket | None = None
        starttls = server.tls == "starttls"
        super().__init__(
            _Inbox(server),
            hostname="localhost",
            loop=loop,
            tls_context=server.ssl_context if starttls else None,
            require_starttls=starttls,
            authenticator=self._right_login,
            auth_exclude_mechanism=["LOGIN"],  # PLAIN is one question and one answer
            # Required of whom no login is known keeps logins from being offered at all; over TLS from the first byte
            # `aiosmtpd` does not know that it is TLS.
            auth_require_tls=starttls or server.login is None,
        )
        self._auth_required = server.login is not None

    def _right_login(
        self, _server: smtp.SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        right = data == self._server.login and self._server.refusal("auth") is None
        return AuthResult(success=right, handled=False)  # handled=True would leave the client without an answer

    def data_received(self, data: bytes) -> None:
        if self._step in ("body", "message"):
            self._message_bytes(data)
            return
        if (verb := data.partition(b" ")[0].strip().upper()) in _VERBS:
            self._step, self._answered = _VERBS[verb], False
        super().data_received(data)

    def _message_bytes(self, data: bytes) -> None:
        if self._step == "body":
            self._server.watch("body")
            self._step = "message"
        self._heard += len(data)
        match self._server.fault_at("body"):
            case Drops() as fault if self._heard >= fault.heard:
                self.hang_up(fault.how)
            case Hangs():
                pass
            case _:
                super().data_received(data)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if isinstance(self._server.fault_at("data"), Says):
            await self.push("")
        else:
            await super().smtp_DATA(arg)

    async def push(self, status: Any) -> None:
        words = status if isinstance(status, bytes) else str(status).encode()
        fault = self._server.fault_at(self._step)
        if not self._answered:
            self._server.watch(self._step)
        elif isinstance(fault, Says):
            return  # these words stand for all lines of the usual answer
        self._answered = True
        await self._answer(words, fault)
        if self._step == "data" and not isinstance(fault, Says):
            self._step, self._answered, self._heard = "body", False, 0
        elif self._step == "message":
            self._step = "other"

    async def _answer(self, words: bytes, fault: Fault | None) -> None:
        match fault:
            case Says():
                await super().push(fault.words)
            case Drips():
                for byte in words + b"\r\n":
                    self._writer.write(bytes([byte]))
                    await asyncio.sleep(fault.pause_s)
            case Hangs() as hang if hang.step != "body":
                await asyncio.Event().wait()
            case Drops(step=step, when=when, how=how) if step != "body":
                if when == "after":
                    await super().push(words)
                self.hang_up(how)
                await asyncio.Event().wait()
            case _:
                await super().push(words)

    def hang_up(self, how: Literal["fin", "rst"] = "fin") -> None:
        transport = cast(asyncio.WriteTransport | None, self.transport)
        if transport is None:
            return
        if how == "fin":
            transport.close()
            return
        if self._raw is not None:
            with suppress(OSError):
                self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called once more after STARTTLS; a TLS transport that is closing no longer tells its socket."""
        self._server.lines.add(self)
        if self._raw is None:
            self._raw = transport.get_extra_info("socket")
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._server.lines.discard(self)
