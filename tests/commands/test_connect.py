"""`capdesk connect`: asked, tried, shown, and only then kept."""

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import click
import pytest

from capdesk.bootstrap import Desk
from capdesk.commands.base import App
from capdesk.commands.connect_accounts import TwilioAsked, connect_twilio
from capdesk.commands.connect_flow import Sitting
from capdesk.commands.connect_mail import MailAsked, connect_mail
from capdesk.errors import (
    CapdeskError,
    DeliveryFailed,
    FileRefused,
    NoKeyring,
    NotFound,
    ProviderRefused,
    Stopped,
    UsageRefused,
)
from capdesk.services import mapping
from capdesk.services.connections import ConnectionInfo, list_connections
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import account_record, made_sid, usage_day
from capdesk.services.secrets import MemorySecrets
from capdesk.services.settings import Settings, get_settings
from tests.conftest import Capdesk, TestDatabase
from tests.support import builders
from tests.support.certificates import make_certificates
from tests.support.sitting import ScriptedPerson, everything_kept, with_secrets

MAIN, BELOW = made_sid("AC", "main"), made_sid("AC", "below")
KEY, TOKEN, KEY_SECRET = made_sid("SK", "key"), "canary-token-7391", "canary-secret-5127"


@pytest.fixture
def twilio(desk: Desk) -> Iterator[LocalTwilio]:
    yesterday = utc_today(desk) - timedelta(days=1)
    usage = [*usage_day(MAIN, yesterday, "40.00"), *usage_day(BELOW, yesterday, "2.50")]
    below = [account_record(BELOW, "Spring calls\x1b[2J")]
    with LocalTwilio(MAIN, TOKEN, subaccounts=below, usage=usage, key_sid=KEY, secret=KEY_SECRET) as server:
        yield server


def utc_today(desk: Desk) -> date:
    return desk.clock.now().date()


def sitting(desk: Desk, person: ScriptedPerson | None = None, *, yes: bool = False, as_json: bool = False) -> Sitting:
    return Sitting(App(desk.folder, as_json=as_json, _desk=desk), person, yes)


def asked(
    server: LocalTwilio,
    *,
    account: str | None = MAIN,
    key: str | None = None,
    file: Path | None = None,
    maps: tuple[str, ...] = (),
) -> TwilioAsked:
    return TwilioAsked(account, key, file, False, server.url, maps)


def token_file(folder: Path, text: str = TOKEN) -> Path:
    file = folder / "token.txt"
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


def connected(desk: Desk) -> list[ConnectionInfo]:
    return desk.read(list_connections)


def settings_of(desk: Desk) -> Settings:
    return desk.read(lambda session: get_settings(session, desk.owner_id))


def mapped(desk: Desk) -> dict[str | None, str]:
    return {one.account: one.campaign for one in desk.read(mapping.mappings).mapped}


def test_that_a_person_is_asked_for_what_is_missing_and_sees_the_first_figures_before_keeping(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.campaign(safe)
    person = ScriptedPerson([MAIN, None, TOKEN, True, "Sprang", "Spring", None])
    assert connect_twilio(sitting(safe, person), asked(twilio, account=None)) == 0
    assert person.asked == [
        "Account SID (AC...)",
        "SID of an API key (SK...; just Enter to use the auth token)",
        "Auth token",
        "Keep this connection?",
        f'twilio account {MAIN} "Main account", $40.00 in 7 days',
        f'twilio account {MAIN} "Main account", $40.00 in 7 days',
        f'twilio account {BELOW} "Spring calls[2J", $2.50 in 7 days',
    ]
    assert [(one.account, one.base_url, one.settings) for one in connected(safe)] == [(MAIN, twilio.url, {})]
    assert secrets.get(f"twilio-{MAIN}") == TOKEN
    assert mapped(safe) == {MAIN: "Spring"}
    said = capsys.readouterr()
    assert said.out.index("$42.50 from") < said.out.index("is connected.") < said.out.index("is mapped to campaign")
    assert f"Unassigned: twilio account {BELOW}" in said.out
    assert "\x1b" not in said.out
    assert 'There is no campaign "Sprang": did you mean "Spring"?' in said.err


def test_that_nothing_is_recorded_by_trying(safe: Desk, twilio: LocalTwilio, tmp_path: Path) -> None:
    connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path)))
    assert safe.read(mapping.mappings).unassigned == ()


