"""The file `secrets` of a desk: names and values sealed with AES-256-GCM, written whole or not at all.

8 bytes   what it is: b"capdesk" and the version of this format
16 bytes  which key it is sealed with: a random id, also the keyring entry's user name
12 bytes  nonce, fresh for each write
the rest  {name: value} as JSON in UTF-8, sealed, with the first 24 bytes as associated data
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capdesk.errors import SecretAbsent, SecretUnavailable, UsageRefused
from capdesk.services.database.passwords import write_private

VERSION = 1
KEY_BYTES = 32
ID_BYTES = 16
MAX_VALUE_BYTES = 64 * 1024
_MAGIC = b"capdesk"
_HEADER_BYTES = len(_MAGIC) + 1 + ID_BYTES
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAX_BYTES = 4 * 1024 * 1024
AGAIN = "set the secrets again with `capdesk secrets set ...`: that keeps this file beside, and nothing else is touched"


class Unreadable(SecretAbsent):
    """No key at hand opens the file, and waiting changes nothing: setting a secret anew moves it aside."""


@dataclass(frozen=True)
class Sealed:
    """A file's content. `open` is the only way in."""

    key_id: str
    _nonce: bytes = field(repr=False)
    _body: bytes = field(repr=False)

    def open(self, key: bytes) -> dict[str, str] | None:
        """The secrets by name; None where this is not the key, or a bit was changed."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            plain = AESGCM(key).decrypt(self._nonce, self._body, _header(self.key_id))
        except InvalidTag:
            return None
        found: dict[str, str] = json.loads(plain)
        return found


def seal(values: Mapping[str, str], key_id: str, key: bytes) -> bytes:
    """A file's whole content. Raises UsageRefused where it would be too large."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    nonce, header = os.urandom(_NONCE_BYTES), _header(key_id)
    content = header + nonce + AESGCM(key).encrypt(nonce, json.dumps(dict(values)).encode(), header)
    if len(content) > _MAX_BYTES:
        raise UsageRefused("These are more secrets than a desk can keep: remove some with `capdesk secrets remove`.")
    return content


def too_large() -> UsageRefused:
    return UsageRefused(f"A secret is text of at most {MAX_VALUE_BYTES // 1024} KB: give the token or key itself.")


class SecretsFile:
    """The file of one desk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "secrets"

    def read(self) -> Sealed | None:
        """None where there is no file. Raises Unreadable for what is no such file, SecretUnavailable where it is
        of a newer version or cannot be read at all."""
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):  # a pipe would be waited for
                raise SecretUnavailable(f"{self.path} is no file: move it away, then set the secrets again.")
            with self.path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise SecretUnavailable(f"{self.path} cannot be read ({fault.strerror}): make it yours again.") from None
        shortest = _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES
        if not content.startswith(_MAGIC) or not shortest <= len(content) <= _MAX_BYTES:
            raise Unreadable(f"{self.path} is damaged or no file of capdesk: put a copy of it back, or {AGAIN}.")
        if content[len(_MAGIC)] != VERSION:
            raise SecretUnavailable(
                f"{self.path} was written by a newer capdesk, or is damaged: update capdesk, or put a copy of it back."
            )
        body = _HEADER_BYTES + _NONCE_BYTES
        return Sealed(content[len(_MAGIC) + 1 : _HEADER_BYTES].hex(), content[_HEADER_BYTES:body], content[body:])

    def write(self, content: bytes) -> None:
        write_private(self.path, content)

    def move_aside(self) -> Path:
        """Keeps the file under the next free name `secrets.unreadable-N` and says which."""
        taken = (re.fullmatch(r"secrets\.unreadable-(\d+)", there.name) for there in self.path.parent.iterdir())
        number = 1 + max((int(found[1]) for found in taken if found), default=0)
        aside = self.path.with_name(f"secrets.unreadable-{number}")
        self.path.rename(aside)
        return aside


def _header(key_id: str) -> bytes:
    return _MAGIC + bytes([VERSION]) + bytes.fromhex(key_id)
