"""Calls: a month at a time, page by page; looked at again while a price may still come."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.providers.pull import Span
from capdesk.services.providers.pull_fakes import call_state
from capdesk.services.sync import SourcePull
from capdesk.services.sync.accounts import windows
from tests.services.sync.pulling import (
    DAY,
    REFUSED,
    SID,
    SUB,
    Fakes,
    connect,
    differences,
    outcomes,
    rows,
    through,
    today,
)
from tests.support import builders


@pytest.fixture
def fakes(desk: Desk) -> Fakes:
    connect(desk)
    return Fakes()


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def pull(desk: Desk, fakes: Fakes, since: date | None = None) -> SourcePull:
    (found,) = fakes.sync(desk, "twilio-calls", since=since).pulls
    return found


def test_that_calls_land_once_and_again_only_where_they_changed(desk: Desk, fakes: Fakes) -> None:
    day = today(desk) - DAY
    first = fakes.calls.state(call_state("CA1", SID, noon(day)))
    fakes.calls.state(call_state("CA2", SID, noon(day), phone="+13055550123"))
    assert pull(desk, fakes).accounts[0].landed == 2
    assert pull(desk, fakes).accounts[0].landed == 0
    fakes.calls.state(first, price_usd=Decimal("0.0135"))
    assert pull(desk, fakes).accounts[0].landed == 1
    assert rows(desk, "SELECT sid, price_usd FROM twilio_call ORDER BY id") == [
        ("CA1", None),
        ("CA2", None),
        ("CA1", Decimal("0.0135")),
    ]
    assert rows(desk, "SELECT count(*) FROM staged_twilio_call") == [(0,)]
    assert rows(desk, "SELECT count(*) FROM event_tally") == rows(desk, "SELECT count(*) FROM cost_rollup") == [(0,)]
    assert differences(desk) == ()


def test_that_a_span_is_taken_in_stretches_of_a_month_without_a_gap() -> None:
    first = date(2026, 1, 1)
    for days in (1, 30, 31, 32, 62, 63, 400):
        whole = Span(first, first + (days - 1) * DAY)
        parts = list(windows(whole))
        covered = [part.first + n * DAY for part in parts for n in range((part.last - part.first).days + 1)]
        assert covered == [first + n * DAY for n in range(days)]
        assert max((part.last - part.first).days for part in parts) < 31


def test_that_each_month_of_calls_stays_whatever_happens_to_the_next(desk: Desk, fakes: Fakes) -> None:
    last = today(desk) - DAY
    first = last - 61 * DAY
    for back in (0, 61):
        fakes.calls.state(call_state(f"CA{back}", SID, noon(last - back * DAY)))

    def fail_later(account: str, span: Span) -> None:
        if span.first > first:
            fakes.calls.failures[account] = REFUSED

    fakes.calls.meanwhile = fail_later
    found = pull(desk, fakes, first)
    assert (found.state, found.accounts[0].landed, found.accounts[0].through) == ("failed", 1, first + 30 * DAY)
    assert outcomes(desk) == [("twilio-calls", "failed", f"{SID}: {REFUSED}")]
    fakes.calls.meanwhile = lambda _account, _span: None
    fakes.calls.failures.clear()
    assert pull(desk, fakes).accounts[0].landed == 1
    assert through(desk, SID, "twilio-calls") == last
    assert rows(desk, "SELECT sid FROM twilio_call ORDER BY id") == [("CA61",), ("CA0",)]


@pytest.mark.parametrize("pages", [0, 1, 2, 3])
def test_that_a_month_cut_off_at_any_page_is_recorded_whole_later(desk: Desk, fakes: Fakes, pages: int) -> None:
    last = today(desk) - DAY
    fakes.calls.page_size = 2
    for number in range(7):
        fakes.calls.state(call_state(f"CA{number}", SID, noon(last)))
    fakes.calls.failures[SID] = REFUSED
    fakes.calls.pages_before_failure = pages
    assert pull(desk, fakes, last).state == "failed"
    for table in ("twilio_call", "staged_twilio_call", "sync_step"):
        assert rows(desk, f"SELECT count(*) FROM {table}") == [(0,)]
    fakes.calls.failures.clear()
    assert pull(desk, fakes, last).accounts[0].landed == 7
    assert rows(desk, "SELECT count(DISTINCT sid), count(*) FROM twilio_call") == [(7, 7)]


@pytest.mark.parametrize(
    ("back", "status", "price", "asked_back"),
    [
        (1, "completed", "0.01", 3),
        (5, "completed", "0.01", 3),
        (5, "completed", None, 5),
        (7, "completed", None, 7),
        (8, "completed", None, 3),
        (5, "no-answer", None, 3),
    ],
)
def test_that_the_next_pull_goes_back_three_days_or_to_the_first_call_that_lacks_its_price(
    desk: Desk, fakes: Fakes, back: int, status: str, price: str | None, asked_back: int
) -> None:
    now = today(desk)
    amount = None if price is None else Decimal(price)
    fakes.calls.state(call_state("CA1", SID, noon(now - back * DAY), status=status, price_usd=amount))
    pull(desk, fakes, now - 20 * DAY)
    pull(desk, fakes)
    assert fakes.calls.asked[-1] == (
        SID,
        Span(now - asked_back * DAY, now - DAY, fakes.calls.asked[-1][1].changed_since),
    )


def test_that_a_call_without_a_price_when_it_was_last_pulled_is_asked_for_however_long_ago(
    desk: Desk, fakes: Fakes
) -> None:
    now = today(desk)
    clock, desk.clock = desk.clock, FixedClock(builders.database_now(desk) - timedelta(days=30))
    call = fakes.calls.state(call_state("CA1", SID, noon(now - 35 * DAY)))
    pull(desk, fakes, now - 40 * DAY)
    desk.clock = clock
    fakes.calls.state(call, price_usd=Decimal("0.01"))
    assert pull(desk, fakes).accounts[0].landed == 1


def test_that_a_month_whose_transaction_is_lost_is_read_again(desk: Desk, fakes: Fakes) -> None:
    last = today(desk) - DAY
    first, lost = last - 61 * DAY, [OperationalError("COPY", None, DeadlockDetected())]
    for back in (0, 31, 61):
        fakes.calls.state(call_state(f"CA{back}", SID, noon(last - back * DAY)))

    def lose(_account: str, span: Span) -> None:
        if span.first > first and lost:
            raise lost.pop()

    fakes.calls.meanwhile = lose
    found = pull(desk, fakes, first)
    assert (found.state, found.accounts[0].rows, found.accounts[0].landed) == ("done", 3, 3)
    assert rows(desk, "SELECT sid FROM twilio_call ORDER BY id") == [("CA61",), ("CA31",), ("CA0",)]
    assert through(desk, SID, "twilio-calls") == last


def test_that_one_account_that_fails_leaves_the_calls_of_the_others(desk: Desk, fakes: Fakes) -> None:
    last = today(desk) - DAY
    for account in (SID, SUB):
        fakes.calls.state(call_state(f"CA{account}", account, noon(last)))
    fakes.calls.failures[SID] = REFUSED
    found = pull(desk, fakes)
    assert [(one.account, one.error, one.landed) for one in found.accounts] == [(SID, str(REFUSED), 0), (SUB, None, 1)]
    assert rows(desk, "SELECT account FROM twilio_call") == [(SUB,)]


def test_that_progress_counts_the_rows_of_all_months(desk: Desk, fakes: Fakes) -> None:
    last = today(desk) - DAY
    for back in (0, 40):
        fakes.calls.state(call_state(f"CA{back}", SID, noon(last - back * DAY)))
    told: list[tuple[str, int]] = []
    fakes.sync(desk, "twilio-calls", since=last - 40 * DAY, progress=lambda name, count: told.append((name, count)))
    assert told == [(f"twilio-calls {SID}", 1), (f"twilio-calls {SID}", 2)]
