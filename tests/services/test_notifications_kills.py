"""A sender is killed at each point of a send: its email arrives once at most, and what is known of it is right."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.services.dates import Week
from capdesk.services.notifications import last_complete_week, send_weekly
from capdesk.services.providers.local.smtp import Drops, Fault, LocalSmtp, Step
from capdesk.services.providers.mail import OutboxMailer
from tests.conftest import TestDatabase
from tests.support.clients import eventually
from tests.support.ledgers import superuser
from tests.support.senders import Sender, logged, set_mail

_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:table AS regclass)")


@pytest.fixture
def week(desk: Desk) -> Week:
    return last_complete_week(desk.clock.now(), desk.zone)


def state(desk: Desk) -> str:
    """Of the one email there is; of none, if its sender did not get that far."""
    return next((one.state for one in logged(desk)), "none")


@contextmanager
def killed_when_it_writes(desk: Desk, database: TestDatabase, table: str, sender: Sender) -> Iterator[None]:
    """The table takes no new rows; who waits for it is killed."""
    with superuser(database.admin) as connection:
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield
        assert eventually(lambda: bool(desk.read(lambda s: s.scalar(_WAITING, {"table": table}))))
        sender.kill()
        connection.exec_driver_sql("ROLLBACK")


@pytest.mark.parametrize(
    ("table", "arrived", "known"),
    [("notification_log", 0, "none"), ("notification_attempt", 0, "due"), ("notification_outcome", 1, "unknown")],
)
def test_that_a_sender_killed_between_its_commits_sends_nothing_twice(
    desk: Desk, database: TestDatabase, week: Week, table: str, arrived: int, known: str
) -> None:
    """Before what is due is recorded, before the attempt is, and after the server's reply before the outcome is."""
    with LocalSmtp() as server, Sender(database.app, week) as sender:
        set_mail(desk, server.port)
        sender.wait_until_ready()
        with killed_when_it_writes(desk, database, table, sender):
            sender.go()
    assert len(server.arrived) == arrived
    assert eventually(lambda: state(desk) == known)
    assert_right_afterwards(desk, week, known)


@pytest.mark.parametrize(
    ("step", "fault", "arrived"),
    [
        ("connect", None, 0),
        ("mail", None, 0),
        ("data", None, 0),
        ("body", Drops("body", heard=100), 0),
        ("message", None, 1),
    ],
)
def test_that_a_sender_killed_while_the_server_has_the_word_sends_nothing_twice(
    desk: Desk, database: TestDatabase, week: Week, step: Step, fault: Fault | None, arrived: int
) -> None:
    """After the attempt is recorded, at each question to the server, within the message, and before its reply."""
    with LocalSmtp(faults=(fault,) if fault else ()) as server, Sender(database.app, week) as sender:
        set_mail(desk, server.port)
        states = []

        def watch(now: Step) -> None:
            if now == step:
                states.append(state(desk))
                states.append(send_weekly(desk, week, OutboxMailer(), again=True).deliveries[0].state)
                sender.process.kill()

        server.watch = watch
        sender.wait_until_ready()
        sender.go()
        assert eventually(lambda: state(desk) == "unknown")
    assert states == ["sending", "sending"]
    assert len(server.arrived) == arrived
    assert_right_afterwards(desk, week, "unknown")


def assert_right_afterwards(desk: Desk, week: Week, known: str) -> None:
    """What had not begun is sent by the next firing; what nobody can tell of, by its owner alone."""
    outbox = OutboxMailer()
    if known == "unknown":
        assert send_weekly(desk, week, outbox).deliveries[0].state == "unknown"
        assert outbox.arrived == []
        assert send_weekly(desk, week, outbox, again=True).deliveries[0].state == "sent"
    else:
        assert send_weekly(desk, week, outbox).deliveries[0].state == "sent"
    send_weekly(desk, week, outbox)
    assert (len(outbox.arrived), state(desk)) == (1, "sent")
