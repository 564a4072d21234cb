"""Tokens and keys as people hand them over. None of them is ever repeated in a message."""

import json
import re
from dataclasses import dataclass, field

from capdesk.errors import ProviderRefused, UsageRefused

_TOKEN = re.compile(r"[\x21-\x7e]{8,256}")


@dataclass(frozen=True)
class ServiceAccount:
    """A key file of Google Cloud. `key` is the whole file."""

    email: str
    key: str = field(repr=False)


def token(text: str, what: str) -> str:
    """A token or password in one word, without the line end of the file it came from. Raises UsageRefused."""
    word = text.removeprefix("\ufeff").strip()
    if not word:
        raise UsageRefused(f"No {what} was given: type it when asked, or name its file with --token-file.")
    if not _TOKEN.fullmatch(word):
        raise UsageRefused(f"That is no {what}: it is one word of letters, digits and signs; copy it once more.")
    return word


def password(text: str, what: str) -> str:
    """One line, without its line end; blanks inside stay, as app passwords are shown with them. Raises UsageRefused."""
    line = text.removeprefix("\ufeff").strip("\r\n")
    if not line.strip():
        raise UsageRefused(f"No {what} was given: type it when asked, or name its file with --password-file.")
    if "\n" in line or "\r" in line or not line.isprintable():
        raise UsageRefused(f"The {what} is one line of text: correct what was given.")
    return line


def service_account(text: str) -> ServiceAccount:
    """What a key file of Google Cloud holds. Raises UsageRefused for a person's login, ProviderRefused for no key."""
    from capdesk.services.providers.bigquery_key import key_address  # noqa: PLC0415

    key = text.removeprefix("\ufeff").strip()
    if _is_person(key):
        raise UsageRefused("That file is a person's login, not a service account's key: use --adc instead.")
    return ServiceAccount(key_address(key), key)


def _is_person(key: str) -> bool:
    try:
        content = json.loads(key)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("type") == "authorized_user"


def default_account() -> str:
    """Whose application default credentials these are, as far as Google's library tells.

    Raises ProviderRefused where there are none.
    """
    import google.auth  # noqa: PLC0415
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    try:
        found, _project = google.auth.default(scopes=["https://www.googleapis.com/auth/bigquery"])
    except (GoogleAuthError, OSError, ValueError):
        raise ProviderRefused(
            "This computer has no application default credentials that can be used: run "
            "`gcloud auth application-default login`, or give a key file with --credentials."
        ) from None
    named = getattr(found, "service_account_email", None) or getattr(found, "account", None)
    return named if isinstance(named, str) and named and named != "default" else "the login of this computer"
