"""A copy of the embedded database in one file: dumped beside, looked at, and only then given its name."""

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy import URL

from capdesk.errors import DatabaseUnavailable, FileRefused, RuleRefused
from capdesk.services.database import binaries, seals
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.database.passwords import write_private
from capdesk.services.database.psql import conninfo, pass_file

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

MEMORY = "last-backup.json"
_DATABASE = "capdesk"
_PAUSE_S = 0.1
_CHUNK = 1 << 20
_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows would show a console for each program."""
Progress = Callable[[int], None]
"""Told the bytes written so far; raises Stopped to stop."""


@dataclass(frozen=True)
class Backup:
    """A file that `pg_restore` can read. `head` is the newest seal it holds, in hex; None before the first."""

    file: Path
    at: datetime
    bytes: int
    sha256: str
    tables: int
    head: str | None


def unwatched(_bytes: int) -> None:
    """Progress nobody follows."""


def file_name(at: datetime) -> str:
    """What a backup made then is called unless named otherwise."""
    return f"capdesk-{at.astimezone(UTC):%Y%m%d-%H%M}.backup"


def back_up(desk: "Desk", file: Path, progress: Progress = unwatched) -> Backup:
    """Writes the whole database into a file, and remembers that it did; an existing file is replaced at the end.

    Raises RuleRefused for a database of the owner's own, FileRefused where the file cannot be written, and
    DatabaseUnavailable where the copy does not hold; then an existing file is as it was.
    """
    if desk._lease is None:
        raise RuleRefused(
            "This desk's database is a Postgres of your own: its own backups hold the desk too, and the pg_dump that "
            "comes with capdesk cannot encrypt the way there."
        )
    desk.seal()
    head = seals.head(desk.engine)
    programs = binaries.find()
    part = _beside(file)
    try:
        _dump(desk.folder, programs.program("pg_dump"), part, progress)
        tables = _tables_in(programs.program("pg_restore"), part)
        made = Backup(
            file, desk.clock.now(), part.stat().st_size, _settled(part), tables, None if head is None else head.hex()
        )
        part.replace(file)
    except OSError as fault:
        raise FileRefused(f"{file} cannot be written ({fault.strerror}): choose another place for it.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    _remember(desk.folder, made)
    return made


def last_backup(folder: Path) -> Backup | None:
    """The newest one made of this desk, wherever it lies now; None where there is none or it is not known any more."""
    try:
        kept = json.loads((folder / MEMORY).read_text(encoding="utf-8"))
        head = kept["head"]
        return Backup(
            file=Path(kept["file"]),
            at=datetime.fromisoformat(kept["at"]).astimezone(UTC),
            bytes=int(kept["bytes"]),
            sha256=str(kept["sha256"]),
            tables=int(kept["tables"]),
            head=None if head is None else str(head),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(folder: Path, made: Backup) -> None:
    """Losing this costs a line in the settings, so nothing fails for it."""
    kept = {**vars(made), "file": str(made.file.absolute()), "at": made.at.isoformat()}
    with suppress(OSError):
        write_private(folder / MEMORY, json.dumps(kept))


def _beside(file: Path) -> Path:
    """A fresh private file in the same folder, so that renaming it is one step."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.absolute().parent)
    except OSError as fault:
        raise FileRefused(f"{file} cannot be written ({fault.strerror}): choose another place for it.") from None
    os.close(handle)
    return Path(name)


def _dump(folder: Path, program: str, part: Path, progress: Progress) -> None:
    with EmbeddedServer(folder).attach() as lease, tempfile.TemporaryFile() as said:
        reach = lease.connection
        url = URL.create(
            "postgresql+psycopg",
            username=reach.admin_user,
            password=reach.admin_password,
            database=_DATABASE,
            query={"host": reach.host, "port": str(reach.port)},
        )
        with pass_file(url) as environment:
            command = [program, "--format=custom", "--no-password", "--file", str(part), "--dbname", conninfo(url)]
            code = _watched(command, environment, said, part, progress)
        if code != 0:
            said.seek(0)
            raise DatabaseUnavailable(f"The backup was not made ({_reason(said.read())}); nothing was kept of it.")


def _watched(command: list[str], environment: dict[str, str], said: IO[bytes], part: Path, progress: Progress) -> int:
    running = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, creationflags=_FLAGS
    )
    try:
        while running.poll() is None:
            progress(part.stat().st_size)
            time.sleep(_PAUSE_S)
    except BaseException:
        running.kill()
        raise
    finally:
        running.wait()
    return running.returncode


def _tables_in(program: str, part: Path) -> int:
    """How many tables' rows it holds, as pg_restore reads it."""
    read = subprocess.run(
        [program, "--list", str(part)],
        check=False,
        env=binaries.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        creationflags=_FLAGS,
    )
    if read.returncode != 0:
        raise DatabaseUnavailable(f"The backup cannot be read back ({_reason(read.stderr)}); nothing was kept of it.")
    return sum(b" TABLE DATA " in line for line in read.stdout.splitlines())


def _settled(part: Path) -> str:
    """The file's SHA-256, once the disk has it."""
    with part.open("r+b") as file:
        os.fsync(file.fileno())
        whole = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            whole.update(chunk)
    return whole.hexdigest()


def _reason(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it gave no reason")
