"""What a desk needs to work, looked at one by one. Reads only, and makes nothing."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from capdesk import models
from capdesk.errors import CapdeskError
from capdesk.services.clock import Clock
from capdesk.services.database import fingerprint, schema
from capdesk.services.database.session import transaction, unreachable
from capdesk.services.doctor_outside import (
    Finding,
    look_at_connections,
    look_at_mail_server,
    look_at_schedule,
    look_at_secrets,
    mail_settings,
    needed_secrets,
)
from capdesk.services.notifications.log import notifications
from capdesk.services.notifications.post import missing_settings
from capdesk.services.reports.wording import listed
from capdesk.services.secrets import Secrets, open_secrets
from capdesk.services.verify.chain import read_chain

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

Reach = Callable[[], AbstractContextManager["Engine | None"]]
"""The database as it is; None where there is none yet."""

OLDEST = 160000
_LEAST_FREE = 1_000_000_000
_CLOCKS_MAY_DIFFER = timedelta(seconds=60)
_ZONE = "America/New_York"


@dataclass(frozen=True)
class Check:
    """`found` says what is; `todo`, where it is not well, what to do."""

    name: str
    ok: bool
    found: str
    todo: str = ""


@dataclass(frozen=True)
class Diagnosis:
    ok: bool
    checks: tuple[Check, ...]


def examine(
    folder: Path, reach: Reach, clock: Clock, *, secrets: Secrets | None = None, mail: bool = False
) -> Diagnosis:
    """Never raises for what is wrong: each check says it in its own line. With `mail` the mail server is asked too."""
    kept = secrets or open_secrets(folder)
    checks = (*_local(folder, clock), *_database(reach, clock, kept, mail))
    return Diagnosis(all(check.ok for check in checks), checks)


def diagnosis_text(diagnosis: Diagnosis) -> str:
    width = max(len(check.name) for check in diagnosis.checks)
    lines = []
    for check in diagnosis.checks:
        lines.append(f"{'✓' if check.ok else '✗'} {check.name.ljust(width)}  {check.found}")
        if check.todo:
            lines.append(f"  {' ' * width}  → {check.todo}")
    return "\n".join(lines)


def _local(folder: Path, clock: Clock) -> Iterator[Check]:
    yield _folder(folder)
    existing = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    todo = "" if free >= _LEAST_FREE else "free at least 1 GB: a database on a full disk stops"
    yield Check("disk", not todo, f"{free / 1e9:,.1f} GB free", todo)
    try:
        ZoneInfo(_ZONE)
    except (KeyError, OSError):
        yield Check("time zones", False, "the time zone data is missing", "install capdesk again")
    else:
        yield Check("time zones", True, "the time zone data is there")
    try:
        yield _check("schedule", look_at_schedule(folder, clock))
    except CapdeskError as error:
        yield Check("schedule", False, str(error), "run: capdesk schedule status")


def _folder(folder: Path) -> Check:
    if not folder.exists():
        return Check("desk folder", True, f"{folder} is not there yet; the first command makes it")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check("desk folder", False, f"{folder} cannot be written", "make it yours, or name another with --desk")
    if sys.platform != "win32" and folder.stat().st_mode & 0o066:
        return Check("desk folder", False, f"{folder} can be read by others", f"run: chmod go-rw '{folder}'")
    return Check("desk folder", True, f"{folder} is writable and private")


def _database(reach: Reach, clock: Clock, secrets: Secrets, mail: bool) -> Iterator[Check]:
    try:
        with reach() as engine:
            if engine is None:
                yield Check("database", True, "there is none yet; the first command makes it")
                return
            yield from _server(engine)
            for name, look in _LOOKS:
                yield _looked(engine, name, look, clock)
            yield from _outside(engine, clock, secrets, mail)
    except CapdeskError as error:
        yield Check("database", False, str(error), "the checks of what lies in it wait until it can be reached")


def _outside(engine: "Engine", clock: Clock, secrets: Secrets, mail: bool) -> Iterator[Check]:
    """Secrets are asked for outside the transaction: a keyring may take its time."""
    try:
        names = transaction(engine, needed_secrets, snapshot=True)
        yield _check("secrets", look_at_secrets(names, secrets))
        for name, found in transaction(engine, lambda s: list(look_at_connections(s, clock)), snapshot=True):
            yield _check(name, found)
        if mail:
            settings = partial(transaction, engine, lambda session: mail_settings(session, secrets))
            yield _check("mail server", look_at_mail_server(settings))
    except (CapdeskError, DBAPIError) as error:
        yield Check("connections", False, _said(error), "see the checks above first")


def _check(name: str, finding: Finding) -> Check:
    return Check(name, not finding[1], *finding)


def _server(engine: "Engine") -> Iterator[Check]:
    try:
        with engine.connect() as connection:
            number = int(connection.scalar(text("SHOW server_version_num")) or 0)
            version = connection.scalar(text("SHOW server_version"))
    except OperationalError as error:
        raise unreachable(error) from error
    todo = "" if number >= OLDEST else "capdesk needs Postgres 16 or newer"
    yield Check("database", not todo, f"Postgres {version} answers", todo)


def _looked(engine: "Engine", name: str, look: "Look", clock: Clock) -> Check:
    """A look that fails is a check that fails: on a schema that is not ours, any may."""
    try:
        found, todo = transaction(engine, lambda session: look(session, clock), snapshot=True)
    except (CapdeskError, DBAPIError) as error:
        return Check(name, False, _said(error), "see the checks above first")
    return Check(name, not todo, found, todo)


def _said(error: CapdeskError | DBAPIError) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]


Look = Callable[["Session", Clock], Finding]


def _schema(session: "Session", _clock: Clock) -> tuple[str, str]:
    current = schema.is_current(session.connection())
    found = f"schema {schema.revision(session.connection()) or 'missing'}"
    return (
        found,
        "" if current else "any command brings an embedded one up to date; else: capdesk db init --admin-url ...",
    )


def _rules(session: "Session", _clock: Clock) -> tuple[str, str]:
    found = fingerprint.differences(session.connection())
    if not found:
        whole = fingerprint.fingerprint(session.connection())
        return f"rules, rights and tables are as capdesk made them (fingerprint {whole[:16]})", ""
    named = "; ".join(" ".join(one) for one in found[:5])
    return f"{len(found)} not as capdesk made them: {named}", "nothing is written or sent until this is put right"


def _seals(session: "Session", _clock: Clock) -> tuple[str, str]:
    chain = read_chain(session)
    found = f"{len(chain.heads):,} seal{'' if len(chain.heads) == 1 else 's'} over {chain.rows:,} rows"
    return (f"{found}: {chain.differences[0]}", "run: capdesk verify") if chain.differences else (found, "")


def _durability(session: "Session", _clock: Clock) -> tuple[str, str]:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    off = [name for name in names if session.scalar(text(f"SHOW {name}")) == "off"]
    if off:
        return (
            f"{', '.join(off)} off",
            "turn it on in the server's configuration: without it recorded facts can be lost",
        )
    return "what is committed lasts", ""


def _zone(session: "Session", _clock: Clock) -> tuple[str, str]:
    zone = session.scalar(select(models.Desk.zone))
    if zone is None:
        return "the desk was never started", "any command starts it"
    ZoneInfo(zone)
    return zone, ""


def _clocks(session: "Session", clock: Clock) -> tuple[str, str]:
    apart = abs(clock.now() - session.scalars(text("SELECT clock_timestamp()")).one())
    found = f"{apart.total_seconds():.1f} s between this computer and the database"
    return found, "" if apart <= _CLOCKS_MAY_DIFFER else "set both clocks right: moments and weeks come from them"


def _mail(session: "Session", _clock: Clock) -> tuple[str, str]:
    desk = session.scalars(select(models.Desk)).one()
    missing = missing_settings(desk)
    if not missing:
        return f"{', '.join(desk.recipients)} through {desk.mail_host}", ""
    if not (desk.mail_host or desk.mail_from or desk.recipients):
        return "no email is set up; `capdesk settings set --mail-host ...` does", ""
    return f"no email can be sent without {listed(missing)}", "set it with: capdesk settings set ..."


def _sends(session: "Session", _clock: Clock) -> tuple[str, str]:
    known = [*notifications(session, "weekly"), *notifications(session, "alert")]
    unknown = [f"{one.period} to {one.recipient}" for one in known if one.state == "unknown"]
    if not unknown:
        return f"{sum(one.state == 'sent' for one in known):,} sent, none in doubt", ""
    todo = "look into the mailbox, then send it again with `--send --again` if it is not there"
    return f"nobody can tell whether these arrived: {', '.join(unknown[:5])}", todo


_LOOKS: tuple[tuple[str, Look], ...] = (
    ("schema", _schema),
    ("rules", _rules),
    ("seals", _seals),
    ("durability", _durability),
    ("desk zone", _zone),
    ("clocks", _clocks),
    ("mail", _mail),
    ("sends", _sends),
)
