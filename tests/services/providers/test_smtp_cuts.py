"""The connection is cut at every byte in both directions: nobody is ever told "failed" about a message that arrived.

Under the rule "try again only after failed" that means no duplicate, ever.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from queue import Queue

import pytest

from capdesk.errors import DeliveryFailed, DeliveryUnknown
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from tests.services.providers.cutting_server import ACCEPTED, Cut, CuttingServer, Way, cutting_server
from tests.services.providers.test_mail import LETTER

SHORT = replace(LETTER, text=".\n", html="<p>Hi</p>")
REPLIES = sum(len(r) for r in (b"220 ready\r\n", b"250 here\r\n", b"250 ok\r\n" * 2, b"354 go\r\n", ACCEPTED))
GO_AHEAD = REPLIES - len(ACCEPTED)


_AT_ONCE = 12
"""Silences are waited for side by side."""


@pytest.fixture(scope="module")
def servers() -> Iterator[Queue[CuttingServer]]:
    free: Queue[CuttingServer] = Queue()
    with ExitStack() as stack:
        for _ in range(_AT_ONCE):
            free.put(stack.enter_context(cutting_server()))
        yield free


@pytest.fixture
def server(servers: Queue[CuttingServer]) -> Iterator[CuttingServer]:
    one = servers.get()
    yield one
    servers.put(one)


def attempt(server: CuttingServer, cut: Cut) -> tuple[str, bool]:
    """What the mailer says became of the message, and whether the server has it."""
    server.cuts.put(cut)
    timeout = 0.05 if cut.way == "hang" else 10.0
    mailer = SmtpMailer(SmtpSettings("127.0.0.1", server.port, "plain", timeout=timeout, answer_timeout=timeout))
    try:
        mailer.send(SHORT)
        outcome = "sent"
    except DeliveryFailed:
        outcome = "failed"
    except DeliveryUnknown:
        outcome = "unknown"
    return outcome, server.truths.get(timeout=10)[0]


def delivered(server: CuttingServer, cut: Cut) -> tuple[str, int]:
    """The first outcome, and how often the message arrived when only a failure is tried again."""
    outcome, arrived = attempt(server, cut)
    if outcome != "failed":
        return outcome, int(arrived)
    again, arrived_again = attempt(server, Cut())
    assert again == "sent"
    return outcome, arrived + arrived_again


def deliveries(servers: Queue[CuttingServer], cuts: Iterable[Cut]) -> Iterator[tuple[Cut, str, int]]:
    """Each cut with its first outcome and how often the message arrived."""

    def one(cut: Cut) -> tuple[Cut, str, int]:
        server = servers.get()
        try:
            return cut, *delivered(server, cut)
        finally:
            servers.put(server)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(one, cuts)


def stream_length(server: CuttingServer) -> int:
    """How many bytes the client says in one undisturbed delivery, up to the final dot."""
    server.cuts.put(Cut())
    SmtpMailer(SmtpSettings("127.0.0.1", server.port, "plain", timeout=10)).send(SHORT)
    return server.truths.get(timeout=10)[2]


@pytest.mark.parametrize("verdict", [ACCEPTED, b"451 later\r\n", b"554 never\r\n"])
@pytest.mark.parametrize("way", ["fin", "rst", "hang"])
def test_that_a_cut_at_any_byte_of_the_replies_never_doubles_the_message(
    servers: Queue[CuttingServer], way: Way, verdict: bytes
) -> None:
    outcomes: Counter[str] = Counter()
    cuts = [Cut(said=said, way=way, verdict=verdict) for said in range(GO_AHEAD + len(verdict) + 1)]
    for cut, outcome, arrivals in deliveries(servers, cuts):
        assert arrivals <= 1, f"doubled after {cut.said} bytes of replies"
        assert outcome != "sent" or arrivals == 1, f"lost after {cut.said} bytes of replies"
        outcomes[outcome] += 1
    assert outcomes["unknown"] > 0
    assert (outcomes["sent"] > 0) == (verdict == ACCEPTED)
    assert outcomes["failed"] >= GO_AHEAD - len("354 go\r\n")


@pytest.mark.parametrize("way", ["fin", "rst", "hang"])
def test_that_a_cut_at_any_byte_of_what_we_say_never_doubles_the_message(
    servers: Queue[CuttingServer], server: CuttingServer, way: Way
) -> None:
    outcomes: Counter[str] = Counter()
    cuts = [Cut(heard=heard, way=way) for heard in range(stream_length(server) + 1)]
    for cut, outcome, arrivals in deliveries(servers, cuts):
        assert arrivals <= 1, f"doubled after {cut.heard} bytes heard"
        assert outcome != "sent" or arrivals == 1, f"lost after {cut.heard} bytes heard"
        outcomes[outcome] += 1
    assert set(outcomes) <= {"failed", "unknown", "sent"}
    assert outcomes["failed"] > 0
    assert outcomes["unknown"] > 0


def test_that_silence_after_the_message_is_unknown_and_before_it_a_failure(server: CuttingServer) -> None:
    assert attempt(server, Cut(said=GO_AHEAD, way="hang")) == ("unknown", True)
    assert attempt(server, Cut(said=0, way="hang")) == ("failed", False)


def test_that_half_a_reply_code_is_never_taken_for_an_answer(server: CuttingServer) -> None:
    assert attempt(server, Cut(said=GO_AHEAD + 2)) == ("unknown", True)
    assert attempt(server, Cut(said=GO_AHEAD + 2, verdict=b"554 never\r\n")) == ("unknown", False)


def test_that_a_goodbye_that_goes_wrong_does_not_unsend_the_message(server: CuttingServer) -> None:
    assert attempt(server, Cut(way="rst")) == ("sent", True)


def test_that_a_lost_connection_tells_the_owner_to_look_first(server: CuttingServer) -> None:
    server.cuts.put(Cut(said=GO_AHEAD))
    mailer = SmtpMailer(SmtpSettings("127.0.0.1", server.port, "plain", timeout=10))
    with pytest.raises(DeliveryUnknown, match="look into the mailbox before sending it again"):
        mailer.send(SHORT)
    assert server.truths.get(timeout=10)[0]