def test_that_a_person_who_says_no_keeps_nothing(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connect_twilio(sitting(safe, ScriptedPerson([TOKEN, False])), asked(twilio)) == 0
    assert (connected(safe), secrets.names()) == ([], [])
    assert capsys.readouterr().out.endswith("Nothing was kept.\n")


@pytest.mark.parametrize(("answers", "error"), [([], click.Abort), ([TOKEN], Stopped)])
def test_that_leaving_before_agreeing_keeps_nothing(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, answers: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error) as left:
        connect_twilio(sitting(safe, ScriptedPerson([*answers])), asked(twilio))
    assert str(left.value) in ("", "stopped; nothing was changed.")
    assert (connected(safe), secrets.names()) == ([], [])


def test_that_leaving_while_mapping_keeps_the_connection_and_says_so(safe: Desk, twilio: LocalTwilio) -> None:
    builders.campaign(safe)
    with pytest.raises(Stopped, match="what it had recorded by then stays"):
        connect_twilio(sitting(safe, ScriptedPerson([TOKEN, True])), asked(twilio))
    assert [one.account for one in connected(safe)] == [MAIN]


def test_that_an_api_key_is_used_with_its_own_secret(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, tmp_path: Path
) -> None:
    given = asked(twilio, key=KEY, file=token_file(tmp_path, KEY_SECRET))
    assert connect_twilio(sitting(safe, yes=True), given) == 0
    assert (connected(safe)[0].settings, secrets.get(f"twilio-{MAIN}")) == ({"key_sid": KEY}, KEY_SECRET)


def test_that_connecting_again_changes_the_token_and_maps_nothing_twice(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, tmp_path: Path
) -> None:
    builders.campaign(safe)
    given = asked(twilio, file=token_file(tmp_path), maps=(f"{BELOW}=Spring",))
    connect_twilio(sitting(safe, yes=True), given)
    twilio.revoke_token("canary-new-token-1")
    token_file(tmp_path, "canary-new-token-1")
    assert connect_twilio(sitting(safe, yes=True), given) == 0
    assert ([one.account for one in connected(safe)], mapped(safe)) == ([MAIN], {BELOW: "Spring"})
    assert secrets.get(f"twilio-{MAIN}") == "canary-new-token-1"


def test_that_just_enter_takes_the_token_that_is_kept_already(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.set(f"twilio-{MAIN}", TOKEN)
    assert connect_twilio(sitting(safe, ScriptedPerson([None, True])), asked(twilio)) == 0
    assert "The auth token that is kept already is used." in capsys.readouterr().out


def test_that_without_yes_a_program_sees_the_figures_but_keeps_nothing(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connect_twilio(sitting(safe, as_json=True), asked(twilio, file=token_file(tmp_path))) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["connection"], told["first_figures"]["total_usd"]) == (None, "42.500000")
    assert [one["usd"] for one in told["unassigned"]] == ["40.000000", "2.500000"]
    assert (connected(safe), secrets.names()) == ([], [])


def test_that_json_tells_what_was_kept_and_mapped(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.campaign(safe)
    given = asked(twilio, file=token_file(tmp_path), maps=(f"{BELOW}=Spring",))
    assert connect_twilio(sitting(safe, yes=True, as_json=True), given) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["connection"]["account"], told["connection"]["active"]) == (MAIN, True)
    assert [(one["source"], one["campaign"]) for one in told["mapped"]] == [(f"twilio account {BELOW}", "Spring")]
    assert [one["source"]["account"] for one in told["unassigned"]] == [MAIN]


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"account": "AC1"}, UsageRefused, "A Twilio account SID is AC and 32"),
        ({"account": made_sid("AC", "nobody")}, ProviderRefused, "Twilio refused the account SID or the token"),
        ({"key": MAIN}, UsageRefused, "this is an account SID"),
        ({"key": made_sid("SK", "nobody")}, ProviderRefused, "Twilio refused the API key"),
        ({"account": None}, UsageRefused, "say it with --account"),
        ({"file": Path("nowhere")}, FileRefused, "nowhere cannot be read"),
        ({"maps": (f"{BELOW}=Winter",)}, NotFound, 'There is no campaign "Winter"'),
        ({"maps": (f"{made_sid('AC', 'typo')}=Spring",)}, UsageRefused, "knows no account AC"),
        ({"maps": ("Spring",)}, UsageRefused, "write it like SOURCE=CAMPAIGN"),
    ],
)
def test_that_a_failure_is_one_sentence_and_nothing_is_kept(
    safe: Desk,
    secrets: MemorySecrets,
    twilio: LocalTwilio,
    tmp_path: Path,
    wrong: dict[str, object],
    error: type[CapdeskError],
    sentence: str,
) -> None:
    builders.campaign(safe)
    given: dict[str, object] = {"server": twilio, "file": token_file(tmp_path)} | wrong
    with pytest.raises(error, match=sentence) as refused:
        connect_twilio(sitting(safe, yes=True), asked(**given))  # type: ignore[arg-type]
    assert TOKEN not in str(refused.value)
    assert (connected(safe), secrets.names(), mapped(safe)) == ([], [], {})


