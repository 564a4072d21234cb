"""SMTP against a real server: how it is entered, what it refuses, and what the owner is told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from capdesk.errors import CapdeskError, DeliveryFailed, RuleRefused, UsageRefused
from capdesk.services.providers.local.smtp import Fault, LocalSmtp, Says
from capdesk.services.providers.mail import Mailer, OutboxMailer
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from tests.services.providers.test_mail import LETTER
from tests.support.certificates import Certificates, make_certificates

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@contextmanager
def encrypted(
    certificates: Certificates, tls: Literal["starttls", "ssl"] = "starttls", *faults: Fault
) -> Iterator[LocalSmtp]:
    """A server that wants TLS and the login of desk."""
    with LocalSmtp(user="desk", password=PASSWORD, tls=tls, ssl_context=certificates.server, faults=faults) as server:
        yield server


def with_login(
    port: int,
    certificates: Certificates,
    password: str = PASSWORD,
    security: Literal["starttls", "ssl"] = "starttls",
) -> SmtpSettings:
    return SmtpSettings("localhost", port, security, "desk", password, timeout=5, cafile=certificates.cafile)


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


def assert_arrived_once(server: LocalSmtp) -> None:
    [arrived] = server.arrived
    assert (arrived.sender, arrived.recipients) == (LETTER.sender, (LETTER.recipient,))
    assert arrived.message["Message-ID"] == LETTER.message_id
    assert arrived.content.rstrip() == LETTER.wire().rstrip()


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_that_the_message_is_handed_over_once_after_tls_and_login_and_the_reply_returned(
    certificates: Certificates, security: Literal["starttls", "ssl"]
) -> None:
    with encrypted(certificates, security) as server:
        reply = SmtpMailer(with_login(server.port, certificates, security=security)).send(LETTER)
    assert reply == "250 2.0.0 Ok: queued as 1"
    assert_arrived_once(server)


def test_that_localhost_may_be_plain() -> None:
    with LocalSmtp() as server:
        SmtpMailer(plain(server.port)).send(LETTER)
    assert_arrived_once(server)


@pytest.mark.parametrize("fake", [True, False])
def test_that_fake_and_server_keep_the_same_promise(fake: bool) -> None:
    with LocalSmtp() as server:
        mailer: Mailer = OutboxMailer() if fake else SmtpMailer(plain(server.port))
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
    with encrypted(certificates) as server:
        sentence = refusal(with_login(server.port, certificates, "wrong-secret"))
    assert "refused the user or the password (535" in sentence
    assert "wrong-secret" not in sentence


def test_that_a_password_smtp_cannot_carry_has_its_sentence(certificates: Certificates) -> None:
    with encrypted(certificates) as server:
        assert "plain ASCII" in refusal(with_login(server.port, certificates, "pässword"))


def test_that_a_server_without_starttls_is_refused_rather_than_trusted() -> None:
    with LocalSmtp() as server:
        assert "offers no STARTTLS" in refusal(SmtpSettings("127.0.0.1", server.port, "starttls", timeout=5))
    assert server.arrived == []


def test_that_a_server_that_takes_back_its_starttls_is_refused(certificates: Certificates) -> None:
    with encrypted(certificates, "starttls", Says("starttls", "454 TLS not available now")) as server:
        assert "(454 TLS not available now)" in refusal(with_login(server.port, certificates))
    assert server.arrived == []


def test_that_a_server_without_login_has_its_sentence() -> None:
    with LocalSmtp() as server:
        assert "offers no login" in refusal(SmtpSettings("127.0.0.1", server.port, "plain", "desk", PASSWORD))


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_that_an_unknown_certificate_is_refused(
    certificates: Certificates, security: Literal["starttls", "ssl"]
) -> None:
    with encrypted(certificates, security) as server:
        sentence = refusal(SmtpSettings("localhost", server.port, security, timeout=5))
    assert "is not to be trusted" in sentence
    assert server.arrived == []


def test_that_a_certificate_of_another_host_is_refused(certificates: Certificates) -> None:
    with encrypted(certificates) as server:
        settings = SmtpSettings("127.0.0.1", server.port, "starttls", timeout=5, cafile=certificates.cafile)
        assert "is not to be trusted" in refusal(settings)


def test_that_tls_to_a_plain_port_says_which_ports_go_together(certificates: Certificates) -> None:
    with LocalSmtp() as server:
        settings = SmtpSettings("localhost", server.port, "ssl", timeout=5, cafile=certificates.cafile)
        assert "starttls with port 587 or ssl with port 465" in refusal(settings)


def test_that_a_missing_certificate_file_has_its_sentence(certificates: Certificates, tmp_path: Path) -> None:
    with encrypted(certificates) as server:
        settings = SmtpSettings("localhost", server.port, "starttls", cafile=tmp_path / "gone.pem")
        assert "gone.pem does not exist" in refusal(settings)


def test_that_nobody_listening_has_its_sentence() -> None:
    with LocalSmtp() as server:
        pass
    assert "could not be reached" in refusal(plain(server.port))


def test_that_a_host_without_address_has_its_sentence() -> None:
    settings = SmtpSettings("mail.invalid", 587, "starttls", timeout=5)
    assert re.search("cannot be found|could not be reached|did not answer", refusal(settings))


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Says("mail", "553 Not you"), f"refused the sender {LETTER.sender} (553 Not you); correct it in the settings."),
        (Says("rcpt", "550 No such user"), f"refused the recipient {LETTER.recipient} (550 No such user)"),
        (Says("rcpt", "451 Greylisted"), "(451 Greylisted); it refuses for now, try again later."),
        (Says("data", "421 Closing"), "refused the message before reading it (421 Closing); it refuses for now"),
        (Says("message", "554 Looks like spam"), "refused the message (554 Looks like spam)"),
        (Says("message", "452 Disk full"), "refused the message (452 Disk full); it refuses for now"),
        (Says("connect", "554 No service here"), "(554 No service here)"),
    ],
)
def test_that_a_refusal_is_a_failure_in_the_servers_own_words(fault: Says, says: str) -> None:
    with LocalSmtp(faults=(fault,)) as server:
        assert says in refusal(plain(server.port))
    assert server.arrived == []


def test_that_a_reply_that_repeats_the_password_is_masked(certificates: Certificates) -> None:
    with encrypted(certificates, "starttls", Says("rcpt", f"550 bad {PASSWORD}")) as server:
        assert PASSWORD not in refusal(with_login(server.port, certificates))


def test_that_every_refusal_is_an_error_for_people() -> None:
    with LocalSmtp(faults=(Says("rcpt", "550 No"),)) as server, pytest.raises(CapdeskError) as refused:
        SmtpMailer(plain(server.port)).send(LETTER)
    assert refused.value.exit_code == 1


# trying the server without sending anything


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_that_a_check_enters_and_leaves_without_sending(
    certificates: Certificates, security: Literal["starttls", "ssl"]
) -> None:
    steps: list[str] = []
    with encrypted(certificates, security) as server:
        server.watch = steps.append
        said = SmtpMailer(with_login(server.port, certificates, security=security)).check()
    assert re.fullmatch(
        rf"the mail server localhost:{server.port} answers over TLSv1\.\d and takes the login of desk\.", said
    )
    assert steps[-2:] == ["auth", "quit"]
    assert not {"mail", "rcpt", "data"} & set(steps)


def test_that_a_check_of_a_plain_server_says_so() -> None:
    with LocalSmtp() as server:
        assert SmtpMailer(plain(server.port)).check() == f"the mail server 127.0.0.1:{server.port} answers."


def test_that_a_check_is_refused_in_the_words_of_a_send(certificates: Certificates) -> None:
    with encrypted(certificates) as server, pytest.raises(DeliveryFailed) as refused:
        SmtpMailer(with_login(server.port, certificates, "wrong-secret")).check()
    with encrypted(certificates) as server:
        sending = refusal(with_login(server.port, certificates, "wrong-secret"))
    assert re.sub(r":\d+", "", str(refused.value)) == re.sub(r":\d+", "", sending)


def test_that_a_check_does_not_mind_a_server_that_leaves_without_a_goodbye() -> None:
    with LocalSmtp(faults=(Says("quit", "goodbye"),)) as server:
        assert SmtpMailer(plain(server.port)).check().endswith("answers.")
