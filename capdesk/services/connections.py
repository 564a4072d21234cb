"""The accounts the owner connected: where costs and calls come from by themselves. Secrets are kept elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import Connection
from capdesk.models.base import Provider
from capdesk.services import find
from capdesk.services.providers import charges
from capdesk.services.providers.base_url import checked_url

SETTINGS: Mapping[charges.Provider, frozenset[str]] = {
    "twilio": frozenset({"key_sid", "alone"}),
    "gcp": frozenset({"query_project", "location", "max_bytes", "credentials"}),
}
"""What a connection's settings may say. Closed, so that no secret ever finds its way into the database."""

_SID = re.compile(r"(AC|SK)([0-9A-Fa-f]{32})")
_KINDS = {"AC": "an account SID", "SK": "an API key SID"}
_PROJECT = r"(?:[a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]{0,61}[a-z0-9]"
_TABLE = re.compile(rf"(?P<project>{_PROJECT})[.:](?P<dataset>\w{{1,1024}})\.(?P<table>[\w-]{{1,1024}})", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z0-9-]{2,40}")


@dataclass(frozen=True)
class ConnectionInfo:
    """A connected account: Twilio's account SID, or the full name `project.dataset.table` of Google's export.

    `settings` of Twilio: `key_sid` where an API key is used, `alone` (true) where its subaccounts are left out. Of
    Google: `query_project` (who pays for the queries), `location`, `max_bytes` (of one query) and `credentials`, `key`
    (a secret) or `adc` (the computer's own).
    `base_url` replaces the provider's own address. An inactive connection is asked nothing; its past stays.
    """

    id: int
    provider: charges.Provider
    account: str
    base_url: str | None
    settings: dict[str, Any]
    active: bool


def list_connections(session: Session, active_only: bool = False) -> list[ConnectionInfo]:
    """Those that are asked first, by provider and account."""
    query = select(Connection).order_by(Connection.active.desc(), Connection.provider, Connection.account)
    if active_only:
        query = query.where(Connection.active)
    return [_info(row) for row in session.scalars(query)]


def save_connection(
    session: Session,
    provider: charges.Provider,
    account: str,
    *,
    base_url: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> ConnectionInfo:
    """Connects an account, or connects it anew with other settings. Raises UsageRefused for what cannot be used."""
    named = account_sid(account) if provider == "twilio" else table_name(account)
    values = {
        "base_url": None if base_url is None else checked_url(base_url),
        "settings": _checked_settings(provider, settings or {}),
        "active": True,
    }
    statement = insert(Connection).values(provider=Provider(provider), account=named, **values)
    saved = statement.on_conflict_do_update(index_elements=["provider", "account"], set_=values)
    row = session.scalars(saved.returning(Connection).execution_options(populate_existing=True)).one()
    return _info(row)


def remove_connection(session: Session, ref: str) -> ConnectionInfo:
    """Asks it no more; what it brought stays, and connecting it again takes it up where it stopped.

    Raises NotFound where no active connection is named so.
    """
    row = session.get_one(Connection, find_connection(session, ref).id)
    row.active = False
    session.flush()
    return _info(row)


def find_connection(session: Session, ref: str) -> ConnectionInfo:
    """An active connection by account or id, or by its provider where it is the only one. Raises NotFound."""
    rows = session.scalars(select(Connection).where(Connection.active.is_(true())).order_by(Connection.id)).all()
    of_provider = [row for row in rows if row.provider == ref.strip().lower()]
    if len(of_provider) == 1:
        return _info(of_provider[0])
    known = [find.Known(row.id, row.account) for row in rows]
    number = find.one_of(known, ref.strip().strip("`"), "connection", "capdesk connect twilio")
    return next(_info(row) for row in rows if row.id == number)


def account_sid(text: str) -> str:
    """Twilio's account SID, its digits in lower case as Twilio writes them. Raises UsageRefused."""
    return _sid(text, "AC", "account SID", "the Account SID stands on the first page of the Twilio console")


def key_sid(text: str) -> str:
    """The SID of a Twilio API key. Raises UsageRefused."""
    return _sid(text, "SK", "API key SID", "the SID of an API key is shown when Twilio makes it")


def table_name(text: str) -> str:
    """`project.dataset.table`, also from `project:dataset.table` and in backticks. Raises UsageRefused."""
    match = _TABLE.fullmatch(text.strip().strip("`").strip())
    if match is None:
        raise UsageRefused(
            f"{charges.shown(text)} is no table of BigQuery; write it like "
            "my-project.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01."
        )
    return f"{match['project']}.{match['dataset']}.{match['table']}"


def project_name(text: str) -> str:
    """A Google project id. Raises UsageRefused."""
    if not re.fullmatch(_PROJECT, text.strip()):
        raise UsageRefused(f"{charges.shown(text)} is no project id of Google Cloud; write it like my-project.")
    return text.strip()


def _sid(text: str, kind: str, what: str, where: str) -> str:
    """What is no SID is not repeated: it may be a secret in the wrong place."""
    match = _SID.fullmatch(text.strip())
    if match is None or match[1] != kind:
        other = f", and this is {_KINDS[match[1]]}" if match else ""
        raise UsageRefused(f"A Twilio {what} is {kind} and 32 digits or letters a to f{other}: {where}.")
    return kind + match[2].lower()


def _checked_settings(provider: charges.Provider, settings: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(settings) - SETTINGS[provider]:
        raise ValueError(f"no settings of a {provider} connection: {', '.join(sorted(unknown))}")
    values = {name: value for name, value in settings.items() if value is not None and value is not False}
    if values.get("alone", True) is not True:
        raise ValueError("alone is true or false")
    if "key_sid" in values:
        values["key_sid"] = key_sid(values["key_sid"])
    if "query_project" in values:
        values["query_project"] = project_name(values["query_project"])
    if "location" in values and not _LOCATION.fullmatch(str(values["location"])):
        raise UsageRefused(f"{charges.shown(values['location'])} is no location of BigQuery; write it like US.")
    if "max_bytes" in values and not 0 < int(values["max_bytes"]) < 2**63:
        raise UsageRefused("The most bytes one query may read must be more than 0.")
    if values.get("credentials", "key") not in ("key", "adc"):
        raise ValueError("the credentials of a Google connection are key or adc")
    return values


def _info(row: Connection) -> ConnectionInfo:
    return ConnectionInfo(row.id, row.provider.value, row.account, row.base_url, dict(row.settings), row.active)
