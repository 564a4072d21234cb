"""`capdesk sync` on the command line, with the real Twilio client against a local Twilio."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.connections import save_connection
from capdesk.services.providers.local.http import Answer, Request
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import account_record, call_record, made_sid, usage_day
from tests.conftest import Capdesk
from tests.services.sync.pulling import sizes, today
from tests.support import builders

DAY = timedelta(days=1)
MAIN, BELOW = made_sid("AC", "main"), made_sid("AC", "below")
TOKEN = "canary-token-4471"


@pytest.fixture
def yesterday(desk: Desk) -> date:
    return today(desk) - DAY


@pytest.fixture
def twilio(desk: Desk, yesterday: date, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalTwilio]:
    """A main account and a subaccount, connected; the token lies in the environment."""
    usage = [*usage_day(MAIN, yesterday, "40.00"), *usage_day(BELOW, yesterday - DAY, "2.50")]
    noon = datetime.combine(yesterday, time(12), UTC)
    calls = [call_record(MAIN, made_sid("CA", n), noon, duration=60) for n in range(3)]
    monkeypatch.setenv(f"CAPDESK_TWILIO_{MAIN.upper()}", TOKEN)
    with LocalTwilio(
        MAIN, TOKEN, subaccounts=[account_record(BELOW, "Spring calls\x1b[2J")], usage=usage, calls=calls
    ) as server:
        desk.write(lambda session: save_connection(session, "twilio", MAIN, base_url=server.url))
        yield server


def test_that_sync_pulls_what_is_due_and_says_what_came(capdesk: Capdesk, twilio: LocalTwilio, yesterday: date) -> None:
    ran = capdesk("sync", "--since", yesterday - DAY)
    assert (ran.code, ran.err) == (0, "")
    assert "twilio        Main account" in ran.out
    assert f"{yesterday - DAY} … {yesterday}" in ran.out
    assert "$40.00" in ran.out
    assert "\x1b" not in ran.out
    again = capdesk("sync")
    assert again.code == 0
    assert f"Up to date: twilio of {MAIN} was pulled since its daily time" in again.out
    assert "together    $42.50" in capdesk("costs").out


def test_that_json_carries_every_account_in_exact_dollars(
    capdesk: Capdesk, twilio: LocalTwilio, yesterday: date
) -> None:
    found = capdesk("sync", "--source", "twilio", "--since", yesterday, "--json").json
    assert found["dry_run"] is False
    (pull,) = found["pulls"]
    assert (pull["source"], pull["state"]) == ("twilio", "done")
    told = {account["account"]: account for account in pull["accounts"]}
    assert (told[MAIN]["difference_usd"], told[MAIN]["landed"]) == ("40.000000", 1)
    assert told[MAIN]["through"] == str(yesterday)


def test_that_a_restated_day_shows_as_its_difference(capdesk: Capdesk, twilio: LocalTwilio, yesterday: date) -> None:
    capdesk("sync", "--since", yesterday)
    twilio.usage.restate(MAIN, yesterday, Decimal("43.10"))
    tried = capdesk("sync", "--source", "twilio", "--dry-run")
    assert tried.code == 0
    assert "Dry run: nothing was recorded." in tried.out
    assert f"{yesterday}  {MAIN}       $3.10" in tried.out
    assert "$3.10" in capdesk("sync", "--source", "twilio").out
    assert "$43.10" in capdesk("costs").out


def test_that_a_dry_run_records_not_even_itself(desk: Desk, capdesk: Capdesk, twilio: LocalTwilio) -> None:
    before = sizes(desk)
    ran = capdesk("sync", "--dry-run", "--json")
    assert ran.json["dry_run"] is True
    assert sizes(desk) == before
    assert "Nothing was pulled yet" in capdesk("sync", "--log").out


def test_that_a_source_that_fails_is_exit_code_1_and_one_sentence(capdesk: Capdesk, twilio: LocalTwilio) -> None:
    answer = twilio.server.answer

    def refuse_usage(request: Request) -> Answer:
        return (
            Answer(401, b'{"code": 20003, "message": "Authenticate", "status": 401}')
            if "Usage" in request.path
            else answer(request)
        )

    twilio.server.answer = refuse_usage
    ran = capdesk("sync")
    assert ran.code == 1
    assert f"Failed: twilio of {MAIN}: Main account: " in ran.out
    assert "Failed: twilio-calls" not in ran.out
    assert TOKEN not in ran.out + ran.err
    twilio.server.answer = answer
    assert capdesk("sync").code == 0
    assert [run["state"] for run in capdesk("sync", "--log", "--json").json] == ["done", "done", "failed"]


def test_that_a_missing_secret_is_a_sentence_that_names_the_way_out(
    capdesk: Capdesk, twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"CAPDESK_TWILIO_{MAIN.upper()}")
    ran = capdesk("sync", "--source", "twilio")
    assert ran.code == 1
    assert "Failed: twilio" in ran.out
    assert "mistake in capdesk" not in ran.out


def test_that_explain_says_what_would_be_asked_of_whom(
    desk: Desk, capdesk: Capdesk, twilio: LocalTwilio, yesterday: date
) -> None:
    before = sizes(desk)
    ran = capdesk("sync", "--explain", "--since", yesterday - 40 * DAY)
    assert ran.code == 0
    assert f"twilio of {MAIN} (due), Main account" in ran.out
    assert f"{yesterday - 40 * DAY} … {yesterday} (UTC)" in ran.out
    assert sizes(desk) == before
    found = capdesk("sync", "--explain", "--json", "--source", "twilio-calls").json
    assert {one["account"] for one in found} == {MAIN, BELOW}


def test_that_the_log_has_a_line_a_run(capdesk: Capdesk, twilio: LocalTwilio, yesterday: date) -> None:
    capdesk("sync", "--since", yesterday)
    runs = capdesk("sync", "--log", "--json").json
    assert [(run["source"], run["state"], run["landed"]) for run in runs] == [
        ("twilio-calls", "done", 3),
        ("twilio", "done", 1),
    ]
    assert "State" in capdesk("sync", "--log").out


def test_that_with_nothing_connected_it_says_what_to_do(capdesk: Capdesk) -> None:
    for options in ((), ("--dry-run",), ("--explain",)):
        ran = capdesk("sync", *options)
        assert ran.code == 0
        assert "connect an account with `capdesk connect twilio`" in ran.out
    ran = capdesk("sync", "--source", "gcp")
    assert (ran.code, ran.err) == (
        1,
        "capdesk: No gcp account is connected: connect one with `capdesk connect gcp`.\n",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--since", "yesterday"), "'yesterday' after --since is no date; write it like 2026-10-26."),
        (("--log", "--dry-run"), "--log shows what was pulled: leave out the other options."),
        (("--explain", "--dry-run"), "leave out one of them."),
        (("--source", "mail"), "'mail' is not one of"),
    ],
)
def test_that_what_cannot_be_understood_is_exit_code_2(capdesk: Capdesk, options: tuple[str, ...], words: str) -> None:
    ran = capdesk("sync", *options)
    assert ran.code == 2
    assert words in ran.err


def test_that_a_day_that_has_not_ended_is_refused(desk: Desk, capdesk: Capdesk, twilio: LocalTwilio) -> None:
    ran = capdesk("sync", "--since", today(desk))
    assert ran.code == 2
    assert "has not ended in UTC" in ran.err


def test_that_verify_finds_no_difference_after_pulls(
    desk: Desk, capdesk: Capdesk, twilio: LocalTwilio, yesterday: date
) -> None:
    builders.running_experiment(desk)
    capdesk("map", "twilio", MAIN, "Spring")
    capdesk("sync", "--since", yesterday)
    twilio.usage.restate(MAIN, yesterday, Decimal("43.10"))
    capdesk("sync", "--source", "twilio")
    assert capdesk("verify").code == 0
