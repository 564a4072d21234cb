"""Signing in to Google: a service account's key, application default credentials, or nobody for a local server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import google.auth
from google.auth import credentials as auth
from google.auth import exceptions
from google.auth.transport import Request
from google.oauth2 import service_account

from capdesk.errors import ProviderRefused
from capdesk.services.providers.base_url import LOCAL_HOSTS, is_local

_SCOPES = ("https://www.googleapis.com/auth/bigquery",)
_FIELDS = ("client_email", "private_key", "token_uri")
_AGAIN = "download a JSON key of the service account in the Google Cloud console and connect it again"


class _Key(service_account.Credentials):
    """A service account that only ever talks to its token endpoint.

    The library would also ask another Google service, in a thread of its own, where the account may be used from.
    """

    def before_request(self, request: Request, _method: str, _url: str, headers: dict[str, str]) -> None:
        if not self.valid:
            with _googles_own_words():
                self.refresh(request)
        self.apply(headers)


@contextmanager
def _googles_own_words() -> Iterator[None]:
    """What answers instead of Google (a proxy, a hotel's sign-in page) says nothing about the key.

    Google explains a refusal in JSON, which the library hands on as a dict.
    """
    try:
        yield
    except exceptions.RefreshError as error:
        if not any(isinstance(part, dict) for part in error.args):
            raise exceptions.TransportError("no answer of Google's") from None
        raise
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise exceptions.TransportError("no answer of Google's") from None


def credentials_for(credentials_json: str | None, base_url: str | None) -> auth.Credentials:
    """Raises ProviderRefused where they cannot be had; no part of a key is ever in the sentence."""
    if credentials_json is not None:
        return _service_account(credentials_json)
    if base_url is not None and is_local(base_url):
        return auth.AnonymousCredentials()
    try:
        found, _ = google.auth.default(scopes=_SCOPES)
    except exceptions.GoogleAuthError:
        raise ProviderRefused(
            "This computer has no application default credentials of Google; run `gcloud auth application-default "
            "login`, or connect with the JSON key of a service account."
        ) from None
    return found


def key_address(credentials_json: str) -> str:
    """The service account's e-mail address. Raises ProviderRefused for what is no usable key."""
    return _checked(credentials_json)["client_email"]


def _service_account(credentials_json: str) -> auth.Credentials:
    info = _checked(credentials_json)
    try:
        made: auth.Credentials = _Key.from_service_account_info(info, scopes=_SCOPES)
    except Exception:  # whatever a malformed key makes the libraries raise may quote it
        raise ProviderRefused(f"The private key of {info['client_email']} cannot be read; {_AGAIN}.") from None
    return made


def _checked(credentials_json: str) -> dict[str, str]:
    try:
        info = json.loads(credentials_json)
    except (ValueError, RecursionError):
        info = None
    if not isinstance(info, dict):
        raise ProviderRefused(f"The Google key is not a JSON file as Google makes it; {_AGAIN}.")
    if info.get("type") != "service_account":
        raise ProviderRefused(f"The Google key is not of a service account (its type is another); {_AGAIN}.")
    for name in _FIELDS:
        if not isinstance(info.get(name), str) or not info[name]:
            raise ProviderRefused(f"The Google key has no {name}; {_AGAIN}.")
    if info.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise ProviderRefused(f"The Google key belongs to another cloud than Google's public one; {_AGAIN}.")
    if not _trusted(info["token_uri"]):
        raise ProviderRefused(
            f"The Google key signs in at a server that is not Google's, so it was not used; {_AGAIN}, unchanged."
        )
    return info


def _trusted(token_uri: str) -> bool:
    try:
        parts = urlsplit(token_uri)
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme == "https" and (
        host in ("googleapis.com", "accounts.google.com") or host.endswith(".googleapis.com")
    ):
        return True
    return parts.scheme in ("http", "https") and host in LOCAL_HOSTS
