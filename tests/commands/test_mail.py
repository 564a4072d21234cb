"""`capdesk mail test`: one email, once, and a sentence that says what became of it."""

import re
from collections.abc import Iterator

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.providers.local.smtp import Drops, Fault, LocalSmtp, Says
from capdesk.services.settings import change_settings
from tests.conftest import Capdesk
from tests.support.senders import logged, set_mail


@pytest.fixture
def mail(desk: Desk) -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        set_mail(desk, running.port, "olga@example.com", "ivan@example.com")
        yield running


def test_that_one_plain_email_goes_to_the_first_recipient(capdesk: Capdesk, mail: LocalSmtp) -> None:
    ran = capdesk("mail", "test")
    [arrived] = mail.arrived
    assert (ran.code, arrived.recipients) == (0, ("olga@example.com",))
    assert arrived.message.get_content_type() == "text/plain"
    assert "Nothing has to be done." in arrived.message.get_content()
    said = "The mail server took the test for olga@example.com (250 2.0.0 Ok: queued as 1)."
    assert ran.out.startswith(said)
    assert arrived.message["Message-ID"] in ran.out


def test_that_each_test_has_a_message_id_of_its_own(capdesk: Capdesk, mail: LocalSmtp) -> None:
    for _ in range(2):
        capdesk("mail", "test")
    first, second = (one.message["Message-ID"] for one in mail.arrived)
    assert first != second
    assert re.fullmatch(r"<test-\d{20}-[0-9a-f]{12}@example\.com>", first)


def test_that_it_goes_where_it_is_told_even_where_no_recipients_are_set(
    capdesk: Capdesk, desk: Desk, mail: LocalSmtp
) -> None:
    desk.write(lambda session: change_settings(session, 1, recipients=[]))
    nobody = capdesk("mail", "test")
    assert (nobody.code, "say to whom the test goes with --to" in nobody.err) == (1, True)
    assert capdesk("mail", "test", "--to", "eva@example.com").code == 0
    assert [one.recipients for one in mail.arrived] == [("eva@example.com",)]


def test_that_it_is_recorded_nowhere(capdesk: Capdesk, desk: Desk, mail: LocalSmtp) -> None:
    capdesk("mail", "test")
    assert logged(desk) == []


@pytest.mark.parametrize(
    ("fault", "state", "arrived", "says"),
    [
        (Says("rcpt", "550 No such user"), "failed", 0, "refused the recipient olga@example.com (550 No such user)"),
        (Drops("data"), "failed", 0, "hung up or fell silent while taking the addresses; try again later."),
        (Drops("message"), "unknown", 1, "look into the mailbox before sending it again."),
    ],
)
def test_that_what_went_wrong_is_said_and_nothing_is_tried_again(
    capdesk: Capdesk, mail: LocalSmtp, fault: Fault, state: str, arrived: int, says: str
) -> None:
    mail.faults = (fault,)
    ran = capdesk("mail", "test", "--json")
    assert (ran.code, ran.json["state"], ran.json["recipient"]) == (1, state, "olga@example.com")
    assert says in ran.json["detail"]
    assert len(mail.arrived) == arrived


def test_that_connecting_alone_sends_nothing(capdesk: Capdesk, mail: LocalSmtp) -> None:
    ran = capdesk("mail", "test", "--connect-only")
    assert (ran.code, ran.out) == (0, f"The mail server 127.0.0.1:{mail.port} answers. Nothing was sent.\n")
    assert capdesk("mail", "test", "--connect-only", "--json").json == {
        "state": "reached",
        "recipient": None,
        "message_id": None,
        "detail": ran.out.strip(),
    }
    mail.faults = (Says("connect", "554 No"),)
    refused = capdesk("mail", "test", "--connect-only")
    assert (refused.code, "(554 No)" in refused.out) == (1, True)
    assert mail.arrived == []


def test_that_connecting_alone_and_an_address_do_not_go_together(capdesk: Capdesk) -> None:
    assert capdesk("mail", "test", "--connect-only", "--to", "eva@example.com").code == 2


def test_that_an_address_that_is_none_is_refused(capdesk: Capdesk, mail: LocalSmtp) -> None:
    ran = capdesk("mail", "test", "--to", "eva")
    assert (ran.code, "is not an e-mail address" in ran.err) == (2, True)


def test_that_missing_settings_are_named(capdesk: Capdesk) -> None:
    for options in ([], ["--connect-only"]):
        ran = capdesk("mail", "test", *options)
        assert (ran.code, "No email can be sent without a mail server" in ran.err) == (1, True)


def test_that_a_login_is_tried_with_the_password_that_is_kept(
    capdesk: Capdesk, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalSmtp(user="desk", password="canary-7") as mail:
        set_mail(desk, mail.port)
        desk.write(lambda session: change_settings(session, 1, mail_user="desk"))
        monkeypatch.setenv("CAPDESK_SMTP_PASSWORD", "canary-8")
        wrong = capdesk("mail", "test")
        monkeypatch.setenv("CAPDESK_SMTP_PASSWORD", "canary-7")
        right = capdesk("mail", "test")
    assert (wrong.code, "refused the user or the password" in wrong.out) == (1, True)
    assert (right.code, len(mail.arrived)) == (0, 1)
    assert "canary" not in wrong.out + wrong.err + right.out + right.err
