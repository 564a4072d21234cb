"""What was filled in about an account: whose secret is used, and what would be kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused, ProviderRefused, UsageRefused
from capdesk.services.connect.asked import GcpAsked, TwilioAsked, given, key_file_text, try_gcp_asked, try_twilio_asked
from capdesk.services.secrets import MemorySecrets, secret_name, variable
from capdesk.services.settings_locks import zone_is_fixed
from capdesk.services.sync.steps import account_steps
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.outside import ACCOUNTS, EMAIL, MAIN, TABLE, TOKEN, Outside, quick_sync
from tests.support.sitting import with_secrets

NAME = secret_name("twilio", MAIN)


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def safe(database: TestDatabase, desk: Desk, secrets: MemorySecrets) -> Iterator[Desk]:
    with with_secrets(database, desk, secrets) as opened:
        yield opened


@pytest.fixture
def outside() -> Iterator[Outside]:
    with Outside(datetime.now(UTC).date()) as started:
        yield started


def test_that_a_secret_comes_from_the_environment_then_the_person_then_what_is_kept(secrets: MemorySecrets) -> None:
    with pytest.raises(UsageRefused, match="The auth token is needed"):
        given(secrets, NAME, "auth token", "", environ={})
    secrets.set(NAME, "kept-token")
    kept = given(secrets, NAME, "auth token", " ", environ={})
    typed = given(secrets, NAME, "auth token", "typed-token", environ={})
    named = given(secrets, NAME, "auth token", "typed-token", environ={variable(NAME): "named-token"})
    assert [(one.value, one.new) for one in (kept, typed, named)] == [
        ("kept-token", False),
        ("typed-token", True),
        ("named-token", False),
    ]
    assert "token" not in repr((kept, typed, named)).replace("auth token", "")


def test_that_twilio_is_tried_and_what_would_be_kept_is_told(safe: Desk, outside: Outside) -> None:
    asked = TwilioAsked(MAIN.upper(), TOKEN, base_url=outside.twilio.url)
    tried = try_twilio_asked(safe, asked, environ={})
    assert {one.id for one in tried.trial.accounts} == set(ACCOUNTS)
    assert (tried.wanted.account, tried.wanted.secret, tried.wanted.settings["alone"]) == (MAIN, TOKEN, False)
    assert TOKEN not in repr(asked) + repr(tried)


def test_that_a_refused_token_is_told_and_not_repeated(safe: Desk, outside: Outside) -> None:
    with pytest.raises(ProviderRefused) as refused:
        try_twilio_asked(safe, TwilioAsked(MAIN, "wrong-token-1", base_url=outside.twilio.url), environ={})
    assert "wrong-token-1" not in str(refused.value)


def test_that_google_is_asked_with_a_key_file_the_kept_key_or_no_login(
    safe: Desk, outside: Outside, secrets: MemorySecrets, tmp_path: Path
) -> None:
    asked = GcpAsked(TABLE, query_project="queries", base_url=outside.google.url)
    with pytest.raises(UsageRefused, match="choose a service account's key file"):
        try_gcp_asked(safe, asked, environ={})
    key = outside.environment()[variable(secret_name("gcp", TABLE))]
    file = tmp_path / "key.json"
    file.write_text(key)
    with_file = GcpAsked(TABLE, key_file=file, query_project="queries", base_url=outside.google.url)
    tried = try_gcp_asked(safe, with_file, environ={})
    assert (tried.wanted.secret, tried.told) == (key.strip(), f"Asking as {EMAIL}.")
    assert tried.trial.questions[-1].bytes is not None
    secrets.set(secret_name("gcp", TABLE), key)
    kept = try_gcp_asked(safe, asked, environ={})
    assert (kept.wanted.secret, kept.wanted.settings["credentials"]) == (None, "key")


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000])
def test_that_a_file_that_holds_no_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FileRefused, match=r"key\.json"):
        key_file_text(file)


def test_that_a_pull_is_told_account_by_account(desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.connect(desk)
    for name, value in outside.environment().items():
        monkeypatch.setenv(name, value)
    run = quick_sync(desk, "twilio").pulls[0].run_id
    assert run is not None
    steps = desk.read(lambda session: account_steps(session, run))
    stated = outside.stated()
    for one in steps:
        assert one.difference_usd == sum(usd for (account, _day), usd in stated.items() if account == one.account)
    assert {one.account for one in steps} == set(ACCOUNTS)


def test_that_the_zone_is_fixed_from_the_first_fact_on(desk: Desk) -> None:
    before = desk.read(zone_is_fixed)
    builders.running_experiment(desk)
    assert (before, desk.read(zone_is_fixed)) == (False, True)
