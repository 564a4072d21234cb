"""Source files: what they are, and their records one by one. Nothing is interpreted here."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.imports.csvlines import Shape, read_csv
from capdesk.services.imports.encoding import scan
from capdesk.services.imports.jsonlines import header_of, read_json_lines
from capdesk.services.imports.record import Record, Reject, normal
from capdesk.services.imports.rejects import is_reject_file, read_back, unguard

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Source:
    """A file that can be read. `lines` counts physical lines, for progress; JSON lines have no delimiter."""

    path: Path
    kind: Literal["csv", "jsonl"]
    encoding: str
    delimiter: str | None
    header: tuple[str, ...]
    sha256: str
    size: int
    lines: int
    _codec: str
    _header_line: int
    _stamp: tuple[int, int]

    def records(self) -> Iterator[Record | Reject]:
        """Every non-blank line after the header, exactly once, in order; in bounded memory.

        Raises FileRefused if the file was changed since it was opened.
        """
        with _open(self.path, self._codec) as stream:
            self._refuse_if_changed(stream)
            if self.delimiter is None:
                items = read_json_lines(stream, self.header)
            else:
                for _ in range(self._header_line):
                    stream.readline()
                items = read_csv(stream, Shape(self.delimiter, len(self.header)), self._header_line + 1)
            yield from read_back(items, self.header) if is_reject_file(self.header) else items
            self._refuse_if_changed(stream)

    def _refuse_if_changed(self, stream: TextIO) -> None:
        if _stamp(os.fstat(stream.fileno())) != self._stamp:
            raise FileRefused(f"'{self.path.name}' was changed while it was read; import it again.")


def open_source(path: Path, *, delimiter: str | None = None) -> Source:
    """Find out what a file is. Raises FileRefused with what is wrong with it as a whole."""
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n \0'):
        raise UsageRefused(f"'{delimiter}' cannot separate columns; give one character like , or ;.")
    stamp = _stamp(path.stat()) if path.exists() else (0, 0)
    found = scan(path)
    with _open(path, found.codec) as stream:
        line, first = _first_line(stream, path.name)
        is_json = first.lstrip().startswith(("{", "["))
        if is_json:
            stream.seek(0)
            header = header_of(stream, path.name)
            chosen = None
        else:
            chosen = delimiter or _delimiter_of(first)
            header = _header(first, chosen, path.name)
    if is_reject_file(header):
        header = tuple(map(unguard, header))
    _check(header, path.name)
    kind: Literal["csv", "jsonl"] = "jsonl" if is_json else "csv"
    return Source(
        path, kind, found.encoding, chosen, header, found.sha256, found.size, found.lines, found.codec, line, stamp
    )


def _open(path: Path, codec: str) -> TextIO:
    # newline="" keeps line ends inside quotes as they are
    return path.open(encoding=codec, newline="")


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _first_line(stream: TextIO, name: str) -> tuple[int, str]:
    for number, line in enumerate(stream, start=1):
        if line.strip(" \r\n"):
            return number, line
    raise FileRefused(f"'{name}' has only blank lines; export it again.")


def _delimiter_of(line: str) -> str:
    """The delimiter that splits the header most, outside of its quotes."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _header(line: str, delimiter: str, name: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise FileRefused(f"The header line of '{name}' has a stray or unclosed quote; correct it.") from None
    if len(cells) < 2:
        raise FileRefused(
            f"'{name}' has the single column '{cells[0].strip()[:60]}'; its columns must be separated by comma, "
            "semicolon, tab or |."
        )
    return tuple(cell.strip() for cell in cells)


def _check(header: tuple[str, ...], name: str) -> None:
    seen: dict[str, int] = {}
    for number, column in enumerate(header, start=1):
        key = normal(column)
        if not key:
            raise FileRefused(f"Column {number} of '{name}' has no name; name or remove it.")
        if key in seen:
            raise FileRefused(
                f"'{name}' names column '{column}' twice (columns {seen[key]} and {number}); rename or remove one."
            )
        seen[key] = number
