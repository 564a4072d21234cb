"""What `doctor` looks at beyond the desk itself: secrets, connections, the schedule, and the mail server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from capdesk import models
from capdesk.errors import CapdeskError, SecretUnavailable
from capdesk.services.clock import Clock
from capdesk.services.connections import list_connections
from capdesk.services.notifications.post import smtp_settings
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.providers.smtp import SmtpMailer
from capdesk.services.reports.wording import counted, long_day, sentence
from capdesk.services.schedule.memory import read_installed, read_last_run
from capdesk.services.secrets import Secrets, secret_name
from capdesk.services.source_states import SourceState, source_states

if TYPE_CHECKING:
    from capdesk.services.providers.smtp import SmtpSettings

Finding = tuple[str, str]
"""What was found, and what to do: empty where all is well."""

_LATE = timedelta(days=1)
_SILENT = timedelta(hours=26)
"""A schedule fires every hour while the computer is on; off over night is no fault."""


def needed_secrets(session: Session) -> list[str]:
    """The names of the secrets that mail and connections need as they are set."""
    desk = session.scalars(select(models.Desk)).one()
    names = [secret_name("smtp")] if desk.mail_host and desk.mail_user else []
    for one in list_connections(session, active_only=True):
        if one.provider == "twilio":
            names.append(secret_name("twilio", one.account))
        elif one.settings.get("credentials", "key") == "key":
            names.append(secret_name("gcp", one.account))
    return names


def look_at_secrets(names: list[str], secrets: Secrets) -> Finding:
    """No value is shown."""
    if not names:
        return "no secret is needed yet", ""
    missing: dict[str, str] = {}
    for name in names:
        try:
            secrets.get(name)
        except SecretUnavailable as error:
            missing[name] = str(error)
    if not missing:
        return f"{counted(len(names), 'secret')} can be read: {', '.join(names)}", ""
    return f"{len(missing)} of {len(names)} cannot be read: {', '.join(missing)}", next(iter(missing.values()))


def look_at_connections(session: Session, clock: Clock) -> Iterator[tuple[str, Finding]]:
    """One for each connection: its provider's name, and how far its costs are in."""
    for one in source_states(session, _now(session)):
        yield PROVIDER_NAMES[one.provider].lower(), _connection(one, clock)


def _now(session: Session) -> datetime:
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def _connection(state: SourceState, clock: Clock) -> Finding:
    if state.through is None:
        found = f"{state.account} was never pulled"
    else:
        found = f"{state.account} is complete through {long_day(state.through)}"
    if state.last_done_at is not None:
        found += f", last pulled {state.last_done_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if state.last_error:
        return f"{found}; {state.last_error}", "put that right, then run: capdesk sync"
    late = state.through is None or state.through < clock.now().astimezone(UTC).date() - 2 * _LATE
    return found, "run: capdesk sync" if late else ""


def look_at_schedule(folder: Path, clock: Clock) -> Finding:
    """From what the desk's folder remembers; `capdesk schedule status` asks the scheduler itself."""
    made, last = read_installed(folder), read_last_run(folder)
    if made is None:
        return "nothing runs by itself; `capdesk schedule install` changes that", ""
    found = f"installed with {made.kind}"
    if not Path(made.program[0]).exists():
        return f"{found}, but {made.program[0]} is not there any more", "run: capdesk schedule install"
    if last is None:
        return f"{found}, has not run yet", ""
    found += f", last ran {last.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if last.exit_code:
        return f"{found}, not all well: {' '.join(last.lines)}", "see: capdesk schedule status"
    return found, "see: capdesk schedule status" if clock.now() - last.at > _SILENT else ""


def mail_settings(session: Session, secrets: Secrets) -> "SmtpSettings | None":
    """None where no mail server is set. Raises CapdeskError for settings that cannot be used."""
    desk = session.scalars(select(models.Desk)).one()
    return smtp_settings(desk, secrets) if desk.mail_host else None


def look_at_mail_server(read: Callable[[], "SmtpSettings | None"]) -> Finding:
    """Connects and logs in; sends nothing."""
    try:
        settings = read()
        if settings is None:
            return "no mail server is set", "run: capdesk connect mail"
        return sentence(SmtpMailer(settings).check().rstrip(".")), ""
    except CapdeskError as error:
        said, _, todo = str(error).rstrip(".").rpartition("; ")
        return (said, todo) if said else (todo, "run: capdesk connect mail")
