import pytest

from tests.conftest import Capdesk


@pytest.fixture(autouse=True)
def shop(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")


def test_that_a_campaign_is_added_edited_listed_and_shown(capdesk: Capdesk) -> None:
    options = ["--start", "2026-10-01", "--budget", "$5,000", "--description", "Cold calls sell."]
    made = capdesk("campaign", "add", "Spring", "--product", "Shop", *options, "--json").json
    assert (made["status"], made["capital_budget_usd"], made["start_date"]) == ("planned", "5000.000000", "2026-10-01")
    assert capdesk("campaign", "edit", "Spring", "--status", "active").out == 'Campaign 1 is "Spring", active.\n'
    capdesk("campaign", "edit", "1", "--start", "none")
    assert capdesk("campaign", "list", "--json").json[0]["start_date"] is None
    shown = capdesk("campaign", "show", "Spring").out
    assert "spent        $0.00 of a budget of $5,000.00" in shown
    assert "thesis       Cold calls sell." in shown
    history = capdesk("campaign", "show", "Spring", "--json").json["history"]
    assert [change["status"] for change in history] == ["planned", "active"]


def test_that_pausing_a_campaign_says_what_still_runs_in_it(capdesk: Capdesk) -> None:
    capdesk("campaign", "add", "Spring", "--product", "Shop", "--status", "active")
    rules = ["--hypothesis", "h", "--cap", "100", "--tranche", "50", "--days", "5", "--primary", "qpc"]
    capdesk("experiment", "add", "Scripts", "--campaign", "Spring", *rules)
    capdesk("experiment", "start", "Scripts")
    ran = capdesk("campaign", "edit", "Spring", "--status", "paused")
    assert 'Experiment "Scripts" still runs in it; only you pause or end that.' in ran.out
    assert "experiment   Scripts: running" in capdesk("campaign", "show", "Spring").out


def test_that_an_empty_list_says_what_to_do_first(capdesk: Capdesk) -> None:
    assert "Start with: capdesk campaign add" in capdesk("campaign", "list").out


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--start", "1.10.2026"], 2, "'1.10.2026' is no date; write it like 2026-11-20."),
        (["--budget", "much"], 2, "'much' is not an amount in dollars; write it like 1234.50."),
        (["--budget", "1,50"], 2, "'1,50' is not an amount in dollars; write it like 1234.50."),
        (["--budget", "0"], 2, "The capital budget of a campaign is more than $0"),
        (["--start", "2026-10-02", "--end", "2026-10-01"], 2, "before it starts on 2026-10-02"),
        (["--status", "running"], 2, "'running' is not one of"),
        (["--product", "Shopp"], 1, 'There is no product "Shopp": did you mean "Shop"?'),
    ],
)
def test_that_bad_input_has_its_sentence_and_leaves_nothing(
    capdesk: Capdesk, options: list[str], code: int, sentence: str
) -> None:
    ran = capdesk("campaign", "add", "Spring", "--product", "Shop", *options)
    assert ran.code == code
    assert sentence in ran.err
    assert capdesk("campaign", "list", "--json").json == []
