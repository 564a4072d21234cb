"""`capdesk connect twilio --alone`: an account without its subaccounts, chosen and said wherever it shows."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from capdesk.bootstrap import Desk
from capdesk.commands.base import App
from capdesk.commands.connect import connect
from capdesk.commands.connect_accounts import TwilioAsked, connect_twilio
from capdesk.commands.connect_flow import Sitting
from capdesk.commands.sync import sync
from capdesk.errors import ProviderRefused, UsageRefused
from capdesk.services.connections import list_connections
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import account_record, made_sid, usage_day
from capdesk.services.secrets import MemorySecrets
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.sitting import ScriptedPerson, with_secrets

MAIN, BELOW, KEY = made_sid("AC", "main"), made_sid("AC", "below"), made_sid("SK", "key")
TOKEN, SECRET = "canary-token-7391", "canary-secret-5127"
OFFER = "This key may not list subaccounts. Pull this account alone?"


@pytest.fixture
def safe(database: TestDatabase, desk: Desk) -> Iterator[Desk]:
    """A desk whose secrets lie in memory."""
    with with_secrets(database, desk, MemorySecrets()) as opened:
        yield opened


@pytest.fixture
def yesterday(desk: Desk) -> date:
    return desk.clock.now().date() - timedelta(days=1)


@pytest.fixture
def twilio(yesterday: date) -> Iterator[LocalTwilio]:
    """A main account and a subaccount; the key is a Standard one, which may not list them."""
    usage = [*usage_day(MAIN, yesterday, "40.00"), *usage_day(BELOW, yesterday, "2.50")]
    below = [account_record(BELOW, "Spring calls")]
    with LocalTwilio(
        MAIN, TOKEN, subaccounts=below, usage=usage, key_sid=KEY, secret=SECRET, key_kind="standard"
    ) as server:
        yield server


def sitting(desk: Desk, person: ScriptedPerson | None = None, *, yes: bool = False, as_json: bool = False) -> Sitting:
    return Sitting(App(desk.folder, as_json=as_json, _desk=desk), person, yes)


def asked(
    server: LocalTwilio, folder: Path, *, alone: bool = False, secret: str = SECRET, maps: tuple[str, ...] = ()
) -> TwilioAsked:
    file = folder / "secret.txt"
    file.write_text(secret, encoding="utf-8")
    return TwilioAsked(MAIN, KEY, file, alone, server.url, maps)


def settings(desk: Desk) -> list[dict[str, object]]:
    return [one.settings for one in desk.read(list_connections)]


def paths(server: LocalTwilio) -> set[str]:
    return {request.path for request in server.server.requests}


def told(desk: Desk, *arguments: str) -> str:
    group = {"sync": sync, "connect": connect}[arguments[0]]
    ran = CliRunner().invoke(group, arguments[1:], obj=App(desk.folder, _desk=desk), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_that_a_key_that_may_not_list_accounts_connects_its_account_alone(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connect_twilio(sitting(safe, yes=True), asked(twilio, tmp_path, alone=True)) == 0
    assert settings(safe) == [{"key_sid": KEY, "alone": True}]
    said = capsys.readouterr().out
    assert "(this account alone)" in said
    assert "$40.00 from" in said
    assert f"Unassigned: twilio account {MAIN}, $40.00 in 7 days" in said
    assert not any(path.endswith("/Accounts.json") or BELOW in path for path in paths(twilio))


def test_that_list_explain_and_sync_say_that_others_are_left_out(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, yesterday: date
) -> None:
    connect_twilio(sitting(safe, yes=True), asked(twilio, tmp_path, alone=True))
    assert f"{KEY}, this account alone" in told(safe, "connect", "list")
    explained = told(safe, "sync", "--explain")
    assert f"twilio of {MAIN} (due), {MAIN} (this account alone)" in explained
    assert f"twilio-calls of {MAIN} (due), {MAIN} (this account alone)" in explained
    (cost, calls) = [line for line in told(safe, "sync").splitlines() if "(this account alone)" in line]
    assert (cost.startswith("twilio  "), cost.endswith("$40.00"), calls.startswith("twilio-calls")) == (True,) * 3
    assert not any(path.endswith("/Accounts.json") or BELOW in path for path in paths(twilio))


def test_that_a_person_is_offered_the_account_alone_where_the_key_may_not_list_them(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path
) -> None:
    person = ScriptedPerson([None, None])
    assert connect_twilio(sitting(safe, person), asked(twilio, tmp_path)) == 0
    assert person.asked == [OFFER, "Keep this connection?"]
    assert settings(safe) == [{"key_sid": KEY, "alone": True}]


def test_that_a_person_who_does_not_want_it_alone_keeps_nothing(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path
) -> None:
    with pytest.raises(ProviderRefused, match=f"Twilio refused the API key {KEY} for the list of accounts"):
        connect_twilio(sitting(safe, ScriptedPerson([False])), asked(twilio, tmp_path))
    assert settings(safe) == []


@pytest.mark.parametrize("as_json", [False, True])
def test_that_nobody_is_asked_but_told_of_alone_without_a_person(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, as_json: bool
) -> None:
    for person in (None, ScriptedPerson()):
        with pytest.raises(ProviderRefused, match=r"copy its secret again, or, .* `capdesk connect twilio --alone`\.$"):
            connect_twilio(sitting(safe, person, yes=True, as_json=as_json), asked(twilio, tmp_path))
    assert settings(safe) == []


def test_that_a_wrong_secret_is_refused_alone_too(safe: Desk, twilio: LocalTwilio, tmp_path: Path) -> None:
    with pytest.raises(ProviderRefused, match=f"refused the API key {KEY} or its secret"):
        connect_twilio(sitting(safe, ScriptedPerson([True])), asked(twilio, tmp_path, secret="canary-wrong-1"))
    assert settings(safe) == []


def test_that_a_subaccount_cannot_be_mapped_where_the_account_is_alone(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path
) -> None:
    builders.campaign(safe)
    with pytest.raises(UsageRefused, match=f"knows no account {BELOW}"):
        connect_twilio(sitting(safe, yes=True), asked(twilio, tmp_path, alone=True, maps=(f"{BELOW}=Spring",)))
    assert settings(safe) == []


def test_that_connecting_again_with_a_login_that_may_list_takes_the_subaccounts_in(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, yesterday: date
) -> None:
    connect_twilio(sitting(safe, yes=True), asked(twilio, tmp_path, alone=True))
    told(safe, "sync", "--since", str(yesterday))
    (tmp_path / "secret.txt").write_text(TOKEN, encoding="utf-8")
    again = TwilioAsked(MAIN, None, tmp_path / "secret.txt", False, twilio.url, ())
    assert connect_twilio(sitting(safe, yes=True), again) == 0
    assert settings(safe) == [{}]
    pulled = json.loads(told(safe, "sync", "--source", "twilio", "--since", str(yesterday), "--json"))["pulls"][0]
    assert {one["account"]: Decimal(one["difference_usd"]) for one in pulled["accounts"]} == {
        MAIN: Decimal(0),
        BELOW: Decimal("2.5"),
    }
