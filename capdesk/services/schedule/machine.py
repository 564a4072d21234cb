"""The computer a schedule is installed on: where its user's files lie, and running its tools."""

import getpass
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from capdesk.errors import RuleRefused

NOT_THERE = 127
"""The code of a program that does not exist, as shells give it."""
_TIME_OUT_S = 8
"""A tool that takes longer hangs, and somebody may sit in front of it."""


@dataclass(frozen=True)
class Ran:
    """What a program gave back. `err` is one line for people."""

    code: int
    out: bytes = b""
    err: str = ""


class Runner(Protocol):
    def run(self, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        """Runs a program to its end, `given` on its standard input; `environment` is added to ours, without what is
        capdesk's own there. Never raises."""
        ...


class SystemRunner:
    def run(self, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        # Our own variables hold secrets, which are none of a scheduler's business.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAPDESK_")}
        surroundings = {**kept, "LC_ALL": "C", "TZ": "UTC", **(environment or {})}
        try:
            ended = subprocess.run(
                command, input=given, capture_output=True, timeout=_TIME_OUT_S, env=surroundings, check=False
            )
        except FileNotFoundError:
            return Ran(NOT_THERE, err=f"{command[0]} is not installed")
        except subprocess.TimeoutExpired:
            return Ran(124, err=f"{command[0]} did not end within {_TIME_OUT_S} seconds")
        except OSError as error:
            return Ran(126, err=f"{command[0]} cannot be started ({error.strerror})")
        return Ran(ended.returncode, ended.stdout, " ".join(ended.stderr.decode("utf-8", "replace").split()))


@dataclass(frozen=True)
class Machine:
    """`system` is as `sys.platform` names it; `user` is `DOMAIN\\name` on Windows."""

    system: str
    home: Path
    user: str
    uid: int
    runner: Runner
    environ: Mapping[str, str] = field(repr=False)

    def folder(self, variable: str, usual: str) -> Path:
        """The folder a variable of the environment names, or the usual one below the home folder."""
        named = Path(self.environ.get(variable, ""))
        return named if named.is_absolute() else self.home / usual


def this_machine(runner: Runner | None = None) -> Machine:
    """The one this runs on, for the user this runs as."""
    name = os.environ.get("USERNAME") if sys.platform == "win32" else None
    domain = os.environ.get("USERDOMAIN") if name else None
    return Machine(
        system=sys.platform,
        home=Path.home(),
        user=f"{domain}\\{name}" if domain else (name or _login_name()),
        uid=0 if sys.platform == "win32" else os.getuid(),
        runner=runner or SystemRunner(),
        environ=os.environ,
    )


def refused(doing: str, ran: Ran, way_out: str) -> RuleRefused:
    """One sentence for a tool that said no, with the tool's own words."""
    reason = ran.err[:200].rstrip(".") or f"code {ran.code}"
    return RuleRefused(f"{doing} did not work ({reason}): {way_out}.")


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file of the user's own, whole or not at all. Raises RuleRefused where that cannot be."""
    import tempfile  # noqa: PLC0415

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RuleRefused(f"{path} cannot be written ({error.strerror}): free its place, then try again.") from None


def remove_file(path: Path) -> bool:
    """Whether there was one. Raises RuleRefused where it cannot be removed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RuleRefused(f"{path} cannot be removed ({error.strerror}): remove it yourself.") from None
    return True


def read_bytes(path: Path) -> bytes | None:
    """None where there is no such file. Raises RuleRefused where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RuleRefused(
            f"{path} cannot be read ({error.strerror}): give yourself the right to, then try again."
        ) from None


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "owner"
