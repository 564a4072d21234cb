"""`capdesk db`: the desk's database itself."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from capdesk.bootstrap import open_desk
from capdesk.commands.base import App, printing
from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services.database.address import configure_url, configured_url, make_folder, parsed_url
from capdesk.services.database.embedded import EmbeddedServer, ServerStatus
from capdesk.services.reports.wording import counted

if TYPE_CHECKING:
    from sqlalchemy import URL


@dataclass(frozen=True)
class Done:
    """What a command about the server did."""

    changed: bool
    message: str


@dataclass(frozen=True)
class RemoteAnswer:
    database: str
    version: str
    schema: str | None


@dataclass(frozen=True)
class Prepared:
    database: str
    """The address the desk uses from now on, without its password."""


@dataclass(frozen=True)
class PsqlAnswer:
    exit_code: int
    out: str
    err: str


@click.group()
def db() -> None:
    """The desk's database: its embedded server, or a Postgres of your own."""


@db.command("status")
@printing
def status(app: App) -> None:
    """What runs where. Starts nothing."""
    url = _remote(app)
    if url is None:
        found = EmbeddedServer(app.folder).status()
        app.show(found, _status_page(found))
        return
    from capdesk.services.database.remote import look  # noqa: PLC0415 - only for a remote database
    from capdesk.services.settings import shown_address  # noqa: PLC0415

    seen = look(url)
    answer = RemoteAnswer(shown_address(url), seen.version, seen.schema)
    has = f"capdesk schema {seen.schema}" if seen.schema else "no capdesk schema yet"
    app.show(answer, f"{answer.database} answers: Postgres {seen.version}, {has}.")


@db.command("start")
@printing
def start(app: App) -> None:
    """Start the embedded server and keep it up until `capdesk db stop`."""
    server = _embedded(app)
    make_folder(app.folder)
    server.start()
    app.show(Done(True, "started"), "The database runs, and stays up until `capdesk db stop`.")


@db.command("stop")
@click.option("--force", is_flag=True, help="Even while others use it.")
@printing
def stop(app: App, force: bool) -> None:
    """Stop the embedded server; refused while others use it."""
    stopped = _embedded(app).stop(force=force)
    message = "The database is stopped." if stopped else "The database was not running."
    app.show(Done(stopped, message), message)


@db.command("upgrade")
@printing
def upgrade(app: App) -> None:
    """Carry the embedded database over to the newest Postgres that capdesk brings."""
    message = _embedded(app).upgrade()
    app.show(Done(not message.startswith("Nothing"), message), message)


@db.command("psql")
@click.option("-c", "--command", "statement", help="One SQL statement instead of a session.")
@printing
def psql(app: App, statement: str | None) -> int:
    """Look with psql, as the application role; the exit code is psql's."""
    from capdesk.services.database.psql import run_psql  # noqa: PLC0415 - only here

    if app.as_json and statement is None:
        raise UsageRefused("With --json, psql needs its statement: capdesk db psql --json -c 'SELECT 1'")
    remote = _remote(app) is not None
    url = app.desk.engine.url
    sys.stdout.flush()
    done = run_psql(url, statement, remote=remote, capture=app.as_json)
    if app.as_json:
        app.show(PsqlAnswer(done.returncode, done.stdout, done.stderr), "")
    return done.returncode


@db.command("init")
@click.option(
    "--admin-url", required=True, envvar="CAPDESK_ADMIN_URL", help="Address of the database as its administrator."
)
@click.option("--app-password-stdin", is_flag=True, help="Read the application role's password from standard input.")
@click.option("--replace-password", is_flag=True, help="Give an existing role a new password, for every desk.")
@printing
def init(app: App, admin_url: str, app_password_stdin: bool, replace_password: bool) -> None:
    """Make roles and schema in a Postgres of your own, and use it for this desk from now on."""
    from capdesk.services.database.remote import prepare_remote  # noqa: PLC0415 - only here
    from capdesk.services.settings import shown_address  # noqa: PLC0415

    password = _password_from_stdin() if app_password_stdin else None
    app_url = prepare_remote(parsed_url(admin_url), password, _remote(app), replace=replace_password)
    address = app_url.set(drivername="postgresql").render_as_string(hide_password=False)
    open_desk(app.folder, database_url=address).close()
    configure_url(app.folder, address)
    shown = shown_address(app_url)
    app.show(Prepared(shown), f"The database is ready, and this desk uses it from now on: {shown}{_left_behind(app)}")


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageRefused("Standard input held no password: write it there, on one line.")
    return password


def _remote(app: App) -> "URL | None":
    """The owner's own database, where the desk uses one."""
    address = app.database_url or configured_url(app.folder)
    return None if address is None else parsed_url(address)


def _embedded(app: App) -> EmbeddedServer:
    if _remote(app) is not None:
        raise RuleRefused(
            "This desk uses a Postgres of your own, which capdesk does not start, stop or upgrade: do it where it runs."
        )
    return EmbeddedServer(app.folder)


def _left_behind(app: App) -> str:
    if EmbeddedServer(app.folder).status().version is None:
        return ""
    return (
        "\nWhat this desk recorded so far stays in its embedded database; go back to it with: "
        "capdesk settings set --database-url embedded"
    )


def _status_page(found: ServerStatus) -> str:
    if found.version is None:
        return f"There is no database yet; the first command that needs one makes it in {found.data_folder}."
    if found.running:
        users = "users unknown" if found.holders is None else counted(found.holders, "user")
        state = f"running (process {found.pid}, {users}{', kept up' if found.kept else ''})"
    else:
        state = "stopped; it starts when a command needs it"
    lines = [
        f"state    {state}",
        f"version  Postgres {found.version}",
        f"data     {found.data_folder} ({found.data_bytes / 1_000_000:,.0f} MB)",
        f"log      {found.log}",
    ]
    return "\n".join(lines)
