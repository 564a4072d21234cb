"""Days as both sides count them: clocks that are wrong, and a day restated after its experiment ended."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week, business_date, day_start
from capdesk.services.reports.model import Late
from capdesk.services.reports.weekly_report import weekly_report
from tests.conftest import Capdesk
from tests.services.sync.pulling import today
from tests.support import builders
from tests.support.facts import Facts
from tests.support.outside import ACCOUNTS, BILLING, DAY, MAIN, Outside, quick_sync
from tests.support.pulled import Pulled

MIDNIGHT, HALF_AN_HOUR = time(tzinfo=UTC), timedelta(minutes=30)


def state_today_and_tomorrow(outside: Outside) -> None:
    """What is not to be recorded yet, however much it looks like a day."""
    for day in (outside.today, outside.today + DAY):
        for account in ACCOUNTS:
            outside.state(account, day, Decimal(99))
        outside.row(day, Decimal(99))


@pytest.mark.parametrize("hours", [-24, -1, 1, 24, 24 * 40])
def test_that_a_clock_that_is_off_records_no_day_early_and_loses_none(
    desk: Desk, outside: Outside, pulled: Pulled, hours: int
) -> None:
    state_today_and_tomorrow(outside)
    right, really = desk.clock, outside.today
    desk.clock = FixedClock(builders.database_now(desk) + timedelta(hours=hours))
    outside.today = min(really, desk.clock.now().date())
    for _ in range(2):
        report = quick_sync(desk, since=outside.first)
        assert not report.failed
        assert bool(report.notes) == (desk.clock.now().date() > really)
        pulled.after_a_good_sync()
    desk.clock, outside.today = right, really
    assert not quick_sync(desk, since=outside.first).failed
    pulled.after_a_good_sync()
    assert {day for _, day in pulled.ledger()} == set(outside.days)


@pytest.mark.parametrize("ahead", [True, False])
def test_that_an_hour_around_midnight_moves_no_day(desk: Desk, outside: Outside, pulled: Pulled, ahead: bool) -> None:
    """Half past midnight here while it is half past eleven there, and the reverse."""
    state_today_and_tomorrow(outside)
    right, really = desk.clock, outside.today
    midnight = datetime.combine(really + ahead * DAY, MIDNIGHT)
    desk.clock = FixedClock(midnight + HALF_AN_HOUR if ahead else midnight - HALF_AN_HOUR)
    outside.today = really if ahead else really - DAY
    assert not quick_sync(desk, since=outside.first).failed
    pulled.after_a_good_sync()
    desk.clock, outside.today = right, really
    outside.move()
    assert not quick_sync(desk).failed
    pulled.after_a_good_sync()
    assert {day for _, day in pulled.ledger()} == set(outside.days)


def test_that_a_day_restated_after_its_experiment_ended_is_its_own_and_late(
    desk: Desk, capdesk: Capdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Worked example 3, by `capdesk sync`."""
    now = builders.database_now(desk)
    local = business_date(now, desk.zone)
    day = today(desk) - 9 * DAY
    with Outside(today(desk), days=0, first=day) as outside:
        for name, value in outside.environment().items():
            monkeypatch.setenv(name, value)
        outside.connect(desk)
        e1 = builders.running_experiment(desk, name="E1", at=day_start(local - 16 * DAY, desk.zone))
        Facts(desk).map("twilio", e1.campaign, account=MAIN)
        outside.state(MAIN, day, Decimal("40.00"))
        assert capdesk("sync", "--since", day).code == 0
        builders.move(desk, e1.experiment, "complete", at=day_start(local - 3 * DAY, desk.zone))
        before = weekly_report(desk, Week.of(day))
        outside.state(MAIN, day, Decimal("43.10"))
        assert "$3.10" in capdesk("sync", "--source", "twilio").out
        after = weekly_report(desk, Week.of(day))
        assert [report.rows[0].week.spend_usd for report in (before, after)] == [Decimal("40.00"), Decimal("43.10")]
        query = text("SELECT date, experiment_id, cost_usd FROM cost_rollup ORDER BY id DESC LIMIT 1")
        newest = desk.read(lambda session: session.execute(query).one())
        assert tuple(newest) == (day, e1.experiment, Decimal("3.10"))
        late = [weekly_report(desk, Week.of(local), one.as_of).late for one in (before, after)]
        assert late == [(Late("cost", day, "E1", "twilio", amount_usd=usd),) for usd in (Decimal(40), Decimal("43.1"))]
        assert weekly_report(desk, Week.of(day), before.as_of) == before
        assert f"{day}" in capdesk("report", "weekly", "--week", Week.of(local)).out
        assert capdesk("verify").code == 0
        assert BILLING not in {account for account, _ in outside.stated()}
