"""What is said of pulls: what would be asked, what was, and how fresh the costs were at a moment."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.connections import remove_connection
from capdesk.services.providers.pull_fakes import call_state
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.source_states import SourceState, source_states
from capdesk.services.sync import query_price, sync_log
from capdesk.services.sync.runs import open_run, sole_puller
from tests.services.sync.pulling import DAY, REFUSED, SID, SUB, TABLE, Fakes, connect, sizes, today
from tests.support import builders


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


def states(desk: Desk, as_of: datetime | None = None) -> list[SourceState]:
    moment = as_of or resolve_as_of(desk)
    return desk.read(lambda session: source_states(session, moment))


def test_that_what_would_be_asked_is_told_of_each_account_and_nothing_is_pulled(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    connect(desk, "gcp")
    last = today(desk) - DAY
    fakes.twilio.account(SID, "Main")
    fakes.calls.account(SID, "Main")
    fakes.gcp.account("B1", "Billing")
    fakes.gcp.bytes_billed = 3 * 2**30
    before = sizes(desk)
    told = {one.source: one for one in fakes.explain(desk, since=last - 40 * DAY)}
    assert sizes(desk) == before
    assert fakes.twilio.asked == fakes.gcp.asked == fakes.calls.asked == []
    for one in told.values():
        assert (one.first, one.last, one.due, one.error) == (last - 40 * DAY, last, True, None)
    assert told["twilio"].name == "Main"
    assert len(told["twilio-calls"].queries) == 2
    assert (told["gcp"].connection, told["gcp"].bytes, told["twilio"].bytes) == (TABLE, 3 * 2**30, None)
    fakes.sync(desk)
    assert [one.due for one in fakes.explain(desk)] == [False] * 3


def test_that_who_cannot_be_asked_is_told_beside_the_others(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    connect(desk, "gcp")
    fakes.gcp.account("B1")
    fakes.closed["twilio"] = fakes.closed["twilio-calls"] = REFUSED
    assert [(one.source, one.account, one.error) for one in fakes.explain(desk)] == [
        ("twilio", "", str(REFUSED)),
        ("twilio-calls", "", str(REFUSED)),
        ("gcp", "B1", None),
    ]


def test_that_the_log_tells_of_each_run_newest_first(desk: Desk, fakes: Fakes) -> None:
    connect(desk, "gcp")
    connect(desk)
    last = today(desk) - DAY
    for account in (SID, SUB):
        fakes.twilio.state(account, last, "40")
    fakes.sync(desk, "twilio", since=last - 4 * DAY)
    fakes.gcp.account("B1")
    fakes.gcp.bytes_billed = 2**40
    fakes.sync(desk, "gcp", since=last)
    fakes.twilio.failures[SUB] = REFUSED
    fakes.sync(desk, "twilio")
    failed, billed, done = desk.read(sync_log)
    assert (done.source, done.connection, done.accounts, done.rows, done.landed) == ("twilio", SID, 2, 2, 2)
    assert (done.first_day, done.through, done.difference_usd) == (last - 4 * DAY, last, Decimal(80))
    assert (done.state, done.detail) == ("done", "")
    assert done.ended_at is not None
    assert (billed.bytes_billed, billed.estimated_usd) == (2**40, Decimal("6.25"))
    assert (failed.state, failed.detail, failed.accounts) == ("failed", f"{SUB}: {REFUSED}", 1)
    assert desk.read(lambda session: sync_log(session, 1)) == [failed]


def test_that_a_run_without_an_end_is_running_only_while_somebody_pulls(desk: Desk) -> None:
    number = connect(desk).id
    for _ in range(2):
        desk.write(lambda session: open_run(session, number, "twilio"))
    desk.write(lambda session: open_run(session, number, "twilio-calls"))
    assert [run.state for run in desk.read(sync_log)] == ["interrupted"] * 3
    with sole_puller(desk.engine, number, "twilio") as mine:
        assert mine
        assert [run.state for run in desk.read(sync_log)] == ["interrupted", "running", "interrupted"]


@pytest.mark.parametrize(("bytes_billed", "usd"), [(0, "0"), (10_485_760, "0.000060"), (2**40, "6.25")])
def test_that_the_price_of_queries_is_an_estimate_at_the_list_price(bytes_billed: int, usd: str) -> None:
    assert query_price(bytes_billed) == Decimal(usd)


def test_that_costs_are_as_fresh_as_their_stalest_account(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    assert states(desk) == [SourceState("twilio", SID, None, None, None)]
    for account in (SID, SUB):
        fakes.twilio.state(account, last, "40")
    fakes.costs(desk)
    (fresh,) = states(desk)
    assert (fresh.through, fresh.last_error) == (last, None)
    assert fresh.last_done_at is not None
    fakes.twilio.faulty[SUB, last] = "No number."
    fakes.costs(desk)
    (stale,) = states(desk)
    assert (stale.through, stale.last_done_at) == (last - DAY, fresh.last_done_at)
    assert stale.last_error == f"{SUB}: {last} could not be taken (No number); it is asked for again next time."


def test_that_an_account_that_is_gone_no_longer_counts_once_a_whole_pull_is_done(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SUB, last, "1")
    fakes.twilio.faulty[SUB, last] = "No number."
    fakes.twilio.account(SID)
    fakes.costs(desk)
    assert states(desk)[0].through == last - DAY
    fakes.twilio.known.pop(0)
    fakes.costs(desk)
    assert states(desk)[0].through == last


def test_that_freshness_as_of_a_moment_stays_what_it_was(desk: Desk, fakes: Fakes) -> None:
    number = connect(desk).id
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "1")
    seen = []

    def look() -> None:
        moment = resolve_as_of(desk)
        seen.append((moment, states(desk, moment)))

    look()
    fakes.twilio.failures[SID] = REFUSED
    fakes.costs(desk)
    look()
    fakes.twilio.failures.clear()
    fakes.costs(desk)
    look()
    desk.write(lambda session: open_run(session, number, "twilio"))
    look()
    fakes.calls.state(call_state("CA1", SID, datetime.combine(last, time(), UTC)))
    fakes.sync(desk)
    assert [states(desk, moment) for moment, _ in seen] == [told for _, told in seen]
    errors = [told[0].last_error for _, told in seen]
    assert errors[:3] == [None, f"{SID}: {REFUSED}", None]
    assert (errors[3] or "").endswith("has not ended.")
    assert [told[0].through for _, told in seen] == [None, None, last, last]
    assert states(desk, builders.database_now(desk) - timedelta(days=1)) == []


def test_that_a_connection_that_was_removed_says_nothing_of_freshness(desk: Desk) -> None:
    connect(desk, "gcp")
    desk.write(lambda session: remove_connection(session, TABLE))
    assert states(desk) == []
