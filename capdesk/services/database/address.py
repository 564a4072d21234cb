"""Where a desk's database is: the address the owner chose, kept in the desk folder, or else the embedded server."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from capdesk.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from sqlalchemy import URL

URL_FILE = "database-url"


def make_folder(folder: Path) -> None:
    """Makes the desk's folder, for its owner alone, where it is absent. Raises DatabaseUnavailable if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise DatabaseUnavailable(
            f"The desk folder {folder} cannot be made ({fault.strerror}); name another one with --desk."
        ) from None


def configured_url(folder: Path) -> str | None:
    """The remote database the owner chose; None for the embedded one."""
    if named := os.environ.get("CAPDESK_DATABASE_URL"):
        return named
    file = folder / URL_FILE
    try:
        return file.read_text(encoding="utf-8").strip() if file.exists() else None
    except (OSError, UnicodeDecodeError):
        raise DatabaseUnavailable(
            f"The database address in {file} cannot be read: remove that file, then set it again with "
            "`capdesk settings set --database-url ...`."
        ) from None


def configure_url(folder: Path, address: str | None) -> None:
    """Remembers the remote database in a file only the owner can read; None goes back to the embedded one."""
    file = folder / URL_FILE
    if address is None:
        file.unlink(missing_ok=True)
        return
    parsed_url(address)
    from capdesk.services.database.passwords import write_private  # noqa: PLC0415

    make_folder(folder)
    write_private(file, address)


def parsed_url(address: str) -> "URL":
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is not None:
        _check_options(url)
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUnavailable(
            "That is no Postgres URL; write it like postgresql://capdesk_app:password@host:5432/capdesk."
        )
    return url.set(drivername="postgresql+psycopg")


def _check_options(url: "URL") -> None:
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 - only for a remote database

    for option in url.query:
        try:
            conninfo.make_conninfo(**{option: "0"})
        except ProgrammingError:
            raise DatabaseUnavailable(
                f"'{option}' is no option of a Postgres URL: correct what stands behind its question mark."
            ) from None
