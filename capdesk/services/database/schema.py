"""Roles, schema and migrations: everything that needs more than the application role."""

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, text

from capdesk.errors import DatabaseUnavailable
from capdesk.migrations import HEAD
from capdesk.models.base import SCHEMA
from capdesk.services.database.session import APP_ROLE, OWNER_ROLE

if TYPE_CHECKING:
    import psycopg
    from alembic.config import Config
    from alembic.script import ScriptDirectory


_APPLIED = text(f"SELECT obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace')")


def revision(connection: Connection) -> str | None:
    """The schema's revision; None where there is no capdesk yet."""
    if connection.scalar(text(f"SELECT to_regclass('{SCHEMA}.alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version"))  # noqa: S608
    return found


def is_current(connection: Connection) -> bool:
    """Whether schema and rules are this program's. Raises DatabaseUnavailable where the schema is newer."""
    found = revision(connection)
    if found == HEAD:
        return bool(connection.scalar(_APPLIED) == _rules_version())
    if found is not None and found not in known_revisions():
        raise DatabaseUnavailable(
            f"This database was written by a newer capdesk (schema {found}): install that version to open it."
        )
    return False


def known_revisions() -> set[str]:
    return {script.revision for script in _script().walk_revisions()}


def prepare(admin: Engine, app_password: str, *, before_change: Callable[[], None] = lambda: None) -> None:
    """Makes roles and schema where they are missing and brings the schema to this program's revision.

    Safe to repeat and to run twice at once. `admin` must be allowed to create roles.
    """
    with admin.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('capdesk schema'))"))
        connection.commit()
        try:
            _make_roles(connection, app_password)
            if not is_current(connection):
                before_change()
                _migrate(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(hashtext('capdesk schema'))"))
            connection.commit()


def _make_roles(connection: Connection, app_password: str) -> None:
    existing = set(connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'capdesk%'")))
    if OWNER_ROLE not in existing:
        connection.execute(text(f"CREATE ROLE {OWNER_ROLE} NOLOGIN"))
    if APP_ROLE not in existing:
        connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN"))
    # A utility statement takes no parameters; format() quotes the value inside the database.
    statement = connection.scalar(
        text(f"SELECT format('ALTER ROLE {APP_ROLE} PASSWORD %L', CAST(:p AS text))"),
        {"p": _verifier(connection, app_password)},
    )
    connection.exec_driver_sql(str(statement).replace("%", "%%"))
    connection.execute(text(f"GRANT {OWNER_ROLE} TO CURRENT_USER"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION {OWNER_ROLE}"))
    name = connection.scalar(text("SELECT quote_ident(current_database())"))
    connection.exec_driver_sql(f"ALTER DATABASE {name} SET search_path = {SCHEMA}")
    connection.commit()


def _verifier(connection: Connection, app_password: str) -> str:
    """What Postgres keeps of a password. Statements stand in logs, here and on the server; the password does not."""
    server = cast("psycopg.Connection", connection.connection.driver_connection)
    made = server.pgconn.encrypt_password(app_password.encode(), APP_ROLE.encode(), b"scram-sha-256")
    return made.decode()


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only where something changes

    connection.execute(text(f"SET search_path = {SCHEMA}"))
    connection.execute(text(f"SET ROLE {OWNER_ROLE}"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    apply_rules(connection)
    connection.commit()
    connection.execute(text("RESET ROLE"))


def apply_rules(connection: Connection) -> None:
    """Functions, triggers and grants are written to be repeated: after each upgrade they are those of this program."""
    for statements in _rules():
        connection.exec_driver_sql(statements.replace("%", "%%"))
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{_rules_version()}'")


def _rules() -> list[str]:
    folder = resources.files("capdesk.models") / "rules"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files]


def _rules_version() -> str:
    """Tells rules of another program version, to be applied anew, from rules somebody weakened (the fingerprint)."""
    return f"rules {hashlib.sha256(''.join(_rules()).encode()).hexdigest()}"


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    return config


def _script() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())