def test_that_a_wrong_token_is_said_before_anything_is_kept(
    safe: Desk, secrets: MemorySecrets, twilio: LocalTwilio
) -> None:
    with pytest.raises(ProviderRefused, match="Twilio refused the account SID or the token"):
        connect_twilio(sitting(safe, ScriptedPerson(["canary-wrong-1"])), asked(twilio))
    assert (connected(safe), secrets.names()) == ([], [])


def test_that_without_a_keyring_nothing_is_kept_and_the_way_out_is_told(
    database: TestDatabase, desk: Desk, twilio: LocalTwilio, tmp_path: Path
) -> None:
    class NoSecrets(MemorySecrets):
        def set(self, _name: str, _value: str) -> None:
            raise NoKeyring("There is no keyring: `capdesk secrets allow-key-file`.")

    with (
        with_secrets(database, desk, NoSecrets()) as opened,
        pytest.raises(NoKeyring, match="Nothing was connected, because its secret cannot be kept: There is no keyring"),
    ):
        connect_twilio(sitting(opened, yes=True), asked(twilio, file=token_file(tmp_path)))
    assert connected(desk) == []


def test_that_no_secret_shows_anywhere(
    safe: Desk,
    twilio: LocalTwilio,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path)))
    connect_twilio(sitting(safe, yes=True, as_json=True), asked(twilio, key=KEY, file=token_file(tmp_path, KEY_SECRET)))
    for wrong in ("canary-wrong-2", "canary wrong 2"):
        with pytest.raises(CapdeskError) as refused:
            connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path, wrong)))
        assert "canary" not in f"{refused.value!r} {refused.value.__cause__!r}"
    said = capsys.readouterr()
    assert "canary" not in said.out + said.err + caplog.text + everything_kept(safe)


# Mail


def mail_asked(server: LocalSmtp, file: Path | None = None, *, user: str | None = "olga") -> MailAsked:
    return MailAsked("127.0.0.1", server.port, "plain", user, file, "desk@example.com", ("olga@example.com",))


