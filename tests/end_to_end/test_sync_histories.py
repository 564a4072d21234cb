"""Whatever providers restate, rate late, take back or send late, pulled by the real clients: the ledger says it too."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.database.embedded import Lease
from capdesk.services.providers.local.http import Cut
from tests.services.sync.pulling import today
from tests.support import builders
from tests.support.facts import Facts, fresh_desk
from tests.support.outside import ACCOUNTS, DAY, MAIN, Outside, quick_sync
from tests.support.pulled import Pulled

OLDEST = 60
TWILIO_RESTATES, GOOGLE_RESTATES = 6, 20
"""Days back from today: what both restate lies well within what a pull looks back to."""
OfTwilio = Literal["restated", "not rated yet", "gone", "other categories", "call rated"]
OfGoogle = Literal["row", "row twice", "late row", "negative row", "credit", "month moved", "row gone"]
Kind = OfTwilio | OfGoogle


@dataclass(frozen=True)
class Change:
    """Something a provider does about a day `back` days before yesterday (-1: today, which has not ended)."""

    kind: Kind
    back: int
    cents: int
    whose: int = 0

    def happen(self, outside: Outside) -> None:
        usd = Decimal(self.cents) / 100
        day = outside.today - (self.back + 1) * DAY
        match self.kind:
            case "late row":
                outside.row(day - self.back * 3 * DAY, usd, arrived=outside.arrives)
            case "call rated":
                outside.rate_calls_of(max(day, outside.today - 3 * DAY), usd)
            case "row" | "row twice" | "negative row" | "credit" | "month moved" | "row gone":
                self._of_google(outside, usd)
            case _:
                self._of_twilio(outside, usd)

    def _of_twilio(self, outside: Outside, usd: Decimal) -> None:
        account = ACCOUNTS[self.whose]
        day = outside.today - (min(self.back, TWILIO_RESTATES) + 1) * DAY
        match self.kind:
            case "restated":
                outside.state(account, day, usd)
            case "other categories":
                outside.state(account, day, usd, noise=("sms", "phonenumbers", "recordings"))
            case "not rated yet" if self.back >= 0:
                outside.unrate(account, day)
            case "gone":
                outside.forget(account, day)

    def _of_google(self, outside: Outside, usd: Decimal) -> None:
        day = outside.today - (self.back + 1) * DAY
        project = ("web", "api", "")[self.whose] or None
        known = outside.rows_of(day)
        match self.kind:
            case "row":
                outside.row(day, usd, project=project)
            case "row twice":
                outside.row(day, usd, project=project)
                outside.row(day, usd, project=project)
            case "negative row":
                outside.row(day, -usd, project=project, cost_type="adjustment")
            case "credit":
                outside.row(day, usd, project=project, credits=[{"name": "Free", "amount": -self.cents / 200}])
            case "month moved" if known:
                later = {"month": f"{day + timedelta(days=31):%Y%m}"}
                outside.instead(known[0], known[0] | {"invoice": later})
            case "row gone" if known:
                outside.instead(known[0])


@dataclass(frozen=True)
class Round:
    """Days later all this happens, and then a pull, of which an answer may be cut."""

    days_later: int
    changes: list[Change]
    cut: int = 0


changes = st.builds(
    Change,
    st.sampled_from([*get_args(OfTwilio), *get_args(OfGoogle)]),
    st.integers(-1, GOOGLE_RESTATES - 1),
    st.integers(0, 9_999),
    st.integers(0, 2),
)
histories = st.lists(
    st.builds(Round, st.integers(0, 3), st.lists(changes, min_size=1, max_size=8), st.integers(-20, 20)),
    min_size=2,
    max_size=4,
)
EVERYTHING_ONCE = [
    Round(0, [Change("restated", 1, 4000), Change("row", 2, 125), Change("row twice", 2, 250, 1)]),
    Round(1, [Change("not rated yet", 1, 0), Change("credit", 3, 1000), Change("late row", 15, 777)], cut=9),
    Round(3, [Change("restated", 4, 4310), Change("month moved", 6, 0), Change("negative row", 6, 50)]),
    Round(2, [Change("gone", 6, 0), Change("row gone", 8, 0), Change("call rated", 0, 14), Change("restated", -1, 9)]),
]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
@example(history=EVERYTHING_ONCE)
def test_that_the_ledger_says_what_both_providers_say_now(
    server: Lease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: list[Round]
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        really = today(desk)
        start = really - 14 * DAY
        with Outside(start, first=start - OLDEST * DAY, signed_in=False) as outside:
            outside.arrives = really
            for name, value in outside.environment().items():
                monkeypatch.setenv(name, value)
            outside.connect(desk)
            Facts(desk).map("twilio", builders.campaign(desk), account=MAIN)
            live(desk, outside, history)


def live(desk: Desk, outside: Outside, history: list[Round]) -> None:
    pulled = Pulled(desk, outside)
    for number, step in enumerate(history):
        outside.today += step.days_later * DAY
        desk.clock = FixedClock(datetime.combine(outside.today, time(12), UTC))
        for change in step.changes:
            change.happen(outside)
        if step.cut > 0:
            outside.at(step.cut, Cut(0))
            quick_sync(desk, since=outside.first)
            pulled.after_a_fault()
        outside.well()
        report = quick_sync(desk, since=None if number else outside.first)
        assert report.failed == bool(outside.unrated)
        pulled.after_a_good_sync()
    pulled.again()


def test_that_what_changes_while_it_is_read_is_right_after_the_next_pull(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    """Between any two answers of a sync."""
    for number in range(1, 25, 2):
        met = outside.at(number, then=outside.move)
        quick_sync(desk, since=outside.first)
        assert met.is_set()
        outside.well()
        assert not quick_sync(desk, since=outside.first).failed
        pulled.after_a_good_sync()
    assert not pulled.again().failed


def test_that_another_billing_account_of_the_table_is_taken_back_when_its_rows_are_gone(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    """As a reseller's export has them."""
    other = "AAAAAA-BBBBBB-CCCCCC"
    outside.row(outside.days[0], Decimal(7), billing_account_id=other)
    quick_sync(desk, since=outside.first)
    pulled.after_a_good_sync()
    outside.instead(outside.rows_of(outside.days[0])[-1])
    report = quick_sync(desk, dry_run=True)
    assert report.difference_usd == -7
    quick_sync(desk)
    pulled.after_a_good_sync()
    assert other not in {account for account, _day in pulled.ledger()}
    assert not pulled.again().failed
