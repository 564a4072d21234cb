"""`capdesk connect` as a program of its own: at a terminal, in a pipe, and in what others can see of it."""

import base64
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from capdesk.services.clock import SystemClock
from capdesk.services.providers.local.http import Late
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import made_sid, usage_day
from tests.conftest import TestDatabase

MAIN, TOKEN = made_sid("AC", "main"), "canary-token-7391"
PATIENCE_S = 30.0


@pytest.fixture
def twilio() -> Iterator[LocalTwilio]:
    yesterday = SystemClock().now().date() - timedelta(days=1)
    with LocalTwilio(MAIN, TOKEN, usage=usage_day(MAIN, yesterday, "40.00")) as server:
        yield server


def environment(database: TestDatabase) -> dict[str, str]:
    """One in which no keyring is asked: the key of the secrets comes from here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAPDESK_")}
    return kept | {
        "CAPDESK_DATABASE_URL": database.app.render_as_string(hide_password=False),
        "CAPDESK_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
        "NO_PROXY": "127.0.0.1",
        "TERM": "xterm",
    }


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "capdesk", "--desk", str(folder), *arguments]


def test_that_a_token_comes_through_a_pipe(database: TestDatabase, tmp_path: Path, twilio: LocalTwilio) -> None:
    arguments = command(
        tmp_path, "connect", "twilio", "--account", MAIN, "--base-url", twilio.url, "--yes", "--json"
    )  # fmt: skip
    for given in (f"{TOKEN}\n", ""):  # the second time nothing comes, and the one that is kept is used
        ran = subprocess.run(
            arguments, input=given, capture_output=True, text=True, check=False, env=environment(database)
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["connection"]["account"] == MAIN
        assert TOKEN not in ran.stdout


def test_that_a_token_in_the_environment_is_used_and_not_stored(
    database: TestDatabase, tmp_path: Path, twilio: LocalTwilio
) -> None:
    named = "CAPDESK_TWILIO_" + MAIN.upper()
    ran = subprocess.run(
        command(tmp_path, "connect", "twilio", "--account", MAIN, "--base-url", twilio.url, "--yes"),
        input="", capture_output=True, text=True, check=False, env=environment(database) | {named: TOKEN},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert f"The auth token comes from {named}; none is stored." in ran.stdout
    listed = subprocess.run(
        command(tmp_path, "secrets", "list", "--json"),
        capture_output=True, text=True, check=True, env=environment(database),
    )  # fmt: skip
    assert json.loads(listed.stdout) == []


def test_that_at_a_terminal_the_token_is_typed_unseen_and_nobody_sees_it_among_the_arguments(
    database: TestDatabase, tmp_path: Path, twilio: LocalTwilio
) -> None:
    with Terminal(command(tmp_path, "connect", "twilio", "--base-url", twilio.url), environment(database)) as terminal:
        terminal.answer("Account SID (AC...): ", MAIN)
        terminal.answer("to use the auth token): ", "")
        terminal.answer("Auth token (not shown): ", TOKEN)
        terminal.wait_for("Keep this connection?")
        seen = Path(f"/proc/{terminal.process.pid}/cmdline")
        assert not seen.exists() or TOKEN.encode() not in seen.read_bytes()
        terminal.answer("", "y")
        assert terminal.ended() == 0
    assert TOKEN not in terminal.shown
    assert re.search(r"\$40\.00 from .* Nothing is recorded yet\.", terminal.shown)
    assert f"twilio {MAIN} is connected." in terminal.shown


def test_that_leaving_the_terminal_keeps_nothing(database: TestDatabase, tmp_path: Path, twilio: LocalTwilio) -> None:
    with Terminal(command(tmp_path, "connect", "twilio", "--base-url", twilio.url), environment(database)) as terminal:
        terminal.answer("Account SID (AC...): ", MAIN)
        terminal.wait_for("to use the auth token): ")
        terminal.type("\x04")  # Ctrl-D: Ctrl-C just before Python waits for a line would be noticed only after it
        assert terminal.ended() == 1
    assert "stopped; nothing was changed." in terminal.shown
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(("slow", "shown"), [("/Accounts.json", "for the accounts"), ("/Usage/", "for the last days")])
def test_that_a_slow_provider_shows_what_goes_on_and_ctrl_c_keeps_nothing(
    database: TestDatabase, tmp_path: Path, twilio: LocalTwilio, slow: str, shown: str
) -> None:
    twilio.server.fault = lambda request: Late(60) if slow in request.path else None
    token = tmp_path / "token.txt"
    token.write_text(TOKEN, encoding="utf-8")
    arguments = ("--account", MAIN, "--token-file", str(token), "--base-url", twilio.url)
    with Terminal(command(tmp_path, "connect", "twilio", *arguments), environment(database)) as terminal:
        terminal.wait_for(f"Asking {shown} (Ctrl-C stops)")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 1
    assert "stopped; nothing was changed." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert not (tmp_path / "secrets").exists()


class Terminal:
    """A program at a terminal of its own; what it shows is kept, and waited for at most `PATIENCE_S`."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        self._master, program = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            arguments, stdin=program, stdout=program, stderr=program, env=environ, start_new_session=True
        )
        os.close(program)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        self.type(f"{text}\n")

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            assert time.monotonic() < until, self.shown
            assert self._read(), self.shown

    def ended(self) -> int:
        until = time.monotonic() + PATIENCE_S
        while self._read():
            assert time.monotonic() < until, self.shown
        return self.process.wait(PATIENCE_S)

    def _read(self) -> bool:
        """Takes what is there; false once the program let go of its terminal."""
        if not select.select([self._master], [], [], 0.5)[0]:
            return True
        try:
            part = os.read(self._master, 65_536)
        except OSError:
            return False
        self.shown += part.decode("utf-8", "replace")
        return bool(part)
