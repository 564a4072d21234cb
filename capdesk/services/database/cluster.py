"""A cluster: the folder of data a server works in, how it is made and with which settings it always runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import process, unprivileged
from capdesk.services.database.binaries import Binaries
from capdesk.services.database.passwords import write_private
from capdesk.services.database.place import Place

ADMIN = "capdesk_admin"
"""The bootstrap superuser."""

# Given on the command line at every start, where no configuration file can weaken them.
_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log tells of the server's own life. Statements and their values are personal data and stay out;
    # an error in one is told to the session that sent it.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


def settings(major: int, *, host: str, port: int) -> list[str]:
    """The server's arguments: reachable at a socket folder, or at 127.0.0.1 on Windows, and nowhere else."""
    if sys.platform == "win32":
        where = {"listen_addresses": host, "unix_socket_directories": ""}
    else:
        where = {"listen_addresses": "", "unix_socket_directories": host}
    newer = {"io_method": "sync"} if major >= 18 else {}
    options = {"port": str(port)} | where | _SETTINGS | newer
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def major_of(data: Path) -> int | None:
    """The major version that made the data; None if there is no cluster."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def recover(place: Place) -> None:
    """Finish what a killed process left half-done: nothing unfinished is ever taken for a cluster."""
    if place.before.exists() and not place.data.exists():
        place.before.rename(place.data)  # killed between the two renames of an upgrade
    for unfinished in place.base.glob("data.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)  # an orphaned initdb may still be writing; next time then


def make(place: Place, binaries: Binaries, admin_password: str) -> None:
    """A new cluster at `place.data`, made aside and then renamed."""
    initialise(place, binaries, admin_password).rename(place.data)
    sync_folder(place.base)


def initialise(place: Place, binaries: Binaries, admin_password: str, *, checksums: bool = True) -> Path:
    """A new cluster in a folder aside. Text sorts the same on every system (builtin C.UTF-8)."""
    folder = place.unfinished()
    folder.mkdir(mode=0o700)
    unprivileged.give(folder, place.account)
    secret = place.base / "initdb.password"
    write_private(secret, admin_password)
    try:
        if place.account is not None and sys.platform != "win32":
            os.chown(secret, place.account.uid, place.account.gid, follow_symlinks=False)
        done = process.run(
            [
                *(binaries.program("initdb"), "-D", str(folder), "-U", ADMIN, f"--pwfile={secret}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                "--data-checksums" if checksums else "--no-data-checksums",
            ],
            folder,
            place.account,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    finally:
        secret.unlink(missing_ok=True)
    if done.returncode != 0:
        said = process.first_error(done.stdout.decode(errors="replace"))
        raise DatabaseUnavailable(
            f"The database could not be made in {place.base} ({said}); see that there is room on the disk, "
            "and try again."
        )
    return folder


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last through a power cut."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
