"""Processes that run one command line each and can be killed at a chosen moment: at a request, or around a commit."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import URL

from tests.support.clients import eventually

_ROOT = Path(__file__).parents[2]
_PARENT = """
import json, os, sys

import capdesk.commands.sync, capdesk.services.sync, capdesk.services.providers.bigquery_api
import capdesk.services.providers.twilio_api, capdesk.services.database.session, capdesk.services.database.seals
from capdesk.cli import run

for line in sys.stdin:
    arguments, output = json.loads(line)
    child = os.fork()
    if child == 0:
        told = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(told, 1)
        os.dup2(told, 2)
        code = run(arguments)
        sys.stdout.flush()
        os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
_TABLES = "sync_run, sync_step, sync_outcome, seal"
_WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND relation IN ({})".format(
    ", ".join(f"'capdesk.{name}'::regclass" for name in _TABLES.split(", "))
)
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'capdesk_app'"


@dataclass
class Child:
    """A running command. `ended` is set once its exit code is known."""

    pid: int
    output: Path
    ended: threading.Event = field(default_factory=threading.Event)
    code: int | None = None

    def kill(self) -> None:
        """As the system does it, without a last word."""
        if not self.ended.is_set():
            os.kill(self.pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)

    def wait(self) -> int:
        assert self.ended.wait(60)
        assert self.code is not None
        return self.code

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")


class Commands:
    """Runs `capdesk` command lines one after the other, each in a process of its own.

    All are forked from one that has loaded what they need: starting Python fifty times would take a minute.
    """

    def __init__(self, folder: Path, address: URL, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._common = ["--desk", str(folder), "--database-url", address.render_as_string(hide_password=False)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAPDESK_")}
        self._parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT],
            cwd=_ROOT, env={**kept, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, *arguments: object) -> Child:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        output = self._folder / f"said-{self._parent.pid}"
        self._parent.stdin.write(json.dumps([[*self._common, *map(str, arguments)], str(output)]) + "\n")
        self._parent.stdin.flush()
        child = Child(int(self._parent.stdout.readline()), output)
        threading.Thread(target=self._await, args=(child,), daemon=True).start()
        return child

    def ready(self) -> Self:
        """Waits until commands start at once."""
        assert self.start("--version").wait() == 0
        return self

    def _await(self, child: Child) -> None:
        assert self._parent.stdout is not None
        child.code = int(self._parent.stdout.readline())
        child.ended.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parent.communicate(timeout=60)


class Gate:
    """Lets the commits of a sync through one by one: each run, step, outcome and seal waits here, written, uncommitted.

    Two connections hold the tables' locks in turn. The other one queues behind whoever waits, so that it has them as
    soon as that one has committed, and before anything else is written.
    """

    def __init__(self, admin: URL) -> None:
        self._holder, self._other, self._watch = (psycopg.connect(_plain(admin)) for _ in range(3))
        self._watch.autocommit = True

    def __enter__(self) -> Self:
        _lock(self._holder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (self._holder, self._other, self._watch):
            connection.close()

    def reached(self, child: Child) -> bool:
        """Whether the child has come to its next commit; False where it has ended."""
        assert eventually(lambda: child.ended.is_set() or bool(self._waiting()))
        return not child.ended.is_set()

    def passed(self) -> None:
        """Lets the commit waited for through, and nothing after it."""
        queued = threading.Thread(target=_lock, args=(self._other,))
        before = self._waiting()
        queued.start()
        assert eventually(lambda: self._waiting() > before)
        self._holder.rollback()
        queued.join(60)
        self._holder, self._other = self._other, self._holder

    def _waiting(self) -> set[int]:
        return {pid for (pid,) in self._watch.execute(_WAITING)}


def _lock(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    connection.execute("SET search_path = capdesk")
    connection.execute(f"LOCK TABLE {_TABLES} IN SHARE ROW EXCLUSIVE MODE")


@contextlib.contextmanager
def sessions_end(admin: URL) -> Iterator[None]:
    """Afterwards the server has noticed that processes started in the block are gone."""
    with psycopg.connect(_plain(admin), autocommit=True) as watch:
        before = set(watch.execute(_SESSIONS))
        yield
        assert eventually(lambda: set(watch.execute(_SESSIONS)) <= before)


def end_sessions(admin: URL) -> None:
    """The server ends every session of the application."""
    with psycopg.connect(_plain(admin), autocommit=True) as server:
        server.execute(f"SELECT pg_terminate_backend(pid) FROM ({_SESSIONS}) AS open")


def _plain(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)