def test_that_the_mail_server_is_tried_with_the_login_and_then_kept(
    safe: Desk, secrets: MemorySecrets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalSmtp(user="olga", password="canary mail 1") as server:
        file = token_file(tmp_path, "canary mail 1")
        assert connect_mail(sitting(safe, yes=True), mail_asked(server, file)) == 0
        assert server.arrived == []
    kept = settings_of(safe)
    assert (kept.mail_host, kept.mail_port, kept.mail_user) == ("127.0.0.1", server.port, "olga")
    assert (kept.mail_from, kept.recipients) == ("desk@example.com", ["olga@example.com"])
    assert secrets.get("smtp-password") == "canary mail 1"
    said = capsys.readouterr()
    assert "takes the login of olga" in said.out
    assert "canary" not in said.out + said.err + everything_kept(safe)


def test_that_a_wrong_mail_password_keeps_nothing(safe: Desk, secrets: MemorySecrets, tmp_path: Path) -> None:
    before = settings_of(safe)
    with (
        LocalSmtp(user="olga", password="right") as server,
        pytest.raises(DeliveryFailed, match="refused the user or the password"),
    ):
        connect_mail(sitting(safe, yes=True), mail_asked(server, token_file(tmp_path)))
    assert (settings_of(safe), secrets.names()) == (before, [])


def test_that_a_mail_server_with_a_certificate_of_its_own_making_is_refused(safe: Desk, tmp_path: Path) -> None:
    context = make_certificates(tmp_path).server
    with LocalSmtp(tls="starttls", ssl_context=context) as server:
        given = MailAsked("localhost", server.port, "starttls", "", None, "desk@example.com", ())
        with pytest.raises(DeliveryFailed, match=r"the certificate of .* is not to be trusted"):
            connect_mail(sitting(safe, yes=True), given)
    assert settings_of(safe).mail_host is None


def test_that_a_person_is_offered_the_usual_port_and_may_say_no(safe: Desk, secrets: MemorySecrets) -> None:
    with LocalSmtp() as server:
        person = ScriptedPerson(["127.0.0.1", "plain", str(server.port), None, "desk@example.com", None, False])
        nothing = MailAsked(None, None, None, None, None, None, ())
        assert connect_mail(sitting(safe, person), nothing) == 0
    assert person.asked == [
        "SMTP server",
        "Security (starttls, ssl or plain)",
        "Port",
        "Login (just Enter for none)",
        "Sender's e-mail address",
        "Recipients (with commas)",
        "Keep these settings?",
    ]
    assert (settings_of(safe).mail_host, secrets.names()) == (None, [])


def test_that_mail_without_anybody_to_ask_needs_a_server(safe: Desk) -> None:
    with pytest.raises(UsageRefused, match="--host"):
        connect_mail(sitting(safe, yes=True), MailAsked(None, None, None, None, None, None, ()))


# The command line


def test_that_connections_are_listed_and_removed(
    capdesk: Capdesk, safe: Desk, twilio: LocalTwilio, tmp_path: Path
) -> None:
    assert "capdesk connect twilio" in capdesk("connect", "list").out
    connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path)))
    listed = capdesk("connect", "list")
    assert MAIN in listed.out
    assert "auth token" in listed.out
    removed = capdesk("connect", "remove", "AC")
    assert (removed.code, "did you mean" in removed.err) == (1, True)


@pytest.mark.parametrize("arguments", [["--token", "canary-1"], ["--token=canary-1"], ["canary-1"]])
def test_that_there_is_no_way_to_give_a_token_as_an_argument(capdesk: Capdesk, arguments: list[str]) -> None:
    ran = capdesk("connect", "twilio", "--account", MAIN, *arguments)
    assert ran.code == 2


def test_that_money_is_exact(desk: Desk, safe: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = utc_today(desk) - timedelta(days=2)
    with LocalTwilio(MAIN, TOKEN, usage=usage_day(MAIN, day, Decimal("0.123456"))) as server:
        connect_twilio(sitting(safe, as_json=True), asked(server, file=token_file(tmp_path)))
    (account,) = json.loads(capsys.readouterr().out)["first_figures"]["accounts"]
    assert account["days"][day.isoformat()] == "0.123456"
