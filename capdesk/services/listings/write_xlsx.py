"""Rows as a workbook: real numbers and dates, a bold header that stays in sight, never a formula."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from capdesk.services.listings.model import Column, Kind

MOST_ROWS = 1_048_575
"""What a sheet holds below its header."""
_LONGEST_TEXT = 32_767
_LARGEST_EXACT = 2**53
_FORMATS: dict[Kind, str] = {
    "id": "0",
    "number": "#,##0",
    "decimal": "#,##0.##",
    "money": "$#,##0.00;-$#,##0.00",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS: dict[Kind, int] = {"text": 28, "choice": 18, "moment": 20, "date": 12, "flag": 12}


@contextmanager
def xlsx_rows(path: Path, columns: Sequence[Column], zone: ZoneInfo) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Under the columns' titles; moments in the desk zone, which their titles name."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - only where a workbook is written
    from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as room:
        book = Workbook(path, {"constant_memory": True, "tmpdir": room, "in_memory": False})
        try:
            sheet = book.add_worksheet()
            formats = [book.add_format({"num_format": _FORMATS.get(one.kind, "General")}) for one in columns]
            _head(book, sheet, columns, zone)
            at = 0

            def put(row: Sequence[Any]) -> None:
                nonlocal at
                at += 1
                for place, value in enumerate(row):
                    if value is not None:
                        _put(sheet, at, place, value, formats[place], zone)

            yield put
            sheet.autofilter(0, 0, at, len(columns) - 1)
            book.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from None  # how it tells that the disk is full
        finally:
            _abandon(book)


def _head(book: Any, sheet: Any, columns: Sequence[Column], zone: ZoneInfo) -> None:
    bold = book.add_format({"bold": True, "bottom": 1})
    for place, column in enumerate(columns):
        title = f"{column.title} ({zone.key})" if column.kind == "moment" else column.title
        sheet.set_column(place, place, max(_WIDTHS.get(column.kind, 12), len(title) + 2))
        sheet.write_string(0, place, title, bold)
    sheet.freeze_panes(1, 0)


def _put(sheet: Any, row: int, place: int, value: Any, style: Any, zone: ZoneInfo) -> None:
    match value:
        case bool():
            sheet.write_boolean(row, place, value)
        case datetime():
            sheet.write_datetime(row, place, value.astimezone(zone).replace(tzinfo=None), style)
        case date():
            sheet.write_datetime(row, place, value, style)
        case int() if abs(value) <= _LARGEST_EXACT:
            sheet.write_number(row, place, value, style)
        case Decimal():
            sheet.write_number(row, place, float(value), style)
        case _:
            words = str(value)
            sheet.write_string(row, place, words if len(words) <= _LONGEST_TEXT else f"{words[: _LONGEST_TEXT - 1]}…")


def _abandon(book: Any) -> None:
    """A workbook that was not finished is not written when it is thrown away."""
    if not book.fileclosed:
        book.fileclosed = 1
        for sheet in book.worksheets():
            if sheet.row_data_fh is not None and not sheet.row_data_fh.closed:
                sheet.row_data_fh.close()
