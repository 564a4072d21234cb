"""SMTP against a real server: how it is entered, what it refuses, and what the owner is told."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from capdesk.errors import CapdeskError, DeliveryFailed, RuleRefused, UsageRefused
from capdesk.services.providers.mail import Mailer, OutboxMailer
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from tests.services.providers.test_mail import LETTER

PASSWORD = "correct horse battery"


@dataclass
class Inbox:
    """A handler that keeps every envelope it accepts and answers as it is told."""

    rcpt_answer: str = "250 OK"
    data_answer: str = "250 2.0.0 Ok: queued as 4F2A"
    seen: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, _server: smtp.SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, _server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_answer.startswith("250"):
            self.seen.append(envelope)
        return self.data_answer


def check_login(server: smtp.SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = LoginPassword(b"desk", PASSWORD.encode())
    return AuthResult(success=data == right, handled=False)


@dataclass
class Certificates:
    server: ssl.SSLContext
    cafile: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    cafile = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(cafile)
    return Certificates(context, cafile)


@contextmanager
def serving(handler: Inbox, **options: Any) -> Iterator[int]:
    """A server on a free port of localhost; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def starttls_serving(handler: Inbox, certificates: Certificates) -> Iterator[int]:
    with serving(
        handler,
        tls_context=certificates.server,
        require_starttls=True,
        authenticator=check_login,
        auth_required=True,
    ) as port:
        yield port


def with_login(port: int, certificates: Certificates, password: str = PASSWORD) -> SmtpSettings:
    return SmtpSettings("localhost", port, "starttls", "desk", password, timeout=5, cafile=certificates.cafile)


def plain(port: int) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", port, "plain", timeout=5)


