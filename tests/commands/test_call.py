from datetime import datetime, timedelta

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders
from tests.support.facts import Facts


@pytest.fixture(autouse=True)
def now(desk: Desk) -> datetime:
    """Two calls: 1 earned a bonus, 2 is the newer one."""
    now = builders.database_now(desk)
    ids = builders.running_experiment(desk, at=now - timedelta(days=2), bonus={"qpc": "5"})
    builders.member(desk)
    Facts(desk).call(ids.campaign, now - timedelta(days=1), "Schedule", 1850, 1)
    Facts(desk).call(ids.campaign, now - timedelta(hours=1), "Busy", 3)
    return now


def test_that_calls_are_listed_in_the_desk_zone_with_what_they_count_for(
    desk: Desk, capdesk: Capdesk, now: datetime
) -> None:
    header, _, newest, other = capdesk("call", "list").out.splitlines()
    assert "started (America/New_York)" in header
    start = (now - timedelta(days=1)).astimezone(desk.zone)
    assert other.split() == ["1", *f"{start:%Y-%m-%d %H:%M} 1,850 Schedule ana@example.com — Spring Scripts".split()]
    assert newest.split()[0] == "2"


def test_that_a_long_list_is_cut_and_says_so_without_counting(capdesk: Capdesk) -> None:
    assert "\n… and more; see them with --limit, or narrow the list" in capdesk("call", "list", "--limit", "1").out
    page = capdesk("call", "list", "--limit", "1", "--outcome", "schedule", "--json").json
    assert ([row["id"] for row in page["calls"]], page["more"]) == ([1], False)


def test_that_reversing_a_call_says_what_is_taken_back_and_stays_in_the_list(capdesk: Capdesk) -> None:
    out = capdesk("call", "reverse", 1, "--reason", "wrong\nfile").out
    assert out.startswith("Reversed call 1 (Schedule, 1,850 seconds) of ")
    assert out.endswith('"Spring" and its events. The bonuses of $5.00 it earned are taken back.\n')
    assert "reversed: wrong file" in capdesk("call", "list").out
    done = capdesk("call", "reverse", 2, "--reason", "x", "--json").json
    assert (done["call"]["reason"], done["bonus_usd"]) == ("x", "0.000000")


def test_that_an_empty_list_says_what_to_do_first(capdesk: Capdesk) -> None:
    out = capdesk("call", "list", "--to", "2020-01-01").out
    assert out == "There is no call here. Start with: capdesk import calls FILE --campaign C\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["reverse", "7", "--reason", "x"], 1, "There is no call 7."),
        (["reverse", "1", "--reason", ""], 2, "A reversal says why"),
        (["reverse", "0", "--reason", "x"], 2, "0 is not in the range"),
        (["list", "--outcome", "Maybe"], 2, "'Maybe' is no outcome; use one of No Answer, Busy"),
        (["list", "--member", "ann@example.com"], 1, "did you mean"),
        (["list", "--from", "soon"], 2, "'soon' is no date"),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, arguments: list[str], code: int, sentence: str
) -> None:
    before = capdesk("call", "list", "--json").out
    ran = capdesk("call", *arguments)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("call", "list", "--json").out == before


def test_that_a_call_is_reversed_once(capdesk: Capdesk) -> None:
    assert capdesk("call", "reverse", 1, "--reason", "x").code == 0
    again = capdesk("call", "reverse", 1, "--reason", "x")
    assert (again.code, again.err) == (1, "capdesk: Call 1 is reversed already.\n")
