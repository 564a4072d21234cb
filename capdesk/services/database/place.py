"""Where the server of a desk keeps its files.

    desk/postgres/   server.lock  passwords.json  keep  log/  elsewhere
    <base>/          data/  data.new-*/  data.before/  socket/

`base` is `desk/postgres` itself, except for root with a desk the unprivileged account cannot reach: then it
is a folder below /var/lib/capdesk, which the file `elsewhere` names.
"""

import hashlib
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from capdesk.errors import DatabaseUnavailable
from capdesk.services.database import unprivileged
from capdesk.services.database.passwords import write_private
from capdesk.services.database.unprivileged import Account

_LONGEST_SOCKET_FOLDER = 85  # bytes; the socket's whole path must stay below 104 on macOS, 108 on Linux
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # a socket folder is one item of a comma-separated list elsewhere
_POINTER = "elsewhere"


@dataclass(frozen=True)
class Place:
    desk: Path
    base: Path
    account: Account | None

    @property
    def home(self) -> Path:
        return self.desk / "postgres"

    @property
    def data(self) -> Path:
        return self.base / "data"

    def unfinished(self) -> Path:
        """A folder for a cluster being made, never taken for one, and each time another.

        A killed process leaves its initdb behind, which must not write into the folder of the next one.
        """
        return self.base / f"data.new-{secrets.token_hex(4)}"

    @property
    def before(self) -> Path:
        """The data of the older major version, until the upgrade is done."""
        return self.base / "data.before"

    @property
    def passwords(self) -> Path:
        return self.home / "passwords.json"

    @property
    def keep(self) -> Path:
        """The file that says: stay up when the last process leaves."""
        return self.home / "keep"

    @property
    def log(self) -> Path:
        return self.home / "log" / "server.log"


def locate(desk: Path) -> Place:
    """Where the files are, or would be. Makes nothing."""
    home = desk / "postgres"
    pointer = home / _POINTER
    base = _pointed(pointer) if pointer.exists() else home
    return Place(desk, base, unprivileged.account_for(base / "data"))


def settle(desk: Path) -> Place:
    """Where the files are; a new desk is given its place. The caller holds the lock."""
    place = locate(desk)
    account = place.account
    if place.base != place.home:
        _claim(place)
        return place
    if account is None or place.data.exists() or place.before.exists():
        return place
    if unprivileged.can_reach(place.home, account) and _fits_socket(place.home):
        return place
    base = unprivileged.SHARED / f"desk-{secrets.token_hex(8)}"
    unprivileged.make_shared_folder(base)
    write_private(place.home / _POINTER, base.name)
    moved = replace(place, base=base)
    _claim(moved)
    return moved


def make_home(desk: Path) -> Path:
    """`desk/postgres`, private but passable for the account root gives the server to."""
    home = desk / "postgres"
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711 if sys.platform != "win32" and os.geteuid() == 0 else 0o700)
    return home


def socket_folder(place: Place) -> Path:
    """The private folder of the socket, made if absent. Raises DatabaseUnavailable if it is not private."""
    folder = socket_path(place)
    if folder.parent != place.base:
        _make_private(folder.parent, place)
    _make_private(folder, place)
    return folder


def socket_path(place: Place) -> Path:
    """Beside the data, or a short path that is always the same where that one cannot be used."""
    if _fits_socket(place.base):
        return place.base / "socket"
    key = hashlib.sha256(os.fsencode(place.base.resolve())).hexdigest()[:16]
    return Path(f"/tmp/capdesk-{_uid(place)}") / key  # noqa: S108 - TMPDIR differs between window and scheduler


def _fits_socket(base: Path) -> bool:
    folder = str(base.resolve() / "socket")
    return len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER and _PLAIN.fullmatch(folder) is not None


def _uid(place: Place) -> int:
    if sys.platform == "win32":
        return 0
    return place.account.uid if place.account else os.geteuid()


def _make_private(folder: Path, place: Place) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        unprivileged.give(folder, place.account)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != _uid(place) or found.st_mode & 0o077:
        raise DatabaseUnavailable(
            f"{folder} is not a private folder of the account that runs the database (someone else made it, "
            "or its mode is not 700); remove it and try again."
        )


def _pointed(pointer: Path) -> Path:
    name = pointer.read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"desk-[0-9a-f]{16}", name):
        raise DatabaseUnavailable(f"{pointer} does not name a folder of capdesk; restore the desk from a backup.")
    base = unprivileged.SHARED / name
    if not base.is_dir():
        raise DatabaseUnavailable(
            f"The database of this desk should be in {base} (named by {pointer}) and is not there; put it "
            "back, or restore the desk from a backup."
        )
    return base


def _claim(place: Place) -> None:
    """Remember whose place it is, so that a copied desk does not write into the original's database."""
    owner = place.base / "desk"
    if owner.exists():
        known = Path(os.fsdecode(owner.read_bytes()))
        pointer = known / "postgres" / _POINTER
        if known != place.desk and pointer.exists() and pointer.read_text("utf-8").strip() == place.base.name:
            if pointer.samefile(place.home / _POINTER):
                return
            raise DatabaseUnavailable(
                f"The desk {place.desk} is a copy of {known} and would share its database; restore a backup "
                "into a new desk instead."
            )
        if known == place.desk:
            return
    owner.write_bytes(os.fsencode(place.desk))
