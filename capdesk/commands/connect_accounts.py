"""What `capdesk connect twilio` and `capdesk connect gcp` need to know before they can try anything."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capdesk.commands.connect_asking import read_file, until_usable
from capdesk.commands.connect_flow import Sitting, connect
from capdesk.commands.connect_waiting import waiting
from capdesk.errors import UsageRefused
from capdesk.services.connect.asked import Login, key_login, own_login
from capdesk.services.connect.credentials import service_account
from capdesk.services.connect.keep import Wanted, kept_secret
from capdesk.services.connect.providers import try_gcp, try_twilio
from capdesk.services.connect.trial import Trial
from capdesk.services.connections import account_sid, key_sid, project_name, table_name
from capdesk.services.providers.base_url import checked_url
from capdesk.services.secrets import secret_name, variable
from capdesk.services.settings import get_settings

if TYPE_CHECKING:
    from capdesk.services.providers.twilio_api import TwilioCredentials

_ALONE = "This key may not list subaccounts. Pull this account alone?"


@dataclass(frozen=True)
class TwilioAsked:
    """The options of `connect twilio`."""

    account: str | None
    key: str | None
    token_file: Path | None
    alone: bool
    base_url: str | None
    maps: tuple[str, ...]


@dataclass(frozen=True)
class GcpAsked:
    """The options of `connect gcp`."""

    table: str | None
    query_project: str | None
    credentials: Path | None
    adc: bool
    location: str | None
    max_bytes: int | None
    base_url: str | None
    maps: tuple[str, ...]


def connect_twilio(sitting: Sitting, asked: TwilioAsked) -> int:
    from capdesk.services.providers.twilio_api import TwilioCredentials  # noqa: PLC0415

    address = None if asked.base_url is None else checked_url(asked.base_url)
    sid = sitting.need(asked.account, "Account SID (AC...)", "--account", account_sid)
    key = _key(sitting, asked)
    what = "auth token" if key is None else "secret of the key"
    given = sitting.secret(secret_name("twilio", sid), what, asked.token_file)
    sitting.tell(given.told)
    credentials = TwilioCredentials(sid, given.value, key)
    settings = {"key_sid": key, "alone": asked.alone}
    wanted = Wanted("twilio", sid, address, settings, given.value if given.new else None)
    return connect(sitting, partial(_try_twilio, sitting, credentials), wanted, asked.maps)


def _key(sitting: Sitting, asked: TwilioAsked) -> str | None:
    """Where the account's SID was an option, a key would have been one too."""
    if asked.key is not None:
        return key_sid(asked.key)
    person = sitting.person
    if person is None or asked.account is not None:
        return None

    def answer() -> str | None:
        typed = person.text("SID of an API key (SK...; just Enter to use the auth token)")
        return key_sid(typed) if typed else None

    return until_usable(answer)


def _try_twilio(sitting: Sitting, credentials: "TwilioCredentials", wanted: Wanted) -> tuple[Trial, Wanted]:
    """A key that may not list accounts can still be asked for its own, if that is what the person wants."""
    from capdesk.services.providers.twilio_accounts import KeyMayNotList  # noqa: PLC0415

    def tried(wanted: Wanted) -> tuple[Trial, Wanted]:
        with waiting("Asking for the accounts"):
            clock, alone = sitting.app.desk.clock, wanted.settings["alone"]
            return try_twilio(credentials, clock, wanted.base_url, alone=alone), wanted

    try:
        return tried(wanted)
    except KeyMayNotList:
        person = sitting.person
        if sitting.yes or person is None or not person.agrees(_ALONE, default=True):
            raise
    return tried(replace(wanted, settings=wanted.settings | {"alone": True}))


def connect_gcp(sitting: Sitting, asked: GcpAsked) -> int:
    from capdesk.services.providers.bigquery_api import BillingSettings  # noqa: PLC0415

    if asked.adc and asked.credentials is not None:
        raise UsageRefused("--adc and --credentials contradict each other: leave one out.")
    address = None if asked.base_url is None else checked_url(asked.base_url)
    name = sitting.need(asked.table, "Table of the billing export (project.dataset.table)", "--table", table_name)
    login = _login(sitting, name, asked, address)
    sitting.tell(login.told)
    desk = sitting.app.desk
    label_key = desk.read(lambda session: get_settings(session, desk.owner_id)).gcp_label_key
    chosen: dict[str, Any] = {"query_project": project_name(asked.query_project or name.rsplit(".", 2)[0])}
    limits = (("location", asked.location), ("max_bytes", asked.max_bytes))
    chosen |= {key: value for key, value in limits if value is not None}
    settings = BillingSettings(table=name, label_key=label_key, **chosen)
    chosen["credentials"] = "adc" if login.key is None else "key"
    wanted = Wanted("gcp", name, address, chosen, login.key if login.new else None)

    def tried(wanted: Wanted) -> tuple[Trial, Wanted]:
        with waiting("Asking for the estimate"):
            return try_gcp(settings, login.key, desk.clock, address), wanted

    return connect(sitting, tried, wanted, asked.maps)


def _login(sitting: Sitting, table: str, asked: GcpAsked, address: str | None) -> Login:
    """What was said, else the environment, else what the person says, else the key that is kept already."""
    name = secret_name("gcp", table)
    if asked.adc:
        return own_login(address)
    if asked.credentials is not None:
        return _key_file(asked.credentials)
    if value := sitting.environ.get(variable(name)):
        found = service_account(value)
        return Login(found.key, new=False, told=f"Asking as {found.email}, whose key {variable(name)} holds.")
    kept = kept_secret(sitting.app.desk.secrets, name)
    if (person := sitting.person) is None:
        return _kept_login(kept)
    else_ = "this computer's own login" if kept is None else "the key that is kept already"

    def answer() -> Login:
        typed = person.text(f"Key file of the service account (just Enter for {else_})")
        if typed:
            return _key_file(Path(typed).expanduser())
        return own_login(address) if kept is None else _kept_login(kept)

    return until_usable(answer)


def _key_file(file: Path) -> Login:
    return key_login(read_file(file, "a service account's key"))


def _kept_login(kept: str | None) -> Login:
    if kept is None:
        raise UsageRefused("Say who asks Google: --credentials with a service account's key file, or --adc.")
    return Login(kept, new=False, told=f"Asking as {service_account(kept).email}, whose key is kept already.")
