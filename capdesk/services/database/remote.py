"""A Postgres of the owner's own: made ready once by its administrator, then used as the application role."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from capdesk.errors import DatabaseUnavailable, RuleRefused
from capdesk.services.database import schema
from capdesk.services.database.session import APP_ROLE, make_engine, unreachable

if TYPE_CHECKING:
    from sqlalchemy import Connection

OLDEST = 16
"""The oldest major version of Postgres capdesk works with."""

_INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True)
class RemoteStatus:
    """A database that answers. `schema` is its revision, None where there is no capdesk yet."""

    version: str
    schema: str | None


def look(url: URL) -> RemoteStatus:
    """What is at an address, entered as the role it names. Raises DatabaseUnavailable."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            version = str(connection.scalar(text("SHOW server_version")))
            return RemoteStatus(version, schema.revision(connection))
    except OperationalError as error:
        raise unreachable(error) from error
    finally:
        engine.dispose()


def prepare_remote(admin_url: URL, password: str | None, known: URL | None, *, replace: bool = False) -> URL:
    """Makes roles and schema at an address; the address for the application.

    `password` is the application role's; without one, that of `known` (what the desk uses now) where it is the same
    server, else a new random one. A role that exists keeps its password unless `replace`, because other desks may
    use it. Raises DatabaseUnavailable and RuleRefused; safe to repeat.
    """
    admin = create_engine(admin_url, connect_args={"connect_timeout": 10, "application_name": "capdesk"})
    try:
        with admin.connect() as connection:
            _check_server(connection)
            exists = connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE})
        chosen = password or _password_of(known, admin_url)
        if exists and not replace:
            _check_password(admin_url, chosen)
        app_url = admin_url.set(username=APP_ROLE, password=chosen or secrets.token_urlsafe(32))
        schema.prepare(admin, str(app_url.password))
        return app_url
    except DBAPIError as error:
        raise _refused(error, admin) from error
    finally:
        admin.dispose()


def _check_server(connection: "Connection") -> None:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if number // 10_000 < OLDEST:
        raise DatabaseUnavailable(
            f"That server is Postgres {number // 10_000}; capdesk needs {OLDEST} or newer: upgrade it, then try again."
        )
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnavailable(f"That database is encoded in {encoding}: create one with ENCODING 'UTF8' instead.")


def _check_password(admin_url: URL, chosen: str | None) -> None:
    if chosen is not None:
        try:
            look(admin_url.set(username=APP_ROLE, password=chosen))
            return
        except DatabaseUnavailable:
            said = "has another password than the one given"
    else:
        said = "exists on that server already"
    raise RuleRefused(
        f"The role {APP_ROLE} {said}: give its password with --app-password-stdin, "
        "or set a new one for every desk that uses it with --replace-password."
    )


def _password_of(known: URL | None, admin_url: URL) -> str | None:
    """The password the desk already has for that server."""
    if known is None or known.username != APP_ROLE or known.password is None:
        return None
    here, there = ((u.host, u.port, u.query.get("host"), u.query.get("port")) for u in (known, admin_url))
    return str(known.password) if here == there else None


def _refused(error: DBAPIError, admin: Engine) -> Exception:
    if getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE:
        return DatabaseUnavailable(
            f"{admin.url.username} may not make roles and schemas there: give --admin-url of an administrator."
        )
    if not isinstance(error, OperationalError):
        return error
    if "password" in str(error.orig):
        return DatabaseUnavailable(
            f"The database refused the password of {admin.url.username}: correct it in --admin-url."
        )
    return unreachable(error)
