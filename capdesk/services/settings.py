"""What the owner sets for the desk. Everything here lies in the database, but for the database's own address."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Any, Literal, TypedDict, Unpack, cast

from sqlalchemy import URL, select
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import AppUser, Desk
from capdesk.services import find
from capdesk.services.dates import zone_named
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.providers.mail import check_address
from capdesk.services.providers.smtp import SmtpSettings

Security = Literal["starttls", "ssl", "plain"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
USUAL_PORTS = {"starttls": 587, "ssl": 465, "plain": 25}
"""Where a mail server listens if no port is set, by `mail_security`."""
_MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Settings:
    """`weekly_weekday` 1 is Monday; `weekly_time` and `daily_time` are `HH:MM` in the desk zone."""

    zone: str
    owner_name: str
    owner_email: str | None
    recipients: list[str]
    weekly_weekday: int
    weekly_time: str
    daily_time: str
    phone_region: str
    gcp_label_key: str
    mail_from: str | None
    mail_host: str | None
    mail_port: int | None
    mail_user: str | None
    mail_security: str


class SettingsChanges(TypedDict, total=False):
    """What may be changed; None clears what may be empty."""

    zone: str
    owner_name: str
    owner_email: str | None
    recipients: list[str]
    weekly_weekday: int
    weekly_time: time
    daily_time: time
    phone_region: str
    gcp_label_key: str
    mail_from: str | None
    mail_host: str | None
    mail_port: int | None
    mail_user: str | None
    mail_security: str


def get_settings(session: Session, owner_id: int) -> Settings:
    desk, owner = _desk(session), session.get_one(AppUser, owner_id)
    return Settings(
        zone=desk.zone,
        owner_name=owner.name,
        owner_email=owner.email,
        recipients=list(desk.recipients),
        weekly_weekday=desk.weekly_weekday,
        weekly_time=f"{desk.weekly_time:%H:%M}",
        daily_time=f"{desk.daily_time:%H:%M}",
        phone_region=desk.phone_region,
        gcp_label_key=desk.gcp_label_key,
        mail_from=desk.mail_from,
        mail_host=desk.mail_host,
        mail_port=desk.mail_port,
        mail_user=desk.mail_user,
        mail_security=desk.mail_security,
    )


def change_settings(session: Session, owner_id: int, **changes: Unpack[SettingsChanges]) -> Settings:
    """Changes what is given, all or nothing. Raises UsageRefused, RuleRefused (the zone, once facts are dated)."""
    desk, owner = _desk(session), session.get_one(AppUser, owner_id)
    values = _checked(changes)
    for name in ("owner_name", "owner_email"):
        if name in values:
            setattr(owner, name.removeprefix("owner_"), values.pop(name))
    for name, value in values.items():
        setattr(desk, name, value)
    if desk.mail_host is not None:
        port = desk.mail_port or USUAL_PORTS[desk.mail_security]
        SmtpSettings(desk.mail_host, port, cast(Security, desk.mail_security))
    find.flush(session, "Another user of this desk has that e-mail address: give another one.")
    return get_settings(session, owner_id)


def parse_weekday(text: str) -> int:
    """1 to 7 from a weekday's number or English name, which may be cut short."""
    word = text.strip().lower()
    if re.fullmatch("[1-7]", word):
        return int(word)
    found = [number for number, day in enumerate(WEEKDAYS, 1) if len(word) >= 2 and day.startswith(word)]
    if len(found) != 1:
        raise UsageRefused(f"'{text}' is no weekday; write monday to sunday, or 1 (Monday) to 7.")
    return found[0]


def parse_time(text: str) -> time:
    """A time of day in hours and minutes."""
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if match is None:
        raise UsageRefused(f"'{text}' is no time of day; write it like 07:30.")
    return time(int(match[1]), int(match[2]))


def shown_address(url: URL) -> str:
    """A database address for people: without its password, and without options that could hold one."""
    plain = url.set(drivername="postgresql", query={k: v for k, v in url.query.items() if k in _SHOWN_OPTIONS})
    return plain.render_as_string(hide_password=True)


_SHOWN_OPTIONS = ("host", "port", "sslmode")


def _checked(changes: SettingsChanges) -> dict[str, Any]:
    values: dict[str, Any] = dict(changes)
    if "zone" in changes:
        values["zone"] = zone_named(changes["zone"]).key
    if "owner_name" in changes:
        values["owner_name"] = find.new_name(changes["owner_name"], "owner")
    if "phone_region" in changes:
        PhoneBook(b"", changes["phone_region"])
        values["phone_region"] = changes["phone_region"].upper()
    for address in (changes.get("owner_email"), changes.get("mail_from"), *changes.get("recipients", ())):
        if address is not None:
            check_address(address)
    if "recipients" in changes:
        values["recipients"] = _recipients(changes["recipients"])
    if "gcp_label_key" in changes:
        _check_label_key(changes["gcp_label_key"])
    return values


def _recipients(addresses: list[str]) -> list[str]:
    """Each once: who is named twice still gets one e-mail."""
    first: dict[str, str] = {}
    for address in addresses:
        first.setdefault(address.lower(), address)
    once = list(first.values())
    if len(once) > _MOST_RECIPIENTS:
        raise UsageRefused(
            f"{len(once)} recipients are too many; the weekly e-mail goes to at most {_MOST_RECIPIENTS}."
        )
    return once


def _check_label_key(key: str) -> None:
    if not key or len(key) > 63 or key != key.lower() or re.search(r"[\s=:,]", key):
        raise UsageRefused(
            f"'{key}' is no label key of Google Cloud; write one in lower case without blanks, like campaign."
        )


def _desk(session: Session) -> Desk:
    return session.scalars(select(Desk)).one()
