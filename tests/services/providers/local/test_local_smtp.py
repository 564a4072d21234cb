"""The local SMTP server against Python's own client: it takes, refuses and misbehaves exactly as it is told."""

import logging
import smtplib
import socket
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from capdesk.errors import UsageRefused
from capdesk.services.providers.local.smtp import Drips, Drops, Fault, Hangs, LocalSmtp, Says
from tests.support.certificates import make_certificates


def letter(text: str = "Hello.\n.\nA line that is one dot.\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "desk@example.com", "olga@example.com", "Grüße"
    mail.set_content(text)
    return mail


def send(server: LocalSmtp, mail: EmailMessage | None = None, timeout: float = 5) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, "client", timeout) as client:
        if server.login:
            client.login("desk", "secret")
        client.send_message(mail or letter())


def test_that_what_arrives_is_kept_with_its_envelope_and_its_words() -> None:
    with LocalSmtp() as server:
        send(server)
        send(server, letter("Again.\n"))
    first, second = server.arrived
    assert (first.sender, first.recipients) == ("desk@example.com", ("olga@example.com",))
    assert (first.message["Subject"], first.message.get_content()) == (
        "Grüße",
        "Hello.\r\n.\r\nA line that is one dot.\r\n",
    )
    assert second.message.get_content() == "Again.\r\n"


def test_that_it_listens_on_this_computer_alone_and_on_a_free_port() -> None:
    with LocalSmtp() as one, LocalSmtp() as other:
        assert one.port != other.port
        with socket.create_connection(("127.0.0.1", one.port)) as line:
            assert line.getpeername()[0] == "127.0.0.1"
            assert line.recv(4) == b"220 "


def test_that_a_taken_port_is_refused_with_a_sentence() -> None:
    with (
        LocalSmtp() as server,
        pytest.raises(UsageRefused, match=rf"Port {server.port} of this computer .*; choose another\."),
        LocalSmtp(port=server.port),
    ):
        pass


def test_that_the_port_is_free_again_afterwards() -> None:
    with LocalSmtp() as server:
        send(server)
    with LocalSmtp(port=server.port) as again:
        send(again)
    assert len(again.arrived) == 1


def test_that_a_server_with_a_login_takes_nothing_without_it() -> None:
    with LocalSmtp(user="desk", password="secret") as server:
        with smtplib.SMTP("127.0.0.1", server.port, "client", 5) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("desk", "wrong")
            with pytest.raises(smtplib.SMTPResponseException):
                client.send_message(letter())
        send(server)
    assert len(server.arrived) == 1


def test_that_its_own_log_never_holds_a_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        LocalSmtp(user="desk", password="canary-5121") as server,
        smtplib.SMTP("127.0.0.1", server.port, "client", 5) as client,
    ):
        client.login("desk", "canary-5121")
    assert caplog.records
    assert "canary-5121" not in caplog.text
    assert "AGRlc2sAY2FuYXJ5LTUxMjE=" not in caplog.text


def test_that_tls_and_its_context_go_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="go together"):
        LocalSmtp(tls="starttls")
    with pytest.raises(ValueError, match="go together"):
        LocalSmtp(ssl_context=make_certificates(tmp_path).server)


def test_that_nothing_is_taken_in_the_clear_where_tls_is_wanted(tmp_path: Path) -> None:
    context = make_certificates(tmp_path).server
    with (
        LocalSmtp(tls="starttls", ssl_context=context) as server,
        pytest.raises(smtplib.SMTPSenderRefused, match="Must issue a STARTTLS"),
    ):
        send(server)
    assert server.arrived == []


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Says("connect", "554 No"), smtplib.SMTPConnectError),
        (Says("ehlo", "550 No"), smtplib.SMTPHeloError),
        (Says("auth", "535 No"), smtplib.SMTPAuthenticationError),
        (Says("mail", "451 Later"), smtplib.SMTPSenderRefused),
        (Says("rcpt", "550 No such user"), smtplib.SMTPRecipientsRefused),
        (Says("data", "421 Closing"), smtplib.SMTPDataError),
        (Says("message", "554 Spam"), smtplib.SMTPDataError),
        *((Drops(step), smtplib.SMTPServerDisconnected) for step in ("connect", "mail", "body", "message")),
        (Hangs("rcpt"), smtplib.SMTPServerDisconnected),
        (Drips("mail", 0.1), smtplib.SMTPServerDisconnected),
    ],
)
def test_that_it_misbehaves_as_told_and_takes_nothing_it_refused(fault: Fault, raised: type[Exception]) -> None:
    slow = isinstance(fault, Hangs | Drips)
    with LocalSmtp(user="desk", password="secret") as server:
        send(server)
        server.faults = (fault,)
        with pytest.raises(raised):
            send(server, timeout=0.05 if slow else 5)
        taken = len(server.arrived) - 1
        server.faults = ()
        send(server)
    assert taken == (fault == Drops("message"))


def test_that_a_line_can_break_in_the_middle_of_a_message() -> None:
    with LocalSmtp(faults=(Drops("body", heard=20_000),)) as server, pytest.raises(smtplib.SMTPServerDisconnected):
        send(server, letter("y\n" * 200_000))
    assert server.arrived == []


def test_that_a_message_shorter_than_where_it_breaks_arrives() -> None:
    with LocalSmtp(faults=(Drops("body", heard=1_000_000),)) as server:
        send(server)
    assert len(server.arrived) == 1


def test_that_each_step_is_seen_before_it_is_answered() -> None:
    steps: list[str] = []
    taken: list[int] = []
    with LocalSmtp(user="desk", password="secret") as server:

        def watch(step: str) -> None:
            steps.append(step)
            taken.append(len(server.arrived))

        server.watch = watch
        send(server)
    assert steps == ["connect", "ehlo", "auth", "mail", "rcpt", "data", "body", "message", "quit"]
    assert taken == [0] * 7 + [1, 1]


def test_that_it_takes_mail_from_several_at_once() -> None:
    with LocalSmtp() as server:
        threads = [threading.Thread(target=send, args=(server, letter(f"{n}\n"))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert sorted(one.message.get_content() for one in server.arrived) == [f"{n}\r\n" for n in range(8)]


def test_that_it_leaves_while_a_line_hangs() -> None:
    entered = threading.Event()
    with LocalSmtp(faults=(Hangs("connect"),)) as server:
        server.watch = lambda _step: entered.set()
        line = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        assert entered.wait(5)
    with line, pytest.raises(ConnectionResetError):
        line.recv(1)
