"""Other processes that use a desk's server, and waiting for what they bring about."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).parents[2]
_CLIENT = """
import sys
from pathlib import Path
from capdesk.services.database.embedded import EmbeddedServer

lease = EmbeddedServer(Path(sys.argv[1])).attach()
print("attached", flush=True)
sys.stdin.readline()
lease.release()
"""


class Client:
    """A process that attaches to the server of a desk and stays until told to leave."""

    def __init__(self, desk: Path, environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-c", _CLIENT, str(desk)]
        self.process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def wait_until_attached(self) -> Self:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "attached\n"
        return self

    def leave(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """As the system does it, without a last word."""
        self.process.kill()
        self.process.communicate(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.kill()


def eventually(holds: Callable[[], bool], within: float = 30) -> bool:
    """Whether something comes to hold before a deadline, in seconds."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.01)
    return True
