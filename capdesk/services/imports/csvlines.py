"""Delimited lines into records, such that every non-blank physical line belongs to exactly one record or reject.

Python's csv module alone lets an opened quote eat the lines after it. Here such a quote costs its own line only.
"""

import csv
import re
from collections.abc import Generator, Iterable, Iterator
from typing import TextIO

from capdesk.services.imports.record import Record, Reject

_BLOCK = 1 << 18
_SPAN_LIMIT = 1000
"""Physical lines a quoted value may run over; it bounds how far an opened quote is followed."""
_VALUE_LIMIT = 1 << 21
"""Characters in one value: more than the longest physical line, less than what would hurt."""


class Shape:
    """How a file separates its values, and how many make a record."""

    def __init__(self, delimiter: str, width: int) -> None:
        self.delimiter = delimiter
        self.width = width
        value = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{re.escape(delimiter)}]*)'
        self._whole = re.compile(rf"{value}(?:{re.escape(delimiter)}{value}){{{width - 1}}}")

    def stands_alone(self, line: str) -> bool:
        """By itself a well-formed record of the right width."""
        return self._whole.fullmatch(line.rstrip("\r\n")) is not None

    def has_all_columns(self, line: str) -> bool:
        """Of the right width where quotes are taken as plain text."""
        return line.count(self.delimiter) == self.width - 1


def read_csv(stream: TextIO, shape: Shape, first_line: int) -> Iterator[Record | Reject]:
    """The records of a stream that stands at the start of physical line `first_line`.

    The stream must be opened with newline='', so that line ends inside quotes are kept. Blank lines (nothing but
    spaces) are no records.
    """
    csv.field_size_limit(_VALUE_LIMIT)
    lines: list[str] = []
    before = first_line - 1
    while block := stream.readlines(_BLOCK):
        lines += block
        decided = yield from _decide(lines, before, shape, final=False)
        before += decided
        del lines[:decided]
    yield from _decide(lines, before, shape, final=True)


def _decide(lines: list[str], before: int, shape: Shape, *, final: bool) -> Generator[Record | Reject, None, int]:
    """Everything that these lines decide; returns how many of them that is (all of them if `final`)."""
    width = shape.width
    rows = _plain_rows(lines, shape)
    if rows is not None:
        yield from enumerate(rows, before + 1)
        return len(lines)
    at = 0
    while at < len(lines):
        start = at
        rest: Iterable[str] = map(lines.__getitem__, range(at, len(lines))) if at else lines
        reader = csv.reader(rest, delimiter=shape.delimiter, strict=True)
        try:
            for row in reader:
                if len(row) != width or reader.line_num != at - start + 1:
                    break
                at += 1
                yield before + at, row
        except csv.Error:
            pass
        if at == len(lines):
            break
        looked = _look(lines[at : at + _SPAN_LIMIT], before + at + 1, shape, final=final)
        if looked is None:
            break
        item, span = looked
        at += span
        if item is not None:
            yield item
    return at


def _plain_rows(lines: list[str], shape: Shape) -> list[list[str]] | None:
    """The rows, where each line is a record by itself: nearly always, and the fastest way to read them."""
    try:
        rows = list(csv.reader(lines, delimiter=shape.delimiter, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(lines) and set(map(len, rows)) == {shape.width} else None


def _look(lines: list[str], number: int, shape: Shape, *, final: bool) -> tuple[Record | Reject | None, int] | None:
    """What begins on the first of these lines, and how many of them it takes; None where more lines must tell."""
    if not lines[0].strip(" \r\n"):
        return None, 1
    reader = csv.reader(lines, delimiter=shape.delimiter, strict=True)
    try:
        row = next(reader)
    except csv.Error as fault:
        unfinished = "end of data" in str(fault)
        if unfinished and not final and len(lines) < _SPAN_LIMIT:
            return None
        opened = unfinished or reader.line_num > 1
        reason = _never_closed(number) if opened else "a value goes on after its closing quote; double inner quotes."
    else:
        span, fits = reader.line_num, len(row) == shape.width
        if fits and (span == 1 or not _swallows(lines[:span], shape)):
            return (number, row), span
        reason = _never_closed(number) if span > 1 else _ragged(len(row), shape.width)
    return Reject(number, None, reason, lines[0].rstrip("\r\n")), 1


def _swallows(lines: list[str], shape: Shape) -> bool:
    """The record runs over several lines, but they look like records of their own, joined by a stray quote."""
    return any(map(shape.stands_alone, lines[1:])) or all(map(shape.has_all_columns, lines))


def _never_closed(number: int) -> str:
    return f"a quote opened on line {number} is never closed; close it or remove it."


def _ragged(found: int, width: int) -> str:
    return f"the line has {found} values where the header has {width} columns; correct the line."
