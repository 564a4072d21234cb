"""The weekly email: once per week and recipient, and never where nobody can tell whether it arrived."""

import re

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import (
    DatabaseUnavailable,
    DeliveryFailed,
    DeliveryUnknown,
    NoKeyring,
    RuleRefused,
    SecretAbsent,
    SecretsLocked,
    SecretUnavailable,
)
from capdesk.services.dates import Week
from capdesk.services.notifications import (
    send_weekly,
    sending_text,
)
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.providers.mail import Message, OutboxMailer
from capdesk.services.secrets import MemorySecrets
from capdesk.services.settings import change_settings
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.ledgers import superuser, unguarded
from tests.support.senders import logged, on_friday, set_mail

W46 = Week(2026, 46)
LOST = DeliveryUnknown("The connection was lost.")
REFUSED = DeliveryFailed("Nothing was sent: the mailbox is full.")


@pytest.fixture
def posted(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    return on_friday(desk)


def states(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.period, one.recipient, one.state) for one in logged(desk)]


def test_that_the_email_of_a_week_goes_out_once_and_says_so_the_next_time(posted: Desk) -> None:
    outbox = OutboxMailer()
    first, second = send_weekly(posted, W46, outbox), send_weekly(posted, W46, outbox)
    assert [message.recipient for message in outbox.arrived] == ["olga@example.com"]
    assert outbox.arrived[0].subject.startswith("capdesk 2026-W46: ")
    assert (first.exit_code, sending_text(first)) == (0, "The report of 2026-W46 is sent to olga@example.com.")
    assert (second.exit_code, sending_text(second)) == (
        0,
        "The report of 2026-W46 was already sent to olga@example.com.",
    )


def test_that_each_recipient_gets_a_message_with_an_id_of_its_own(posted: Desk) -> None:
    set_mail(posted, 25, "olga@example.com", "ivan@example.com")
    outbox = OutboxMailer()
    send_weekly(posted, W46, outbox)
    ids = {message.message_id for message in outbox.arrived}
    assert len(ids) == 2
    assert all(re.fullmatch(r"<weekly-2026-W46-\d-1-[0-9a-f]{12}@example\.com>", one) for one in ids)
    assert states(posted) == [("2026-W46", "olga@example.com", "sent"), ("2026-W46", "ivan@example.com", "sent")]


def test_that_a_new_recipient_gets_the_week_the_others_already_have(posted: Desk) -> None:
    outbox = OutboxMailer()
    send_weekly(posted, W46, outbox)
    set_mail(posted, 25, "olga@example.com", "ivan@example.com")
    send_weekly(posted, W46, outbox)
    assert [message.recipient for message in outbox.arrived] == ["olga@example.com", "ivan@example.com"]


def test_that_a_refused_email_is_tried_again_at_the_next_firing(posted: Desk) -> None:
    outbox = OutboxMailer([REFUSED])
    first, second = send_weekly(posted, W46, outbox), send_weekly(posted, W46, outbox)
    assert (first.exit_code, first.deliveries[0].state) == (1, "failed")
    assert "is tried again next time: Nothing was sent: the mailbox is full." in sending_text(first)
    assert (second.exit_code, [message.message_id.split("-")[4] for message in outbox.arrived]) == (0, ["2"])


def test_that_one_recipient_refused_does_not_keep_the_email_from_the_other(posted: Desk) -> None:
    set_mail(posted, 25, "olga@example.com", "ivan@example.com")
    sending = send_weekly(posted, W46, OutboxMailer([REFUSED]))
    assert [one.state for one in sending.deliveries] == ["failed", "sent"]
    assert sending.exit_code == 1


def test_that_an_email_nobody_can_tell_of_is_sent_again_by_its_owner_alone(posted: Desk) -> None:
    outbox = OutboxMailer([LOST])
    for _ in range(3):
        sending = send_weekly(posted, W46, outbox)
        assert (sending.exit_code, sending.deliveries[0].state, len(outbox.arrived)) == (1, "unknown", 1)
    assert sending_text(sending).endswith("send it again with: capdesk report weekly --week 2026-W46 --send --again")
    again = send_weekly(posted, W46, outbox, again=True)
    assert (again.exit_code, len(outbox.arrived)) == (0, 2)
    assert send_weekly(posted, W46, outbox, again=True).deliveries[0].fresh is False
    assert len(outbox.arrived) == 2


def test_that_an_email_lost_twice_can_be_sent_a_third_time(posted: Desk) -> None:
    outbox = OutboxMailer([LOST, LOST])
    send_weekly(posted, W46, outbox)
    send_weekly(posted, W46, outbox, again=True)
    assert send_weekly(posted, W46, outbox, again=True).exit_code == 0
    assert [one.attempts for one in logged(posted)] == [3]


