"""`capdesk costs`."""

from datetime import UTC, timedelta

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders
from tests.support.facts import Facts


@pytest.fixture(autouse=True)
def charged(desk: Desk) -> None:
    now = builders.database_now(desk)
    ids = builders.running_experiment(desk, at=now - timedelta(days=20))
    facts, day = Facts(desk), now.astimezone(UTC).date() - timedelta(days=3)
    facts.charge(day, "40.00")
    facts.charge(day, "7.25", account="AC2")
    facts.map("twilio", ids.campaign, account="AC1")


def test_that_unassigned_spend_is_a_line_of_its_own(capdesk: Capdesk) -> None:
    ran = capdesk("costs", "--by", "experiment")
    assert ran.out.splitlines()[:-1] == [
        "experiment         spent",
        "────────────────  ──────",
        "Spring / Scripts  $40.00",
        "unassigned         $7.25",
        "together          $47.25",
        "$47.25 is provisional: the provider may still restate it.",
    ]


def test_that_the_machine_readable_form_has_exact_money(capdesk: Capdesk) -> None:
    found = capdesk("costs", "--json").json
    row = {"key": "twilio", "campaign": None, "spent_usd": "40.000000", "provisional_usd": "40.000000"}
    assert (found["by"], found["rows"]) == ("source", [row])
    assert (found["unassigned_usd"], found["total_usd"]) == ("7.250000", "47.250000")


def test_that_costs_are_narrowed_to_a_campaign_an_experiment_or_dates(capdesk: Capdesk) -> None:
    for narrow in (
        ("--campaign", "Spring"),
        ("--experiment", "Scripts"),
        ("--experiment", "1", "--campaign", "Spring"),
    ):
        assert capdesk("costs", *narrow, "--json").json["total_usd"] == "40.000000"
    assert capdesk("costs", "--to", "2020-01-01", "--json").json["total_usd"] == "0.000000"
    assert capdesk("costs", "--as-of", "2020-01-01", "--json").json["total_usd"] == "0.000000"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--from", "tomorrow"], 2, "'tomorrow' after --from is no date; write it like 2026-10-26."),
        (["--from", "2026-02-02", "--to", "2026-02-01"], 2, "exchange them"),
        (["--campaign", "Winter"], 1, 'There is no campaign "Winter"'),
        (["--as-of", "2999-01-01"], 1, "at the latest"),
    ],
)
def test_that_a_bad_request_has_one_sentence(capdesk: Capdesk, arguments: list[str], code: int, sentence: str) -> None:
    ran = capdesk("costs", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
