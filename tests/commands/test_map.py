"""`capdesk map`."""

from datetime import UTC, timedelta

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders
from tests.support.facts import Facts


@pytest.fixture(autouse=True)
def charged(desk: Desk) -> None:
    facts, day = Facts(desk), builders.database_now(desk).astimezone(UTC).date() - timedelta(days=3)
    builders.campaign(desk)
    facts.charge(day, "40.00")
    facts.charge(day, "7.25", account="B", project="dialer", label="campaign=spring")


def test_that_an_account_a_project_and_a_label_are_mapped(capdesk: Capdesk) -> None:
    ran = capdesk("map", "twilio", "--account", "AC1", "Spring")
    assert ran.out == 'twilio account AC1 is mapped to campaign "Spring". 1 ledger row appended:\n  Spring  $40.00\n'
    assert capdesk("map", "gcp", "--project", "dialer", "Spring", "--json").json["moved_usd"] == {"Spring": "7.250000"}
    again = capdesk("map", "gcp", "--label", "campaign=spring", "Spring")
    assert again.out == 'gcp label campaign=spring is mapped to campaign "Spring". No recorded charge moved.\n'


def test_that_what_is_mapped_and_what_is_not_are_listed(capdesk: Capdesk) -> None:
    capdesk("map", "twilio", "--account", "AC1", "Spring")
    text = capdesk("map", "list").out
    assert text.index("MAPPED") < text.index("AC1") < text.index("UNASSIGNED") < text.index("campaign=spring")
    found = capdesk("map", "list", "--json").json
    assert [(one["account"], one["campaign"], one["charged_usd"]) for one in found["mapped"]] == [
        ("AC1", "Spring", "40.000000")
    ]
    assert [(one["label"], one["charged_usd"]) for one in found["unassigned"]] == [("campaign=spring", "7.250000")]


def test_that_a_mapping_is_taken_back(capdesk: Capdesk) -> None:
    capdesk("map", "twilio", "--account", "AC1", "Spring")
    ran = capdesk("map", "remove", "twilio", "--account", "AC1")
    assert ran.out == "twilio account AC1 is mapped no more. 1 ledger row appended:\n  Spring  -$40.00\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["twilio", "Spring"], 2, "Say which charges of twilio to map, with --account."),
        (["gcp", "--label", "spring", "Spring"], 2, "'spring' is no label; write it like campaign=roofers."),
        (["twilio", "--account", "AC1", "Winter"], 1, 'There is no campaign "Winter"'),
        (["remove", "twilio", "--account", "AC1"], 1, "There is no mapping of twilio account AC1"),
        (["remove", "azure", "--account", "AC1"], 2, "'azure' is not one of"),
    ],
)
def test_that_a_bad_request_has_one_sentence(capdesk: Capdesk, arguments: list[str], code: int, sentence: str) -> None:
    ran = capdesk("map", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