def test_that_the_attempt_is_in_the_log_before_the_first_byte_leaves(posted: Desk) -> None:
    seen: list[tuple[int, str]] = []

    class Watching(OutboxMailer):
        def send(self, message: Message) -> str:
            seen.extend((one.attempts, one.state) for one in logged(posted))
            return super().send(message)

    send_weekly(posted, W46, Watching())
    assert seen == [(1, "sending")]


def test_that_the_email_tells_the_newest_seal_and_the_log_keeps_it(posted: Desk) -> None:
    builders.campaign(posted)
    outbox = OutboxMailer()
    send_weekly(posted, W46, outbox)
    head = posted.read(lambda session: session.scalar(text("SELECT encode(hash, 'hex') FROM seal ORDER BY id LIMIT 1")))
    assert f"Seal {head}" in outbox.arrived[0].text
    assert logged(posted)[0].about["seal"] == head


def test_that_a_week_that_is_not_over_is_refused(posted: Desk) -> None:
    with pytest.raises(RuleRefused, match="2026-W47 is not over: its email can be sent from 2026-11-23"):
        send_weekly(posted, Week(2026, 47), OutboxMailer())


def test_that_without_mail_settings_nothing_is_recorded_and_the_way_is_named(desk: Desk) -> None:
    with pytest.raises(
        RuleRefused, match=r"without a mail server, a sender and recipients; .* capdesk settings set --mail-host"
    ):
        send_weekly(desk, W46)
    assert logged(desk) == []


class Refusing(MemorySecrets):
    """Secrets that cannot be had, for one reason or another."""

    def __init__(self, reason: SecretUnavailable) -> None:
        super().__init__()
        self.reason = reason

    def get(self, name: str) -> str:  # noqa: ARG002
        raise self.reason


@pytest.mark.parametrize(
    "reason",
    [
        SecretAbsent("The secret is not set."),
        SecretsLocked("The keyring is locked."),
        NoKeyring("There is no keyring."),
    ],
)
def test_that_a_password_that_cannot_be_had_is_said_before_anything_is_attempted(
    posted: Desk, reason: SecretUnavailable
) -> None:
    with LocalSmtp(user="desk", password="secret") as server:
        set_mail(posted, server.port)
        posted.write(lambda session: change_settings(session, 1, mail_user="desk"))
        posted._secrets = Refusing(reason)
        with pytest.raises(SecretUnavailable, match=str(reason)):
            send_weekly(posted, W46)
        assert (server.arrived, logged(posted)) == ([], [])
        posted._secrets = MemorySecrets({"smtp-password": "secret"})
        assert send_weekly(posted, W46).deliveries[0].state == "sent"
    assert len(server.arrived) == 1


def test_that_a_refused_email_stays_failed_while_the_password_cannot_be_had(posted: Desk) -> None:
    send_weekly(posted, W46, OutboxMailer([REFUSED]))
    posted.write(lambda session: change_settings(session, 1, mail_user="desk"))
    posted._secrets = Refusing(SecretsLocked("The keyring is locked."))
    with pytest.raises(SecretsLocked):
        send_weekly(posted, W46)
    assert [(one.state, one.attempts) for one in logged(posted)] == [("failed", 1)]


def test_that_the_password_of_the_environment_goes_before_the_kept_one(
    posted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPDESK_SMTP_PASSWORD", "secret")
    with LocalSmtp(user="desk", password="secret") as server:
        set_mail(posted, server.port)
        posted.write(lambda session: change_settings(session, 1, mail_user="desk"))
        assert send_weekly(posted, W46).deliveries[0].state == "sent"


@pytest.mark.parametrize(
    ("table", "statement", "match"),
    [
        ("call", "ALTER TABLE call DISABLE TRIGGER refuse_change", "trigger call.refuse_change differs"),
        ("seal", "UPDATE seal SET rows = 5", "The seals do not hold .seal seal 1: does not cover its blocks"),
    ],
)
def test_that_nothing_is_sent_where_rules_or_seals_do_not_hold(
    posted: Desk, database: TestDatabase, table: str, statement: str, match: str
) -> None:
    builders.campaign(posted)
    posted.seal()
    with superuser(database.admin) as connection, unguarded(connection, table):
        connection.exec_driver_sql(statement)
    with superuser(database.admin) as connection:
        if table == "call":
            connection.exec_driver_sql(statement)
    outbox = OutboxMailer()
    with pytest.raises(DatabaseUnavailable, match=match):
        send_weekly(posted, W46, outbox)
    assert (outbox.arrived, logged(posted)) == ([], [])
