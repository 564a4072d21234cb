"""Rows as CSV: exact figures, moments in UTC, and no text that a spreadsheet takes for a formula."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from capdesk.services.imports.rejects import guard
from capdesk.services.listings.model import Column
from capdesk.services.plain import utc_stamp


@contextmanager
def csv_rows(path: Path, columns: Sequence[Column], zone: ZoneInfo) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Under the columns' keys; the mark at the beginning makes spreadsheets read the file as UTF-8."""
    del zone  # moments are written in UTC, whatever the desk's zone
    money = [column.kind == "money" for column in columns]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.key for column in columns])
        yield lambda row: writer.writerow([_cell(value, exact) for value, exact in zip(row, money, strict=True)])


def _cell(value: Any, money: bool) -> str:
    match value:
        case None:
            return ""
        case str():
            return guard(value)
        case bool():
            return "true" if value else "false"
        case datetime():
            return utc_stamp(value)
        case Decimal():
            return f"{value:.6f}" if money else format(value, "f")
    return str(value)
