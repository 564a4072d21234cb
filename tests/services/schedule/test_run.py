"""One firing: what is due is done, each part on its own; and nothing twice, whenever, wherever and however often."""

import dataclasses
import random
import threading
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed, DeliveryUnknown, ProviderUnavailable, Stopped
from capdesk.services.clock import FixedClock
from capdesk.services.database.session import make_engine
from capdesk.services.dates import Week
from capdesk.services.notifications import due_week
from capdesk.services.providers.mail import OutboxMailer
from capdesk.services.schedule.memory import read_last_run
from capdesk.services.schedule.run import RunReport, Sync, run_due
from capdesk.services.settings import change_settings
from capdesk.services.sync import SourcePull, SyncReport
from tests.conftest import TestDatabase
from tests.services.sync.pulling import Fakes, connect, rows, today
from tests.support import builders
from tests.support.senders import logged, on_friday

REFUSED = DeliveryFailed("Nothing was sent: the mailbox is full.")
UNKNOWN = DeliveryUnknown("Nobody can tell.")
DAY = timedelta(days=1)


def nothing_connected(_desk: Desk) -> SyncReport:
    return SyncReport(False, ())


def raising(error: Exception) -> Sync:
    def sync(_desk: Desk) -> SyncReport:
        raise error

    return sync


