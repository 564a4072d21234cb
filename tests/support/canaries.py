"""Secrets that may show nowhere, the shapes they could show in, and the search for them."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from fnmatch import fnmatchcase
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import load_pem_private_key

Evidence = Iterable[tuple[str, bytes]]
"""What was written or said, each with the name of its place."""


@dataclass(frozen=True)
class Canary:
    """A secret: each of `needles` gives it away. `allowed` are the places, as patterns, that are meant to hold it."""

    name: str
    needles: tuple[bytes, ...] = field(repr=False)
    allowed: tuple[str, ...] = ()


def text(name: str, value: str, *allowed: str) -> Canary:
    """A token or password."""
    return Canary(name, (value.encode(),), allowed)


def key(name: str, raw: bytes, *allowed: str) -> Canary:
    """Bytes, which may also show as a list of numbers would show them, or in base64."""
    return Canary(name, (raw, base64.b64encode(raw)), allowed)


def private_key(name: str, pem: str) -> Canary:
    """Two lines out of the middle of its file, and the number that is the secret in it."""
    number: int = load_pem_private_key(pem.encode(), None).private_numbers().d  # type: ignore[union-attr]
    lines = pem.splitlines()
    return Canary(name, (lines[4].encode(), lines[9].encode(), str(number).encode(), number.to_bytes(256)))


def shapes(secret: bytes) -> dict[str, bytes]:
    """How a secret looks after whatever is done to text on its way, by what was done."""
    found = {"plain": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    found |= {f"base64 at {shift}": _base64(secret, shift) for shift in range(3)}
    found |= {f"base64url at {shift}": _base64(secret, shift).translate(_URL_SAFE) for shift in range(3)}
    found |= {"url": quote(secret, safe="").encode(), "every byte %": b"".join(b"%%%02X" % byte for byte in secret)}
    found["repr"] = repr(secret)[2:-1].encode()
    if (words := _decoded(secret)) is not None:
        # Without the zero at one end it is the same bytes in both orders.
        found |= {"utf-16": words.encode("utf-16-le")[:-1]}
        found |= {"json": json.dumps(words)[1:-1].encode(), "html": html.escape(words).encode()}
        found["repr of text"] = repr(words)[1:-1].encode()
    return found


class Search:
    """Finds canaries in what it is given."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._canaries = tuple(canaries)
        self._needles = {
            shape: (canary.name, how)
            for canary in self._canaries
            for needle in canary.needles
            for how, shape in reversed(shapes(needle).items())
        }
        self._known: dict[bytes, frozenset[tuple[str, str]]] = {}

    def leaks(self, evidence: Evidence) -> list[str]:
        """Each canary that is somewhere it is not meant to be, as `name (shape) in place`."""
        allowed = {canary.name: canary.allowed for canary in self._canaries}
        return [
            f"{name} ({how}) in {place}"
            for place, content in evidence
            for name, how in sorted(self.found(content))
            if not any(fnmatchcase(place, pattern) for pattern in allowed[name])
        ]

    def places(self, name: str, evidence: Evidence) -> set[str]:
        """Where a canary is, meant or not."""
        return {place for place, content in evidence if name in {one for one, _ in self.found(content)}}

    def found(self, content: bytes) -> frozenset[tuple[str, str]]:
        """Which canaries, and in which shapes. The same content, as of a copied file, is looked through once."""
        mark = hashlib.sha256(content).digest()
        if mark not in self._known:
            dense = content.replace(_NOTHING, b"")
            self._known[mark] = frozenset(told for shape, told in self._needles.items() if shape in dense)
        return self._known[mark]


def parts(place: str, mail: bytes) -> Iterator[tuple[str, bytes]]:
    """An e-mail as it came, and each of its parts as its reader sees it."""
    yield place, mail
    for number, part in enumerate(message_from_bytes(mail).walk()):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield f"{place}, part {number}", content


_NOTHING = bytes(64)
"""What half of a database's files consists of."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64(secret: bytes, shift: int) -> bytes:
    """What of its base64 stays the same whatever stands before and after, `shift` bytes into a group of three."""
    coded = base64.b64encode(bytes(shift) + secret).rstrip(b"=")
    return coded[(0, 2, 3)[shift] : None if (shift + len(secret)) % 3 == 0 else -1]


def _decoded(secret: bytes) -> str | None:
    try:
        return secret.decode()
    except UnicodeDecodeError:
        return None
