"""The key that seals a desk's secrets, and where it may lie: environment, then keyring, then an opted-in key file."""

import base64
import binascii
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from capdesk.errors import SecretUnavailable
from capdesk.services.database.passwords import write_private
from capdesk.services.secrets.file import ID_BYTES, KEY_BYTES
from capdesk.services.secrets.os_keyring import Keyring

KeySource = Literal["environment", "keyring", "key file"]

VARIABLE = "CAPDESK_MASTER_KEY"
FILE_VARIABLE = "CAPDESK_MASTER_KEY_FILE"
KEY_FILE = "master.key"
_LONGEST_TEXT = 4096


@dataclass(frozen=True)
class MasterKey:
    """`id` is what a file sealed with it names it by; the same key may seal under several ids."""

    id: str
    key: bytes = field(repr=False)
    source: KeySource


class MasterKeys:
    """Where the keys of one desk are looked for and kept."""

    def __init__(self, folder: Path, keyring: Keyring, environ: Mapping[str, str]) -> None:
        self.key_file = folder / KEY_FILE
        self._keyring = keyring
        self._environ = environ

    def sources(self, key_id: str) -> Iterator[tuple[KeySource, Callable[[], bytes | None]]]:
        """The places in their order; each looks when called, gives None where it has no key, and raises
        SecretsLocked, NoKeyring, or SecretUnavailable for a key that is misspelt or open to others."""
        yield "environment", self._from_environment
        yield "keyring", lambda: self._from_keyring(key_id)
        yield "key file", self.from_key_file

    def make(self) -> MasterKey:
        """The key for a new file: the environment's or the key file's, else a new one, safe in the keyring."""
        key_id = os.urandom(ID_BYTES).hex()
        if (key := self._from_environment()) is not None:
            return MasterKey(key_id, key, "environment")
        if (key := self.from_key_file()) is not None:
            return MasterKey(key_id, key, "key file")
        made = MasterKey(key_id, os.urandom(KEY_BYTES), "keyring")
        self.keep_in_keyring(made)
        return made

    def keep_in_keyring(self, key: MasterKey) -> None:
        self._keyring.keep(key.id, _text(key.key))

    def write_key_file(self, key: bytes | None) -> None:
        """Makes the 0600 key file, with a new key where none is given."""
        write_private(self.key_file, _text(key or os.urandom(KEY_BYTES)))

    def _from_environment(self) -> bytes | None:
        if text := self._environ.get(VARIABLE):
            return _key(text, VARIABLE)
        named = self._environ.get(FILE_VARIABLE)
        if not named:
            return None
        found = _from_file(Path(named))
        if found is None:
            raise SecretUnavailable(f"{FILE_VARIABLE} names {named}, which does not exist: correct it or unset it.")
        return found

    def _from_keyring(self, key_id: str) -> bytes | None:
        found = self._keyring.get(key_id)
        if found is None:
            return None
        try:
            return _key(found, "keyring")
        except SecretUnavailable:
            return None  # somebody else's entry: as good as none

    def from_key_file(self) -> bytes | None:
        """The opted-in key; None where the owner did not opt in."""
        return _from_file(self.key_file)


def _from_file(path: Path) -> bytes | None:
    """The key in a file that its owner alone can read; None where there is no file."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_LONGEST_TEXT)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise SecretUnavailable(f"The key file {path} cannot be read ({fault.strerror}): make it yours.") from None
    if sys.platform != "win32" and mode & 0o077:
        raise SecretUnavailable(
            f"The key file {path} can be read by other accounts (mode {stat.S_IMODE(mode):o}): run chmod 600 on it."
        )
    return _key(content.decode("ascii", "replace"), str(path))


def _key(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretUnavailable(f"{where} holds no key: it must be {KEY_BYTES} bytes written in base64.")
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
