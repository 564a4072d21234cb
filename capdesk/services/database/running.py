"""Bring the server of a cluster up, find it, take it down. The caller holds the desk's lock."""

import socket
import sys
import time
from pathlib import Path

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import cluster, place, process, unprivileged
from capdesk.services.database.binaries import MAJOR, Binaries, find
from capdesk.services.database.place import Place
from capdesk.services.database.process import PidFile, is_alive, is_server_of, pid_file, read_pid_file

_TICK = 0.003  # seconds between two looks; a whole start takes about 0.1 s
_HALF_WRITTEN = 1.0  # seconds after which half a pid file is a crash's remnant and not one being written
_PASSING = (
    "pre-existing shared memory block",  # processes of a killed server are still noticing its death
    "already exists",  # another server's lock file: it is looked at again
    "could not create any TCP/IP sockets",  # Windows: the port was taken in the meantime
)
_PORT = 5432  # names the socket file; nothing listens on it


def running(where: Place) -> PidFile | None:
    """The live server of this cluster, in whatever state it is."""
    found = read_pid_file(pid_file(where.data))
    return found if found is not None and is_server_of(found, where.data) else None


def programs(where: Place, major: int = MAJOR) -> Binaries:
    """The programs for a place, where the account that runs them can reach them."""
    return unprivileged.reachable(find(major), where.account)


def bring_up(where: Place, deadline: float) -> PidFile:
    """Start the server, or wait for the one that is starting; returns when it takes connections."""
    half_written_until = time.monotonic() + _HALF_WRITTEN
    complaint = "it did not get ready in time"
    while True:
        found = running(where)
        if found is None:
            if not _is_being_written(where, half_written_until):
                complaint = _start(where, deadline)
        elif found.status == "ready":
            return found
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"The database in {where.data} could not be started ({complaint}); see {where.log}."
            )
        time.sleep(_TICK)


def take_down(where: Place, found: PidFile, deadline: float) -> None:
    """A fast shutdown, waited for."""
    try:
        process.ask_to_stop(programs(where), found.pid, where.data)
    except ProcessLookupError:
        return
    while is_alive(found.pid):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"The database server (process {found.pid}) has not stopped in time; it is still writing "
                f"to {where.data}, so wait and try again."
            )
        time.sleep(_TICK)


def _start(where: Place, deadline: float) -> str:
    """One attempt; returns why it failed if trying again may help, and raises if it will not."""
    _refuse_open_data(where)
    if sys.platform == "win32":
        host, port = "127.0.0.1", _free_port()
    else:
        folder = place.socket_folder(where)
        host, port = str(folder), _PORT
        _drop_if_strange(folder / f".s.PGSQL.{_PORT}.lock", where)
    _drop_if_strange(pid_file(where.data), where)
    since = process.open_log(where.log)
    major = cluster.major_of(where.data) or MAJOR
    arguments = cluster.settings(major, host=host, port=port)
    pid = process.launch(programs(where, major), arguments, where.data, where.log, where.account)
    import psycopg  # noqa: F401, PLC0415 - needed next; imported while the server starts

    if _gets_ready(where, pid, deadline):
        return ""
    complaint = process.complaint(where.log, since)
    if any(mark in complaint for mark in _PASSING):
        return complaint
    raise DatabaseUnavailable(f"The database in {where.data} could not be started ({complaint}); see {where.log}.")


def _gets_ready(where: Place, pid: int, deadline: float) -> bool:
    patience = time.monotonic() + 5  # on Windows, where the process id is not known at first
    while time.monotonic() < deadline:
        found = read_pid_file(pid_file(where.data))
        if found is not None and found.status == "ready" and found.pid == (pid or found.pid):
            return True
        if pid:
            alive = is_alive(pid)
        else:
            alive = time.monotonic() < patience or (found is not None and is_server_of(found, where.data))
        if not alive:
            return False
        time.sleep(_TICK)
    return False


def _drop_if_strange(lock_file: Path, where: Place) -> None:
    """Remove a lock file whose process id now belongs to a stranger, or that was only half written.

    Postgres refuses both. It clears a file whose process is gone by itself, after looking whether that
    server's shared memory is still in use; it looks again by the folder's identity when there is no file.
    """
    found = read_pid_file(lock_file)
    if found is None or (is_alive(found.pid) and not is_server_of(found, where.data)):
        lock_file.unlink(missing_ok=True)


def _is_being_written(where: Place, until: float) -> bool:
    file = pid_file(where.data)
    return file.exists() and read_pid_file(file) is None and time.monotonic() < until


def _refuse_open_data(where: Place) -> None:
    mode = where.data.stat().st_mode & 0o777
    if sys.platform != "win32" and mode & 0o077:
        raise DatabaseUnavailable(
            f"The database folder {where.data} is open to other accounts (mode {mode:o}); run chmod 700 on it."
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
