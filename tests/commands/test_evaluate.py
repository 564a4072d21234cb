"""`capdesk evaluate` and `capdesk override`."""

from datetime import timedelta

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders


@pytest.fixture(autouse=True)
def running(desk: Desk) -> builders.Ids:
    return builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))


def test_that_without_a_verdict_the_evidence_is_shown(capdesk: Capdesk) -> None:
    ran = capdesk("evaluate", "Scripts")
    assert "Evaluation recommended: yes\n  - 1 of 10 days is left." in ran.out
    assert ran.out.endswith("No verdict yet.\n")
    shown = capdesk("evaluate", "Scripts", "--json").json
    assert (shown["report"]["evaluation_recommended"], shown["evaluations"]) == (True, [])


def test_that_a_verdict_is_recorded_with_its_new_caps(capdesk: Capdesk) -> None:
    verdict = ("--verdict", "continue", "--reason", "It sells.", "--cap", "$2,000", "--days", "30")
    ran = capdesk("evaluate", "Scripts", *verdict, "--next-action", "Call more.", "--notes", "In May.")
    assert ran.out.splitlines()[1:] == [
        "  reason       It sells.",
        "  next action  Call more.",
        "  notes        In May.",
        "  rests on     $0.00 spent of $1,000.00, time cap 10 days",
        "  from then on cap $2,000.00, 30 days",
        "  since then   $0.00 and 0 events",
        "  late         $0.00 and 0 events",
    ]
    assert ran.out.startswith("Evaluation 1: CONTINUE, ")
    assert capdesk("report", "experiment", "Scripts", "--json").json["capital"]["cap_usd"] == "2000.000000"


def test_that_an_override_is_recorded_and_shown(capdesk: Capdesk) -> None:
    made = capdesk("evaluate", "Scripts", "--verdict", "stop", "--reason", "Too dear.", "--json").json
    assert (made["id"], made["verdict"], made["snapshot"]["caps_before"]["time_cap_days"]) == (1, "stop", 10)
    ran = capdesk("override", "1", "--rationale", "Prices fall in May.")
    assert ran.out == "Override 1 of evaluation 1 is recorded: Prices fall in May.\n"
    assert "  override 1: Prices fall in May. (" in capdesk("evaluate", "Scripts").out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["evaluate", "Scripts", "--cap", "2000"], 2, "--cap belongs to a verdict: add --verdict pass, fail, continue"),
        (["evaluate", "Scripts", "--verdict", "pass"], 2, "A verdict needs a reason"),
        (["evaluate", "Scripts", "--verdict", "maybe"], 2, "'maybe' is not one of"),
        (["evaluate", "Scripts", "--verdict", "continue", "--reason", "r", "--cap", "x"], 2, "'x' is not an amount"),
        (["evaluate", "Scripts", "--verdict", "continue", "--reason", "r", "--cap", "2,5"], 2, "'2,5' is not an"),
        (["evaluate", "Scripts", "--verdict", "continue", "--reason", "r", "--cap", "1"], 2, "cannot be $1.00"),
        (["evaluate", "Scripts", "--verdict", "fail", "--reason", "r", "--days", "9"], 1, "leave out --cap and --days"),
        (["evaluate", "Nothing"], 1, 'There is no experiment "Nothing"'),
        (["override", "9", "--rationale", "r"], 1, "There is no evaluation 9"),
        (["override", "9", "--rationale", " "], 2, "An override needs a rationale"),
    ],
)
def test_that_a_bad_request_has_one_sentence(capdesk: Capdesk, arguments: list[str], code: int, sentence: str) -> None:
    ran = capdesk(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
