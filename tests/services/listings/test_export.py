"""A list in a file: whole, exact, harmless to open, and never half there."""

import csv
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused, Stopped, UsageRefused
from capdesk.services.listings.export import export
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Column, Listing
from capdesk.services.plain import utc_stamp
from tests.services.listings.test_lists import EVERY, everything

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ENDINGS = pytest.mark.parametrize("ending", ["csv", "xlsx"])


def exported(desk: Desk, listing: Listing, path: Path, keys: Sequence[str] = (), ask: Ask | None = None) -> int:
    chosen = keys or [column.key for column in listing.columns]
    return export(desk, listing, ask or Ask(), chosen, path, lambda _done, _total: None)


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def sheet(path: Path) -> list[list[tuple[str, str]]]:
    """Each row's cells as (type, text); "n" is a number."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row.iter(f"{CELL}c")]
        for row in root.iter(f"{CELL}row")
    ]


def generated(rows: int, sql: str = "'x'::text") -> Listing:
    columns = (Column("id", "No.", "id", "n", nullable=False), Column("what", "What", "text", sql))
    return Listing("many", "Many", columns, f"generate_series(1, {rows}) AS n", "n", "id", descending=False)


@EVERY
def test_that_every_list_is_written_whole_and_in_its_order(crowded: Desk, listing: Listing, tmp_path: Path) -> None:
    rows = everything(crowded, listing)
    assert exported(crowded, listing, tmp_path / "list.csv") == len(rows)
    head, *written = lines(tmp_path / "list.csv")
    assert head == [column.key for column in listing.columns]
    assert [line[0] for line in written] == [str(row.id) for row in rows]
    assert exported(crowded, listing, tmp_path / "list.xlsx") == len(rows)
    assert len(sheet(tmp_path / "list.xlsx")) == len(rows) + 1


def test_that_a_csv_file_is_exact(crowded: Desk, tmp_path: Path) -> None:
    events, charges = LISTINGS["events"], LISTINGS["charges"]
    ask = Ask("account=AC1", "amount", False)
    exported(crowded, charges, tmp_path / "charges.csv", ["amount", "provisional", "label"], ask)
    assert lines(tmp_path / "charges.csv") == [
        ["amount", "provisional", "label"],
        ["3.095000", "true", ""],
        ["40.005000", "true", ""],
    ]
    exported(crowded, events, tmp_path / "events.csv", ["when"])
    assert [line[0] for line in lines(tmp_path / "events.csv")[1:]] == [
        utc_stamp(row.values[1]) for row in everything(crowded, events)
    ]


def test_that_spreadsheets_read_a_csv_file_as_utf_8_and_take_nothing_for_a_formula(
    crowded: Desk, tmp_path: Path
) -> None:
    hostile = generated(1, """'=HYPERLINK("http://x")'""")
    exported(crowded, hostile, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbfid,what\r\n")
    assert lines(tmp_path / "x.csv")[1][1] == """'=HYPERLINK("http://x")"""
    exported(crowded, LISTINGS["leads"], tmp_path / "leads.csv", ["phone"])
    assert ["+13055550101"] in lines(tmp_path / "leads.csv")


def test_that_a_workbook_holds_numbers_dates_and_texts_but_no_formula(crowded: Desk, tmp_path: Path) -> None:
    exported(crowded, generated(1, "'=1+1'"), tmp_path / "x.xlsx")
    assert sheet(tmp_path / "x.xlsx") == [
        [("inlineStr", "No."), ("inlineStr", "What")],
        [("n", "1"), ("inlineStr", "=1+1")],
    ]
    costs = LISTINGS["costs"]
    exported(crowded, costs, tmp_path / "c.xlsx", ["date", "cost", "recorded", "provisional"], Ask(order="id"))
    head, first = sheet(tmp_path / "c.xlsx")[:2]
    row = everything(crowded, costs, Ask(order="id"))[0]
    values = dict(zip([column.key for column in costs.columns], row.values, strict=True))
    assert [text for _, text in head] == ["Date", "Cost", "Recorded (America/New_York)", "Provisional"]
    assert [kind for kind, _ in first] == ["n", "n", "n", "b"]
    assert int(first[0][1]) == values["date"].toordinal() - 693594
    assert Decimal(first[1][1]) == values["cost"]
    with zipfile.ZipFile(tmp_path / "c.xlsx") as book:
        assert re.search(rb'<pane ySplit="1"', book.read("xl/worksheets/sheet1.xml"))


def test_that_progress_is_told_from_the_first_row_to_the_last(crowded: Desk, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    export(crowded, generated(2500), Ask(), ["id"], tmp_path / "x.csv", lambda *step: told.append(step))
    assert told == [(0, 2500), (1000, 2500), (2000, 2500), (2500, 2500)]


@ENDINGS
def test_that_an_export_that_is_stopped_leaves_everything_as_it_was(crowded: Desk, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text("what was there")

    def stop(done: int, _total: int) -> None:
        if done >= 2000:
            raise Stopped(changed=False)

    with pytest.raises(Stopped):
        export(crowded, generated(5000), Ask(), ["id", "what"], path, stop)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "what was there"


@ENDINGS
def test_that_a_file_of_that_name_is_replaced_and_readable_by_its_owner_only(
    crowded: Desk, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text("what was there")
    assert exported(crowded, generated(3), path) == 3
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o077 == 0
    assert b"what was there" not in path.read_bytes()


@ENDINGS
def test_that_a_place_where_nothing_can_be_written_is_named(crowded: Desk, tmp_path: Path, ending: str) -> None:
    path = tmp_path / "missing" / f"x.{ending}"
    with pytest.raises(FileRefused, match=rf"missing/x\.{ending}' cannot be written"):
        exported(crowded, generated(3), path)


def test_that_more_rows_than_a_workbook_holds_are_refused_before_anything_is_written(
    crowded: Desk, tmp_path: Path
) -> None:
    with pytest.raises(FileRefused, match=r"1,048,576 rows are more than a workbook can hold \(1,048,575\)"):
        exported(crowded, generated(1_048_576), tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "keys", "sentence"),
    [
        ("x.ods", ["id"], "'x.ods' is neither a .csv nor an .xlsx file"),
        ("x.csv", ["colour"], "'colour' is no column of Many"),
        ("x.csv", [], "No column is chosen"),
    ],
)
def test_that_what_cannot_be_exported_is_refused(
    crowded: Desk, tmp_path: Path, name: str, keys: list[str], sentence: str
) -> None:
    with pytest.raises(UsageRefused, match=re.escape(sentence)):
        export(crowded, generated(1), Ask(), keys, tmp_path / name, lambda _done, _total: None)


def test_that_only_what_was_asked_for_is_written(crowded: Desk, tmp_path: Path) -> None:
    calls = LISTINGS["calls"]
    ask = Ask("outcome:schedule,info", "seconds", True, ("campaign", 1))
    assert exported(crowded, calls, tmp_path / "x.csv", ["seconds", "outcome"], ask) == 3
    assert lines(tmp_path / "x.csv")[1:] == [["300", "Info"], ["200", "Schedule"], ["151", "Info"]]
