"""The embedded server of a desk: the window, the command line and the scheduler share it.

Starting and stopping happens under a file lock in the desk. Each process that uses the server holds a
shared advisory lock on a connection of its own, the anchor; both vanish with the process, however it dies.
Who leaves and could take that lock alone was the last one, and stops the server.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from capdesk.errors import DatabaseUnavailable, RuleRefused
from capdesk.services.database import anchors, cluster, passwords, place, running, upgrade
from capdesk.services.database.anchors import Connection, NotYet
from capdesk.services.database.binaries import MAJOR
from capdesk.services.database.place import Place
from capdesk.services.database.process import PidFile, pid_file, read_pid_file

if TYPE_CHECKING:
    import psycopg

__all__ = ["Connection", "EmbeddedServer", "Lease", "ServerStatus"]


@dataclass(frozen=True)
class ServerStatus:
    running: bool
    version: str | None
    """The major version of the data folder; None if there is no cluster yet."""
    pid: int | None
    holders: int | None
    """How many attached sessions there are; None if the server does not run or does not answer."""
    kept: bool
    """Whether it stays up when the last one leaves."""
    data_folder: Path
    data_bytes: int
    log: Path


class EmbeddedServer:
    """The Postgres of one desk. Every method raises DatabaseUnavailable if it cannot do its work."""

    def __init__(self, desk: Path) -> None:
        self._desk = desk.resolve()

    def attach(self, *, timeout: float = 60) -> "Lease":
        """Use the server until the lease is released: made if there is none, started if it is down."""
        deadline = time.monotonic() + timeout
        with self._locked(deadline) as where:
            connection, anchor = _enter(where, deadline)
            anchors.hold(anchor)
            _forget_before(where)
        return Lease(self, connection, anchor)

    def start(self, *, timeout: float = 60) -> None:
        """Start it if it is down, and keep it up until `stop`, whoever leaves."""
        deadline = time.monotonic() + timeout
        with self._locked(deadline) as where:
            _enter(where, deadline)[1].close()
            _forget_before(where)
            where.keep.touch(mode=0o600)

    def stop(self, *, force: bool = False, timeout: float = 60) -> bool:
        """Stop it; False if it was not running. Refused while others use it, unless forced."""
        if not (self._desk / "postgres").is_dir():
            return False
        deadline = time.monotonic() + timeout
        with self._locked(deadline) as where:
            found = running.running(where) if force else _unused(where, deadline)
            if found is not None:
                running.take_down(where, found, deadline)
            where.keep.unlink(missing_ok=True)
        return found is not None

    def status(self) -> ServerStatus:
        """What is there now. Starts and makes nothing."""
        with _explained(self._desk):
            where = place.locate(self._desk)
            found = running.running(where)
            major = cluster.major_of(where.data)
            return ServerStatus(
                running=found is not None,
                version=None if major is None else str(major),
                pid=found.pid if found else None,
                holders=anchors.holders(where, found) if found else None,
                kept=where.keep.exists(),
                data_folder=where.data,
                data_bytes=_size(where.data),
                log=where.log,
            )

    def upgrade(self, *, timeout: float = 60) -> str:
        """Carry an older major version's data over to the newest; a sentence that says what was done.

        The server is down afterwards. The old data is deleted only when the new server has answered.
        """
        deadline = time.monotonic() + timeout
        with self._locked(deadline) as where:
            cluster.recover(where)
            major = cluster.major_of(where.data)
            if major is None or major >= MAJOR:
                return f"Nothing to upgrade: the database is made with Postgres {major or MAJOR}."
            found = _unused(where, deadline)
            if found is not None:
                running.take_down(where, found, deadline)
            upgrade.carry_over(where, major, passwords.read(where.passwords).admin, deadline)
            try:
                _enter(where, time.monotonic() + timeout)[1].close()
            except BaseException:
                _stop_if_running(where)
                upgrade.go_back(where)
                raise
            _forget_before(where)
            _stop_if_running(where)
        return f"The database was carried over from Postgres {major} to {MAJOR}."

    def remove(self, *, force: bool = False) -> None:
        """Stop it, refused while others use it unless forced, and delete the database for good."""
        if not (self._desk / "postgres").is_dir():
            return
        self.stop(force=force)
        with _explained(self._desk):
            where = place.locate(self._desk)
            shutil.rmtree(place.socket_path(where), ignore_errors=True)
            shutil.rmtree(where.base)
            shutil.rmtree(where.home, ignore_errors=True)  # the same folder, unless root had to go elsewhere

    def _leave(self, anchor: "psycopg.Connection[Any]") -> None:
        """Close the anchor and stop the server if that was the last one."""
        deadline = time.monotonic() + 60
        try:
            with self._locked(deadline) as where:
                found = None if where.keep.exists() else running.running(where)
                if found is None:
                    return
                if not anchors.is_last(where, found, anchor):
                    return
                anchor.close()
                running.take_down(where, found, deadline)
        finally:
            anchor.close()

    @contextlib.contextmanager
    def _locked(self, deadline: float) -> Iterator[Place]:
        """The desk's place, while nobody else starts or stops its server."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - 30 ms

        with _explained(self._desk):
            lock = FileLock(place.make_home(self._desk) / "server.lock", mode=0o600)
            try:
                lock.acquire(timeout=max(0, deadline - time.monotonic()), poll_interval=0.01)
            except Timeout:
                raise DatabaseUnavailable(
                    f"Another capdesk process is still starting or stopping the database of {self._desk}; "
                    "try again in a minute."
                ) from None
            try:
                yield place.settle(self._desk)
            finally:
                lock.release()


