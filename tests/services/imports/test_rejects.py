import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import FileRefused
from capdesk.services.imports.profiles import choose_profile
from capdesk.services.imports.reading import Source, open_source
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.rejects import RejectWriter, guard, unguard

HEADER = ("name", "phone", "note")


def rewritten(folder: Path, rejects: list[Reject], header: tuple[str, ...] = HEADER, delimiter: str = ",") -> Source:
    path = folder / "rejects.csv"
    with RejectWriter(path, header, delimiter) as writer:
        for reject in rejects:
            writer.write(reject)
    return open_source(path)


def test_that_rejected_rows_come_back_as_they_were_whatever_they_hold(tmp_path: Path) -> None:
    rows = [
        ["Zoë", "+13055550123", "-12.50"],
        ["=HYPERLINK(1)", "+1 (305)", "@cmd"],
        ["'=quoted", "", 'two\r\nlines, "here"'],
        ["\tx", "'plain", "－1"],
    ]
    source = rewritten(tmp_path, [Reject(n + 5, "phone", "wrong.", row) for n, row in enumerate(rows)])
    assert source.header == (*HEADER, "_line", "_reason", "_raw")
    found = [item for item in source.records() if not isinstance(item, Reject)]
    assert [values for _, values in found] == [[*row, str(n + 5), "wrong.", ""] for n, row in enumerate(rows)]
    assert choose_profile("leads", source.header, None).extras() == ((2, "note"),)


def test_that_no_cell_of_a_reject_file_is_a_formula(tmp_path: Path) -> None:
    rewritten(tmp_path, [Reject(2, None, "=1+1", ["=1+1", "+13055550123", "-5"])])
    text = (tmp_path / "rejects.csv").read_text("utf-8-sig")
    assert text.splitlines()[1] == "'=1+1,+13055550123,-5,2,'=1+1,"


@given(st.text(alphabet="'=+-@\t\r\n1a＝", max_size=6))
def test_that_what_was_guarded_comes_back_and_never_starts_a_formula(cell: str) -> None:
    guarded = guard(cell)
    assert unguard(guarded) == cell
    assert not guarded.startswith(("=", "@", "\t", "\r", "\n", "＝"))
    assert guarded[:1] not in {"+", "-"} or (guarded[1:].isascii() and guarded[1:].isdigit())


def test_that_a_line_that_could_not_be_split_is_kept_as_text_and_asked_for_again(tmp_path: Path) -> None:
    (found,) = rewritten(tmp_path, [Reject(9, None, "a quote opened on line 9.", 'x,"y')]).records()
    assert found == Reject(
        2,
        "_raw",
        "the line was never split into columns; fill them in from _raw, then import the file again.",
        ["", "", "", "9", "a quote opened on line 9.", 'x,"y'],
    )


def test_that_a_line_filled_in_from_its_text_is_a_record_again(tmp_path: Path) -> None:
    source = rewritten(tmp_path, [Reject(9, None, "wrong.", "x,y")])
    content = source.path.read_text("utf-8-sig").replace(",,,9", "x,y,,9")
    source.path.write_text(content, "utf-8")
    (found,) = open_source(source.path).records()
    assert found == (2, ["x", "y", "", "9", "wrong.", "x,y"])


def test_that_rejects_of_a_reject_file_do_not_pile_up_columns(tmp_path: Path) -> None:
    first = rewritten(tmp_path, [Reject(4, None, "wrong.", ["a", "b", "c"]), Reject(5, None, "torn.", "x,y")])
    again = [as_reject(item) for item in first.records()]
    second = rewritten(tmp_path, again, first.header)
    assert second.header == first.header
    values = [as_reject(item).raw for item in second.records()]
    assert [row[:3] for row in values] == [["a", "b", "c"], ["", "", ""]]
    assert values[1][5] == "x,y"


def as_reject(item: Record | Reject) -> Reject:
    return item if isinstance(item, Reject) else Reject(item[0], None, "still wrong.", item[1])


def test_that_the_delimiter_of_the_source_is_kept(tmp_path: Path) -> None:
    source = rewritten(tmp_path, [Reject(2, None, "wrong.", ["a,b", "", ""])], delimiter=";")
    assert source.delimiter == ";"
    assert [item[1] for item in source.records() if not isinstance(item, Reject)] == [
        ["a,b", "", "", "2", "wrong.", ""]
    ]


def test_that_only_its_owner_can_read_a_reject_file(tmp_path: Path) -> None:
    rewritten(tmp_path, [Reject(2, None, "wrong.", ["a", "b", "c"])])
    assert stat.S_IMODE((tmp_path / "rejects.csv").stat().st_mode) == 0o600


def test_that_without_a_reject_there_is_no_file(tmp_path: Path) -> None:
    with RejectWriter(tmp_path / "rejects.csv", HEADER) as writer:
        assert writer.count == 0
    assert list(tmp_path.iterdir()) == []


def write_then_fail(path: Path) -> None:
    with RejectWriter(path, HEADER) as writer:
        writer.write(Reject(2, None, "wrong.", "x"))
        open_source(path.with_name("missing.csv"))


def test_that_a_failed_import_leaves_no_file_behind_and_an_earlier_one_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("earlier")
    with pytest.raises(FileRefused):
        write_then_fail(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]
    assert path.read_text() == "earlier"


def test_that_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "rejects.csv"
    with RejectWriter(path, HEADER) as writer, pytest.raises(FileRefused) as caught:
        writer.write(Reject(2, None, "wrong.", "x"))
    assert str(caught.value) == (
        f"The rejected rows cannot be written to '{path}' (No such file or directory); name another place."
    )
