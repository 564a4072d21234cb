"""Rejected rows as a file to correct and import again: the original columns, then `_line`, `_reason`, `_raw`."""

import csv
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from capdesk.errors import FileRefused
from capdesk.services.imports.record import OWN_COLUMNS, RAW_COLUMN, Record, Reject, normal

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(r"\+[1-9][0-9]{6,14}|[+-]?[0-9]+(?:\.[0-9]+)?")


def guard(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; plain numbers and E.164 phones stay as they are."""
    return f"'{cell}" if _FORMULA.match(cell) and not _HARMLESS.fullmatch(cell) else cell


def unguard(cell: str) -> str:
    """The cell before `guard`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def is_reject_file(header: Sequence[str]) -> bool:
    """The file is one that capdesk wrote, so what `guard` did to its cells is to be undone."""
    return set(OWN_COLUMNS) <= set(map(normal, header))


def read_back(items: Iterator[Record | Reject], header: Sequence[str]) -> Iterator[Record | Reject]:
    """The records of a reject file as they were before it was written."""
    own = [at for at, name in enumerate(header) if normal(name) in OWN_COLUMNS]
    raw = next(at for at in own if normal(header[at]) == RAW_COLUMN)
    reason = f"the line was never split into columns; fill them in from {RAW_COLUMN}, then import the file again."
    for item in items:
        if isinstance(item, Reject):
            yield item
            continue
        line, cells = item
        cells = [unguard(cell) for cell in cells]
        if cells[raw] and not any(cell for at, cell in enumerate(cells) if at not in own):
            yield Reject(line, RAW_COLUMN, reason, cells)
        else:
            yield line, cells


class RejectWriter:
    """Collects rejects; the file appears, complete and readable by its owner only, when the block ends well.

    Without a reject there is no file. A block that fails leaves nothing behind.
    """

    def __init__(self, path: Path, header: Sequence[str], delimiter: str | None = None) -> None:
        """`header` and `delimiter` are those of the source."""
        self.path = path
        self.count = 0
        self._kept = [at for at, name in enumerate(header) if normal(name) not in OWN_COLUMNS]
        self._raw = next((at for at, name in enumerate(header) if normal(name) == RAW_COLUMN), None)
        self._header = [header[at] for at in self._kept]
        self._delimiter = delimiter or ","
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is None:
            return
        self._stream.close()
        if kind is None:
            Path(self._stream.name).replace(self.path)
        else:
            Path(self._stream.name).unlink()

    def write(self, reject: Reject) -> None:
        raw = reject.raw
        if isinstance(raw, str):
            cells, unsplit = [""] * len(self._kept), raw
        else:
            cells = [raw[at] for at in self._kept]
            unsplit = raw[self._raw] if self._raw is not None and not any(cells) else ""
        self._row([*cells, str(reject.line), reject.reason, unsplit])
        self.count += 1

    def _row(self, cells: list[str]) -> None:
        if self._stream is None:
            self._stream = self._open()
            self._row([*self._header, *OWN_COLUMNS])
        # both line ends in the terminator: the csv module quotes a value that holds one of its characters
        writer = csv.writer(self._stream, delimiter=self._delimiter, lineterminator="\r\n")
        writer.writerow(map(guard, cells))

    def _open(self) -> IO[str]:
        try:
            # mkstemp: a new file, readable by its owner only
            handle, name = tempfile.mkstemp(".part", f".{self.path.name}.", self.path.parent)
        except OSError as fault:
            raise FileRefused(
                f"The rejected rows cannot be written to '{self.path}' ({fault.strerror}); name another place."
            ) from None
        os.close(handle)
        # the mark makes spreadsheets read the file as UTF-8
        return Path(name).open("w", encoding="utf-8-sig", newline="")
