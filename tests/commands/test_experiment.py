import pytest

from tests.conftest import Capdesk

RULES = ["--hypothesis", "A better line sells.", "--cap", "1,000", "--tranche", "500", "--days", "10"]
EVENTS = ["--primary", "calculator_installed", "--secondary", "qpc", "--bonus", "qpc=5.00"]


@pytest.fixture
def spring(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")
    capdesk("campaign", "add", "Spring", "--product", "Shop", "--status", "active")


@pytest.fixture
def scripts(capdesk: Capdesk, spring: None) -> None:
    assert capdesk("experiment", "add", "Scripts", "--campaign", "Spring", *RULES, *EVENTS).code == 0


def test_that_an_empty_desk_is_told_step_by_step_what_to_do_first(capdesk: Capdesk) -> None:
    assert 'Start with what is sold: capdesk product add "NAME"' in capdesk("experiment", "list").out
    capdesk("product", "add", "Shop")
    assert 'Start with a campaign: capdesk campaign add "NAME"' in capdesk("experiment", "list").out
    capdesk("campaign", "add", "Spring", "--product", "Shop")
    assert 'capdesk experiment add "NAME" --campaign "Spring"' in capdesk("experiment", "list").out
    assert capdesk("experiment", "list", "--json").json == []


def test_that_an_experiment_is_named_by_argument_or_option(capdesk: Capdesk, spring: None) -> None:
    assert capdesk("experiment", "add", "--name", "Scripts", "--campaign", "Spring", *RULES, *EVENTS).code == 0
    for names in ([], ["A", "--name", "B"]):
        ran = capdesk("experiment", "add", *names, "--campaign", "Spring", *RULES, *EVENTS)
        assert (ran.code, "Name the experiment once" in ran.err) == (2, True)


def test_that_a_planned_experiment_tells_its_rules(capdesk: Capdesk, scripts: None) -> None:
    shown = capdesk("experiment", "show", "Scripts", "--json").json
    rules = shown["experiment"]
    assert (rules["status"], rules["capital_cap_usd"], rules["tranche_size_usd"]) == (
        *("planned", "1000.000000"),
        "500.000000",
    )
    assert (rules["secondary_events"], rules["bonus_rules"]) == (["qpc"], {"qpc": "5.000000"})
    assert (shown["runs"], shown["transitions"]) == ([], [])


def test_that_a_planned_experiment_can_be_edited(capdesk: Capdesk, scripts: None) -> None:
    options = ["--cap", "2000", "--bonus", "qpc=none", "--bonus", "paid_conversion=20", "--no-secondary"]
    ran = capdesk("experiment", "edit", "Scripts", *options, "--primary", "qpc", "--json")
    assert (ran.json["capital_cap_usd"], ran.json["bonus_rules"]) == ("2000.000000", {"paid_conversion": "20.000000"})
    assert (ran.json["primary_success_event"], ran.json["secondary_events"]) == ("qpc", [])


def test_that_start_says_what_was_locked(capdesk: Capdesk, scripts: None) -> None:
    out = capdesk("experiment", "start", "Scripts", "--at", "2026-01-05").out
    assert 'Experiment "Scripts" runs since Mon 5 Jan 2026 00:00 (America/New_York).' in out
    assert "Locked from now on: cap $1,000.00 in tranches of $500.00, 10 days, primary event calculator" in out
    assert "bonus qpc $5.00." in out


def test_that_its_whole_life_is_shown_with_both_times(capdesk: Capdesk, scripts: None) -> None:
    capdesk("experiment", "start", "Scripts", "--at", "2026-01-05T09:00:00-05:00")
    capdesk("experiment", "pause", "Scripts", "--at", "2026-01-06T09:00:00-05:00")
    capdesk("experiment", "resume", "Scripts", "--at", "2026-01-07T09:00:00-05:00")
    assert "run 2        Wed 7 Jan 2026 09:00 (America/New_York) still running" in (
        capdesk("experiment", "show", "Scripts").out
    )
    ended = capdesk("experiment", "complete", "Scripts", "--at", "2026-01-08T09:00:00-05:00").out
    assert "Frozen for good: the experiment, its rules and its runs." in ended
    shown = capdesk("experiment", "show", "Scripts", "--json").json
    assert [(run["started_at"], run["ended_at"]) for run in shown["runs"]] == [
        ("2026-01-05T14:00:00Z", "2026-01-06T14:00:00Z"),
        ("2026-01-07T14:00:00Z", "2026-01-08T14:00:00Z"),
    ]
    assert [step["action"] for step in shown["transitions"]] == ["start", "pause", "resume", "complete"]
    assert (shown["experiment"]["start_date"], shown["experiment"]["end_date"]) == ("2026-01-05", "2026-01-08")
    assert "start        Mon 5 Jan 2026 09:00 (America/New_York), recorded " in (
        capdesk("experiment", "show", "Scripts").out
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--cap", "0"], "The capital cap is $0.00; it must be more than $0."),
        (["--cap", "lots"], "'lots' is not an amount in dollars; write it like 1234.50."),
        (["--cap", "1500,50"], "'1500,50' is not an amount in dollars; write it like 1234.50."),
        (["--cap", "1e999999999"], "'1e999999999' is not an amount in dollars up to 99999999.999999."),
        (
            ["--tranche", "1500"],
            "The tranche size is $1,500.00; it must be more than $0 and at most the cap, $1,000.00.",
        ),
        (["--tranche", "0.01"], "would be more than 10,000 tranches"),
        (["--days", "0"], "The time cap is 0 days"),
        (["--days", "ten"], "'ten' is not a valid integer"),
        (["--primary", "sale"], "'sale' is not one of"),
        (["--bonus", "qpc"], "'qpc' is no bonus rule; write it like qpc=5.00"),
        (["--bonus", "sale=5"], "'sale=5' is no bonus rule"),
        (["--bonus", "qpc=6"], "There are two bonus rules for qpc"),
    ],
)
def test_that_bad_rules_are_exit_code_2_and_leave_nothing(
    capdesk: Capdesk, spring: None, options: list[str], sentence: str
) -> None:
    ran = capdesk("experiment", "add", "Scripts", "--campaign", "Spring", *RULES, *EVENTS, *options)
    assert ran.code == 2
    assert sentence in " ".join(ran.err.split())
    assert capdesk("experiment", "list", "--json").json == []


