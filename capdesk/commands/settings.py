"""`capdesk settings`: what the owner sets. The database's address lies in the desk folder, all else in the database."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from capdesk.commands.base import App, printing
from capdesk.errors import CapdeskError, UsageRefused
from capdesk.services import settings as service
from capdesk.services.database.address import configure_url, configured_url, parsed_url
from capdesk.services.settings import WEEKDAYS, Settings, SettingsChanges, shown_address

EMBEDDED = "embedded"
_FROM_ENVIRONMENT = "CAPDESK_DATABASE_URL"


@dataclass(frozen=True)
class LocalSettings:
    """What is known without the database."""

    desk: Path
    database: str
    """`embedded`, or an address without its password."""


@dataclass(frozen=True)
class AllSettings:
    local: LocalSettings
    settings: Settings | None
    """None where the database cannot be reached."""
    note: str | None = None
    """A sentence on what is still to be done."""


@click.group()
def settings() -> None:
    """Desk zone, owner, recipients, mail, database."""


@settings.command("show")
@printing
def show(app: App) -> None:
    """All settings; what lies in the desk folder is shown even where the database cannot be reached."""
    local = LocalSettings(app.folder, database_of(app))
    try:
        found = app.desk.read(lambda session: service.get_settings(session, app.desk.owner_id))
    except CapdeskError:
        app.show(AllSettings(local, None), _local_page(local))
        raise
    app.show(AllSettings(local, found), f"{_local_page(local)}\n{_page(found)}")


@settings.command("set")
@click.option("--zone", help="Desk zone, as America/New_York; fixed once anything is recorded.")
@click.option("--owner-name", help="Your name.")
@click.option("--owner-email", help="Your e-mail address; '' clears it.")
@click.option("--recipient", "--recipients", multiple=True, help="Who gets the weekly e-mail, all anew; '' for nobody.")
@click.option("--weekly-weekday", help="The day of the weekly e-mail, as monday.")
@click.option("--weekly-time", help="Its time in the desk zone, as 07:30.")
@click.option("--daily-time", help="When the day's pull of costs and its alerts are due, in the desk zone, as 06:00.")
@click.option("--phone-region", help="What a number without + means, as US.")
@click.option("--gcp-label-key", help="The label of Google Cloud that names a campaign.")
@click.option("--mail-from", help="Sender of e-mails; '' clears it.")
@click.option("--mail-host", help="SMTP server, as smtp.example.com; '' clears it.")
@click.option("--mail-port", type=click.IntRange(1, 65535), help="Its port, as 587.")
@click.option("--mail-user", help="Its login; '' clears it.")
@click.option("--mail-security", type=click.Choice(["starttls", "ssl", "plain"]), help="plain: localhost only.")
@click.option("--database-url", help="A Postgres of your own, or 'embedded'; goes alone.")
@printing
def set_(app: App, database_url: str | None, **given: Any) -> None:
    """Change settings; what is not named stays."""
    changes = _changes(given)
    if database_url is not None:
        if changes:
            raise UsageRefused("Set --database-url by itself: the other settings lie in the database it names.")
        _set_database(app, database_url)
        return
    if not changes:
        raise UsageRefused("Say what to set, as in: capdesk settings set --zone America/New_York")
    found = app.desk.write(lambda session: service.change_settings(session, app.desk.owner_id, **changes))
    local, note = LocalSettings(app.folder, database_of(app)), _schedule_note(app, found)
    text = f"{_local_page(local)}\n{_page(found)}"
    app.show(AllSettings(local, found, note), text if note is None else f"{text}\n{note}")


def database_of(app: App) -> str:
    """Which database the desk uses, without its password."""
    address = app.database_url or configured_url(app.folder)
    return EMBEDDED if address is None else shown_address(parsed_url(address))


def _schedule_note(app: App, found: Settings) -> str | None:
    """One sentence where the operating system was told of other times than these."""
    from capdesk.services.schedule.install import outdated  # noqa: PLC0415
    from capdesk.services.schedule.machine import this_machine  # noqa: PLC0415

    return outdated(this_machine(), app.folder, found)


def _set_database(app: App, address: str) -> None:
    """Needs no database: this is how a wrong address is put right."""
    if address == EMBEDDED:
        configure_url(app.folder, None)
    else:
        configure_url(app.folder, address)
    chosen = EMBEDDED if address == EMBEDDED else shown_address(parsed_url(address))
    local = LocalSettings(app.folder, chosen)
    stronger = os.environ.get(_FROM_ENVIRONMENT)
    note = f"\n{_FROM_ENVIRONMENT} is set and goes before this; unset it to use what was set here." if stronger else ""
    app.show(AllSettings(local, None), _local_page(local) + note)


def _changes(given: dict[str, Any]) -> SettingsChanges:
    """What was given on the command line; an empty text is None."""
    recipients: tuple[str, ...] = given.pop("recipient")
    changes: Any = {name: value for name, value in given.items() if value is not None}
    for name in ("owner_email", "mail_from", "mail_host", "mail_user"):
        if name in changes:
            changes[name] = changes[name].strip() or None
    if recipients:
        parts = [part.strip() for text in recipients for part in text.split(",")]
        changes["recipients"] = [part for part in parts if part]
    if "weekly_weekday" in changes:
        changes["weekly_weekday"] = service.parse_weekday(changes["weekly_weekday"])
    for name in ("weekly_time", "daily_time"):
        if name in changes:
            changes[name] = service.parse_time(changes[name])
    checked: SettingsChanges = changes
    return checked


def _local_page(local: LocalSettings) -> str:
    return f"desk folder     {local.desk}\ndatabase        {local.database}"


def _page(found: Settings) -> str:
    owner = f"{found.owner_name} <{found.owner_email}>" if found.owner_email else found.owner_name
    mail = "—"
    if found.mail_host is not None:
        login = f", login {found.mail_user}" if found.mail_user else ""
        port = found.mail_port or service.USUAL_PORTS[found.mail_security]
        mail = f"{found.mail_host}:{port} ({found.mail_security}{login})"
    lines = [
        ("desk zone", found.zone),
        ("owner", owner),
        ("recipients", ", ".join(found.recipients) or "—"),
        ("weekly e-mail", f"{WEEKDAYS[found.weekly_weekday - 1]} {found.weekly_time}"),
        ("daily pull", found.daily_time),
        ("phone region", found.phone_region),
        ("gcp label key", found.gcp_label_key),
        ("mail from", found.mail_from or "—"),
        ("mail server", mail),
    ]
    return "\n".join(f"{name:<15} {value}" for name, value in lines)
