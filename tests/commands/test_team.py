import pytest

from tests.conftest import Capdesk


@pytest.fixture(autouse=True)
def campaigns(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")
    for name in ("Spring", "Autumn"):
        capdesk("campaign", "add", name, "--product", "Shop")


def add(capdesk: Capdesk, *options: str) -> int:
    return capdesk("team", "add", "Ana", "--email", "Ana@Example.com", "--rate", "20.50", *options).code


def test_that_a_member_is_added_and_listed_with_rate_and_campaign(capdesk: Capdesk) -> None:
    assert "There is no team member yet" in capdesk("team", "list").out
    assert add(capdesk, "--role", "caller", "--campaign", "Spring") == 0
    assert capdesk("team", "list", "--json").json == [
        {"id": 1, "name": "Ana", "email": "ana@example.com", "role": "caller", "active": True}
        | {"hourly_rate_usd": "20.500000", "campaign": "Spring"}
    ]
    assert "$20.50  Spring" in capdesk("team", "list").out


def test_that_a_later_rate_and_assignment_say_from_when_they_hold(capdesk: Capdesk) -> None:
    add(capdesk, "--campaign", "Spring")
    edited = capdesk("team", "edit", "ana@example.com", "--rate", "25", "--from", "2999-01-01")
    assert "$20.50 an hour" in edited.out
    assert "The change holds from 2999-01-01." in edited.out
    assigned = capdesk("team", "assign", "ana@example.com", "Autumn", "--from", "2999-01-01")
    assert 'works for campaign "Spring". The change holds from 2999-01-01.' in assigned.out


def test_that_a_change_from_today_shows_at_once(capdesk: Capdesk) -> None:
    add(capdesk)
    assert 'works for campaign "Autumn"' in capdesk("team", "assign", "1", "Autumn").out
    row = capdesk("team", "edit", "1", "--rate", "0", "--inactive", "--name", "Anna", "--json").json
    assert (row["hourly_rate_usd"], row["active"], row["name"]) == ("0.000000", False, "Anna")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["add", "Bo", "--email", "ana@example.com", "--rate", "1"],
            1,
            "a team member with the e-mail ana@example.com",
        ),
        (["add", "Bo", "--email", "bo", "--rate", "1"], 2, "'bo' is no e-mail address"),
        (["add", "Bo", "--email", "bo@example.com", "--rate", "-1"], 2, "'-1' is no hourly rate"),
        (["add", "Bo", "--email", "bo@example.com", "--rate", "1", "--campaign", "X"], 1, 'There is no campaign "X"'),
        (["edit", "anna@example.com", "--role", "x"], 1, 'did you mean "ana@example.com"?'),
        (["edit", "1", "--from", "2026-11-20"], 2, "give --rate too"),
        (["edit", "1", "--rate", "5", "--from", "tomorrow"], 2, "'tomorrow' is no date"),
        (["assign", "1", "Winter"], 1, 'There is no campaign "Winter"'),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, arguments: list[str], code: int, sentence: str
) -> None:
    add(capdesk, "--campaign", "Spring")
    before = capdesk("team", "list", "--json").out
    ran = capdesk("team", *arguments)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("team", "list", "--json").out == before
