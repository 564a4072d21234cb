"""The two passwords of the embedded server, in a file only the owner can read."""

import json
import os
import secrets
import stat
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from capdesk.errors import DatabaseUnavailable


@dataclass(frozen=True)
class Passwords:
    admin: str = field(repr=False)
    app: str = field(repr=False)


def read_or_make(path: Path) -> Passwords:
    """The passwords of a cluster about to be made."""
    if not path.exists():
        made = Passwords(admin=secrets.token_urlsafe(32), app=secrets.token_urlsafe(32))
        write_private(path, json.dumps(asdict(made)))
    return read(path)


def read(path: Path) -> Passwords:
    """The passwords of an existing cluster. Raises DatabaseUnavailable if the file cannot be trusted."""
    try:
        mode = path.stat().st_mode
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DatabaseUnavailable(f"{path} is missing, so the database cannot be entered; put it back.") from None
    if sys.platform != "win32" and mode & 0o077:
        raise DatabaseUnavailable(
            f"{path} can be read by other accounts (mode {stat.S_IMODE(mode):o}); run chmod 600 on it."
        )
    try:
        found = json.loads(content)
        return Passwords(admin=str(found["admin"]), app=str(found["app"]))
    except (ValueError, KeyError, TypeError):
        raise DatabaseUnavailable(f"{path} is damaged; put back a copy of it.") from None


def write_private(path: Path, content: str | bytes) -> None:
    """Write a 0600 file whole or not at all; when it returns, the disk has it."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Makes a new name in the folder last through a power cut."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
