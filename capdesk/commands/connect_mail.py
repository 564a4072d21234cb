"""What `capdesk connect mail` asks, tries and keeps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from capdesk.commands.connect_asking import until_usable
from capdesk.commands.connect_flow import NOTHING_KEPT, Sitting
from capdesk.commands.connect_text import moved_text
from capdesk.commands.connect_waiting import waiting
from capdesk.errors import DeliveryFailed, Stopped, UsageRefused
from capdesk.services.connect.credentials import password
from capdesk.services.connect.keep import keep_with_secret
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from capdesk.services.secrets import secret_name
from capdesk.services.settings import USUAL_PORTS, Security, Settings, SettingsChanges, change_settings, get_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class MailTried:
    """What `--json` prints. `settings` is None where nothing was kept.

    `moved_aside` is where a file of secrets was moved that could no longer be opened.
    """

    answer: str
    settings: Settings | None
    moved_aside: Path | None = None


@dataclass(frozen=True)
class MailAsked:
    """The options of `connect mail`."""

    host: str | None
    port: int | None
    security: str | None
    user: str | None
    password_file: Path | None
    sender: str | None
    recipients: tuple[str, ...]


def connect_mail(sitting: Sitting, asked: MailAsked) -> int:
    try:
        return _until_it_works(sitting, asked)
    except click.Abort:
        raise Stopped(sitting.app.changed) from None


def _until_it_works(sitting: Sitting, asked: MailAsked) -> int:
    """A person whose answers do not work is asked again, and offered what they said."""
    desk, person = sitting.app.desk, sitting.person
    now = desk.read(lambda session: get_settings(session, desk.owner_id))
    while True:
        changes = _changes(sitting, asked, now)
        try:
            return _connect(sitting, changes, asked.password_file)
        except (DeliveryFailed, UsageRefused) as error:
            if person is None or sitting.yes:
                raise
            click.echo(str(error), err=True)
        if not person.agrees("Try other values?", default=True):
            sitting.app.show(MailTried("", None), NOTHING_KEPT)
            return 1
        now = replace(now, **cast(dict[str, Any], changes))


def _changes(sitting: Sitting, asked: MailAsked, now: Settings) -> SettingsChanges:
    """What was said, else what the person says, who is offered what is set already, else what is set."""
    person = sitting.person

    def said(
        value: str | None, question: str, before: str | None, check: Callable[[str], str] = lambda text: text
    ) -> str:
        if value is not None or person is None:
            return (value if value is not None else before or "").strip()
        return until_usable(lambda: check(person.text(question, before or "")))

    host = said(asked.host, "SMTP server", now.mail_host, _given)
    security = said(asked.security, "Security (starttls, ssl or plain)", now.mail_security, _security)
    same = (host, security) == (now.mail_host, now.mail_security)
    usual = (now.mail_port if same else None) or {**USUAL_PORTS}.get(security, 587)
    typed = said(None if asked.port is None else str(asked.port), "Port", str(usual), _port)
    user = said(asked.user, "Login" if now.mail_user else "Login (just Enter for none)", now.mail_user)
    sender = said(asked.sender, "Sender's e-mail address", now.mail_from or now.owner_email, _given)
    before = now.recipients or ([sender] if person else [])
    listed = said(",".join(asked.recipients) or None, "Recipients (with commas)", ", ".join(before))
    if not host:
        raise UsageRefused("Nobody is there to ask: say the SMTP server with --host.")
    if not sender:
        raise UsageRefused("Nobody is there to ask: say the sender of the e-mails with --from.")
    return {
        "mail_host": host,
        "mail_security": security,
        "mail_port": int(_port(typed)),
        "mail_user": user or None,
        "mail_from": sender,
        "recipients": [part.strip() for part in listed.split(",") if part.strip()],
    }


def _connect(sitting: Sitting, changes: SettingsChanges, password_file: Path | None) -> int:
    desk, user = sitting.app.desk, changes["mail_user"]
    name = secret_name("smtp")
    given = None if user is None else sitting.secret(name, "mail password", password_file, password)
    sitting.tell(given.told if given else "")
    answer = _tried(sitting, changes, given.value if given else None)
    if not sitting.yes and not (sitting.person and sitting.person.agrees("Keep these settings?", default=True)):
        hint = "" if sitting.person else " Say --yes to keep these settings."
        sitting.app.show(MailTried(answer, None), f"{NOTHING_KEPT}{hint}")
        return 0 if sitting.person else 1
    secret = given.value if given and given.new else None

    def change(session: "Session") -> Settings:
        return change_settings(session, desk.owner_id, **changes)

    done = sitting.keeping(lambda: keep_with_secret(desk, name, secret, change))
    kept = done.value
    sitting.tell(moved_text(done.moved_aside))
    to = ", ".join(kept.recipients) or "nobody yet"
    sitting.app.show(
        MailTried(answer, kept, done.moved_aside),
        f"E-mails go through {kept.mail_host}:{kept.mail_port} from {kept.mail_from} to {to}. "
        "Next: capdesk mail test sends one.",
    )
    return 0


def _tried(sitting: Sitting, changes: SettingsChanges, secret: str | None) -> str:
    host, port = str(changes["mail_host"]), int(changes["mail_port"] or 0)
    security = cast(Security, changes["mail_security"])
    sitting.tell(f"Asking {host}:{port} …")
    with waiting("Asking the mail server"):
        answer = SmtpMailer(SmtpSettings(host, port, security, changes["mail_user"], secret)).check()
    sitting.tell(answer[:1].upper() + answer[1:])
    return answer


def _given(text: str) -> str:
    if not text.strip():
        raise UsageRefused("That is needed: without it no e-mail can be sent.")
    return text


def _security(text: str) -> str:
    if text.lower() not in USUAL_PORTS:
        raise UsageRefused(f"'{text[:20]}' is no security of a mail server; write starttls, ssl or plain.")
    return text.lower()


def _port(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise UsageRefused(f"'{text[:20]}' is no port; write it like 587.")
    return text