def refusal(settings: SmtpSettings) -> str:
    with pytest.raises(DeliveryFailed) as refused:
        SmtpMailer(settings).send(LETTER)
    sentence = str(refused.value)
    assert sentence.startswith("Nothing was sent: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def assert_arrived_once(inbox: Inbox) -> None:
    assert [envelope.rcpt_tos for envelope in inbox.seen] == [[LETTER.recipient]]
    content = inbox.seen[0].content
    assert isinstance(content, bytes)
    assert message_from_bytes(content)["Message-ID"] == LETTER.message_id
    assert content.rstrip() == LETTER.wire().rstrip()


def test_that_starttls_with_login_hands_the_message_over_once_and_returns_the_reply(
    certificates: Certificates,
) -> None:
    inbox = Inbox()
    with starttls_serving(inbox, certificates) as port:
        reply = SmtpMailer(with_login(port, certificates)).send(LETTER)
    assert reply == "250 2.0.0 Ok: queued as 4F2A"
    assert_arrived_once(inbox)


def test_that_implicit_tls_hands_the_message_over(certificates: Certificates) -> None:
    inbox = Inbox()
    with serving(inbox, ssl_context=certificates.server) as port:
        settings = SmtpSettings("localhost", port, "ssl", timeout=5, cafile=certificates.cafile)
        SmtpMailer(settings).send(LETTER)
    assert_arrived_once(inbox)


def test_that_localhost_may_be_plain() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        SmtpMailer(plain(port)).send(LETTER)
    assert_arrived_once(inbox)


@pytest.mark.parametrize("fake", [True, False])
def test_that_fake_and_server_keep_the_same_promise(fake: bool) -> None:
    with serving(Inbox()) as port:
        mailer: Mailer = OutboxMailer() if fake else SmtpMailer(plain(port))
        assert mailer.send(LETTER).startswith("250")


@pytest.mark.parametrize("host", ["smtp.example.com", "10.0.0.5", "localhost.example.com"])
def test_that_plain_is_refused_to_any_other_machine(host: str) -> None:
    with pytest.raises(RuleRefused, match=f"Mail to {re.escape(host)} must be encrypted"):
        SmtpSettings(host, 25, "plain")


@pytest.mark.parametrize(
    ("host", "port", "security", "user"),
    [("", 587, "starttls", None), ("a b", 587, "starttls", None), ("mail", 0, "starttls", None),
     ("mail", 70000, "ssl", None), ("mail", 587, "tls", None), ("mail", 587, "ssl", "desk")],
)  # fmt: skip
def test_that_settings_that_cannot_work_are_refused(host: str, port: int, security: str, user: str) -> None:
    with pytest.raises(UsageRefused):
        SmtpSettings(host, port, security, user)  # type: ignore[arg-type]


def test_that_the_password_is_in_no_representation() -> None:
    assert PASSWORD not in repr(SmtpSettings("mail", 587, "starttls", "desk", PASSWORD))


def test_that_a_wrong_password_is_named_without_being_shown(certificates: Certificates) -> None:
    with starttls_serving(Inbox(), certificates) as port:
        sentence = refusal(with_login(port, certificates, "wrong-secret"))
    assert "refused the user or the password (535" in sentence
    assert "wrong-secret" not in sentence


def test_that_a_password_smtp_cannot_carry_has_its_sentence(certificates: Certificates) -> None:
    with starttls_serving(Inbox(), certificates) as port:
        assert "plain ASCII" in refusal(with_login(port, certificates, "pässword"))


def test_that_a_server_without_starttls_is_refused_rather_than_trusted() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        assert "offers no STARTTLS" in refusal(SmtpSettings("127.0.0.1", port, "starttls", timeout=5))
    assert inbox.seen == []


def test_that_a_server_without_login_has_its_sentence() -> None:
    with serving(Inbox()) as port:
        assert "offers no login" in refusal(SmtpSettings("127.0.0.1", port, "plain", "desk", PASSWORD))


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_that_an_unknown_certificate_is_refused(certificates: Certificates, security: str) -> None:
    options: dict[str, Any] = {"tls_context": certificates.server}
    if security == "ssl":
        options = {"ssl_context": certificates.server}
    inbox = Inbox()
    with serving(inbox, **options) as port:
        sentence = refusal(SmtpSettings("localhost", port, security, timeout=5))  # type: ignore[arg-type]
    assert "is not to be trusted" in sentence
    assert inbox.seen == []


def test_that_a_certificate_of_another_host_is_refused(certificates: Certificates) -> None:
    with serving(Inbox(), tls_context=certificates.server) as port:
        settings = SmtpSettings("127.0.0.1", port, "starttls", timeout=5, cafile=certificates.cafile)
        assert "is not to be trusted" in refusal(settings)


def test_that_tls_to_a_plain_port_says_which_ports_go_together(certificates: Certificates) -> None:
    with serving(Inbox()) as port:
        settings = SmtpSettings("localhost", port, "ssl", timeout=5, cafile=certificates.cafile)
        assert "starttls with port 587 or ssl with port 465" in refusal(settings)


def test_that_a_missing_certificate_file_has_its_sentence(certificates: Certificates, tmp_path: Path) -> None:
    with serving(Inbox(), tls_context=certificates.server) as port:
        settings = SmtpSettings("localhost", port, "starttls", cafile=tmp_path / "gone.pem")
        assert "gone.pem does not exist" in refusal(settings)


def test_that_nobody_listening_has_its_sentence() -> None:
    with serving(Inbox()) as port:
        pass
    assert "could not be reached" in refusal(plain(port))


def test_that_a_host_without_address_has_its_sentence() -> None:
    settings = SmtpSettings("mail.invalid", 587, "starttls", timeout=5)
    assert re.search("cannot be found|could not be reached|did not answer", refusal(settings))


@pytest.mark.parametrize(
    ("inbox", "says"),
    [
        (Inbox(rcpt_answer="550 No such user"), f"refused the recipient {LETTER.recipient} (550 No such user)"),
        (Inbox(rcpt_answer="451 Greylisted"), "(451 Greylisted); it refuses for now, try again later."),
        (Inbox(data_answer="554 Looks like spam"), "refused the message (554 Looks like spam)"),
        (Inbox(data_answer="452 Disk full"), "refused the message (452 Disk full); it refuses for now"),
    ],
)
def test_that_a_refusal_is_a_failure_in_the_servers_own_words(inbox: Inbox, says: str) -> None:
    with serving(inbox) as port:
        assert says in refusal(plain(port))
    assert inbox.seen == []


def test_that_a_reply_that_repeats_the_password_is_masked(certificates: Certificates) -> None:
    inbox = Inbox(rcpt_answer=f"550 bad {PASSWORD}")
    with starttls_serving(inbox, certificates) as port:
        assert PASSWORD not in refusal(with_login(port, certificates))


def test_that_every_refusal_is_an_error_for_people() -> None:
    with serving(Inbox(rcpt_answer="550 No")) as port, pytest.raises(CapdeskError) as refused:
        SmtpMailer(plain(port)).send(LETTER)
    assert refused.value.exit_code == 1
