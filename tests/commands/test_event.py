from datetime import datetime, timedelta

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk, Ran
from tests.support import builders
from tests.support.facts import Facts

INSTALL = "calculator_installed"


@pytest.fixture(autouse=True)
def now(desk: Desk) -> datetime:
    """ "Scripts" runs since two days; Ana works there; a call of five hours ago."""
    now = builders.database_now(desk)
    ids = builders.running_experiment(desk, at=now - timedelta(days=2), bonus={INSTALL: "20"})
    builders.member(desk)
    builders.lead(desk)
    Facts(desk).call(ids.campaign, now - timedelta(hours=5), "Info", 200)
    return now


def add(capdesk: Capdesk, at: datetime, *options: str, kind: str = INSTALL) -> Ran:
    return capdesk("event", "add", kind, "--at", at.isoformat(), "--campaign", "Spring", *options)


def test_that_adding_says_what_it_counts_for_and_what_it_earned(capdesk: Capdesk, now: datetime) -> None:
    out = add(capdesk, now, "--member", "ana@example.com", "--phone", "305-555-0123").out
    assert out.startswith('Recorded event 4: calculator_installed in campaign "Spring" on ')
    assert out.endswith(
        '(America/New_York). It counts for experiment "Scripts". It earned ana@example.com a bonus of $20.00.\n'
    )


def test_that_adding_says_why_an_event_does_not_count(capdesk: Capdesk, now: datetime) -> None:
    early = add(capdesk, now - timedelta(days=3), "--allow-unattributed").out
    assert "It does not count (no_run): no experiment of the campaign was running then." in early
    again = [add(capdesk, now, "--phone", "305-555-0123", kind="paid_conversion").out for _ in range(2)][1]
    assert "It does not count (lead_exited): the lead had left by then, or had paid already." in again


def test_that_a_number_of_no_lead_is_warned_of(capdesk: Capdesk, now: datetime) -> None:
    out = add(capdesk, now, "--phone", "305-555-0199").out
    assert out.endswith("\nThe number is no lead of this campaign; the event landed without a lead.\n")


def test_that_json_has_the_event_its_bonus_and_its_warnings(capdesk: Capdesk, now: datetime) -> None:
    made = add(capdesk, now, "--member", "1", "--metadata", '{"source": "booth"}', "--json").json
    assert (made["bonus_usd"], made["warnings"]) == ("20.000000", [])
    assert (made["event"]["experiment"], made["event"]["attribution"]) == ("Scripts", "run")
    assert made["event"]["metadata"] == {"source": "booth"}
    assert capdesk("event", "list", "--type", INSTALL, "--json").json["events"] == [made["event"]]


def test_that_the_ids_listed_are_those_that_reverse_takes(capdesk: Capdesk, now: datetime) -> None:
    add(capdesk, now, "--member", "1")
    listed = capdesk("event", "list", "--json").json["events"]
    ran = [capdesk("event", "reverse", row["id"], "--reason", "typed twice") for row in listed]
    assert [one.code for one in ran] == [0, 1, 1, 1]
    assert ran[0].out.endswith("Its bonus of $20.00 is taken back.\n")
    assert ran[1].err == "capdesk: Event 7 is read from call 1: reverse the call.\n"
    assert "reversed: typed twice" in capdesk("event", "list").out
    again = capdesk("event", "reverse", listed[0]["id"], "--reason", "x")
    assert (again.code, again.err) == (1, "capdesk: Event 4 is reversed already.\n")


def test_that_the_list_names_the_call_an_event_is_read_from(capdesk: Capdesk) -> None:
    rows = [line.split() for line in capdesk("event", "list").out.splitlines()[2:]]
    assert [(row[0], row[3], row[-1]) for row in rows] == [
        ("7", "qpc", "1"),
        ("6", "conversation", "1"),
        ("5", "dial_attempt", "1"),
    ]


def test_that_a_long_list_is_cut_and_says_so_without_counting(capdesk: Capdesk) -> None:
    assert "\n… and more; see them with --limit" in capdesk("event", "list", "--limit", "1").out
    page = capdesk("event", "list", "--experiment", "Scripts", "--campaign", "Spring", "--type", "qpc", "--json").json
    assert ([row["id"] for row in page["events"]], page["more"]) == ([7], False)


def test_that_an_empty_list_says_what_to_do_first(capdesk: Capdesk) -> None:
    out = capdesk("event", "list", "--to", "2020-01-01").out
    assert "Start with: capdesk import calls FILE --campaign C, or capdesk event add TYPE" in out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["add", "qpc", "--at", "2020-01-01", "--campaign", "Spring"], 2, "come only from dialer calls"),
        (["add", "install", "--at", "2020-01-01", "--campaign", "Spring"], 2, "'install' is no event type; use one of"),
        (["add", INSTALL, "--at", "2020-01-01T09:00", "--campaign", "Spring"], 2, "has no time zone; add its offset"),
        (["add", INSTALL, "--at", "9000-01-01", "--campaign", "Spring"], 1, "lies in the future"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Sprig"], 1, 'did you mean "Spring"?'),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring"], 1, "`capdesk experiment start NAME --at 2020"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring", "--member", "x@y.org"], 1, "no team member"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring", "--phone", "12"], 2, "'12'"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring", "--phone", ""], 2, "phone number"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring", "--metadata", "{"], 2, "--metadata: it is no"),
        (["add", INSTALL, "--at", "2020-01-01", "--campaign", "Spring", "--metadata", "[1]"], 2, "no JSON object"),
        (["reverse", "400", "--reason", "x"], 1, "There is no event 400."),
        (["reverse", "4", "--reason", " "], 2, "A reversal says why"),
        (["list", "--experiment", "Script"], 1, 'did you mean "Scripts"?'),
        (["list", "--type", "sale"], 2, "'sale' is not one of"),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, arguments: list[str], code: int, sentence: str
) -> None:
    before = capdesk("event", "list", "--json").out
    ran = capdesk("event", *arguments)
    assert (ran.code, sentence in ran.err) == (code, True), ran.err
    assert capdesk("event", "list", "--json").out == before