@pytest.fixture
def posted(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    return on_friday(desk)


def states(report: RunReport) -> dict[str, str]:
    return {part.name: part.state for part in report.parts}


def line(report: RunReport, name: str) -> str:
    return next(part.line for part in report.parts if part.name == name)


# What is due, and what is not


def test_that_a_desk_with_nothing_set_up_has_nothing_due(desk: Desk) -> None:
    report = run_due(desk, nothing_connected)
    assert (states(report), report.exit_code) == ({"sync": "nothing", "alerts": "nothing", "weekly": "nothing"}, 0)
    assert report.lines == (
        "No account is connected, so no cost is pulled.",
        "No mail server, sender or recipient is set, so no email is sent.",
    )


def test_that_the_weekly_email_goes_once_when_its_time_has_passed(posted: Desk) -> None:
    posted.write(lambda session: change_settings(session, 1, weekly_weekday=5, weekly_time=time(12, 30)))
    outbox = OutboxMailer()
    told = []
    for minutes in (0, 29, 30, 31, 24 * 60):  # from Friday noon on
        posted.clock = FixedClock(datetime(2026, 11, 20, 17, tzinfo=UTC) + timedelta(minutes=minutes))
        told.append((states(run_due(posted, nothing_connected, outbox))["weekly"], len(outbox.arrived)))
    assert told == [("done", 1), ("nothing", 1), ("done", 2), ("nothing", 2), ("nothing", 2)]
    assert [message.subject.split(":")[0] for message in outbox.arrived] == ["capdesk 2026-W45", "capdesk 2026-W46"]


def test_that_an_alert_goes_once(posted: Desk) -> None:
    builders.running_experiment(posted, at=builders.database_now(posted) - 9 * DAY, days=10)
    outbox = OutboxMailer()
    assert [states(run_due(posted, nothing_connected, outbox))["alerts"] for _ in range(2)] == ["done", "nothing"]
    assert Counter(one.recipient for one in logged(posted, "alert")) == {"olga@example.com": 1}


def test_that_costs_are_pulled_once_a_day_from_the_daily_time_on(desk: Desk) -> None:
    connect(desk)
    fakes = Fakes()
    fakes.twilio.state("AC" + "1" * 32, today(desk) - DAY, "3.10")
    fakes.calls.account("AC" + "1" * 32)
    now = builders.database_now(desk)
    local = (now - timedelta(minutes=10)).astimezone(desk.zone).time().replace(second=0, microsecond=0)
    desk.write(lambda session: change_settings(session, 1, daily_time=local))

    def sync(at: Desk) -> SyncReport:
        return fakes.sync(at, only_due=True)

    pulled = []
    for later in (timedelta(0), timedelta(hours=12), DAY, DAY + timedelta(hours=1)):
        desk.clock = FixedClock(now + later)
        pulled.append(states(run_due(desk, sync))["sync"])
    assert pulled[:2] == ["done", "nothing"]
    assert pulled[2] == "done"
    assert rows(desk, "SELECT sum(amount_usd) FROM provider_charge WHERE amount_usd <> 0") != [(None,)]


# Each part on its own


@pytest.mark.parametrize(
    ("sync", "sentence"),
    [
        (raising(ProviderUnavailable("Twilio fell silent: try again later.")), "Twilio fell silent: try again later."),
        (raising(ValueError("hushhush")), "This is a mistake in capdesk (ValueError)"),
        (
            lambda _: SyncReport(False, (SourcePull("gcp", "shop.b.t", "failed", detail="The table is not there."),)),
            "gcp of shop.b.t failed: The table is not there.",
        ),
    ],
)
def test_that_a_failed_pull_stops_no_email(posted: Desk, sync: Sync, sentence: str) -> None:
    outbox = OutboxMailer()
    report = run_due(posted, sync, outbox)
    assert (states(report), report.exit_code) == ({"sync": "failed", "alerts": "nothing", "weekly": "done"}, 1)
    assert line(report, "sync").startswith(sentence)
    assert "hushhush" not in " ".join(report.lines)
    assert len(outbox.arrived) == 1


def test_that_one_failed_source_does_not_hide_what_the_others_brought(desk: Desk) -> None:
    pulls = (
        SourcePull("gcp", "shop.b.t", "failed", detail="The table is not there."),
        SourcePull("twilio", "AC1", "done"),
        SourcePull("twilio-calls", "AC1", "busy"),
    )
    report = run_due(desk, lambda _: SyncReport(False, pulls, ("The clock is ahead.",)))
    assert line(report, "sync") == (
        "gcp of shop.b.t failed: The table is not there. Pulled twilio of AC1: 0 new rows. "
        "twilio-calls of AC1 is being pulled just now. The clock is ahead."
    )
    assert "\n" not in line(report, "sync")


def test_that_a_refused_email_is_tried_again_at_the_next_firing(posted: Desk) -> None:
    outbox = OutboxMailer([REFUSED])
    codes = [run_due(posted, nothing_connected, outbox).exit_code for _ in range(3)]
    assert (codes, len(outbox.arrived)) == ([1, 0, 0], 1)


def test_that_an_email_nobody_can_tell_of_is_told_at_each_firing_and_never_repeated(posted: Desk) -> None:
    outbox = OutboxMailer([UNKNOWN])
    reports = [run_due(posted, nothing_connected, outbox) for _ in range(3)]
    assert ([report.exit_code for report in reports], len(outbox.arrived)) == ([1, 1, 1], 1)
    assert all("capdesk report weekly --week 2026-W46 --send --again" in line(one, "weekly") for one in reports)


def test_that_who_stops_it_by_hand_stops_all_of_it(posted: Desk) -> None:
    outbox = OutboxMailer()
    with pytest.raises(Stopped):
        run_due(posted, raising(Stopped(False)), outbox)
    assert outbox.arrived == []


# Two firings at once


def test_that_firings_at_once_send_each_email_once(posted: Desk, database: TestDatabase, tmp_path: Path) -> None:
    outbox, ready, reports = OutboxMailer(), threading.Barrier(4), list[RunReport]()

    def fire() -> None:
        with Desk(tmp_path, posted.clock, make_engine(database.app), posted.zone, 1) as mine:
            ready.wait()
            reports.append(run_due(mine, nothing_connected, outbox))

    threads = [threading.Thread(target=fire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [report.exit_code for report in reports] == [0] * 4
    assert len(outbox.arrived) == 1


# Missed firings


def test_that_a_desk_asleep_for_days_sends_the_newest_week_and_names_the_missed_ones(posted: Desk) -> None:
    rng, outbox, now = random.Random(5), OutboxMailer(), datetime(2020, 1, 6, 18, tzinfo=UTC)  # noqa: S311
    told: list[Week] = []
    for _ in range(12):
        posted.clock = FixedClock(now)
        run_due(posted, nothing_connected, outbox)
        week = due_week(now, posted.zone, 1, time(7, 30))
        if told and week > told[-1]:
            missed = (week.monday - told[-1].monday).days // 7 - 1
            assert sum(one.state == "skipped" for one in logged(posted) if one.period > str(told[-1])) == missed
        told.append(week)
        now += timedelta(days=rng.uniform(1, 60))
    assert len(outbox.arrived) == len(set(told))


# Clocks that jump


class Jumping:
    """A clock that jumps when it has been asked a number of times."""

    def __init__(self, start: datetime, jump: timedelta, after: int) -> None:
        self._start, self._jump, self._after, self.asked = start, jump, after, 0

    def now(self) -> datetime:
        self.asked += 1
        return self._start + (self._jump if self.asked > self._after else timedelta(0))


class Going:
    """A clock that goes on a little each time it is asked."""

    def __init__(self, start: datetime, step: timedelta) -> None:
        self._now, self._step = start, step

    def now(self) -> datetime:
        self._now += self._step
        return self._now


def test_that_fifty_jumps_of_the_clock_double_nothing(posted: Desk) -> None:
    """From one second to 400 days, either way. Sometimes the owner says that a clock which was set back is right."""
    rng, outbox, now = random.Random(4), OutboxMailer(), datetime(2023, 11, 20, 17, tzinfo=UTC)  # noqa: S311
    latest = now
    for number in range(50):
        now += rng.choice((-1, 1)) * timedelta(seconds=10 ** rng.uniform(0, 7.53))
        now = min(max(now, datetime(2020, 1, 1, tzinfo=UTC)), datetime(2026, 11, 1, tzinfo=UTC))
        posted.clock = FixedClock(now)
        arrived, right = len(outbox.arrived), number % 3 == 0
        report = run_due(posted, nothing_connected, outbox, clock_is_right=right)
        if right:
            latest = now
        if now < latest - timedelta(hours=1):
            assert (set(states(report).values()), report.exit_code) == ({"failed"}, 1)
            assert len(outbox.arrived) == arrived
        else:
            assert report.exit_code == 0, report.lines
        latest = max(latest, now)
    assert len(outbox.arrived) > 10
    assert max(Counter(message.subject for message in outbox.arrived).values()) == 1
    assert max(Counter((one.period, one.recipient) for one in logged(posted)).values()) == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(minutes=1), timedelta(0)])
def test_that_a_clock_that_is_set_back_a_little_stops_nothing(posted: Desk, back: timedelta) -> None:
    outbox = OutboxMailer([REFUSED])
    run_due(posted, nothing_connected, outbox)
    posted.clock = FixedClock(posted.clock.now() - back)
    assert run_due(posted, nothing_connected, outbox).exit_code == 0
    assert len(outbox.arrived) == 1


def test_that_a_clock_set_back_further_stops_all_and_says_so_until_the_owner_says_it_is_right(posted: Desk) -> None:
    outbox = OutboxMailer([REFUSED])
    run_due(posted, nothing_connected, outbox)
    posted.clock = FixedClock(posted.clock.now() - timedelta(hours=1, seconds=1))
    report = run_due(posted, raising(AssertionError("it was asked")), outbox)
    assert report.lines == (
        "This computer's clock says 2026-11-20T15:59:59Z, but it was 2026-11-20T17:00:00Z before, so nothing is done: "
        "set it right, or if it is right now, say so with `capdesk schedule run --clock-is-right`.",
    )
    assert run_due(posted, nothing_connected, outbox, clock_is_right=True).exit_code == 0
    assert run_due(posted, nothing_connected, outbox).exit_code == 0
    assert len(outbox.arrived) == 1


def test_that_a_clock_set_back_is_told_once_though_it_goes_on_between_the_parts(posted: Desk) -> None:
    run_due(posted, nothing_connected, OutboxMailer())
    posted.clock = Going(posted.clock.now() - 8 * DAY, timedelta(microseconds=7))
    assert len(run_due(posted, nothing_connected, OutboxMailer()).lines) == 1


@pytest.mark.parametrize("after", range(1, 5))
def test_that_a_clock_that_jumps_back_in_the_middle_stops_the_emails_that_were_to_follow(
    posted: Desk, after: int
) -> None:
    posted.clock = clock = Jumping(posted.clock.now(), -8 * DAY, after)
    outbox = OutboxMailer()
    report = run_due(posted, nothing_connected, outbox)
    assert (report.exit_code, outbox.arrived) == (1, [])
    told = "but it was 2026-11-20T17:00:00Z before, so nothing is done" if after < 4 else "Week 2026-W46 is not over"
    assert told in line(report, "weekly")
    assert clock.asked > after


def test_that_a_folder_that_cannot_be_written_stops_the_emails(posted: Desk, tmp_path: Path) -> None:
    """A clock that cannot be remembered cannot be believed either."""
    (tmp_path / "file").touch()
    apart = dataclasses.replace(posted, folder=tmp_path / "file")
    outbox = OutboxMailer()
    report = run_due(apart, nothing_connected, outbox)
    assert (report.exit_code, outbox.arrived) == (1, [])


# What is remembered


def test_that_the_last_run_is_remembered_for_the_owner_alone(posted: Desk, tmp_path: Path) -> None:
    report = run_due(posted, nothing_connected, OutboxMailer([REFUSED]))
    last = read_last_run(tmp_path)
    assert last is not None
    assert (last.at, last.exit_code, last.lines) == (report.at, 1, report.lines)
    assert (tmp_path / "schedule-run.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"latest": 1}', b'{"latest": "soon"}', b"[]", b"\xff"])
def test_that_a_damaged_memory_of_the_clock_is_made_anew(posted: Desk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "schedule-clock.json").write_bytes(content)
    assert run_due(posted, nothing_connected, OutboxMailer()).exit_code == 0
    assert b"2026-11-20T17:00:00Z" in (tmp_path / "schedule-clock.json").read_bytes()


# Zones


def test_that_moving_the_desk_to_another_zone_sends_no_week_twice(posted: Desk) -> None:
    outbox, now = OutboxMailer(), datetime(2026, 11, 22, 6, tzinfo=UTC)
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu")
    for step in range(24):
        posted.clock, posted.zone = FixedClock(now + step * timedelta(hours=3)), ZoneInfo(zones[step % 4])
        run_due(posted, nothing_connected, outbox)
    assert [message.subject.split(":")[0] for message in outbox.arrived] == ["capdesk 2026-W46", "capdesk 2026-W47"]


def test_that_a_clock_ahead_of_the_database_sends_no_week_that_is_not_over(posted: Desk) -> None:
    outbox = OutboxMailer()
    posted.clock = FixedClock(builders.database_now(posted) + 30 * DAY)
    report = run_due(posted, nothing_connected, outbox)
    assert (report.exit_code, outbox.arrived) == (1, [])
    assert "had not begun by" in line(report, "weekly")
