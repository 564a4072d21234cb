"""An SMTP server on a raw socket that drops the connection at any byte it is told, and knows the truth."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Queue
from typing import Literal

ACCEPTED = b"250 taken\r\n"
Way = Literal["fin", "rst", "hang"]


@dataclass(frozen=True)
class Cut:
    """Drops after `said` bytes of replies or after `heard` bytes of the client, whichever comes first."""

    said: int | None = None
    heard: int | None = None
    way: Way = "fin"
    verdict: bytes = ACCEPTED


class _Dropped(Exception):
    """The moment has come."""


@dataclass
class _Dialogue:
    """One connection. `accepted` is the truth: the whole message was there and the server decided to take it."""

    line: socket.socket
    cut: Cut
    said: int = 0
    heard: int = 0
    accepted: bool = False
    buffer: bytes = b""

    def run(self) -> None:
        self.say(b"220 ready\r\n")
        for answer in (b"250 here\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            self.hear_until(b"\r\n")
            self.say(answer)
        self.hear_until(b"\r\n.\r\n")
        self.accepted = self.cut.verdict == ACCEPTED
        self.say(self.cut.verdict)

    def say(self, words: bytes) -> None:
        room = len(words) if self.cut.said is None else min(len(words), self.cut.said - self.said)
        self.said += room
        if room:
            self.line.sendall(words[:room])
        if room < len(words) or self.heard == self.cut.heard:
            raise _Dropped

    def hear_until(self, end: bytes) -> None:
        while end not in self.buffer:
            room = 65536 if self.cut.heard is None else self.cut.heard - self.heard
            got = self.line.recv(room) if room else b""
            if not got:
                raise _Dropped
            self.heard += len(got)
            self.buffer += got
        self.buffer = self.buffer.partition(end)[2]

    def drop(self) -> None:
        if self.cut.way == "rst":
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self.cut.way == "hang":
            while self.line.recv(65536):
                continue


@dataclass
class CuttingServer:
    """Serves one connection after the other; `truths` tells of each, once it is over, whether it was accepted."""

    listener: socket.socket
    cuts: Queue[Cut | None] = field(default_factory=Queue)
    truths: Queue[tuple[bool, int, int]] = field(default_factory=Queue)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while (cut := self.cuts.get()) is not None:
            line, _ = self.listener.accept()
            with line:
                line.settimeout(10)
                dialogue = _Dialogue(line, cut)
                with suppress(_Dropped, OSError):
                    dialogue.run()
                with suppress(OSError):
                    dialogue.drop()
            self.truths.put((dialogue.accepted, dialogue.said, dialogue.heard))


@contextmanager
def cutting_server() -> Iterator[CuttingServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = CuttingServer(listener)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.cuts.put(None)
            thread.join(10)
