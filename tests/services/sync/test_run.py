"""What a pull records, what the next one asks for, and what a dry run leaves behind."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.connections import remove_connection
from capdesk.services.providers.pull import Span
from capdesk.services.providers.pull_fakes import FakeCosts, call_state
from tests.services.sync.pulling import (
    DAY,
    SID,
    SUB,
    TABLE,
    Fakes,
    connect,
    differences,
    outcomes,
    recorded,
    rows,
    sizes,
    through,
    today,
)
from tests.support import builders
from tests.support.facts import Facts
from tests.support.sums import costs


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


def no_rows(before: dict[str, int], after: dict[str, int]) -> bool:
    """Nothing but that a pull took place."""
    return {t: n for t, n in before.items() if "sync" not in t} == {t: n for t, n in after.items() if "sync" not in t}


def test_that_a_pull_records_each_days_cost_and_how_far_it_came(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    yesterday = today(desk) - DAY
    fakes.twilio.state(SID, yesterday, "40")
    fakes.twilio.state(SUB, yesterday - DAY, "2.5")
    pull = fakes.costs(desk)
    assert (pull.state, [(one.account, one.rows, one.landed, one.difference_usd) for one in pull.accounts]) == (
        "done",
        [(SID, 1, 1, Decimal(40)), (SUB, 1, 1, Decimal("2.5"))],
    )
    assert recorded(desk) == {(SID, yesterday): 40, (SUB, yesterday - DAY): Decimal("2.5")}
    assert through(desk, SID) == through(desk, SUB) == yesterday
    assert outcomes(desk) == [("twilio", "done", "")]
    assert (
        rows(desk, "SELECT kind, file_name, read, landed, duplicate, rejected FROM import_batch")
        == [("twilio-pull", None, 1, 1, 0, 0)] * 2
    )
    assert differences(desk) == ()


def test_that_the_same_pull_again_writes_no_charge_rollup_or_batch(desk: Desk, fakes: Fakes) -> None:
    ids = builders.running_experiment(desk)
    for provider in ("twilio", "gcp"):
        connect(desk, provider)
    Facts(desk).map("twilio", ids.campaign, account=SID)
    yesterday = today(desk) - DAY
    for back in range(5):
        fakes.twilio.state(SID, yesterday - back * DAY, "40")
        fakes.gcp.state("B1", yesterday - back * DAY, "3", project="p", invoice_month=f"{yesterday:%Y%m}")
        fakes.calls.state(
            call_state(f"CA{back}", SID, datetime.combine(yesterday - back * DAY, datetime.min.time(), UTC))
        )
    fakes.sync(desk)
    before = sizes(desk)
    assert before["provider_charge"] == 10
    assert before["cost_rollup"] == before["twilio_call"] == 5
    report = fakes.sync(desk)
    assert no_rows(before, sizes(desk))
    assert report.difference_usd == 0
    assert all(account.landed == 0 for pull in report.pulls for account in pull.accounts)
    assert differences(desk) == ()


def test_that_a_restated_day_is_answered_by_a_difference_on_the_experiment_that_had_it(
    desk: Desk, fakes: Fakes
) -> None:
    """Worked example 3 of the definitions: $40.00 restated to $43.10 after the experiment ended."""
    connect(desk)
    day = today(desk) - 3 * DAY
    ids = builders.running_experiment(desk, at=datetime.combine(day, datetime.min.time(), UTC))
    Facts(desk).map("twilio", ids.campaign, account=SID)
    fakes.twilio.state(SID, day, "40.00")
    fakes.costs(desk)
    builders.move(desk, ids.experiment, "complete")
    fakes.twilio.state(SID, day, "43.10")
    pull = fakes.costs(desk)
    assert pull.accounts[0].difference_usd == Decimal("3.10")
    assert [(row[0], row[2], row[4]) for row in costs(desk)] == [
        (day, ids.experiment, Decimal("40.00")),
        (day, ids.experiment, Decimal("3.10")),
    ]
    assert differences(desk) == ()


def test_that_a_grain_that_is_gone_is_taken_back(desk: Desk, fakes: Fakes) -> None:
    connect(desk, "gcp")
    day = today(desk) - 2 * DAY
    fakes.gcp.state("B1", day, "5", project="a", invoice_month=f"{day:%Y%m}")
    fakes.gcp.state("B1", day, "7", project="b", invoice_month=f"{day:%Y%m}")
    fakes.sync(desk)
    fakes.gcp.forget("B1", day)
    fakes.gcp.state("B1", day, "7", project="b", invoice_month=f"{day:%Y%m}")
    fakes.sync(desk)
    assert rows(desk, "SELECT project, amount_usd FROM provider_charge ORDER BY id") == [("a", 5), ("b", 7), ("a", -5)]
    fakes.gcp.forget("B1", day)
    fakes.sync(desk)
    assert recorded(desk) == {}
    assert differences(desk) == ()


def test_that_the_next_pull_goes_back_as_far_as_the_provider_may_still_restate(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.account(SID)
    fakes.costs(desk, since=last - 40 * DAY)
    first = rows(desk, "SELECT recorded_at FROM sync_run")[0][0]
    fakes.costs(desk)
    assert [span for _, span in fakes.twilio.asked] == [
        Span(last - 40 * DAY, last),
        Span(today(desk) - 10 * DAY, last, first),
    ]


def test_that_days_nobody_pulled_are_never_stepped_over(desk: Desk, fakes: Fakes) -> None:
    """An account that failed for long is asked for all that is unknown or may have changed, whatever --since says."""
    connect(desk)
    last = today(desk) - DAY
    clock, now = desk.clock, builders.database_now(desk)
    desk.clock = FixedClock(now - timedelta(days=60))
    fakes.twilio.account(SID)
    fakes.costs(desk, since=last - 90 * DAY)
    desk.clock = clock
    fakes.costs(desk, since=last)
    assert [(span.first, span.last) for _, span in fakes.twilio.asked] == [
        (last - 90 * DAY, last - 60 * DAY),
        (last - 69 * DAY, last),
    ]


def test_that_the_history_of_an_account_begins_where_the_owner_said(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last - 5 * DAY, "40")
    fakes.costs(desk, since=last - DAY)
    fakes.costs(desk)
    assert recorded(desk) == {}
    fakes.costs(desk, since=last - 5 * DAY)
    assert recorded(desk) == {(SID, last - 5 * DAY): 40}


def test_that_a_first_pull_begins_a_month_before_anything_here_did(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    fakes.twilio.account(SID)
    builders.running_experiment(desk, at=datetime(2026, 5, 20, tzinfo=UTC))
    fakes.costs(desk)
    assert fakes.twilio.asked[0][1].first == date(2026, 4, 1)


def test_that_a_dry_run_shows_the_differences_and_leaves_no_trace(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    connect(desk, "gcp")
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "40")
    fakes.twilio.state(SID, last - DAY, "7")
    fakes.gcp.state("B1", last, "3", project="p", invoice_month=f"{last:%Y%m}")
    fakes.calls.state(call_state("CA1", SID, datetime.combine(last, datetime.min.time(), UTC)))
    before = sizes(desk)
    report = fakes.sync(desk, dry_run=True)
    assert sizes(desk) == before
    assert report.dry_run
    told = {pull.source: pull.accounts[0] for pull in report.pulls}
    assert [(day.day, day.difference_usd) for day in told["twilio"].days] == [
        (last - DAY, Decimal(7)),
        (last, Decimal(40)),
    ]
    assert (told["gcp"].difference_usd, told["twilio-calls"].landed) == (Decimal(3), 1)
    fakes.costs(desk)
    fakes.twilio.state(SID, last, "43.10")
    (pull,) = fakes.sync(desk, "twilio", dry_run=True).pulls
    assert [(day.day, day.difference_usd) for day in pull.accounts[0].days] == [(last, Decimal("3.10"))]
    assert recorded(desk)[SID, last] == 40
    assert differences(desk) == ()


def test_that_a_connection_that_was_removed_is_asked_nothing(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    connect(desk, "gcp")
    desk.write(lambda session: remove_connection(session, TABLE))
    assert [pull.source for pull in fakes.sync(desk).pulls] == ["twilio", "twilio-calls"]


def test_that_days_before_an_accounts_history_are_left_out_of_what_a_provider_goes_back_to(desk: Desk) -> None:
    """A source may go back to older days that changed; the owner's own beginning holds all the same."""

    class GoesBack(FakeCosts):
        def look_back(self, today_utc: date) -> date:
            return today_utc - DAY

    connect(desk)
    fakes, last = Fakes(twilio=GoesBack()), today(desk) - DAY
    fakes.twilio.state(SID, last - DAY, "1")
    fakes.costs(desk, since=last)
    fakes.costs(desk)
    assert recorded(desk) == {}


def test_that_a_large_pull_is_recorded_set_by_set(desk: Desk, fakes: Fakes) -> None:
    """20,000 grains of 40 mapped projects, all restated, in a database without statistics: seconds, not hours."""
    connect(desk, "gcp")
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - 30 * DAY)
    Facts(desk).map("gcp", ids.campaign, account="B1")
    last = today(desk) - DAY
    for usd in ("1.5", "2"):
        for number in range(20_000):
            grain = {"project": f"p{number % 40}", "sku": f"s{number}", "invoice_month": f"{last:%Y%m}"}
            fakes.gcp.state("B1", last - (number % 5) * DAY, usd, **grain)
        assert fakes.sync(desk).pulls[0].accounts[0].landed == 20_000
    assert rows(desk, "SELECT experiment_id, count(*), sum(cost_usd) FROM cost_rollup GROUP BY 1") == [
        (ids.experiment, 40_000, Decimal(40_000))
    ]
