"""Which week an email is due for, and which weeks were missed."""

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week
from capdesk.services.notifications import (
    due_week,
    send_weekly,
)
from capdesk.services.notifications.weekly import due_at
from capdesk.services.providers.mail import OutboxMailer
from capdesk.services.settings import change_settings
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.ledgers import superuser, unguarded
from tests.support.senders import logged, on_friday

W45, W46 = Week(2026, 45), Week(2026, 46)
REFUSED = DeliveryFailed("Nothing was sent: the mailbox is full.")


@pytest.fixture
def posted(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    return on_friday(desk)


# Which week is due


def test_that_by_default_the_newest_due_week_is_sent(posted: Desk) -> None:
    posted.write(lambda session: change_settings(session, 1, weekly_weekday=5, weekly_time=time(12, 30)))
    outbox = OutboxMailer()
    send_weekly(posted, mailer=outbox)  # Friday 12:00: the email of W46 is due at 12:30
    posted.clock = FixedClock(datetime(2026, 11, 20, 17, 30, tzinfo=UTC))
    send_weekly(posted, mailer=outbox)
    assert [message.subject.split(":")[0] for message in outbox.arrived] == ["capdesk 2026-W45", "capdesk 2026-W46"]


ZONES = sorted(available_timezones() - {"localtime"})


@given(st.sampled_from(ZONES), st.integers(0, 52 * 10), st.integers(1, 7), st.times())
def test_that_a_week_is_due_once_and_not_before_its_local_time(name: str, number: int, weekday: int, at: time) -> None:
    zone, at = ZoneInfo(name), at.replace(tzinfo=None)
    week = Week.of(date(2018, 1, 1) + timedelta(weeks=number))
    due, following = due_at(week, zone, weekday, at), due_at(Week.of(week.sunday + timedelta(1)), zone, weekday, at)
    local = due.astimezone(zone).replace(tzinfo=None)
    assert local >= datetime.combine(week.sunday + timedelta(weekday), at)
    assert week.end(zone) <= due < following
    assert due_week(due, zone, weekday, at) == week
    assert due_week(due - timedelta(microseconds=1), zone, weekday, at) == week.previous()
    assert due_week(following - timedelta(microseconds=1), zone, weekday, at) == week


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("America/New_York", "2026-03-08T02:30"),  # skipped: 02:00 becomes 03:00
        ("America/New_York", "2026-11-01T01:30"),  # twice
        ("Australia/Lord_Howe", "2026-04-05T01:45"),  # half an hour, twice
        ("Pacific/Apia", "2011-12-30T07:30"),  # a day that never was
        ("Africa/Casablanca", "2026-02-15T02:30"),
    ],
)
def test_that_a_timer_that_fires_every_quarter_hour_sends_each_week_once_across_a_clock_change(
    name: str, local: str
) -> None:
    zone, moment = ZoneInfo(name), datetime.fromisoformat(local)
    at, start = moment.time(), moment.replace(tzinfo=UTC) - timedelta(days=20)
    ticks = [start + timedelta(minutes=15 * step) for step in range(96 * 40)]
    claimed: dict[Week, datetime] = {}
    for tick in ticks:
        claimed.setdefault(due_week(tick, zone, moment.isoweekday(), at), tick)
    weeks = sorted(claimed)[1:]
    assert weeks == [Week.of(weeks[0].monday + timedelta(weeks=step)) for step in range(len(weeks))]
    assert all(claimed[week] - due_at(week, zone, moment.isoweekday(), at) < timedelta(minutes=15) for week in weeks)


# Missed weeks


def test_that_missed_weeks_are_skipped_and_named_in_the_next_email(posted: Desk) -> None:
    outbox = OutboxMailer()
    send_weekly(posted, Week(2026, 43), outbox)
    sending = send_weekly(posted, W46, outbox)
    assert sending.skipped == ("2026-W44", "2026-W45")
    assert "2026-W44" in outbox.arrived[1].text
    assert "2026-W45" in outbox.arrived[1].html
    assert [(one.period, one.state) for one in logged(posted)][1:3] == [
        ("2026-W44", "skipped"),
        ("2026-W45", "skipped"),
    ]


def test_that_weeks_before_the_desk_had_any_fact_were_not_missed(posted: Desk) -> None:
    assert send_weekly(posted, W46, OutboxMailer()).skipped == ()


def test_that_weeks_since_the_first_fact_were_missed(posted: Desk, database: TestDatabase) -> None:
    builders.running_experiment(posted)
    with superuser(database.admin) as connection, unguarded(connection, "experiment_transition"):
        connection.exec_driver_sql(
            "UPDATE experiment_transition SET recorded_at = '2026-10-28', occurred_at = '2026-10-28'"
        )
    assert send_weekly(posted, W46, OutboxMailer()).skipped == ("2026-W44", "2026-W45")


def test_that_a_week_that_failed_to_the_end_is_skipped_and_named_in_the_first_email_that_arrives(posted: Desk) -> None:
    outbox = OutboxMailer([REFUSED, REFUSED])
    for week in (Week(2026, 44), W45, W46):
        send_weekly(posted, week, outbox)
    assert [one.state for one in logged(posted)] == ["skipped", "skipped", "sent"]
    assert "2026-W44" in outbox.arrived[0].text
    assert "2026-W45" in outbox.arrived[0].text


def test_that_a_skipped_week_is_not_sent_later(posted: Desk) -> None:
    outbox = OutboxMailer()
    for week in (Week(2026, 44), W46, W45):
        sending = send_weekly(posted, week, outbox)
    assert (sending.exit_code, sending.deliveries[0].state, len(outbox.arrived)) == (1, "skipped", 2)


@pytest.mark.parametrize("seed", range(2))
def test_that_a_desk_asleep_for_1_to_60_days_sends_the_newest_week_and_names_all_others(
    posted: Desk, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    outbox, now, told = OutboxMailer(), datetime(2016, 1, 6, tzinfo=UTC), Week(2015, 53)
    posted.clock = clock = FixedClock(now)
    send_weekly(posted, mailer=outbox)
    for _ in range(40):
        now += timedelta(days=rng.uniform(1, 60))
        clock.moment = now
        arrived, week = len(outbox.arrived), due_week(now, posted.zone, 1, time(7, 30))
        sending = send_weekly(posted, mailer=outbox)
        assert len(outbox.arrived) - arrived == (week > told)
        missed = [Week.of(day) for day in _mondays(told, week)]
        assert week == told or sending.skipped == tuple(map(str, missed))
        assert all(f"{one}" in outbox.arrived[-1].text for one in missed)
        told = week
    assert max(Counter((one.period, one.recipient) for one in logged(posted)).values()) == 1


def _mondays(told: Week, due: Week) -> list[date]:
    """The Mondays of the weeks between two."""
    count = (due.monday - told.monday).days // 7
    return [told.monday + timedelta(weeks=step) for step in range(1, count)]
