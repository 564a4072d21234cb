"""HTTP whose answers are bounded in time, for BigQuery's library; and in size, as a Twilio client sends its requests.

Time-outs of sockets bound each wait, so an answer that drips byte by byte would last for hours; here the whole
answer, its head included, has a deadline. Nothing is logged, retried, redirected or decoded.
"""

import io
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two pieces of an answer, and for a whole one; and how large it may be unpacked."""

    connect_s: float = 10.0
    silence_s: float = 30.0
    answer_s: float = 120.0
    most_bytes: int = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """One that is not `framed` says nowhere how long it is: cut, it looks complete."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def framed(self) -> bool:
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers


class AnswerTooLarge(Exception):
    """An answer is larger than the limits allow; it was not read to its end."""


class BoundedHttp:
    """A connection to one host. `direct` leaves the environment's proxies out, for what listens on this computer."""

    def __init__(self, limits: Limits, *, direct: bool) -> None:
        self._limits = limits
        self._lines: list[socket.socket] = []
        self._session = requests.Session()
        self._session.trust_env = not direct
        bound(self._session, limits.answer_s, self._lines)

    def request(  # noqa: PLR0913 - the interface is the Twilio client's
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Answer:
        """One answer, read to its end. Raises requests.RequestException and AnswerTooLarge."""
        limits, session = self._limits, self._session
        prepared = session.prepare_request(
            requests.Request(method, url, params=params, data=data, headers=headers, auth=auth)
        )
        surroundings = session.merge_environment_settings(prepared.url, {}, True, None, None)
        wait = (limits.connect_s, timeout or limits.silence_s)
        response = session.send(prepared, timeout=wait, allow_redirects=allow_redirects, **surroundings)
        try:
            return Answer(response.status_code, self._body(response), response.headers)
        finally:
            response.close()

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > self._limits.most_bytes:
                raise AnswerTooLarge
        return bytes(body)

    def abort(self) -> None:
        """Ends a request that another thread waits on."""
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._session.close()


def bound(session: requests.Session, answer_s: float, lines: list[socket.socket] | None = None) -> None:
    """Every answer of the session is due, whole, `answer_s` after it was asked for. `lines` gets the newest socket."""
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Bounded(answer_s, [] if lines is None else lines))


class _Bounded(HTTPAdapter):
    """Connections whose answers have a deadline, to the host itself or to a proxy."""

    def __init__(self, answer_s: float, lines: list[socket.socket]) -> None:
        self._pools = _pools(answer_s, lines)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(answer_s: float, lines: list[socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    """The kinds of connections urllib3 makes; `lines` is told the newest one's socket."""

    class Response(_DueResponse):
        longest_s = answer_s

    class Plain(HTTPConnection):
        response_class = Response

        def connect(self) -> None:
            super().connect()
            lines[:] = [self.sock]

    class Secure(HTTPSConnection):
        response_class = Response

        def connect(self) -> None:
            super().connect()
            lines[:] = [self.sock]

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _DueResponse(HTTPResponse):
    """An answer that is due, whole, `longest_s` after it was asked for."""

    longest_s = 120.0

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_DueFile(raw, sock, time.monotonic() + self.longest_s), _PIECE)


class _DueFile(io.RawIOBase):
    """What a socket reads, until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self._silence_s = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete in time")
        self._sock.settimeout(left if self._silence_s is None else min(left, self._silence_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
