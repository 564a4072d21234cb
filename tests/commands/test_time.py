from datetime import date, timedelta

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.dates import business_date
from tests.conftest import Capdesk
from tests.support import builders


@pytest.fixture
def day(desk: Desk) -> date:
    """A day on which "Scripts" ran and Ana worked."""
    now = builders.database_now(desk)
    builders.running_experiment(desk, at=now - timedelta(days=2))
    builders.member(desk)
    return business_date(now - timedelta(days=1), desk.zone)


def add(capdesk: Capdesk, day: date | str, hours: str = "4", member: str = "ana@example.com") -> str:
    ran = capdesk("time", "add", "--member", member, "--date", day, "--hours", hours)
    return ran.out or ran.err


def test_that_adding_says_cost_campaign_and_experiment_or_overhead(capdesk: Capdesk, day: date) -> None:
    assert add(capdesk, day, "2.5") == (
        f"Recorded time log 1: 2.5 hours of ana@example.com on {day} at $20.00 an hour, "
        '$50.00 for experiment "Scripts" of campaign "Spring".\n'
    )
    assert "1 hour of" in add(capdesk, "2020-02-29", "1")
    assert add(capdesk, "2020-02-29").endswith('$80.00 for campaign "Spring", as its overhead.\n')


def test_that_a_reversed_entry_stays_in_the_list_and_out_of_its_sum(capdesk: Capdesk, day: date) -> None:
    add(capdesk, day)
    add(capdesk, day, "1.5")
    out = capdesk("time", "reverse", 1, "--reason", "typed twice").out
    assert out.startswith("Reversed time log 1, taken back on its date: 4 hours of ana@example.com")
    text = capdesk("time", "list").out
    assert "$80.00  reversed: typed twice" in text
    assert text.endswith("1.5 hours, $30.00 in all, net of reversals.\n")
    assert capdesk("time", "reverse", 1, "--reason", "again").err == "capdesk: Time log 1 is reversed already.\n"


def test_that_a_long_list_is_cut_says_so_and_sums_all(capdesk: Capdesk, day: date) -> None:
    for _ in range(3):
        add(capdesk, day)
    out = capdesk("time", "list", "--limit", "2").out
    assert "… and 1 more; see them with --limit" in out
    assert "12 hours, $240.00 in all" in out
    page = capdesk("time", "list", "--limit", "2", "--member", "1", "--campaign", "Spring", "--json").json
    assert (len(page["logs"]), page["more"], page["hours"], page["cost_usd"]) == (2, 1, "12.000000", "240.000000")
    assert page["logs"][0]["experiment"] == "Scripts"


def test_that_an_empty_list_says_what_to_do_first(capdesk: Capdesk) -> None:
    assert "Start with: capdesk import timelogs FILE, or capdesk time add" in capdesk("time", "list").out
    assert capdesk("time", "list", "--json").json["logs"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["add", "--member", "ann@example.com", "--date", "2020-01-01", "--hours", "1"], 1, "did you mean"),
        (["add", "--member", "1", "--date", "yesterday", "--hours", "1"], 2, "'yesterday' is no date"),
        (["add", "--member", "1", "--date", "9000-01-01", "--hours", "1"], 1, "9000-01-01 lies in the future"),
        (["add", "--member", "1", "--date", "2020-01-01", "--hours", "25"], 2, "'25' hours cannot be worked in a day"),
        (["add", "--member", "1", "--date", "2020-01-01", "--hours", "long"], 2, "'long' is no number of hours"),
        (["reverse", "7", "--reason", "x"], 1, "There is no time log 7."),
        (["reverse", "1", "--reason", " "], 2, "A reversal says why"),
        (["reverse", "1"], 2, "Missing option '--reason'"),
        (["reverse", str(2**63), "--reason", "x"], 2, "is not in the range"),
        (["list", "--from", "2020-01-02", "--to", "2020-01-01"], 2, "exchange them"),
        (["list", "--campaign", "Sprig"], 1, 'did you mean "Spring"?'),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, day: date, arguments: list[str], code: int, sentence: str
) -> None:
    add(capdesk, day)
    before = capdesk("time", "list", "--json").out
    ran = capdesk("time", *arguments)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("time", "list", "--json").out == before
