"""What somebody filled in about an account, made into a trial: whose secret it is, where it comes from, what is kept.

Nothing is recorded here; `Tried.wanted` is what `keep` would keep.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.connect.credentials import default_account, service_account, token
from capdesk.services.connect.keep import Wanted, kept_secret
from capdesk.services.connect.providers import try_gcp, try_twilio
from capdesk.services.connect.trial import Trial
from capdesk.services.connections import account_sid, key_sid, project_name, table_name
from capdesk.services.providers.base_url import checked_url
from capdesk.services.secrets import Secrets, secret_name, variable
from capdesk.services.settings import get_settings

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_LARGEST = 64 * 1024


@dataclass(frozen=True)
class Given:
    """A secret, and whether it is new and to be stored. `told` says where it comes from, if not from the person."""

    value: str = field(repr=False)
    new: bool
    told: str = ""


@dataclass(frozen=True)
class Login:
    """How Google is asked: a service account's key, or the computer's own login. `new` keys are to be stored."""

    key: str | None = field(repr=False)
    new: bool
    told: str


@dataclass(frozen=True)
class Tried:
    """An account that answered, what would be kept of it, and a sentence on where its secret comes from."""

    trial: Trial
    wanted: Wanted
    told: str


@dataclass(frozen=True)
class TwilioAsked:
    """`secret` is the auth token, or the secret of the API key; empty for the one that is kept already."""

    account: str
    secret: str = field(repr=False)
    key: str | None = None
    alone: bool = False
    base_url: str | None = None


@dataclass(frozen=True)
class GcpAsked:
    """`key_file` is a service account's; None for the key that is kept, or with `adc` the computer's own login."""

    table: str
    key_file: Path | None = None
    adc: bool = False
    query_project: str | None = None
    location: str | None = None
    max_bytes: int | None = None
    base_url: str | None = None


def try_twilio_asked(desk: "Desk", asked: TwilioAsked, environ: Mapping[str, str] = os.environ) -> Tried:
    """Asks Twilio which accounts there are.

    Raises UsageRefused for what cannot be used, and like `try_twilio` (KeyMayNotList where `alone` would help).
    """
    from capdesk.services.providers.twilio_api import TwilioCredentials  # noqa: PLC0415

    address = None if asked.base_url is None else checked_url(asked.base_url)
    sid = account_sid(asked.account)
    key = None if asked.key is None else key_sid(asked.key)
    what = "auth token" if key is None else "secret of the key"
    secret = given(desk.secrets, secret_name("twilio", sid), what, asked.secret, environ=environ)
    credentials = TwilioCredentials(sid, secret.value, key)
    trial = try_twilio(credentials, desk.clock, address, alone=asked.alone)
    settings = {"key_sid": key, "alone": asked.alone}
    return Tried(trial, Wanted("twilio", sid, address, settings, secret.value if secret.new else None), secret.told)


def try_gcp_asked(desk: "Desk", asked: GcpAsked, environ: Mapping[str, str] = os.environ) -> Tried:
    """Asks Google for its free estimate. Raises UsageRefused, FileRefused, and like `try_gcp`."""
    from capdesk.services.providers.bigquery_api import BillingSettings  # noqa: PLC0415

    address = None if asked.base_url is None else checked_url(asked.base_url)
    table = table_name(asked.table)
    login = _login(desk, table, asked, address, environ)
    label_key = desk.read(lambda session: get_settings(session, desk.owner_id)).gcp_label_key
    chosen: dict[str, Any] = {"query_project": project_name(asked.query_project or table.rsplit(".", 2)[0])}
    limits = (("location", asked.location), ("max_bytes", asked.max_bytes))
    chosen |= {name: value for name, value in limits if value is not None}
    trial = try_gcp(BillingSettings(table=table, label_key=label_key, **chosen), login.key, desk.clock, address)
    chosen["credentials"] = "adc" if login.key is None else "key"
    return Tried(trial, Wanted("gcp", table, address, chosen, login.key if login.new else None), login.told)


def given(
    secrets: Secrets,
    name: str,
    what: str,
    typed: str,
    check: Callable[[str, str], str] = token,
    environ: Mapping[str, str] = os.environ,
) -> Given:
    """The environment's secret, else what was typed, else the one that is kept. Raises UsageRefused for none."""
    if value := environ.get(variable(name)):
        return Given(check(value, what), new=False, told=f"The {what} comes from {variable(name)}; none is stored.")
    if typed.strip():
        return Given(check(typed, what), new=True)
    if (kept := kept_secret(secrets, name)) is None:
        raise UsageRefused(f"The {what} is needed: none is kept yet.")
    return Given(kept, new=False, told=f"The {what} that is kept already is used.")


def key_login(key: str) -> Login:
    """A service account's key that is to be stored. Raises UsageRefused, ProviderRefused."""
    found = service_account(key)
    return Login(found.key, new=True, told=f"Asking as {found.email}.")


def own_login(address: str | None) -> Login:
    """The computer's own. A provider on this computer is not shown anybody's login."""
    if address is not None and urlsplit(address).scheme == "http":
        return Login(None, new=False, told=f"Asking {address} without a login.")
    return Login(None, new=False, told=f"Asking as {default_account()}.")


def _login(desk: "Desk", table: str, asked: GcpAsked, address: str | None, environ: Mapping[str, str]) -> Login:
    if asked.adc:
        return own_login(address)
    if asked.key_file is not None:
        return key_login(key_file_text(asked.key_file))
    name = secret_name("gcp", table)
    if value := environ.get(variable(name)):
        found = service_account(value)
        return Login(found.key, new=False, told=f"Asking as {found.email}, whose key {variable(name)} holds.")
    if (kept := kept_secret(desk.secrets, name)) is None:
        raise UsageRefused("No key of this table is kept yet: choose a service account's key file.")
    return Login(kept, new=False, told=f"Asking as {service_account(kept).email}, whose key is kept already.")


def key_file_text(file: Path) -> str:
    """What a small text file holds. Raises FileRefused, which never repeats what was read."""
    try:
        with file.expanduser().open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
    except OSError as fault:
        raise FileRefused(f"{file} cannot be read ({fault.strerror or 'it does not open'}): check the path.") from None
    try:
        if len(raw) > _LARGEST:
            raise FileRefused(f"{file} is too large to hold a service account's key: name the right file.")
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FileRefused(
            f"{file} is no text in UTF-8, so it holds no service account's key: name the right file."
        ) from None
