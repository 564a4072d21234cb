"""Who gets the desk's emails, from whom and through which server; and what must hold before any is sent."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk import models
from capdesk.errors import DatabaseUnavailable, RuleRefused
from capdesk.services.database.fingerprint import require_expected
from capdesk.services.providers.mail import Mailer
from capdesk.services.providers.smtp import SmtpMailer, SmtpSettings
from capdesk.services.reports.wording import listed
from capdesk.services.settings import USUAL_PORTS, Security
from capdesk.services.verify.chain import read_chain

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

PASSWORD_VARIABLE = "CAPDESK_SMTP_PASSWORD"


@dataclass(frozen=True)
class Post:
    """`instance` is the desk's own id, part of every Message-ID."""

    sender: str
    recipients: tuple[str, ...]
    instance: str
    mailer: Mailer = field(repr=False)


def open_post(desk: "Desk", mailer: Mailer | None = None) -> Post:
    """The post as it is set up, or through the mailer given. Raises RuleRefused where something is missing."""
    row = desk.read(_desk_row)
    missing = missing_settings(row, needs_server=mailer is None)
    if missing:
        raise RuleRefused(
            f"No email can be sent without {listed(missing)}; set what is missing, as in: capdesk settings set "
            "--mail-host smtp.example.com --mail-from you@example.com --recipient you@example.com"
        )
    return Post(str(row.mail_from), tuple(row.recipients), row.instance_id.hex[:12], mailer or _mailer(row))


def missing_settings(row: models.Desk, *, needs_server: bool = True) -> list[str]:
    """What the owner still has to set before an email can be sent, each as `a sender`."""
    found = []
    if needs_server and not row.mail_host:
        found.append("a mail server")
    if not row.mail_from:
        found.append("a sender")
    if not row.recipients:
        found.append("recipients")
    if needs_server and row.mail_user and not os.environ.get(PASSWORD_VARIABLE):
        found.append(f"the password of {row.mail_user} in the environment variable {PASSWORD_VARIABLE}")
    return found


def require_trusted(desk: "Desk") -> None:
    """Raises DatabaseUnavailable where schema or seals are not what they should be: no email may vouch for that."""
    require_expected(desk.engine)
    faults = desk.read(read_chain).differences
    if faults:
        raise DatabaseUnavailable(f"The seals do not hold ({faults[0]}), so nothing is sent: run `capdesk verify`.")


def _mailer(row: models.Desk) -> Mailer:
    password = os.environ.get(PASSWORD_VARIABLE) if row.mail_user else None
    port = row.mail_port or USUAL_PORTS[row.mail_security]
    security = cast(Security, row.mail_security)
    return SmtpMailer(SmtpSettings(str(row.mail_host), port, security, row.mail_user, password))


def _desk_row(session: Session) -> models.Desk:
    return session.scalars(select(models.Desk)).one()
