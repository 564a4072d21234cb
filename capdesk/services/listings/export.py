"""A list written to a file, whole: CSV for programs, a workbook for people. What is not finished leaves nothing."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Result, text
from sqlalchemy.orm import Session

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.listings import read
from capdesk.services.listings.model import Ask, Column, Listing
from capdesk.services.listings.write_csv import csv_rows
from capdesk.services.listings.write_xlsx import MOST_ROWS, xlsx_rows

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

Progress = Callable[[int, int], None]
"""Told how many rows are written, and of how many; what it raises stops the export."""
Write = Callable[[Sequence[Any]], None]
Writer = Callable[[Path, Sequence[Column], ZoneInfo], AbstractContextManager[Write]]

_STEP = 1000
_WRITERS: dict[str, Writer] = {".csv": csv_rows, ".xlsx": xlsx_rows}


def export(desk: "Desk", listing: Listing, ask: Ask, columns: Sequence[str], path: Path, progress: Progress) -> int:
    """Writes the rows asked for, in their order, to a `.csv` or `.xlsx` file; returns how many.

    A file of that name is replaced once all is written. Raises UsageRefused, FileRefused, and what `progress` raises.
    """
    chosen, writer = _columns(listing, columns), _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageRefused(f"'{path.name}' is neither a .csv nor an .xlsx file: end its name in one of them.")

    def write(session: Session) -> int:
        total = read.count(session, listing, ask)
        if writer is xlsx_rows and total > MOST_ROWS:
            raise FileRefused(
                f"{total:,} rows are more than a workbook can hold ({MOST_ROWS:,}):"
                " narrow the list with a filter, or write a .csv file."
            )
        with (
            _replacing(path) as part,
            writer(part, chosen, desk.zone) as put,
            _streamed(session, listing, ask, chosen) as rows,
        ):
            return _each(rows, put, lambda done: progress(done, total))

    with _told(path):
        return desk.read(write)


def write_rows(path: Path, columns: Sequence[Column], rows: Sequence[Sequence[Any]], zone: ZoneInfo) -> int:
    """Writes rows that are all here; returns how many. Raises FileRefused."""
    with _told(path), _replacing(path) as part, _WRITERS[path.suffix.lower()](part, columns, zone) as put:
        for row in rows:
            put(row)
    return len(rows)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk refuses, in a sentence."""
    try:
        yield
    except OSError as error:
        raise FileRefused(
            f"'{path}' cannot be written ({error.strerror or error}): close it elsewhere, or name another place."
        ) from None


def _columns(listing: Listing, keys: Sequence[str]) -> list[Column]:
    known = {column.key: column for column in listing.columns}
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        what = f"'{unknown[0]}' is no column of {listing.title}" if unknown else "No column is chosen"
        raise UsageRefused(f"{what}: choose the columns to export.")
    return [known[key] for key in keys]


def _streamed(session: Session, listing: Listing, ask: Ask, columns: Sequence[Column]) -> Result[Any]:
    """Rows as the server has them, a block at a time, from one state of the desk."""
    where, values = read.restricted(session, listing, ask)
    # all of it is wanted, so the server must not plan for the first rows
    session.execute(text("SELECT set_config('cursor_tuple_fraction', '1', true), set_config('work_mem', '64MB', true)"))
    query = (
        f"SELECT {', '.join(column.sql for column in columns)} FROM {listing.source}"  # noqa: S608 - typed words are bound
        f" WHERE {where} ORDER BY {read.ordering(listing, ask)}"
    )
    return session.execute(text(query), values, execution_options={"stream_results": True, "max_row_buffer": _STEP})


def _each(rows: Iterable[Any], put: Write, progress: Callable[[int], None]) -> int:
    done = 0
    progress(0)
    for row in rows:
        put(row)
        done += 1
        if done % _STEP == 0:
            progress(done)
    progress(done)
    return done


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, readable by its owner only, that takes its place if the block ends well."""
    handle, name = tempfile.mkstemp(f".part{path.suffix}", f".{path.stem}.", path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
