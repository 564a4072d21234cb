"""`capdesk connect`, when something is not right at first: asked again, told what to do, and nothing lost."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest

from capdesk.bootstrap import Desk
from capdesk.commands.base import App
from capdesk.commands.connect_accounts import GcpAsked, TwilioAsked, connect_gcp, connect_twilio
from capdesk.commands.connect_flow import Sitting
from capdesk.commands.connect_mail import MailAsked, connect_mail
from capdesk.errors import DeliveryFailed, NoKeyring, Stopped
from capdesk.services.connections import list_connections
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import made_sid, usage_day
from capdesk.services.secrets import MemorySecrets, open_secrets
from capdesk.services.settings import get_settings
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.sitting import ScriptedPerson, with_secrets

MAIN, TOKEN = made_sid("AC", "main"), "canary-token-7391"
TABLE = "local-project.billing.gcp_billing_export_v1_01338E_BE3FD6_363B4C"
NO_MAIL = MailAsked(None, None, None, None, None, None, ())
AGAIN = "Try again, once that is done?"


class SlowToAllow(MemorySecrets):
    """No keyring at first; the person allows a key file before the `allowed`-th try."""

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._left = allowed

    def set(self, name: str, value: str) -> None:
        self._left -= 1
        if self._left > 0:
            raise NoKeyring("There is no keyring: `capdesk secrets allow-key-file`.")
        super().set(name, value)


@pytest.fixture
def twilio(desk: Desk) -> Iterator[LocalTwilio]:
    yesterday = desk.clock.now().date() - timedelta(days=1)
    with LocalTwilio(MAIN, TOKEN, usage=usage_day(MAIN, yesterday, "40.00")) as server:
        yield server


def sitting(desk: Desk, person: ScriptedPerson | None = None, *, yes: bool = False) -> Sitting:
    return Sitting(App(desk.folder, _desk=desk), person, yes)


def asked(server: LocalTwilio, account: str | None = MAIN, file: Path | None = None) -> TwilioAsked:
    return TwilioAsked(account, None, file, False, server.url, ())


def accounts(desk: Desk) -> list[str]:
    return [one.account for one in desk.read(list_connections)]


def token_file(folder: Path) -> Path:
    file = folder / "token.txt"
    file.write_text(TOKEN, encoding="utf-8")
    return file


def test_that_a_mistyped_answer_is_asked_for_again(
    safe: Desk, twilio: LocalTwilio, capsys: pytest.CaptureFixture[str]
) -> None:
    person = ScriptedPerson([None, "AC12", MAIN, MAIN, None, None, "canary with blanks", TOKEN, True])
    assert connect_twilio(sitting(safe, person), asked(twilio, None)) == 0
    account, key = "Account SID (AC...)", "SID of an API key (SK...; just Enter to use the auth token)"
    assert person.asked == [*[account] * 3, *[key] * 2, *["Auth token"] * 3, "Keep this connection?"]
    said = capsys.readouterr()
    assert said.err.count("A Twilio account SID is AC and 32") == 2
    assert "and this is an account SID" in said.err
    assert "canary" not in said.err + said.out


def test_that_a_key_file_that_is_none_is_asked_for_again(
    safe: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key.json").write_text('{"type": "authorized_user", "refresh_token": "canary-1"}', encoding="utf-8")
    person = ScriptedPerson(["table", TABLE, str(tmp_path / "nowhere.json"), str(tmp_path / "key.json")])
    nothing = GcpAsked(None, None, None, False, None, None, "http://127.0.0.1:9", ())
    with pytest.raises(click.Abort):
        connect_gcp(sitting(safe, person), nothing)
    said = capsys.readouterr().err
    for words in ("no table of BigQuery", "nowhere.json cannot be read", "a person's login"):
        assert said.count(words) == 1
    assert "canary" not in said


def test_that_a_person_may_make_room_for_the_secret_and_go_on(
    database: TestDatabase, desk: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with with_secrets(database, desk, SlowToAllow(3)) as opened:
        person = ScriptedPerson([True, None, True])
        assert connect_twilio(sitting(opened, person), asked(twilio, file=token_file(tmp_path))) == 0
        assert person.asked == ["Keep this connection?", AGAIN, AGAIN]
        assert (accounts(opened), opened.secrets.get(f"twilio-{MAIN}")) == ([MAIN], TOKEN)
    assert capsys.readouterr().err.count("its secret cannot be kept: There is no keyring") == 2


@pytest.mark.parametrize("person", [None, ScriptedPerson([True, False])])
def test_that_without_room_for_the_secret_nothing_is_kept(
    database: TestDatabase, desk: Desk, twilio: LocalTwilio, tmp_path: Path, person: ScriptedPerson | None
) -> None:
    with (
        with_secrets(database, desk, SlowToAllow(99)) as opened,
        pytest.raises(NoKeyring if person is None else Stopped, match=r"Nothing was connected|nothing was changed"),
    ):
        connect_twilio(sitting(opened, person, yes=person is None), asked(twilio, file=token_file(tmp_path)))
    assert accounts(desk) == []


def test_that_mail_values_that_do_not_work_are_offered_again_to_be_corrected(
    safe: Desk, secrets: MemorySecrets, capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalSmtp(user="olga", password="canary right") as server:
        first = [None, "127.0.0.1", "tls", "PLAIN", "many", str(server.port), "olga", "olga@example.com", None]
        again = [None] * 6
        person = ScriptedPerson([*first, "canary wrong", True, *again, "canary right", True])
        assert connect_mail(sitting(safe, person), NO_MAIL) == 0
    kept = safe.read(lambda session: get_settings(session, safe.owner_id))
    assert (kept.mail_host, kept.mail_port, kept.mail_security, kept.mail_user) == (
        *("127.0.0.1", server.port, "plain"),
        "olga",
    )
    assert (kept.recipients, secrets.get("smtp-password")) == (["olga@example.com"], "canary right")
    said = capsys.readouterr().err
    for words in ("That is needed", "'tls' is no security", "'many' is no port", "refused the user or the password"):
        assert said.count(words) == 1
    assert "canary" not in said


def test_that_a_person_may_give_up_on_mail(safe: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with LocalSmtp(user="olga", password="right") as server:
        given = MailAsked("127.0.0.1", server.port, "plain", "olga", None, "desk@example.com", ("olga@example.com",))
        assert connect_mail(sitting(safe, ScriptedPerson(["wrong", False])), given) == 1
        with pytest.raises(DeliveryFailed):
            connect_mail(sitting(safe, ScriptedPerson(["wrong"]), yes=True), given)
    assert capsys.readouterr().out.count("Nothing was kept.\n") == 1


def test_that_a_file_of_secrets_that_was_moved_aside_is_told(
    database: TestDatabase, desk: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [{"CAPDESK_MASTER_KEY": base64.b64encode(bytes([n] * 32)).decode()} for n in range(3)]
    open_secrets(tmp_path, keys[0]).set("smtp-password", "lost")
    with with_secrets(database, desk, open_secrets(tmp_path, keys[1])) as opened:
        connect_twilio(sitting(opened, yes=True), asked(twilio, file=token_file(tmp_path)))
    with (
        with_secrets(database, desk, open_secrets(tmp_path, keys[2])) as opened,
        LocalSmtp(user="olga", password=TOKEN) as server,
    ):
        given = MailAsked("127.0.0.1", server.port, "plain", "olga", token_file(tmp_path), "desk@example.com", ())
        connect_mail(sitting(opened, yes=True), given)
    said = capsys.readouterr().out
    for number in (1, 2):
        assert f"is now {tmp_path / f'secrets.unreadable-{number}'}: set the other secrets again too." in said


def test_that_what_to_do_next_can_be_pasted(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path)))
    assert (
        "To assign it with all its past days: make a campaign (capdesk product add, capdesk campaign add), then "
        f"capdesk map twilio CAMPAIGN --account {MAIN}\n"
    ) in capsys.readouterr().out
    builders.campaign(safe)
    connect_twilio(sitting(safe, yes=True), asked(twilio, file=token_file(tmp_path)))
    assert f"past days: capdesk map twilio CAMPAIGN --account {MAIN}\n" in capsys.readouterr().out


def test_that_days_without_cost_are_said_to_be_that(
    safe: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalTwilio(MAIN, TOKEN) as server:
        connect_twilio(sitting(safe, yes=True), asked(server, file=token_file(tmp_path)))
    assert "No cost in these days: look whether it is the right account" in capsys.readouterr().out


def test_that_a_variable_that_goes_before_the_file_is_named(
    safe: Desk, twilio: LocalTwilio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "CAPDESK_TWILIO_" + MAIN.upper()
    for value, told in (("other-token", True), ("", False)):
        one = Sitting(App(safe.folder, _desk=safe), None, True, {name: value})
        assert connect_twilio(one, asked(twilio, file=token_file(tmp_path))) == 0
        said = capsys.readouterr().out
        assert (f"{name} is set and goes before the auth token of that file at every sync." in said) is told
        assert "other-token" not in said
