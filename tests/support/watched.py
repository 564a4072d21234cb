"""The program in processes of its own, with all it says, logs, leaves behind and hands to others kept for a search."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from psycopg import connect
from psycopg.sql import SQL, Identifier

from capdesk.services.database.embedded import EmbeddedServer
from tests.conftest import Ran
from tests.support.canaries import Evidence

_ROOT = Path(__file__).parents[2]
_PROC = Path("/proc")
_PATIENCE_S = 60

# What Python reads first in every process that finds it on its path: all there is to be logged is logged, and a signal
# is an exception nobody expects; with SIGUSR1 it quotes every value that is in sight.
_FIRST = """
import logging, os, signal, smtplib, sys

class Provoked(Exception):
    pass

def provoke(number, frame):
    seen = []
    while number == signal.SIGUSR1 and frame is not None:
        for value in list(frame.f_locals.values()):
            try:
                seen.append(repr(value))
            except Exception:
                pass
        frame = frame.f_back
    raise Provoked(*seen)

signal.signal(signal.SIGUSR1, provoke)
signal.signal(signal.SIGUSR2, provoke)
smtplib.SMTP.debuglevel = 2
logging.captureWarnings(True)
handler = logging.FileHandler(os.environ["WATCHED_LOG"], encoding="utf-8", errors="backslashreplace")
usual = set(vars(logging.makeLogRecord({}))) | {"message"}

class Everything(logging.Formatter):
    def format(self, record):
        more = {name: value for name, value in vars(record).items() if name not in usual}
        return f"{super().format(record)} {more or ''}"

