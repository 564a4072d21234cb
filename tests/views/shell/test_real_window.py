"""The program as its owner starts it: on a real screen, driven by keys, closed by the window manager's own message."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from capdesk.services.database.embedded import EmbeddedServer

_TOOLS = ("Xvfb", "xdotool")
_PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in _TOOLS), reason="there is no Xvfb or no xdotool to look at a window"
    ),
]


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An X server of its own; the number is the first that is free."""
    told, tells = os.pipe()
    with (tmp_path_factory.mktemp("screen") / "xvfb.log").open("w") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=[tells],
            stdout=log,
            stderr=log,
        )
    os.close(tells)
    with os.fdopen(told) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait(_PATIENCE_S)


@dataclass
class Program:
    """The window's process, and hands to drive it."""

    process: subprocess.Popen[str]
    display: str
    folder: Path

    def hands(self, *arguments: str) -> str:
        ended = subprocess.run(
            ["xdotool", *arguments],
            env=os.environ | {"DISPLAY": self.display},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        return ended.stdout.strip()

    def window(self, title: str) -> str:
        """Its number, as soon as a window has that title."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (found := self.hands("search", "--onlyvisible", "--name", f"^{title}$")):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, f"no window {title}"
            time.sleep(0.05)
        return found.splitlines()[0]

    def ended(self) -> tuple[int, str]:
        code = self.process.wait(_PATIENCE_S)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


@pytest.fixture
def program(screen: str, tmp_path: Path) -> Iterator[Program]:
    folder = tmp_path / "desk of mine"
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    process = subprocess.Popen(
        [sys.executable, "-m", "capdesk", "--desk", str(folder)],
        env=environment | {"DISPLAY": screen, "XDG_SESSION_TYPE": "x11"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield Program(process, screen, folder)
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    EmbeddedServer(folder).remove(force=True)


def test_that_keys_lead_through_it_and_closing_leaves_nothing_behind(program: Program) -> None:
    window = program.window("Desk – capdesk")
    program.hands("windowfocus", "--sync", window)
    program.hands("key", "ctrl+k")
    program.hands("type", "--delay", "30", "campaigns")
    program.hands("key", "Return")
    window = program.window("Campaigns – capdesk")
    assert EmbeddedServer(program.folder).status().running
    program.hands("key", "alt+Left")
    program.window("Desk – capdesk")
    program.hands("key", "ctrl+q")
    assert program.ended() == (0, "")
    assert not EmbeddedServer(program.folder).status().running


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_that_a_signal_closes_it_in_order(program: Program, told: signal.Signals) -> None:
    program.window("Desk – capdesk")
    program.process.send_signal(told)
    assert program.ended() == (0, "")
    assert not EmbeddedServer(program.folder).status().running


def test_that_a_signal_is_heard_while_the_desk_opens(program: Program) -> None:
    program.window("capdesk")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == (0, "")
    assert not EmbeddedServer(program.folder).status().running


def test_that_a_killed_window_harms_nothing(program: Program) -> None:
    program.window("Desk – capdesk")
    program.process.kill()
    program.process.wait()
    ended = subprocess.run(
        [sys.executable, "-m", "capdesk", "--desk", str(program.folder), "product", "add", "Shop"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not EmbeddedServer(program.folder).status().running