class Lease:
    """One use of the server. Releasing it twice is fine; if the process dies, it is released too."""

    def __init__(self, server: EmbeddedServer, connection: Connection, anchor: "psycopg.Connection[Any]") -> None:
        self.connection = connection
        self._server = server
        self._anchor: psycopg.Connection[Any] | None = anchor

    def release(self) -> None:
        """Leave; the last one out stops the server. If that cannot be done, the next one out will."""
        anchor, self._anchor = self._anchor, None
        if anchor is not None:
            with contextlib.suppress(DatabaseUnavailable):
                self._server._leave(anchor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _enter(where: Place, deadline: float) -> tuple[Connection, "psycopg.Connection[Any]"]:
    """Make the cluster if absent, start the server if down, and open a session of the superuser."""
    cluster.recover(where)
    major = cluster.major_of(where.data)
    if major is None:
        secrets = passwords.read_or_make(where.passwords)
        cluster.make(where, running.programs(where), secrets.admin)
    elif major != MAJOR:
        advice = "run `capdesk db upgrade`" if major < MAJOR else "install a newer capdesk"
        raise DatabaseUnavailable(
            f"The database in {where.data} was made by Postgres {major} and this capdesk runs Postgres {MAJOR}; "
            f"{advice}."
        )
    found = read_pid_file(pid_file(where.data))
    if found is not None and found.status == "ready":  # most likely it runs: then nothing else need be asked
        with contextlib.suppress(NotYet):
            return anchors.connect(where, found)
    while True:
        found = running.bring_up(where, deadline)
        try:
            return anchors.connect(where, found)
        except NotYet:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _unused(where: Place, deadline: float) -> PidFile | None:
    """The running server, if any, which nobody uses. Raises RuleRefused if somebody does."""
    while (found := running.running(where)) is not None:
        try:
            session = anchors.connect(where, found)[1]
        except NotYet:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
            continue
        with contextlib.closing(session):
            if anchors.is_free(session):
                return found
            users = anchors.count(session)
        raise RuleRefused(
            f"The database of {where.desk} is in use by {users} other "
            f"{'process' if users == 1 else 'processes'}; close them first, or stop it with --force."
        )
    return None


def _stop_if_running(where: Place) -> None:
    found = running.running(where)
    if found is not None:
        running.take_down(where, found, time.monotonic() + 60)


def _forget_before(where: Place) -> None:
    """The new server has answered: the data of the older major version may go."""
    if where.before.exists():
        shutil.rmtree(where.before)


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # a running server makes and removes files
                total += (Path(parent) / name).lstat().st_size
    return total


@contextlib.contextmanager
def _explained(desk: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseUnavailable(
            f"The database of {desk} cannot be used ({error.strerror or error}: {error.filename or desk}); "
            "see that the folder is yours, and that there is room on the disk."
        ) from error