handler.setFormatter(Everything("%(name)s %(message)s"))
for name in ("", "sqlalchemy", "google"):
    logging.getLogger(name).addHandler(handler)
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).propagate = False
for name in ("sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.orm", "urllib3", "requests", "twilio", "google.auth",
             "google.cloud", "google.api_core", "stamina", "keyring", "psycopg", "alembic", "asyncio", "filelock"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""
_TOOL = """#!/bin/sh
{ echo "$0 $*"; env; } >> "$HOME/asked-of-tools"
case "$0 $*" in
  *systemctl*is-system-running) echo running ;;
  *systemctl*show*) echo ActiveState=active ;;
  *crontab\\ -l) cat "$HOME/crontab" 2>/dev/null || { echo "no crontab for olga" >&2; exit 1; } ;;
  *crontab\\ -) cat > "$HOME/crontab" ;;
esac
"""


class Watched:
    """A user's home with a desk, and room for another. Runs `python -m capdesk` with everything logged at DEBUG.

    `pid` is the process that runs now, for whoever wants to send it a signal.
    """

    def __init__(self, folder: Path, **environ: str) -> None:
        self.desk, self.branch = folder / "desk", folder / "branch"
        self.home, self.temp = folder / "home", folder / "temp"
        self._first, self._logs, self._tools = folder / "first", folder / "logs", folder / "tools"
        for made in (self.home, self.temp, self._first, self._logs, self._tools):
            made.mkdir()
        (self._first / "sitecustomize.py").write_text(_FIRST, encoding="utf-8")
        for name in ("systemctl", "loginctl", "crontab", "pgrep"):
            (self._tools / name).write_text(_TOOL, encoding="utf-8")
            (self._tools / name).chmod(0o755)
        self.environ = environ
        self.pid = 0
        self._said: list[tuple[str, bytes]] = []
        self._others = Others(str(folder))

    def run(
        self, *words: object, given: str = "", environ: Mapping[str, str | None] | None = None, desk: Path | None = None
    ) -> Ran:
        """One command to its end. A variable that is None is not set."""
        number = len(self._said) // 2
        place = f"{number} {' '.join(map(str, words[:3]))}"
        command = [sys.executable, "-m", "capdesk", "--desk", str(desk or self.desk), *map(str, words)]
        surroundings = self._surroundings(number) | self.environ | dict(environ or {})
        with subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in surroundings.items() if value is not None},
        ) as process:
            self.pid = process.pid
            try:
                with self._others.watched(process.pid):
                    out, err = process.communicate(given.encode(), timeout=_PATIENCE_S)
            except BaseException:
                process.kill()
                raise
        self._said += [(f"stdout of {place}", out), (f"stderr of {place}", err)]
        return Ran(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    def evidence(self) -> Evidence:
        """All but the database's tables: what was said and logged, files, and what other processes were given."""
        yield from self._said
        yield from self.given_to_others()
        yield from files(self._logs, "log")
        yield from files(self.temp, "temp")
        yield from files(self.home, "home")
        yield from files(self.desk, "desk")
        yield from files(self.branch, "branch")
        server = EmbeddedServer(self.desk).status()
        if not server.data_folder.is_relative_to(self.desk):
            yield from files(server.data_folder.parent, "desk/postgres")
        if _PROC.is_dir() and server.pid is not None:
            for what in ("cmdline", "environ"):
                yield f"{what} of the server", (_PROC / str(server.pid) / what).read_bytes()

    def given_to_others(self) -> Evidence:
        """The arguments and the environment of every other program that was seen to run."""
        return self._others.seen()

    def others(self) -> AbstractContextManager[None]:
        """Looks at what programs this process starts, as `run` does for those of its command."""
        return self._others.watched(os.getpid())

    @property
    def logged(self) -> str:
        return "".join(content.decode("utf-8", "replace") for _, content in files(self._logs, "log"))

    @property
    def bug_reports(self) -> list[Path]:
        return sorted(self.temp.glob("capdesk-error-*"))

    def _surroundings(self, number: int) -> dict[str, str]:
        """No keyring, no desk and no database of whoever runs the tests."""
        ours = ("CAPDESK_", "DBUS_", "PG", "XDG_", "GOOGLE_", "TWILIO_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {
            "HOME": str(self.home),
            "TMPDIR": str(self.temp),
            "XDG_RUNTIME_DIR": str(self.temp),
            "PATH": f"{self._tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(self._first),
            "WATCHED_LOG": str(self._logs / f"{number}.log"),
            "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google",
            "NO_PROXY": "127.0.0.1",
        }


class Others:
    """What other processes were given as arguments and environment: those below a process, and a desk's server."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.encode()
        self._seen: dict[tuple[int, str], tuple[bytes, bytes]] = {}
        self._strange: set[int] = set()

    @contextmanager
    def watched(self, pid: int) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(pid, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def seen(self) -> Evidence:
        for (pid, program), given in self._seen.items():
            for what, content in zip(("arguments", "environment"), given, strict=True):
                yield f"{what} of {Path(program).name} {pid}", content

    def _watch(self, top: int, over: threading.Event) -> None:
        family = {top}
        while not over.wait(0.01):
            for entry in _PROC.iterdir() if _PROC.is_dir() else ():
                if entry.name.isdecimal() and (pid := int(entry.name)) != top and pid not in self._strange:
                    with suppress(OSError):
                        self._look(entry, pid, family)

    def _look(self, entry: Path, pid: int, family: set[int]) -> None:
        parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
        program, arguments = str((entry / "exe").readlink()), (entry / "cmdline").read_bytes()
        if (
            parent not in family
            and self._folder not in arguments
            and self._folder not in os.fsencode((entry / "cwd").readlink())
        ):
            self._strange.add(pid)
            return
        family.add(pid)
        # Between fork and exec it is still its parent: then it shows our own arguments and environment.
        if Path(program).resolve() != Path(sys.executable).resolve():
            self._seen[pid, program] = (arguments, (entry / "environ").read_bytes())


def files(folder: Path, label: str) -> Evidence:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):  # a running server makes and removes files
                yield f"{label}/{path.relative_to(folder)}", path.read_bytes()


def tables(desk: Path, database: str = "capdesk") -> Evidence:
    """Every table of the desk's embedded database, those of Postgres included, as text."""
    with EmbeddedServer(desk).attach() as lease, connect(**lease.connection.as_admin(database)) as session:
        found = session.execute("SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2").fetchall()
        for schema, table in found:
            with session.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(schema, table))) as rows:
                yield f"table {schema}.{table}", b"".join(rows)
