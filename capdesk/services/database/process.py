"""The server as a process of the operating system: start it, recognise it, end it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdesk.services.database.binaries import Binaries, environment
from capdesk.services.database.unprivileged import Account

_LARGEST_LOG = 4_000_000  # bytes; the log before is kept beside it
_IN_BACKGROUND = '"$0" "$@" >&2 & echo $!'


@dataclass(frozen=True)
class PidFile:
    """What the server writes into `postmaster.pid` (and, shorter, beside its socket)."""

    pid: int
    started: int  # seconds since 1970
    port: int
    host: str  # the socket folder, or an address
    status: str  # 'starting', 'ready', 'stopping'; empty at the very beginning


def pid_file(data: Path) -> Path:
    return data / "postmaster.pid"


def read_pid_file(path: Path) -> PidFile | None:
    """A server as its lock file describes it; None if there is no such file or only half of one."""
    try:
        lines = path.read_bytes().decode(errors="surrogateescape").splitlines()
        pid, started = int(lines[0]), int(lines[2])
        port = int(lines[3]) if len(lines) > 3 else 0
    except (FileNotFoundError, ValueError, IndexError):
        return None
    host = next((line for line in lines[4:6] if line), "")
    return PidFile(pid, started, port, host, lines[7].strip() if len(lines) > 7 else "")


def is_server_of(found: PidFile, data: Path) -> bool:
    """Whether the process with that id is a server working in `data`, and not a stranger with a recycled id."""
    import psutil  # noqa: PLC0415 - 20 ms, and rarely needed

    try:
        process = psutil.Process(found.pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.name().lower() not in {"postgres", "postgres.exe"}:
            return False
        if sys.platform != "win32" and process.uids().real != data.stat().st_uid:
            return False
        try:
            return Path(process.cwd()).samefile(data)  # every process of a server works in its data folder
        except psutil.AccessDenied:
            return bool(abs(process.create_time() - found.started) < 60)
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False


def is_alive(pid: int) -> bool:
    import psutil  # noqa: PLC0415 - 20 ms, and rarely needed

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def launch(binaries: Binaries, arguments: Sequence[str], data: Path, log: Path, account: Account | None) -> int:
    """Start the server in a session of its own, with nothing inherited; its process id, 0 if unknown (Windows).

    A shell puts it into the background, so that it is nobody's child: it outlives us and leaves no zombie.
    """
    if sys.platform == "win32":  # pg_ctl also takes an administrator's rights away, which Postgres insists on
        options = subprocess.list2cmdline(arguments)
        command = [binaries.program("pg_ctl"), "start", "-W", "-D", str(data), "-l", str(log), "-o", options]
        run(command, data, account, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 0
    command = ["/bin/sh", "-c", _IN_BACKGROUND, binaries.program("postgres"), "-D", str(data), *arguments]
    with log.open("ab") as output:
        shell = run(command, data, account, stdout=subprocess.PIPE, stderr=output, start_new_session=True)
    return int(shell.stdout)


def run(
    command: Sequence[str], folder: Path, account: Account | None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a program of the server as the account, in a folder it can reach, and wait for it."""
    given: dict[str, Any] = {"cwd": folder, "env": environment(), "stdin": subprocess.DEVNULL, **options}
    if sys.platform == "win32":
        given["creationflags"] = subprocess.CREATE_NO_WINDOW
    else:
        given["umask"] = 0o077
        if account is not None:
            given |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    done: subprocess.CompletedProcess[bytes] = subprocess.run(command, check=False, **given)
    return done


def ask_to_stop(binaries: Binaries, pid: int, data: Path) -> None:
    """A fast shutdown: sessions are ended, everything is written, the process leaves."""
    if sys.platform == "win32":
        command = [binaries.program("pg_ctl"), "stop", "-W", "-m", "fast", "-D", str(data)]
        run(command, data, None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        os.kill(pid, signal.SIGINT)


def open_log(log: Path) -> int:
    """Make room in the log; where what comes next will begin, in bytes."""
    if not log.parent.exists():
        log.parent.mkdir(mode=0o700)
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        log.touch(mode=0o600)
        return 0
    if size > _LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))
        log.touch(mode=0o600)
        return 0
    return size


def first_error(said: str) -> str:
    """The line that tells why a program failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error:" in line or "FATAL:" in line), lines[-1] if lines else "")


def complaint(log: Path, since: int) -> str:
    """The last reason the server gave for not starting, in its own words."""
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode(errors="replace").splitlines()
    for line in reversed(lines):
        for mark in ("FATAL:", "PANIC:"):
            if mark in line:
                return line.split(mark, 1)[1].strip()
    return lines[-1].strip() if lines else "it gave no reason"
