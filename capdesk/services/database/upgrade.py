"""Carry a cluster of an older major version over to the newest, by pg_upgrade, into a new folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import cluster, place, process, running, unprivileged
from capdesk.services.database.binaries import MAJOR, Binaries, environment
from capdesk.services.database.place import Place


def carry_over(where: Place, old_major: int, admin_password: str, deadline: float) -> None:
    """Copy the stopped cluster into one of the newest major version and put that in its place.

    The old data is moved aside whole, as `data.before`; the caller deletes it once the new server has
    answered. On any failure before the renames nothing has changed.
    """
    old, new = running.programs(where, old_major), running.programs(where)
    control = _control(where, old)
    if control["Database cluster state"] != "shut down":  # pg_upgrade wants no recovery left to do
        running.take_down(where, running.bring_up(where, deadline), deadline)
    checksums = control["Data page checksum version"] != "0"
    made = cluster.initialise(where, new, admin_password, checksums=checksums)
    try:
        _pg_upgrade(where, made, old, new, admin_password)
        if not checksums:
            _checked(where, [new.program("pg_checksums"), "--enable", "-D", str(made)])
    except BaseException:
        shutil.rmtree(made)
        raise
    where.data.rename(where.before)
    made.rename(where.data)  # killed before this line, the next start takes `before` back
    cluster.sync_folder(where.base)


def go_back(where: Place) -> None:
    """Undo the renames of an upgrade whose new server did not answer."""
    refused = where.unfinished()
    where.data.rename(refused)
    where.before.rename(where.data)
    shutil.rmtree(refused)


def _pg_upgrade(where: Place, made: Path, old: Binaries, new: Binaries, admin_password: str) -> None:
    folder = where.base / "upgrade"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    unprivileged.give(folder, where.account)
    command = [
        *(new.program("pg_upgrade"), "-b", str(old.folder), "-B", str(new.folder), "-U", cluster.ADMIN),
        # Relative, because pg_upgrade hands its paths to a shell with too few quotes.
        *("-d", os.path.join("..", where.data.name), "-D", os.path.join("..", made.name)),  # noqa: PTH118
    ]
    if sys.platform != "win32":
        command += ["-s", str(place.socket_folder(where))]
    try:
        _checked(where, command, folder=folder, secrets={"PGPASSWORD": admin_password})
    finally:
        shutil.rmtree(folder)


def _control(where: Place, old: Binaries) -> dict[str, str]:
    told = _checked(where, [old.program("pg_controldata"), "-D", str(where.data)])
    return {name: value.strip() for name, _, value in (line.partition(":") for line in told.splitlines())}


def _checked(
    where: Place, command: list[str], *, folder: Path | None = None, secrets: dict[str, str] | None = None
) -> str:
    done = process.run(
        command,
        folder or where.data,
        where.account,
        env=environment() | (secrets or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise DatabaseUnavailable(
            f"The database in {where.data} could not be upgraded to Postgres {MAJOR} "
            f"({process.first_error(told)}); it is unchanged, so see that there is room on the disk and try again."
        )
    return told
