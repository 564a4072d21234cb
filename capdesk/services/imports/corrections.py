"""A reject file as a table to correct, and the corrected file beside it. The file itself is never touched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk.errors import FileRefused
from capdesk.models import ImportReject
from capdesk.services.imports.reading import open_source
from capdesk.services.imports.record import LINE_COLUMN, OWN_COLUMNS, RAW_COLUMN, REASON_COLUMN, Record, Reject, normal
from capdesk.services.imports.rejects import RejectWriter, is_reject_file

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

MOST_SHOWN = 5_000
"""Rows that are corrected at a time; those after them go along as they are, and come back if rejected again."""
_ENDING = re.compile(r"\.(?:rejects|corrected)(-[0-9]+)?$")


@dataclass(frozen=True)
class RejectedRow:
    """`line` is that of the original file, `at` that of the reject file, which knows it again."""

    at: int
    line: int
    reason: str
    cells: tuple[str, ...]
    field: str = ""
    """The column at fault, "" where it is the whole line."""
    raw: str = ""
    """The text of a line that could not be split."""


@dataclass(frozen=True)
class RejectedRows:
    """The first rows of a reject file; `total` of them there are."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[RejectedRow, ...]
    total: int


def open_rejects(desk: "Desk", path: Path, batch: int | None = None) -> RejectedRows:
    """The rows to correct; the batch they are of tells which column is at fault. Raises FileRefused."""
    source = open_source(path)
    if not is_reject_file(source.header):
        raise FileRefused(f"'{path.name}' is no file of rejected rows: it lacks the columns {', '.join(OWN_COLUMNS)}.")
    names = [normal(name) for name in source.header]
    kept = [at for at, name in enumerate(names) if name not in OWN_COLUMNS]
    line, reason, raw = (names.index(name) for name in (LINE_COLUMN, REASON_COLUMN, RAW_COLUMN))
    faults = {} if batch is None else desk.read(lambda session: _faults(session, batch))
    rows: list[RejectedRow] = []
    total = 0
    for item in source.records():
        total += 1
        if total > MOST_SHOWN:
            continue
        at, values = (item.line, item.raw) if isinstance(item, Reject) else item
        if isinstance(values, str):
            raise FileRefused(f"Line {at} of '{path.name}' is damaged; open the file and correct it there.")
        number = int(values[line]) if values[line].isdecimal() else at
        cells = tuple(values[one] for one in kept)
        rows.append(RejectedRow(at, number, values[reason], cells, faults.get(number, ""), values[raw]))
    return RejectedRows(path, tuple(source.header[at] for at in kept), tuple(rows), total)


def write_corrected(rejects: RejectedRows, cells: Mapping[int, Sequence[str]]) -> Path:
    """All rows of the reject file, those in `cells` (by their `at`) with these cells, as a new file beside it."""
    source = open_source(rejects.path)
    place = _free_beside(rejects.path)
    with RejectWriter(place, source.header, source.delimiter) as writer:
        for item in source.records():
            writer.write(_again(item, source.header, cells))
    return place


def _again(item: Record | Reject, header: Sequence[str], cells: Mapping[int, Sequence[str]]) -> Reject:
    at, values = (item.line, item.raw) if isinstance(item, Reject) else item
    if isinstance(values, str):
        return Reject(at, None, "", values)
    names = [normal(name) for name in header]
    given = iter(cells.get(at, [value for value, name in zip(values, names, strict=True) if name not in OWN_COLUMNS]))
    raw = [value if name in OWN_COLUMNS else next(given) for value, name in zip(values, names, strict=True)]
    line = values[names.index(LINE_COLUMN)]
    return Reject(int(line) if line.isdecimal() else at, None, values[names.index(REASON_COLUMN)], raw)


def _free_beside(path: Path) -> Path:
    """`calls.corrected.csv`, or `calls.corrected-2.csv` and so on: no earlier correction is overwritten."""
    stem = _ENDING.sub("", path.stem)
    while _ENDING.search(stem):
        stem = _ENDING.sub("", stem)
    number, place = 1, path.with_name(f"{stem}.corrected.csv")
    while place.exists():
        number += 1
        place = path.with_name(f"{stem}.corrected-{number}.csv")
    return place


def _faults(session: Session, batch: int) -> dict[int, str]:
    query = select(ImportReject.line, ImportReject.field).where(ImportReject.batch_id == batch)
    return dict(session.execute(query.order_by(ImportReject.line).limit(MOST_SHOWN)).all())
