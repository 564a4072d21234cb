"""Servers that lie, babble, drip and never end: nothing they say takes for ever, and none is believed too much.

Until the message leaves, whatever is not the answer to what was asked is a failure. Afterwards only a whole reply of
SMTP says what became of it; all else is unknown.
"""

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic

import pytest

from capdesk.errors import DeliveryFailed, DeliveryUnknown
from capdesk.services.providers.local.smtp import Drips, LocalSmtp, Step
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from tests.services.providers.test_mail import LETTER

GREETING, EHLO, MAIL, RCPT, DATA, MESSAGE = range(6)
HONEST = (b"220 ready\r\n", b"250 here\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 taken\r\n")
TEN_MEGABYTES = b"250 " + b"x" * 10_000_000
WITHOUT_END = b"250-more\r\n" * 100_000
BIG = replace(LETTER, text="x" * 20_000_000)


@dataclass
class Liar:
    """Says at each step what it was told, a byte at a time where it is `split`. `heard_all`: the whole message came."""

    listener: socket.socket
    replies: tuple[bytes, ...]
    split: bool = False
    heard_all: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> None:
        with suppress(OSError):
            line, _ = self.listener.accept()
            with line:
                line.settimeout(10)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):
                    self.talk(line)
        self.done.set()

    def talk(self, line: socket.socket) -> None:
        for step, reply in enumerate(self.replies):
            if step == MESSAGE:
                self.heard_all = hear(line, b"\r\n.\r\n")
            elif step > GREETING:
                hear(line, b"\r\n")
            for part in [reply[i : i + 1] for i in range(len(reply))] if self.split else [reply]:
                line.sendall(part)
        hear(line, b"QUIT\r\n")


def hear(line: socket.socket, end: bytes) -> bool:
    buffer = b""
    while not buffer.endswith(end):
        heard = line.recv(65536)
        if not heard:
            raise ConnectionError
        buffer += heard
    return True


@contextmanager
def lying(step: int, reply: bytes, *, split: bool = False) -> Iterator[tuple[Liar, SmtpSettings]]:
    replies = (*HONEST[:step], reply, *HONEST[step + 1 :])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(listener, replies, split)
        thread = threading.Thread(target=liar.serve)
        thread.start()
        port = listener.getsockname()[1]
        yield liar, SmtpSettings("127.0.0.1", port, "plain", timeout=5, deadline=5, answer_timeout=5)
        liar.done.wait(10)
    thread.join(10)


def outcome(settings: SmtpSettings) -> str:
    try:
        SmtpMailer(settings).send(LETTER)
    except DeliveryFailed:
        return "failed"
    except DeliveryUnknown:
        return "unknown"
    return "sent"


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        (GREETING, b"garbage\r\n"),
        (GREETING, b"\r\n220 ready\r\n"),
        (GREETING, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (GREETING, b"\x16\x03\x01\x00\xff\n"),
        (GREETING, b"250 not a greeting\r\n"),
        (GREETING, b"421 too busy\r\n"),
        (EHLO, b"250-here\r\n550 no\r\n"),
        (EHLO, b"\xff\xfe\xfd\r\n"),
        (MAIL, b"354 go\r\n"),
        (MAIL, b"220 ready again\r\n"),
        (MAIL, b"2500 ok\r\n"),
        (RCPT, b"250-ok\r\n451 but later\r\n"),
        (RCPT, b"252 perhaps\r\n"),
        (DATA, b"250 ok\r\n"),
        (DATA, b"354 go\r\n250 taken\r\n"),
        (DATA, b"999 what\r\n"),
    ],
)
def test_that_a_lie_before_the_message_is_a_failure_and_no_message_leaves(step: int, reply: bytes) -> None:
    with lying(step, reply) as (liar, settings):
        assert outcome(settings) == "failed"
    assert not liar.heard_all


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (b"250 taken\r\n", "sent"),
        (b"250\r\n", "sent"),
        (b"250 taken\n", "sent"),
        (b"250-taken\r\n250-as\r\n250 17\r\n", "sent"),
        (b"451 later\r\n", "failed"),
        (b"554-never\r\n554 ever\r\n", "failed"),
        (b"garbage\r\n", "unknown"),
        (b"\r\n250 taken\r\n", "unknown"),
        (b"250-taken\r\n550 no\r\n", "unknown"),
        (b"550-no\r\n250 taken\r\n", "unknown"),
        (b"250-taken\r\ngarbage\r\n", "unknown"),
        (b"354 go on\r\n", "unknown"),
        (b"150 hm\r\n", "unknown"),
        (b"2500 taken\r\n", "unknown"),
        (b"250taken\r\n", "unknown"),
        (b"-250 taken\r\n", "unknown"),
        ("２５０ taken\r\n".encode(), "unknown"),
        (b"\x00\x00\x00\r\n", "unknown"),
    ],
)
@pytest.mark.parametrize("split", [False, True])
def test_that_after_the_message_only_a_whole_reply_says_what_became_of_it(
    reply: bytes, state: str, split: bool
) -> None:
    with lying(MESSAGE, reply, split=split) as (liar, settings):
        assert outcome(settings) == state
    assert liar.heard_all


def test_that_words_said_in_the_clear_are_not_carried_into_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(listener, (HONEST[GREETING], b"250-here\r\n250 STARTTLS\r\n", b"220 go\r\n250 from somebody\r\n"))
        thread = threading.Thread(target=liar.serve)
        thread.start()
        settings = SmtpSettings("127.0.0.1", listener.getsockname()[1], "starttls", timeout=5)
        with pytest.raises(DeliveryFailed, match="does not speak SMTP as it should"):
            SmtpMailer(settings).send(LETTER)
        thread.join(10)


@pytest.mark.parametrize("step", range(5))
def test_that_a_reply_split_over_packets_is_one_reply(step: int) -> None:
    with lying(step, HONEST[step], split=True) as (_, settings):
        assert outcome(settings) == "sent"


@pytest.mark.parametrize("flood", [TEN_MEGABYTES, WITHOUT_END])
@pytest.mark.parametrize(("step", "state"), [(GREETING, "failed"), (DATA, "failed"), (MESSAGE, "unknown")])
def test_that_a_flood_fills_no_memory(step: int, state: str, flood: bytes) -> None:
    with lying(step, flood) as (_, settings):
        tracemalloc.start()
        try:
            assert outcome(settings) == state
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()


# time


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data", "message"])
def test_that_a_server_that_drips_does_not_hold_a_send(step: Step) -> None:
    with LocalSmtp(faults=(Drips(step, 0.05),)) as server:
        settings = SmtpSettings("127.0.0.1", server.port, "plain", timeout=5, deadline=0.2, answer_timeout=0.2)
        before = monotonic()
        assert outcome(settings) == ("unknown" if step == "message" else "failed")
        assert monotonic() - before < 2
    assert len(server.arrived) == (step == "message")


def test_that_a_server_that_reads_slowly_does_not_hold_a_send() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(listener, HONEST[:MESSAGE])
        thread = threading.Thread(target=liar.serve)
        thread.start()
        settings = SmtpSettings("127.0.0.1", listener.getsockname()[1], "plain", timeout=5, answer_timeout=0.3)
        before = monotonic()
        with pytest.raises(DeliveryUnknown):
            SmtpMailer(settings).send(BIG)
        assert monotonic() - before < 5
        thread.join(15)
