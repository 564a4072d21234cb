"""One pass over a file's bytes: its encoding, digest, size and number of lines, or why it is no text file."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capdesk.errors import FileRefused

CHUNK = 1 << 20
LINE_LIMIT = 1 << 20
"""The longest physical line in bytes. It bounds memory: a file without line ends would be one line."""

_MAGIC = (
    (b"PK\x03\x04", "is an Excel (xlsx) or zip file; open it and save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel (xls) file; open it and save it as CSV UTF-8"),
    (b"%PDF", "is a PDF file; export the table as CSV instead"),
    (b"\x1f\x8b", "is a gzip file; unpack it first"),
    (b"\xff\xfe\x00\x00", "is UTF-32 text; save it as CSV UTF-8"),
    (b"\x00\x00\xfe\xff", "is UTF-32 text; save it as CSV UTF-8"),
)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_SEQUENCES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_LONG_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_ASCII = bytes(range(128))


@dataclass(frozen=True)
class Scan:
    """What the bytes tell. `encoding` is utf-8, utf-8-sig, utf-16-le, utf-16-be or cp1252; `lines` are physical."""

    encoding: str
    sha256: str
    size: int
    lines: int

    @property
    def codec(self) -> str:
        """The name to open the file with, so that a byte order mark does not become text."""
        return "utf-16" if self.encoding.startswith("utf-16") else self.encoding


def scan(path: Path, piece: int = CHUNK) -> Scan:
    """Read all bytes once, `piece` at a time.

    Raises FileRefused for what is missing, empty, binary or in no known encoding.
    """
    head = _head(path)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    wide = marked is not None and marked.startswith("utf-16")
    decoder = codecs.getincrementaldecoder(marked or "utf-8")()
    digest, lines, size, damaged_on = hashlib.sha256(), _Lines(path.name), 0, 0
    for chunk in _chunks(path, piece):
        digest.update(chunk)
        size += len(chunk)
        if not damaged_on:
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as fault:
                damaged_on = lines.at(b"" if wide else fault.object[: fault.start])
                if marked:
                    raise FileRefused(
                        f"'{path.name}' begins as {marked.upper()} but is damaged near line {damaged_on}; "
                        "export it again as CSV UTF-8."
                    ) from None
        lines.feed(text.encode() if wide else chunk)
    if damaged_on:
        _refuse_unless_cp1252(path, damaged_on)
    return Scan(marked or ("cp1252" if damaged_on else "utf-8"), digest.hexdigest(), size, lines.total)


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise FileRefused(f"'{path.name}' is a folder; name the file inside it.")
    if not path.exists():
        raise FileRefused(f"'{path}' does not exist; check its name and folder.")
    if not path.is_file():
        raise FileRefused(f"'{path.name}' is no ordinary file; save it as a CSV file first.")
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as fault:
        raise FileRefused(f"'{path}' cannot be read ({fault.strerror}); check its permissions.") from None
    if not head:
        raise FileRefused(f"'{path.name}' is empty; export it again.")
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise FileRefused(f"'{path.name}' {sentence}.")
    return head


def _chunks(path: Path, piece: int = CHUNK) -> Iterator[bytes]:
    """The file in pieces, and an empty one at its end."""
    with path.open("rb") as stream:
        while chunk := stream.read(piece):
            yield chunk
    yield b""


class _Lines:
    """Counts physical lines (LF, CR or CRLF) and refuses what no table has: NUL, or a line without end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ends = 0
        self.open = 0
        self.last = b""

    @property
    def total(self) -> int:
        return self.ends + (self.open > 0)

    def at(self, before: bytes) -> int:
        """The line of the byte that follows `before` in the piece to be fed next."""
        return self.ends + _ends(before) + 1

    def feed(self, data: bytes) -> None:
        if b"\0" in data:
            line = self.at(data[: data.index(b"\0")])
            raise FileRefused(
                f"'{self.name}' has a NUL byte on line {line}, so it is no plain text; save it as CSV UTF-8."
            )
        ends = _ends(data)
        first = min(at for at in (data.find(b"\n"), data.find(b"\r"), len(data)) if at >= 0)
        if self.open + first > LINE_LIMIT:
            raise FileRefused(
                f"'{self.name}' has more than {LINE_LIMIT:,} bytes without a line end on line {self.ends + 1}, "
                "so it is no table; export it again."
            )
        tail = len(data) - 1 - max(data.rfind(b"\n"), data.rfind(b"\r"))
        self.open = tail if ends else self.open + tail
        # a CRLF cut in two by the pieces was counted with its CR
        self.ends += ends - (self.last == b"\r" and data.startswith(b"\n"))
        self.last = data[-1:] or self.last


def _ends(data: bytes) -> int:
    returns = data.count(b"\r")
    return data.count(b"\n") + returns - (data.count(b"\r\n") if returns else 0)


def _refuse_unless_cp1252(path: Path, line: int) -> None:
    """Windows-1252 has no redundancy, so it is believed only where the bytes look like Western words."""
    high = sequences = runs = 0
    undefined = False
    for chunk in _chunks(path):
        high += len(chunk.translate(None, _ASCII))
        sequences += sum(map(len, _SEQUENCES.findall(chunk)))
        runs += sum(map(len, _LONG_RUNS.findall(chunk)))
        undefined = undefined or _UNDEFINED.search(chunk) is not None
    if sequences * 2 > high:
        raise FileRefused(f"'{path.name}' is UTF-8 but damaged on line {line}; export it again as CSV UTF-8.")
    if undefined or runs * 10 > high:
        raise FileRefused(
            f"'{path.name}' is neither UTF-8 nor Windows-1252 text (see line {line}); save it as CSV UTF-8."
        )
