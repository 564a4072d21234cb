"""psql on the desk's database, as the role the desk itself uses, with its password in nobody's sight."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import binaries
from capdesk.services.database.passwords import write_private

_ENCRYPTED = ("require", "verify-ca", "verify-full")
# What a person's terminal and home tell psql; no PG* settings, which could lead it elsewhere.
_PASSED = ("HOME", "USERPROFILE", "APPDATA", "TERM", "COLUMNS", "LINES", "PAGER", "LESS", "EDITOR", "VISUAL", "LANG")


def run_psql(
    url: URL, statement: str | None, *, remote: bool, capture: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Runs psql on one statement (or as a session at the terminal) until it ends; its exit code is in the result.

    Raises DatabaseUnavailable where no psql can reach the address.
    """
    program = _program(url, remote)
    with pass_file(url) as environment:
        command = [program, "--dbname", conninfo(url)]
        if statement is not None:
            command += ["--no-psqlrc", "--no-password", "--command", statement]
        with _interrupts_left_to_psql():
            return subprocess.run(command, check=False, env=environment, capture_output=capture, encoding="utf-8")


def _program(url: URL, remote: bool) -> str:
    """The psql beside our server; for a remote one the system's, which can also encrypt, if there is any."""
    system = shutil.which("psql") if remote else None
    if system is None and url.query.get("sslmode") in _ENCRYPTED:
        raise DatabaseUnavailable(
            "The psql that comes with capdesk cannot encrypt, which this database asks for: install your system's psql."
        )
    return system or binaries.find().program("psql")


def conninfo(url: URL) -> str:
    """The address as Postgres's own programs take it, without the password."""
    options = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    options.pop("password", None)
    known = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    return make_conninfo("", **options | {name: str(value) for name, value in known.items() if value is not None})


@contextmanager
def pass_file(url: URL) -> Iterator[dict[str, str]]:
    """The environment of psql or pg_dump; the password lies in a file only we can read, as long as it runs."""
    kept = {name: os.environ[name] for name in _PASSED if name in os.environ}
    environment = binaries.environment() | kept | {"PGCLIENTENCODING": "UTF8"}
    password = url.password or url.query.get("password")
    if password is None:
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="capdesk-") as folder:
        file = Path(folder) / "pass"
        escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
        write_private(file, f"*:*:*:*:{escaped}\n")
        yield environment | {"PGPASSFILE": str(file)}


@contextmanager
def _interrupts_left_to_psql() -> Iterator[None]:
    """Ctrl-C cancels a statement in psql; it must not end us before psql."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
