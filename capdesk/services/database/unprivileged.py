"""Postgres refuses to run as root: an existing account runs it, and no folder's mode is changed for it."""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database.binaries import Binaries

SHARED = Path("/var/lib/capdesk")
"""Where root keeps what the account must reach when the desk lies below a closed folder."""

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Whom the server runs as."""

    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Whom to run the server of a data folder as; None: as ourselves, because we are not root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    import pwd  # noqa: PLC0415 - not on Windows

    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise DatabaseUnavailable(
        "Postgres does not run as root and this machine has neither an account 'postgres' nor 'nobody'; "
        "run capdesk as an ordinary user."
    )


def can_reach(path: Path, account: Account) -> bool:
    """Whether the account may pass through every folder down to `path`, itself included."""
    resolved = path.resolve()
    return all(_may_pass(step.stat(), account) for step in (resolved, *resolved.parents))


def give(folder: Path, account: Account | None) -> None:
    """Make a folder the account's. Opened first, so that a link in its place is never followed."""
    if account is None or sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchown(handle, account.uid, account.gid)
    finally:
        os.close(handle)


def make_shared_folder(path: Path) -> None:
    """A folder below SHARED that the account may pass through and only root may change."""
    for folder in (SHARED, path):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)


def reachable(binaries: Binaries, account: Account | None) -> Binaries:
    """The same programs, copied below SHARED (once) if the account cannot reach the installed ones."""
    if account is None or can_reach(Path(binaries.program("postgres")), account):
        return binaries
    with Path(binaries.program("postgres")).open("rb") as program:
        key = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    home = SHARED / f"programs-{key}"
    if not home.exists():
        _copy(binaries, home)
    install = binaries.folder.parent
    return Binaries(binaries.major, home / binaries.carrier.name / install.name / "bin")


def _copy(binaries: Binaries, home: Path) -> None:
    make_shared_folder(SHARED)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=SHARED))
    try:
        install, libraries = binaries.folder.parent, binaries.carrier.with_suffix(".libs")
        target = unfinished / binaries.carrier.name / install.name
        shutil.copytree(install, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(home)
    except OSError:
        if not home.exists():  # otherwise another process finished the same copy first
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _may_pass(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
