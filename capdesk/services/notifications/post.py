"""Who gets the desk's emails, from whom and through which server; and what must hold before any is sent."""

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
from capdesk.services.secrets import Secrets, secret_name
from capdesk.services.settings import USUAL_PORTS, Security
from capdesk.services.verify.chain import read_chain

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk


@dataclass(frozen=True)
class Post:
    """`instance` is the desk's own id, part of every Message-ID."""

    sender: str
    recipients: tuple[str, ...]
    instance: str
    mailer: Mailer = field(repr=False)


def open_post(desk: "Desk", mailer: Mailer | None = None) -> Post:
    """The post as it is set up, or through the mailer given.

    Raises RuleRefused where something is missing, SecretUnavailable where the password cannot be had: nothing has been
    attempted then, and what is due stays due.
    """
    row = desk.read(desk_row)
    require(missing_settings(row, needs_server=mailer is None))
    return Post(
        str(row.mail_from),
        tuple(row.recipients),
        row.instance_id.hex[:12],
        mailer or SmtpMailer(smtp_settings(row, desk.secrets)),
    )


def require(missing: list[str]) -> None:
    """Raises RuleRefused where something is missing."""
    if missing:
        raise RuleRefused(
            f"No email can be sent without {listed(missing)}; set what is missing, as in: capdesk settings set "
            "--mail-host smtp.example.com --mail-from you@example.com --recipient you@example.com"
        )


def missing_settings(row: models.Desk, *, needs_server: bool = True) -> list[str]:
    """What the owner still has to set before an email can be sent, each as `a sender`."""
    found = []
    if needs_server and not row.mail_host:
        found.append("a mail server")
    if not row.mail_from:
        found.append("a sender")
    if not row.recipients:
        found.append("recipients")
    return found


def smtp_settings(row: models.Desk, secrets: Secrets) -> SmtpSettings:
    """How the desk's mail server is reached. Raises SecretUnavailable where its password cannot be had."""
    password = secrets.get(secret_name("smtp")) if row.mail_user else None
    port = row.mail_port or USUAL_PORTS[row.mail_security]
    return SmtpSettings(str(row.mail_host), port, cast(Security, row.mail_security), row.mail_user, password)


def require_trusted(desk: "Desk") -> None:
    """Raises DatabaseUnavailable where schema or seals are not what they should be: no email may vouch for that."""
    require_expected(desk.engine)
    faults = desk.read(read_chain).differences
    if faults:
        raise DatabaseUnavailable(f"The seals do not hold ({faults[0]}), so nothing is sent: run `capdesk verify`.")


def desk_row(session: Session) -> models.Desk:
    """The desk's settings, usable after the transaction."""
    return session.scalars(select(models.Desk)).one()
