"""Signing in to Google: keys refused unused, tokens renewed, clocks off, and nothing secret shown."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable, UsageRefused
from capdesk.services.clock import FixedClock, SystemClock
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.local.http import (
    Answer,
    Cut,
    Fault,
    Instead,
    Request,
    json_answer,
    no_fault,
    nth,
)
from capdesk.services.providers.pull import Account
from tests.services.providers.billing_exports import (
    ACCOUNT,
    OCTOBER,
    ROWS,
    SHORT,
    TABLE,
    export,
    pulled,
    refused,
)


@pytest.fixture
def bigquery() -> Iterator[LocalBigQuery]:
    with LocalBigQuery({TABLE: ExportTable(ROWS)}) as server:
        yield server
        assert server.errors == []


def key_with(bigquery: LocalBigQuery, **changes: Any) -> str:
    info = json.loads(bigquery.service_account())
    return json.dumps({name: value for name, value in (info | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "authorized_user"}, "not of a service account"),
        ({"client_email": None}, "has no client_email"),
        ({"private_key": ""}, "has no private_key"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n"}, "cannot be read"),
        ({"token_uri": "https://accounts.example.com/token"}, "a server that is not Google's"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "a server that is not Google's"),
        ({"token_uri": "https://googleapis.com.example.net/token"}, "a server that is not Google's"),
        ({"token_uri": "http://[::1"}, "a server that is not Google's"),
        ({"universe_domain": "example.com"}, "another cloud"),
    ],
)
def test_that_a_key_that_cannot_be_used_is_refused_unused(
    bigquery: LocalBigQuery, changes: dict[str, Any], words: str
) -> None:
    key = key_with(bigquery, **changes)
    sentence = refused(export(bigquery.url, key=key))
    assert words in sentence
    assert "CANARY" not in sentence
    assert bigquery.requests == []


@pytest.mark.parametrize("key", ["", "{", "[]", "null", "[" * 100_000, "not json"])
def test_that_a_key_that_is_no_json_is_refused(bigquery: LocalBigQuery, key: str) -> None:
    assert "is not a JSON file" in refused(export(bigquery.url, key=key))


def test_that_a_service_account_signs_in_with_its_key(bigquery: LocalBigQuery) -> None:
    bigquery.signed_in_only = True
    source = export(bigquery.url, key=bigquery.service_account())
    assert pulled(source).rows == len(ROWS)
    bigquery.tokens.expire()
    assert pulled(source).rows == len(ROWS)


def test_that_a_token_that_expires_on_the_way_is_fetched_anew(bigquery: LocalBigQuery) -> None:
    def expire(request: Request) -> None:
        if request.path.endswith("/jobs"):
            bigquery.fault = no_fault
            bigquery.tokens.expire()

    bigquery.signed_in_only = True
    bigquery.fault = expire
    assert pulled(export(bigquery.url, key=bigquery.service_account())).rows == len(ROWS)
    assert sum(one.path == "/token" for one in bigquery.requests) == 2


def test_that_a_revoked_key_or_a_deleted_account_is_told(bigquery: LocalBigQuery) -> None:
    email = "sync@acme.iam.gserviceaccount.com"
    source = export(bigquery.url, key=bigquery.service_account(email))
    bigquery.tokens.revoke(email)
    assert f"no longer accepts the key of the service account {email}" in refused(source)
    bigquery.tokens.forget(email)
    assert "was deleted or disabled" in refused(source)


@pytest.mark.parametrize("minutes", [-65, 65])
def test_that_a_clock_off_by_an_hour_is_told_as_such(minutes: int) -> None:
    google = FixedClock(SystemClock().now() + timedelta(minutes=minutes))
    with LocalBigQuery({TABLE: ExportTable(ROWS)}, clock=google) as server:
        assert "this computer's clock is off" in refused(export(server.url, key=server.service_account()))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Instead(json_answer({"error": "invalid_grant", "error_description": "expired"}, 400)), ProviderRefused),
        (Instead(json_answer({"token_type": "Bearer"})), ProviderRefused),
        (Cut(20, "rst"), ProviderUnavailable),
        (Cut(20, "hang"), ProviderUnavailable),
    ],
)
def test_that_a_sign_in_that_fails_is_told(bigquery: LocalBigQuery, fault: Fault, kind: type[CapdeskError]) -> None:
    bigquery.fault = nth(1, fault, 10_000, path="/token")
    refused(export(bigquery.url, key=bigquery.service_account(), patience=SHORT), kind)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Please sign in to the hotel network</html>"),
        Answer(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Answer(403, b"<html>Blocked by the proxy</html>"),
        *(Answer(400, b"no"), json_answer([]), json_answer("text"), json_answer(7)),
        json_answer({"access_token": "t", "expires_in": "soon"}),
    ],
)
def test_that_what_answers_instead_of_the_sign_in_is_not_told_as_a_revoked_key(
    bigquery: LocalBigQuery, answer: Answer
) -> None:
    bigquery.fault = nth(1, Instead(answer), 10_000, path="/token")
    source = export(bigquery.url, key=bigquery.service_account(), patience=SHORT)
    assert "Google's sign-in could not be reached; check the network" in refused(source, ProviderUnavailable)


def test_that_without_a_sign_in_a_guarded_server_refuses(bigquery: LocalBigQuery) -> None:
    bigquery.signed_in_only = True
    assert "refuses the sign-in of your own Google login" in refused(export(bigquery.url))


@pytest.mark.parametrize("url", ["http://bigquery.example.com", "ftp://127.0.0.1", "bigquery.googleapis.com", ""])
def test_that_a_token_is_never_sent_in_the_clear(url: str) -> None:
    with pytest.raises(UsageRefused, match="base URL"):
        export(url)


def test_that_no_part_of_a_key_or_token_is_ever_shown(
    bigquery: LocalBigQuery, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs at their loudest, nor in sentences or what a debugger prints of the source."""
    bigquery.signed_in_only = True
    key = bigquery.service_account()
    source = export(bigquery.url, key=key)
    shown = [repr(source), str(source)]
    for name in ("google", "google.auth", "google.cloud", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, name)
    with caplog.at_level(logging.DEBUG):
        pulled(source)
        source.explain(Account(ACCOUNT, ACCOUNT), OCTOBER)
        bigquery.denied.add("bigquery.jobs.create")
        shown.append(refused(source))
        bigquery.tokens.revoke(json.loads(key)["client_email"])
        shown.append(refused(source))
    shown += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    everything = "\n".join(shown)
    secret = json.loads(key)["private_key"].splitlines()[3]
    assert secret not in everything
    assert "local-token-" not in everything
    assert "PRIVATE KEY" not in everything


def test_that_missing_application_default_credentials_are_told(tmp_path: Path) -> None:
    """In a process of its own, since the library looks for them in the environment."""
    program = (
        "from tests.services.providers.billing_exports import export, pulled\n"
        "from capdesk.errors import ProviderRefused\n"
        "try:\n    pulled(export(None))\nexcept ProviderRefused as told:\n    print(told)\n"
    )
    environment = {**os.environ, "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "nowhere.json")}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert "has no application default credentials" in ended.stdout
