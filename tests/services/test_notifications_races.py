"""Several processes that send at once, processes that die, and what the database refuses whoever asks."""

import re
import threading
from collections import Counter
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed, RuleRefused
from capdesk.services.dates import Week
from capdesk.services.notifications import (
    last_complete_week,
    send_weekly,
)
from capdesk.services.providers.local.smtp import Arrived, LocalSmtp
from capdesk.services.providers.mail import OutboxMailer
from tests.conftest import TestDatabase
from tests.support.clients import eventually
from tests.support.senders import Sender, logged, on_friday, set_mail

W46 = Week(2026, 46)
REFUSED = DeliveryFailed("Nothing was sent: the mailbox is full.")


@pytest.fixture
def posted(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    return on_friday(desk)


def test_that_eight_processes_at_once_send_each_week_once_to_each_recipient(desk: Desk, database: TestDatabase) -> None:
    last = last_complete_week(desk.clock.now(), desk.zone)
    weeks = sorted([last, last.previous(), last.previous().previous()])
    with LocalSmtp() as server, ExitStack() as stack:
        set_mail(desk, server.port, "olga@example.com", "ivan@example.com")
        senders = [stack.enter_context(Sender(database.app, *weeks)) for _ in range(8)]
        for sender in senders:
            sender.wait_until_ready()
        for sender in senders:
            sender.go()
        said = [line for sender in senders for line in sender.said()]
    got = Counter((one.recipients[0], _week_of(one)) for one in server.arrived)
    assert got == {(who, str(week)): 1 for who in ("olga@example.com", "ivan@example.com") for week in weeks}
    assert said.count("sent True") == 6
    assert {line for line in said if line != "sent True"} <= {"sent False", "sending False"}


def _week_of(arrived: Arrived) -> str:
    found = re.match(r"<weekly-(\d{4}-W\d\d)-", arrived.message["Message-ID"])
    assert found is not None
    return found[1]


def test_that_an_attempt_whose_process_died_before_the_first_byte_is_not_repeated(posted: Desk) -> None:
    posted.write(lambda session: session.execute(_DUE, {"period": "2026-W46", "who": "olga@example.com"}))
    take(posted, 1, "attempt")
    outbox = OutboxMailer()
    assert send_weekly(posted, W46, outbox).deliveries[0].state == "unknown"
    assert outbox.arrived == []


def test_that_what_was_due_when_the_process_died_is_sent_by_the_next_one(posted: Desk) -> None:
    posted.write(lambda session: session.execute(_DUE, {"period": "2026-W46", "who": "olga@example.com"}))
    assert send_weekly(posted, W46, OutboxMailer()).deliveries[0].state == "sent"


def test_that_of_two_claims_at_the_same_moment_one_holds(posted: Desk) -> None:
    send_weekly(posted, W46, OutboxMailer([REFUSED]))
    number = logged(posted)[0].id
    refused: list[str] = []

    def second() -> None:
        try:
            posted.write(lambda session: session.execute(_ATTEMPT, {"id": number, "number": 3}))
        except RuleRefused as error:
            refused.append(str(error))

    with posted.engine.connect() as first:
        first.execute(_ATTEMPT, {"id": number, "number": 2})
        thread = threading.Thread(target=second)
        thread.start()
        assert eventually(lambda: bool(posted.read(lambda session: session.scalar(_WAITING))))
        first.commit()
        thread.join(10)
    assert refused == ["The last attempt may have gone through (unknown): it is not sent again."]


_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


# What the database refuses, whoever asks

_ATTEMPT = text("INSERT INTO notification_attempt (notification_id, number, message_id) VALUES (:id, :number, '<x@y>')")
_OUTCOME = text("""
    INSERT INTO notification_outcome (notification_id, attempt_id, outcome)
    SELECT :id, CASE WHEN CAST(:outcome AS text) <> 'skipped' THEN max(id) END, :outcome
    FROM notification_attempt WHERE notification_id = :id
""")
_DUE = text("INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', :period, :who, '{}')")


def take(desk: Desk, number: int, step: str) -> None:
    """The next attempt, or what became of the last one."""
    if step == "attempt":
        desk.write(lambda session: session.execute(_ATTEMPT, {"id": 1, "number": number}))
    else:
        desk.write(lambda session: session.execute(_OUTCOME, {"id": 1, "outcome": step}))


@pytest.mark.parametrize(
    "allowed",
    [
        ("attempt", "sent"),
        ("attempt", "failed", "attempt", "sent"),
        ("attempt", "unknown", "failed", "attempt", "sent"),
        ("attempt", "unknown", "sent"),
        ("skipped",),
        ("attempt", "failed", "skipped"),
    ],
)
def test_that_a_notification_may_go_this_way(desk: Desk, allowed: tuple[str, ...]) -> None:
    desk.write(lambda session: session.execute(_DUE, {"period": "2026-W46", "who": "olga@example.com"}))
    for number, step in enumerate(allowed):
        take(desk, number, step)
    assert logged(desk)[0].state == allowed[-1]


@pytest.mark.parametrize(
    "refused",
    [
        ("attempt", "attempt"),
        ("attempt", "sent", "attempt"),
        ("attempt", "unknown", "attempt"),
        ("attempt", "sent", "failed"),
        ("attempt", "failed", "sent"),
        ("attempt", "unknown", "unknown"),
        ("attempt", "skipped"),
        ("attempt", "sent", "skipped"),
        ("attempt", "unknown", "skipped"),
        ("skipped", "attempt"),
        ("skipped", "skipped"),
    ],
)
def test_that_a_notification_never_goes_this_way(desk: Desk, refused: tuple[str, ...]) -> None:
    desk.write(lambda session: session.execute(_DUE, {"period": "2026-W46", "who": "olga@example.com"}))
    for number, step in enumerate(refused[:-1]):
        take(desk, number, step)
    with pytest.raises(RuleRefused):
        take(desk, len(refused), refused[-1])


def test_that_an_outcome_belongs_to_the_attempt_of_its_own_notification(desk: Desk) -> None:
    for period in ("2026-W45", "2026-W46"):
        desk.write(lambda session, p=period: session.execute(_DUE, {"period": p, "who": "olga@example.com"}))  # type: ignore[misc]
    take(desk, 1, "attempt")
    foreign = text("INSERT INTO notification_outcome (notification_id, attempt_id, outcome) VALUES (2, 1, 'sent')")
    with pytest.raises(RuleRefused, match="last attempt of its notification"):
        desk.write(lambda session: session.execute(foreign))
