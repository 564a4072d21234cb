"""One conversation with an SMTP server that can neither last for ever nor fill the memory.

`smtplib` gives every single read its own time-out, so a server that says one byte a minute holds it for days. Here all
waits together are bounded, replies have a greatest length, and what is no reply is never taken for one.
"""

import re
import smtplib
import socket
import ssl
from time import monotonic
from typing import Any

_LONGEST_LINE = 8192
_MOST_LINES = 128
_REPLY = re.compile(rb"[2-5][0-9]{2}([ -][^\n]*)?\r?\n")


class NoSmtp(smtplib.SMTPException):
    """What the server says is no SMTP, or is said out of turn."""


class Conversation(smtplib.SMTP):
    """A connected server, its greeting read; TLS from the first byte where a context is given.

    Each wait lasts `each` seconds at most, all waits until the next `allow` together `total`. Raises TimeoutError,
    NoSmtp, and what smtplib and sockets raise.
    """

    def __init__(
        self, host: str, port: int, *, name: str, each: float, total: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server_name = host
        self._tls = tls
        self._unread = b""
        self.allow(total, each)
        try:
            super().__init__(host, port, name)
        except BaseException:
            self.close()
            raise

    def allow(self, total: float, each: float | None = None) -> None:
        """Starts the count anew."""
        self._each = total if each is None else each
        self._until = monotonic() + total

    def require_silence(self) -> None:
        """Raises NoSmtp where the server said something nobody asked for: replies and questions no longer match."""
        if self._unread:
            raise NoSmtp("a reply out of turn")

    def start_tls(self, context: ssl.SSLContext) -> None:
        """What was said in the clear before the handshake and not yet read may be anybody's: it is refused."""
        code, words = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, words)
        self.require_silence()
        self.sock = self._secured(self._line(), context)
        self.helo_resp = self.ehlo_resp = None  # what was offered in the clear does not hold any more
        self.esmtp_features = {}
        self.does_esmtp = False

    def send(self, s: Any) -> None:
        """The deadline holds for the whole of it, however slowly the server reads."""
        rest = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        while rest:
            line = self._line()
            rest = rest[line.send(rest) :]

    def getreply(self) -> tuple[int, bytes]:
        """A whole reply: its code, and the words of its lines."""
        words: list[bytes] = []
        code = b""
        for _ in range(_MOST_LINES):
            line = self._read_line()
            if not _REPLY.fullmatch(line) or (code and line[:3] != code):
                raise NoSmtp("no reply of SMTP")
            code = line[:3]
            words.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(code), b"\n".join(words)
        raise NoSmtp("a reply without an end")

    def _read_line(self) -> bytes:
        while b"\n" not in self._unread[:_LONGEST_LINE]:
            if len(self._unread) >= _LONGEST_LINE:
                raise NoSmtp("a line without an end")
            heard = self._line().recv(4096)
            if not heard:
                raise smtplib.SMTPServerDisconnected("the connection was closed")
            self._unread += heard
        line, end, self._unread = self._unread.partition(b"\n")
        return line + end

    def _line(self) -> socket.socket:
        """The socket, ready to wait no longer than is allowed."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        self.sock.settimeout(self._patience())
        return self.sock

    def _patience(self) -> float:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the time allowed for all of it has passed")
        return min(self._each, left)

    def _get_socket(self, host: str, port: int, _timeout: object) -> socket.socket:
        """Called by smtplib to connect, as its own SMTP_SSL has it."""
        line = self._first_that_answers(host, port)
        if self._tls is None:
            return line
        try:
            return self._secured(line, self._tls)
        except BaseException:
            line.close()
            raise

    def _secured(self, line: socket.socket, context: ssl.SSLContext) -> socket.socket:
        line.settimeout(self._patience())
        line.getpeername()  # wrapped when it is already lost, a line is neither closed nor refused
        return context.wrap_socket(line, server_hostname=self._server_name)

    def _first_that_answers(self, host: str, port: int) -> socket.socket:
        refused: OSError = OSError("no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                return socket.create_connection((str(address[0]), port), self._patience())
            except OSError as error:
                refused = error
        raise refused