def test_that_a_change_to_an_ended_experiment_is_refused(capdesk: Capdesk, scripts: None) -> None:
    capdesk("experiment", "terminate", "Scripts")
    edited = capdesk("experiment", "edit", "Scripts", "--cap", "2000")
    assert edited.code == 1
    assert 'Experiment "Scripts" is terminated: it can never change; plan another experiment' in edited.err
    started = capdesk("experiment", "start", "Scripts")
    assert (started.code, started.err) == (1, 'capdesk: Experiment "Scripts" is terminated: you cannot start it.\n')


def test_that_a_second_experiment_cannot_be_started(capdesk: Capdesk, scripts: None) -> None:
    capdesk("experiment", "add", "Voicemail", "--campaign", "Spring", *RULES, *EVENTS)
    capdesk("experiment", "start", "Scripts")
    ran = capdesk("experiment", "start", "Voicemail")
    assert ran.code == 1
    assert 'Experiment "Scripts" is running in campaign "Spring": only one may run at a time; pause' in ran.err
    assert capdesk("experiment", "show", "Voicemail", "--json").json["runs"] == []


@pytest.mark.parametrize(
    ("at", "code", "sentence"),
    [
        ("2026-01-05T09:00", 2, "'2026-01-05T09:00' has no time zone; add its offset"),
        ("yesterday", 2, "'yesterday' is no moment; write it like"),
        ("2999-01-01", 1, "not in the future"),
    ],
)
def test_that_a_bad_moment_starts_nothing(capdesk: Capdesk, scripts: None, at: str, code: int, sentence: str) -> None:
    ran = capdesk("experiment", "start", "Scripts", "--at", at)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("experiment", "list", "--json").json[0]["status"] == "planned"


def test_that_a_list_can_be_of_one_campaign(capdesk: Capdesk, scripts: None) -> None:
    capdesk("campaign", "add", "Autumn", "--product", "Shop")
    assert "Scripts" in capdesk("experiment", "list", "--campaign", "Spring").out
    assert capdesk("experiment", "list", "--campaign", "Autumn", "--json").json == []
    assert capdesk("experiment", "list", "--campaign", "Winter").code == 1
