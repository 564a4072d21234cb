"""The local HTTP server: it answers, keeps connections, and misbehaves exactly as told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import UsageRefused
from capdesk.services.providers.local.http import (
    Answer,
    Cut,
    Drip,
    Fault,
    Instead,
    Late,
    LocalServer,
    Request,
    json_answer,
    no_fault,
    nth,
)

BODY = b"It costs what it costs. " * 40
WIRE = Answer(200, BODY).wire()


def answer(request: Request) -> Answer:
    if request.path == "/broken":
        raise LookupError(request.path)
    return Answer(200, request.body or BODY)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    with LocalServer(answer) as server:
        yield server


@pytest.fixture
def server(running: LocalServer) -> Iterator[LocalServer]:
    running.fault = no_fault
    running.forget_requests()
    yield running
    running.fault = no_fault


def raw(server: LocalServer, request: bytes, timeout: float = 5.0) -> tuple[bytes, str]:
    """All bytes the server sends on one connection, and how that ended: fin, rst or hang."""
    got = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as line:
        line.sendall(request)
        try:
            while more := line.recv(65536):
                got += more
        except TimeoutError:
            return got, "hang"
        except ConnectionResetError:
            return got, "rst"
    return got, "fin"


def get(server: LocalServer, path: str = "/", timeout: float = 5.0) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=timeout)) as line:
        line.request("GET", path)
        response = line.getresponse()
        return response.status, response.read()


def always(fault: Fault) -> Callable[[Request], Fault]:
    return lambda _request: fault


def test_that_a_request_arrives_as_it_was_sent(server: LocalServer) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as line:
        line.request("POST", "/a%20b?StartTime%3E=x&n=1&n=2&empty=", body=b"four", headers={"X-Kind": "Test"})
        assert line.getresponse().read() == b"four"
    [request] = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/a b", b"four")
    assert request.query == {"StartTime>": ["x"], "n": ["1", "2"], "empty": [""]}
    assert (request.first("n"), request.first("absent")) == ("1", None)
    assert request.headers["x-kind"] == "Test"


def test_that_one_connection_serves_request_after_request(server: LocalServer) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as line:
        line.connect()
        ports = set()
        for _ in range(3):
            line.request("GET", "/")
            assert line.getresponse().read() == BODY
            ports.add(line.sock.getsockname()[1])
    assert len(ports) == 1


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"])
def test_that_a_connection_ends_when_the_client_wants_it(server: LocalServer, head: bytes) -> None:
    assert raw(server, head) == (WIRE, "fin")


@pytest.mark.parametrize("noise", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / SSH/2\r\n\r\n"])
def test_that_noise_is_answered_with_400(server: LocalServer, noise: bytes) -> None:
    got, end = raw(server, noise)
    assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert end in ("fin", "rst")


def test_that_head_gets_the_headers_alone(server: LocalServer) -> None:
    got, _ = raw(server, b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert got == WIRE[: -len(BODY)]


def test_that_json_is_sent_compact_in_utf8() -> None:
    told = json_answer({"naïve": [1, None]}, 404, {"Retry-After": "1"})
    assert (told.status, told.body) == (404, '{"naïve":[1,null]}'.encode())
    assert told.headers == {"Content-Type": "application/json; charset=utf-8", "Retry-After": "1"}


@settings(max_examples=60, deadline=None)
@given(after=st.integers(0, len(WIRE)), how=st.sampled_from(["fin", "rst", "hang"]))
def test_that_a_cut_comes_after_exactly_the_bytes_named(running: LocalServer, after: int, how: str) -> None:
    running.fault = always(Cut(after, how))  # type: ignore[arg-type]
    got, end = raw(running, b"GET / HTTP/1.1\r\n\r\n", timeout=0.05 if how == "hang" else 5.0)
    assert (got, end) == (WIRE[:after], how)


def test_that_a_drip_brings_every_byte_slowly(server: LocalServer) -> None:
    server.fault = always(Drip(chunk=100, pause_s=0.01))
    began = time.monotonic()
    assert get(server) == (200, BODY)
    assert time.monotonic() - began >= 0.01 * ((len(WIRE) - 1) // 100)


def test_that_a_late_answer_is_the_true_one(server: LocalServer) -> None:
    server.fault = always(Late(0.1))
    began = time.monotonic()
    assert get(server) == (200, BODY)
    assert time.monotonic() - began >= 0.1
    server.fault = always(Late(60.0))
    with pytest.raises(TimeoutError):
        get(server, timeout=0.05)


def test_that_another_answer_can_be_given_instead(server: LocalServer) -> None:
    server.fault = always(Instead(Answer(503, b"<html>busy</html>")))
    assert get(server) == (503, b"<html>busy</html>")


def test_that_a_length_can_be_a_lie(server: LocalServer) -> None:
    server.fault = always(Instead(Answer(200, b"all there is", {"Content-Length": "999", "Connection": "close"})))
    with pytest.raises((HTTPException, TimeoutError)):
        get(server, timeout=0.1)


def test_that_the_nth_request_of_a_kind_alone_fails(server: LocalServer) -> None:
    server.fault = nth(2, Instead(Answer(500)), times=2, path="Calls")
    paths = ["/Calls", "/Other", "/Calls", "/Other", "/Calls", "/Calls"]
    assert [get(server, path)[0] for path in paths] == [200, 200, 500, 200, 500, 200]


def test_that_a_failing_answer_is_a_500_and_is_kept(server: LocalServer) -> None:
    status, body = get(server, "/broken")
    assert (status, body) == (500, b"the local server failed with LookupError")
    assert isinstance(server.errors.pop(), LookupError)


def test_that_many_clients_are_served_at_once(server: LocalServer) -> None:
    server.fault = always(Late(0.2))
    found: list[tuple[int, bytes]] = []
    clients = [threading.Thread(target=lambda: found.append(get(server))) for _ in range(10)]
    began = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert found == [(200, BODY)] * 10
    assert time.monotonic() - began < 1.5


def test_that_only_the_newest_requests_are_kept() -> None:
    with LocalServer(answer) as server, closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as line:
        for number in range(1_005):
            line.request("GET", f"/{number}")
            line.getresponse().read()
        assert (len(server.requests), server.requests[0].path, server.requests[-1].path) == (1_000, "/5", "/1004")


def test_that_it_listens_on_this_computer_alone(server: LocalServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), timeout=1)


def test_that_a_taken_port_is_a_sentence(server: LocalServer) -> None:
    with pytest.raises(UsageRefused, match=f"^Port {server.port} of this computer cannot be listened on"):
        LocalServer(answer, port=server.port).__enter__()


def test_that_it_ends_at_once_whatever_its_lines_are_doing() -> None:
    with LocalServer(answer) as server:
        server.fault = nth(1, Late(60.0))
        waiting = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        waiting.sendall(b"GET / HTTP/1.1\r\n\r\n")
        idle = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        deadline = time.monotonic() + 5
        while not server.requests and time.monotonic() < deadline:
            continue
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert (waiting.recv(1), idle.recv(1)) == (b"", b"")
    waiting.close()
    idle.close()


def test_that_it_can_come_back_on_the_port_it_had() -> None:
    server = LocalServer(answer)
    with server:
        port = server.port
        assert get(server)[0] == 200
    with LocalServer(answer, port=port) as again:
        assert (again.port, get(again)[0]) == (port, 200)
    with server:
        assert get(server)[0] == 200


def test_that_no_header_or_body_shows_in_a_repr(server: LocalServer) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as line:
        line.request("POST", "/", body=b"canary-1", headers={"Authorization": "Basic canary-2"})
        line.getresponse().read()
    assert "canary" not in repr(server.requests)
