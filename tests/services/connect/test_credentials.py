"""Tokens and keys as people hand them over."""

import json

import pytest

from capdesk.errors import ProviderRefused, UsageRefused
from capdesk.services.connect.credentials import service_account, token

KEY = {
    "type": "service_account",
    "project_id": "my-project",
    "client_email": "capdesk@my-project.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
    "private_key": "-----BEGIN PRIVATE KEY-----\nhush-hush\n-----END PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("text", ["0123456789abcdef", "0123456789abcdef\r\n", "\ufeff0123456789abcdef\n"])
def test_that_a_token_is_taken_without_the_line_it_stood_on(text: str) -> None:
    assert token(text, "auth token") == "0123456789abcdef"


@pytest.mark.parametrize("text", ["", " \n", "two words-of-it", "line-one\nline-two", "tøken-tøken", "short"])
def test_that_what_is_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageRefused) as refused:
        token(text, "auth token")
    assert not text.strip() or text.strip() not in str(refused.value)


def test_that_a_key_file_tells_whose_it_is_and_hides_the_key() -> None:
    found = service_account("\ufeff" + json.dumps(KEY))
    assert found.email == KEY["client_email"]
    assert json.loads(found.key) == KEY
    assert "hush-hush" not in repr(found)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("hush-hush", ProviderRefused, "is not a JSON file"),
        ("[" * 100_000, ProviderRefused, "is not a JSON file"),
        ('["hush-hush"]', ProviderRefused, "is not a JSON file"),
        (json.dumps({"type": "authorized_user", "refresh_token": "hush-hush"}), UsageRefused, "use --adc instead"),
        (json.dumps(KEY | {"private_key": None}), ProviderRefused, "has no private_key"),
    ],
)
def test_that_what_is_no_key_file_is_refused_and_not_repeated(text: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence) as refused:
        service_account(text)
    assert "hush-hush" not in str(refused.value)
