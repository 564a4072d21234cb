"""That a failure is one account's own, that what fails is asked for again, and that nobody pulls twice at once."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import ProviderRefused, RuleRefused, Stopped, UsageRefused
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week
from capdesk.services.providers.pull import Span
from capdesk.services.reports.weekly_report import weekly_report
from capdesk.services.sync.runs import sole_puller
from tests.services.sync.pulling import (
    DAY,
    REFUSED,
    SID,
    SUB,
    Fakes,
    connect,
    differences,
    outcomes,
    recorded,
    rows,
    through,
    today,
)
from tests.support import builders


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


def test_that_a_day_that_could_not_be_taken_holds_the_watermark_and_is_asked_for_again(
    desk: Desk, fakes: Fakes
) -> None:
    connect(desk)
    last = today(desk) - DAY
    for back in range(4):
        fakes.twilio.state(SID, last - back * DAY, "1")
    bad = last - 2 * DAY
    fakes.twilio.faulty[SID, bad] = "Its total is no number."
    pull = fakes.costs(desk, since=last - 3 * DAY)
    assert pull.state == "failed"
    assert pull.detail == (
        f"{SID}: {bad} could not be taken (Its total is no number); it is asked for again next time."
    )
    assert through(desk, SID) == bad - DAY
    assert set(recorded(desk)) == {(SID, last - 3 * DAY), (SID, last - DAY), (SID, last)}
    for back, words in ((1, f"{bad} and 1 more day could"), (0, f"{bad} and 2 more days could")):
        fakes.twilio.faulty[SID, last - back * DAY] = "Its total is no number."
        assert words in fakes.costs(desk).detail
    fakes.twilio.faulty.clear()
    assert fakes.costs(desk).state == "done"
    assert through(desk, SID) == last
    assert len(recorded(desk)) == 4


def test_that_the_very_first_day_may_be_one_that_cannot_be_taken(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "1")
    fakes.twilio.faulty[SID, last] = "Its total is no number."
    fakes.costs(desk, since=last)
    assert through(desk, SID) == last - DAY
    fakes.twilio.faulty.clear()
    fakes.costs(desk)
    assert recorded(desk) == {(SID, last): 1}


def test_that_an_account_that_fails_stops_no_other_account_or_source(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    connect(desk, "gcp")
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "40")
    fakes.twilio.state(SUB, last, "2")
    fakes.gcp.state("B1", last, "3", project="p", invoice_month=f"{last:%Y%m}")
    fakes.twilio.failures[SID] = REFUSED
    fakes.closed["twilio-calls"] = REFUSED
    report = fakes.sync(desk)
    assert report.failed
    assert {pull.source: (pull.state, pull.detail) for pull in report.pulls} == {
        "twilio": ("failed", f"{SID}: {REFUSED}"),
        "twilio-calls": ("failed", str(REFUSED)),
        "gcp": ("done", ""),
    }
    assert sorted(outcomes(desk)) == [
        ("gcp", "done", ""),
        ("twilio", "failed", f"{SID}: {REFUSED}"),
        ("twilio-calls", "failed", str(REFUSED)),
    ]
    assert recorded(desk) == {(SUB, last): 2, ("B1", last): 3}
    assert (through(desk, SID) or last) < last
    fakes.twilio.failures.clear()
    fakes.closed.clear()
    assert not fakes.sync(desk).failed
    assert recorded(desk)[SID, last] == 40


def test_that_an_account_whose_first_pull_fails_is_missing_from_the_report(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    week = Week.of(last - 8 * DAY)
    fakes.twilio.state(SID, last, "1")
    assert fakes.costs(desk).state == "done"
    fakes.twilio.account(SUB, "Autumn")
    fakes.twilio.state(SUB, last, "500")
    fakes.twilio.failures[SUB] = ProviderRefused("It is suspended.")
    assert fakes.costs(desk).state == "failed"
    (one,) = weekly_report(desk, week).sources
    assert (len(one.missing), one.error) == (7, "Autumn: It is suspended.")
    fakes.twilio.failures.clear()
    assert fakes.costs(desk, since=last).state == "done"
    assert set(recorded(desk)) == {(SID, last), (SUB, last)}
    (one,) = weekly_report(desk, week).sources
    assert (one.missing, one.error) == ((), None)


def test_that_an_answer_without_anything_is_believed_but_said(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "900")
    fakes.costs(desk)
    fakes.twilio.forget(SID, last)
    (account,) = fakes.costs(desk).accounts
    assert "$900.00 was taken back" in account.warnings[0]
    assert recorded(desk) == {}
    assert fakes.costs(desk).accounts[0].warnings == ()


def test_that_what_nobody_foresaw_is_reported_as_a_bug_and_stops_nothing_else(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.failures[SID] = KeyError("totalprice")
    fakes.twilio.state(SID, last, "40")
    fakes.twilio.state(SUB, last, "2")
    pull = fakes.costs(desk)
    assert "This is a mistake in capdesk (KeyError)" in pull.detail
    assert recorded(desk) == {(SUB, last): 2}
    Path(pull.detail.rsplit(" ", 1)[1].rstrip(".")).unlink()


def test_that_a_provider_that_states_what_it_does_not_cover_is_not_believed(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "40", project="p")
    fakes.twilio.provider = "gcp"
    fakes.twilio.state(SID, last, "40", project="p", invoice_month="202611")
    pull = fakes.costs(desk)
    assert pull.state == "failed"
    assert recorded(desk) == {}
    Path(pull.detail.rsplit(" ", 1)[1].rstrip(".")).unlink()


def test_that_only_what_is_due_is_pulled_unless_it_is_named(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    fakes.twilio.account(SID)
    fakes.twilio.failures[SID] = REFUSED

    def states() -> list[str]:
        return [pull.state for pull in fakes.sync(desk, only_due=True).pulls]

    assert states() == ["failed", "done"]
    assert states() == ["failed", "up to date"]
    fakes.twilio.failures.clear()
    assert states() == ["done", "up to date"]
    assert states() == ["up to date", "up to date"]
    assert fakes.costs(desk).state == "done"
    desk.clock = FixedClock(builders.database_now(desk) + timedelta(days=1))
    assert states() == ["done", "done"]


def test_that_a_source_that_keeps_failing_is_asked_four_times_a_day_and_still_said(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    fakes.twilio.account(SID)
    fakes.twilio.failures[SID] = REFUSED
    for _firing in range(7):
        report = fakes.sync(desk, only_due=True)
        assert report.failed
    assert len(fakes.twilio.asked) == 4
    assert "asked again tomorrow" in report.pulls[0].detail
    desk.clock = FixedClock(builders.database_now(desk) + timedelta(days=1))
    fakes.sync(desk, only_due=True)
    assert len(fakes.twilio.asked) == 5


def test_that_a_source_another_process_is_pulling_is_left_to_it(desk: Desk, fakes: Fakes) -> None:
    connection = connect(desk)
    fakes.twilio.account(SID)
    with sole_puller(desk.engine, connection.id, "twilio") as mine:
        assert mine
        report = fakes.sync(desk)
    assert [(pull.source, pull.state) for pull in report.pulls] == [("twilio", "busy"), ("twilio-calls", "done")]
    assert not report.failed
    assert fakes.twilio.asked == []
    assert fakes.costs(desk).state == "done"


@pytest.mark.parametrize("how", [KeyboardInterrupt(), Stopped(changed=True)])
def test_that_a_pull_that_is_stopped_keeps_what_it_had_and_says_so(
    desk: Desk, fakes: Fakes, how: BaseException
) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "40")
    fakes.twilio.state(SUB, last, "2")

    def stop(account: str, _span: Span) -> None:
        if account == SUB:
            raise how

    fakes.twilio.meanwhile = stop
    with pytest.raises(type(how)):
        fakes.costs(desk)
    assert outcomes(desk) == [("twilio", "failed", "Stopped by hand before it was complete.")]
    assert recorded(desk) == {(SID, last): 40}
    fakes.twilio.meanwhile = lambda _account, _span: None
    fakes.costs(desk)
    assert recorded(desk) == {(SID, last): 40, (SUB, last): 2}
    assert differences(desk) == ()


def test_that_bytes_billed_are_recorded_even_where_the_figures_could_not_be(desk: Desk, fakes: Fakes) -> None:
    connect(desk, "gcp")
    fakes.gcp.bytes_billed = 10_485_760
    fakes.gcp.state("B1", today(desk) - DAY, "3", project="p", invoice_month="202699")
    (pull,) = fakes.sync(desk).pulls
    assert (pull.state, pull.bytes_billed) == ("failed", 10_485_760)
    assert rows(desk, "SELECT bytes_billed FROM sync_outcome") == [(10_485_760,)]
    Path(pull.detail.rsplit(" ", 1)[1].rstrip(".")).unlink()


def test_that_a_clock_that_runs_ahead_records_no_day_that_has_not_ended(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last + DAY, "40")
    desk.clock = FixedClock(builders.database_now(desk) + timedelta(days=1))
    report = fakes.sync(desk, "twilio")
    assert report.notes == (
        f"This computer's clock is ahead of the database's: {last + DAY} has not ended there and is pulled later.",
    )
    assert fakes.twilio.asked[0][1].last == last
    assert recorded(desk) == {}


def test_that_a_clock_that_runs_behind_pulls_less_and_loses_nothing(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.state(SID, last, "40")
    fakes.costs(desk, since=last - 5 * DAY)
    clock, desk.clock = desk.clock, FixedClock(builders.database_now(desk) - timedelta(days=3))
    fakes.costs(desk)
    desk.clock = clock
    fakes.twilio.state(SID, last - DAY, "1")
    fakes.costs(desk)
    assert recorded(desk) == {(SID, last): 40, (SID, last - DAY): 1}
    assert through(desk, SID) == last


def test_that_a_day_that_has_not_ended_a_word_that_is_no_source_and_an_absent_connection_are_refused(
    desk: Desk, fakes: Fakes
) -> None:
    day = today(desk)
    with pytest.raises(UsageRefused, match=f"{day} has not ended in UTC: a provider day is pulled once it has"):
        fakes.sync(desk, since=day)
    with pytest.raises(UsageRefused, match="'mail' is no source; there are twilio, twilio-calls, gcp"):
        fakes.sync(desk, "mail")
    with pytest.raises(RuleRefused, match="No gcp account is connected: connect one with `capdesk connect gcp`"):
        fakes.sync(desk, "gcp")
    assert fakes.sync(desk).pulls == ()


def test_that_pulls_of_the_same_source_at_once_never_double(desk: Desk) -> None:
    """Threads of one process, each with connections of its own."""
    connect(desk)
    last = today(desk) - DAY
    meeting, states = threading.Barrier(4), []

    def pull() -> None:
        fakes = Fakes()
        for back in range(20):
            fakes.twilio.state(SID, last - back * DAY, "2")
        meeting.wait()
        states.append(fakes.costs(desk, since=last - 19 * DAY).state)

    threads = [threading.Thread(target=pull) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert "done" in states
    assert set(states) <= {"done", "busy"}
    assert recorded(desk) == {(SID, last - back * DAY): 2 for back in range(20)}
    assert rows(desk, "SELECT count(*) FROM provider_charge") == [(20,)]
    assert rows(desk, "SELECT count(*) FROM sync_run") == [(states.count("done"),)]


def test_that_the_sentence_of_a_provider_is_kept_and_how_many_more_failed_is_said(desk: Desk, fakes: Fakes) -> None:
    connect(desk)
    for account in (SID, SUB):
        fakes.twilio.account(account, "Main" if account == SID else "Sub")
        fakes.twilio.failures[account] = ProviderRefused("No.")
    assert fakes.costs(desk).detail == "Main: No. 1 more of 2 accounts failed too."


def test_that_a_providers_words_are_kept_without_what_moves_a_cursor_or_cannot_be_stored(
    desk: Desk, fakes: Fakes
) -> None:
    connect(desk)
    last = today(desk) - DAY
    fakes.twilio.account(SID, "Ma\x1b[2Jin\x00")
    fakes.twilio.state(SID, last, "40")
    fakes.twilio.faulty[SID, last - DAY] = "No\x00 number\x07."
    pull = fakes.costs(desk)
    assert pull.accounts[0].name == "Ma[2Jin"
    assert "(No number)" in pull.detail
    assert rows(desk, "SELECT warnings FROM import_batch") == [(["No number."],)]
    fakes.twilio.failures[SID] = ProviderRefused("It says \x00\x1b.")
    assert fakes.costs(desk).detail == "Ma[2Jin: It says ."
