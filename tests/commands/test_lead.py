import pytest

from tests.conftest import Capdesk


@pytest.fixture(autouse=True)
def spring(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")
    capdesk("campaign", "add", "Spring", "--product", "Shop")


def add(capdesk: Capdesk, phone: str = "(305) 555-0123", *options: str) -> str:
    return capdesk("lead", "add", phone, "--campaign", "Spring", *options).out


def test_that_a_lead_is_added_once(capdesk: Capdesk) -> None:
    assert add(capdesk) == 'Added lead 1 (+13055550123) of campaign "Spring": active.\n'
    assert add(capdesk, "+13055550123").startswith("Known already, nothing to add: lead 1")
    assert "Known already" in add(capdesk)


def test_that_a_status_is_set_by_number_name_or_id(capdesk: Capdesk) -> None:
    add(capdesk, "+13055550123", "--name", "Bob", "--extra", "city=Miami")
    assert capdesk("lead", "status", "bob", "active").code == 0
    out = capdesk("lead", "status", "305-555-0123", "do_not_contact").out
    assert "do_not_contact. That is final: it has left all experiments." in out
    again = capdesk("lead", "status", "1", "active")
    assert (again.code, again.err) == (1, "capdesk: Lead 1 is do_not_contact: that is final.\n")


def test_that_contact_data_is_edited_and_shown(capdesk: Capdesk) -> None:
    add(capdesk)
    row = capdesk("lead", "edit", "1", "--name", "Bob", "--email", "b@x.org", "--extra", "city=Miami", "--json").json
    assert (row["name"], row["email"], row["extra"]) == ("Bob", "b@x.org", {"city": "Miami"})
    assert "Bob  b@x.org  active" in " ".join(capdesk("lead", "list").out.split()).replace(" ", "  ")


def test_that_a_long_list_is_cut_and_says_so(capdesk: Capdesk) -> None:
    for digit in range(3):
        add(capdesk, f"+1305555012{digit}")
    out = capdesk("lead", "list", "--limit", "2").out
    assert "+13055550122" in out
    assert "… and 1 more" in out
    page = capdesk("lead", "list", "--campaign", "Spring", "--status", "active", "--json").json
    assert (len(page["leads"]), page["more"]) == (3, 0)
    assert "There is no lead here yet" in capdesk("lead", "list", "--status", "paid_customer").out


def test_that_line_breaks_in_a_name_do_not_break_the_table(capdesk: Capdesk) -> None:
    add(capdesk, "+13055550123", "--name", "Bob\nStone")
    assert "Bob Stone" in capdesk("lead", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["add", "12", "--campaign", "Spring"], 2, "'12'"),
        (["add", "+13055550199", "--campaign", "Sprig"], 1, 'did you mean "Spring"?'),
        (["add", "+13055550199", "--campaign", "Spring", "--email", "x"], 2, "'x' is no e-mail address"),
        (["add", "+13055550199", "--campaign", "Spring", "--extra", "city"], 2, "'city' names no column"),
        (["add", "+13055550123", "--campaign", "Spring", "--name", "Rob"], 1, "change it with: capdesk lead edit"),
        (["status", "Zoe", "active"], 1, 'There is no lead "Zoe"'),
        (["status", "1", "gone"], 2, "'gone' is not one of"),
        (["list", "--limit", "0"], 2, "0 is not in the range"),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, arguments: list[str], code: int, sentence: str
) -> None:
    add(capdesk)
    before = capdesk("lead", "list", "--json").out
    ran = capdesk("lead", *arguments)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("lead", "list", "--json").out == before
