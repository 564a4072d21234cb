"""A small HTTP/1.1 server on 127.0.0.1 that keeps connections open, and can be told to misbehave.

It sends no date and no name of its own: the same answers are the same bytes.
"""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedReader
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from capdesk.errors import UsageRefused

_HOST = "127.0.0.1"
_LINE_MAX = 65_536
_HEADERS_MAX = 200
_BODY_MAX = 64 * 1024 * 1024
_REQUESTS_KEPT = 1_000
_GOODBYE_S = 10.0
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class Request:
    """`path` is decoded and without the query; names of `headers` are in lower case, of `query` as they came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, None where it is absent."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True)
class Answer:
    """Content-Length is set from the body unless `headers` says (and perhaps lies) otherwise."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self, *, with_body: bool = True) -> bytes:
        """The raw response."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head + self.body if with_body else head


def json_answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """`payload` as JSON in UTF-8."""
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(frozen=True)
class Instead:
    """Another answer than the true one."""

    answer: Answer


@dataclass(frozen=True)
class Cut:
    """The raw response (status line, headers, body) only up to `after_bytes`, then the line closed, reset or silent.

    Negative: all but so many bytes.
    """

    after_bytes: int
    how: Literal["fin", "rst", "hang"] = "fin"


@dataclass(frozen=True)
class Drip:
    """The raw response `chunk` bytes at a time with a pause after each."""

    chunk: int
    pause_s: float


@dataclass(frozen=True)
class Late:
    """Silence first, then the true answer."""

    seconds: float


Fault = Instead | Cut | Drip | Late
Faults = Callable[[Request], Fault | None]


def no_fault(_request: Request) -> None:
    """What `LocalServer.fault` is until told otherwise."""


def nobody(_request: Request) -> None:
    """Who `LocalServer.sent` tells until told otherwise."""


def nth(n: int, fault: Fault, times: int = 1, *, path: str = "") -> Faults:
    """The fault for `times` requests from the n-th on (the first is 1), counting those whose path contains `path`."""
    lock, seen = threading.Lock(), [0]

    def decide(request: Request) -> Fault | None:
        if path not in request.path:
            return None
        with lock:
            seen[0] += 1
            return fault if n <= seen[0] < n + times else None

    return decide


class LocalServer:
    """Answers every request with `answer(request)`, which is called from several threads at once.

    `fault` decides what goes wrong and may be set at any time, as may `sent`, which is told of each request whose whole
    answer went out. `requests` holds the newest 1,000 requests, oldest first; `errors` what `answer` or `fault` raised
    (the client got a 500). Raises UsageRefused on entry where `port` is taken; port 0 takes a free one.
    """

    def __init__(self, answer: Callable[[Request], Answer], *, port: int = 0) -> None:
        self.answer = answer
        self.fault: Faults = no_fault
        self.sent: Callable[[Request], None] = nobody
        self.errors: list[Exception] = []
        self._wanted_port = port
        self._kept: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._lines: dict[socket.socket, threading.Thread] = {}

    def __enter__(self) -> Self:
        self._stopping.clear()
        try:
            self._listener = socket.create_server((_HOST, self._wanted_port), backlog=128)
        except OSError as error:
            raise UsageRefused(
                f"Port {self._wanted_port} of this computer cannot be listened on ({error.strerror}); choose another."
            ) from None
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, name=f"local-{self.port}", daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        # Closing a socket does not wake who waits on it everywhere; a visitor does.
        with suppress(OSError):
            socket.create_connection((_HOST, self.port), timeout=_GOODBYE_S).close()
        self._accepting.join(_GOODBYE_S)
        self._listener.close()
        with self._lock:
            lines = dict(self._lines)
        for line, thread in lines.items():
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            thread.join(_GOODBYE_S)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._kept)

    def forget_requests(self) -> None:
        with self._lock:
            self._kept.clear()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                line.close()
                return
            thread = threading.Thread(target=self._serve, args=(line,), name="local-line", daemon=True)
            with self._lock:
                self._lines[line] = thread
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line, line.makefile("rb") as reader, suppress(OSError):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not self._stopping.is_set() and self._one(line, reader):
                    continue
        finally:
            with self._lock:
                del self._lines[line]

    def _one(self, line: socket.socket, reader: BufferedReader) -> bool:
        """Reads and answers one request. False when the connection is over."""
        try:
            read = _read(reader)
        except ValueError as error:
            line.sendall(Answer(400, str(error).encode(), {**_PLAIN, "Connection": "close"}).wire())
            return False
        if read is None:
            return False
        request, keep = read
        with self._lock:
            self._kept.append(request)
        answer, fault = self._decide(request)
        whole = self._send(line, answer.wire(with_body=request.method != "HEAD"), fault)
        if whole:
            self.sent(request)
        return whole and keep

    def _decide(self, request: Request) -> tuple[Answer, Fault | None]:
        try:
            fault = self.fault(request)
            if isinstance(fault, Instead):
                return fault.answer, None
            return self.answer(request), fault
        except Exception as error:
            self.errors.append(error)
            return Answer(500, f"the local server failed with {type(error).__name__}".encode(), _PLAIN), None

    def _send(self, line: socket.socket, wire: bytes, fault: Fault | None) -> bool:
        if isinstance(fault, Cut):
            line.sendall(wire[: fault.after_bytes])
            _end(line, fault.how)
            return False
        if isinstance(fault, Drip):
            for start in range(0, len(wire), fault.chunk):
                line.sendall(wire[start : start + fault.chunk])
                if self._stopping.wait(fault.pause_s):
                    return False
            return True
        if isinstance(fault, Late) and self._stopping.wait(fault.seconds):
            return False
        line.sendall(wire)
        return True


def _end(line: socket.socket, how: Literal["fin", "rst", "hang"]) -> None:
    """Leaves the line as the cut says; closing it is the caller's."""
    if how == "rst":
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "hang":
        while line.recv(_LINE_MAX):
            continue


def _read(reader: BufferedReader) -> tuple[Request, bool] | None:
    """The next request and whether the connection stays open, None at its end. Raises ValueError: this is no HTTP."""
    start = reader.readline(_LINE_MAX)
    if not start:
        return None
    method, target, version = _words(start)
    headers = _headers(reader)
    if "transfer-encoding" in headers:
        raise ValueError("a body needs a Content-Length here")
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _BODY_MAX:
        raise ValueError("the body is too long")
    body = reader.read(length)
    if len(body) < length:
        return None
    parts = urlsplit(target)
    request = Request(method, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True), headers, body)
    wish = headers.get("connection", "").lower()
    return request, wish != "close" and (version == "HTTP/1.1" or wish == "keep-alive")


def _words(start: bytes) -> tuple[str, str, str]:
    words = start.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise ValueError("this is not HTTP/1.1")
    return words[0], words[1], words[2]


def _headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_HEADERS_MAX):
        line = reader.readline(_LINE_MAX)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise ValueError("a header has no colon")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("too many headers")
