import csv
import io
import tracemalloc
from pathlib import Path

import pytest

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.imports.reading import Source, open_source
from capdesk.services.imports.record import Record, Reject


def source(folder: Path, text: str | bytes, name: str = "calls.csv", delimiter: str | None = None) -> Source:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return open_source(path, delimiter=delimiter)


def items(folder: Path, text: str | bytes) -> list[Record | Reject]:
    return list(source(folder, text).records())


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(FileRefused) as caught:
        source(folder, text)
    return str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_that_every_line_end_and_delimiter_is_read(tmp_path: Path, end: str, delimiter: str) -> None:
    rows = [["a", "b", "c"], ["1", "", "x y"], ["2", "z", ""]]
    found = source(tmp_path, end.join(delimiter.join(row) for row in rows) + end)
    assert (found.kind, found.delimiter, found.header, found.lines) == ("csv", delimiter, ("a", "b", "c"), 3)
    assert list(found.records()) == [(2, rows[1]), (3, rows[2])]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_that_text_arrives_whatever_the_encoding(tmp_path: Path, codec: str) -> None:
    assert items(tmp_path, "name,note\nZoë,café\n".encode(codec)) == [(2, ["Zoë", "café"])]


def test_that_a_given_delimiter_goes_before_the_guessed_one(tmp_path: Path) -> None:
    assert source(tmp_path, "a,x;b,y\n1;2\n", delimiter=";").header == ("a,x", "b,y")
    with pytest.raises(UsageRefused, match="'ab' cannot separate columns; give one character like , or ;"):
        source(tmp_path, "a,b\n", delimiter="ab")


def test_that_delimiters_inside_header_quotes_do_not_count(tmp_path: Path) -> None:
    assert source(tmp_path, '"a,b,c";d;e\n').header == ("a,b,c", "d", "e")


def test_that_a_header_alone_has_no_records(tmp_path: Path) -> None:
    assert items(tmp_path, "a,b\n") == []


def test_that_blank_lines_are_no_records_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    assert items(tmp_path, "\n  \na,b\n\n1,2\n   \n\n3,4") == [(5, ["1", "2"]), (8, ["3", "4"])]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n \n", "'calls.csv' has only blank lines; export it again."),
        (
            "name\nAna\n",
            "'calls.csv' has the single column 'name'; its columns must be separated by comma, semicolon, tab or |.",
        ),
        (
            "phone,name, Phone \n",
            "'calls.csv' names column 'Phone' twice (columns 1 and 3); rename or remove one.",
        ),
        ("phone,,name\n", "Column 2 of 'calls.csv' has no name; name or remove it."),
        ('phone,"name\n1,2\n', "The header line of 'calls.csv' has a stray or unclosed quote; correct it."),
        (
            '[{"a": 1}]\n',
            "'calls.csv' looks like JSON but no line of it is an object; write one object per line.",
        ),
        (
            '{"phone": 1, "Phone": 2}\n',
            "'calls.csv' names column 'Phone' twice (columns 1 and 2); rename or remove one.",
        ),
    ],
)
def test_that_a_file_without_usable_columns_is_refused_in_its_own_words(
    tmp_path: Path, text: str, sentence: str
) -> None:
    assert refusal(tmp_path, text) == sentence


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2", "the line has 2 values where the header has 3 columns; correct the line."),
        ("1,2,3,4", "the line has 4 values where the header has 3 columns; correct the line."),
        ('1,"2"x,3', "a value goes on after its closing quote; double inner quotes."),
        ('1,"2,3', "a quote opened on line 3 is never closed; close it or remove it."),
    ],
)
def test_that_a_line_that_cannot_be_split_is_rejected_alone(tmp_path: Path, line: str, reason: str) -> None:
    found = items(tmp_path, f"a,b,c\nx,y,z\n{line}\np,q,r\n")
    assert found == [(2, ["x", "y", "z"]), Reject(3, None, reason, line), (4, ["p", "q", "r"])]


def test_that_a_line_end_inside_quotes_belongs_to_the_value(tmp_path: Path) -> None:
    text = 'a,b,c\n1,"two\r\nlines",3\n"first\nvalue",y,z\n4,"",6\n'
    assert items(tmp_path, text) == [
        (2, ["1", "two\r\nlines", "3"]),
        (4, ["first\nvalue", "y", "z"]),
        (6, ["4", "", "6"]),
    ]


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ('1,"2,3\n4,5,6\n7,8,9', [2]),  # never closed: the end of the file decides
        ('1,"2,3\n4,5,6\n7,"8",9', [2]),  # the next quote seems to close it
        ('1,2,"3\n4,5,6\n7,8"\n', [2, 4]),  # closed, but it swallowed a whole record
        ('1,2,"3\n4,5,6"\n7,8,9', [2]),  # two stray quotes around a line end
    ],
)
def test_that_an_opened_quote_swallows_no_record(tmp_path: Path, text: str, rejected: list[int]) -> None:
    found = items(tmp_path, "a,b,c\n" + text)
    assert [item.line for item in found if isinstance(item, Reject)] == rejected
    assert [item[0] for item in found] == [2, 3, 4]
    assert str(found[0][2] if isinstance(found[0], Reject) else "").startswith("a quote opened on line 2")


def test_that_a_quote_is_not_followed_without_end(tmp_path: Path) -> None:
    text = 'a,b\n1,"x\n' + "y\n" * 2000 + '",\n'
    found = items(tmp_path, text)
    assert isinstance(found[0], Reject)
    assert "a quote opened on line 2 is never closed" in found[0].reason
    assert len(found) == 2002


def test_that_a_value_may_be_long_but_not_without_bound(tmp_path: Path) -> None:
    long = "x" * 900_000
    assert items(tmp_path, f"a,b\n1,{long}\n") == [(2, ["1", long])]
    swallowed = items(tmp_path, f'a,b\n1,"{long}\n{long}\n{long}"\n2,3\n')
    assert [type(item) is Reject for item in swallowed] == [True, True, True, False]


def test_that_a_big_file_reads_as_the_csv_module_reads_it_in_little_memory(tmp_path: Path) -> None:
    target = io.StringIO()
    writer = csv.writer(target)
    rows = [["id", "note", "end"]] + [[str(n), f'note "{n}"' + "\nmore" * (n % 3), "x"] for n in range(60_000)]
    writer.writerows(rows)
    found = source(tmp_path, target.getvalue())
    tracemalloc.start()
    line = 2
    for expected, item in zip(rows[1:], found.records(), strict=True):
        assert item == (line, expected)
        line += 1 + expected[1].count("\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.lines == line - 1
    assert peak < 8 << 20


def test_that_a_file_changed_while_it_is_read_is_refused(tmp_path: Path) -> None:
    found = source(tmp_path, "a,b\n1,2\n")
    with found.path.open("a") as stream:
        stream.write("3,4\n")
    with pytest.raises(FileRefused, match="was changed while it was read; import it again"):
        list(found.records())


def test_that_json_lines_have_every_key_of_the_file_as_a_column(tmp_path: Path) -> None:
    text = '{"email": "a@b.co", "hours": 7.50}\n\n{"email": null, "id": 12, "ok": true}\n'
    found = source(tmp_path, text)
    assert (found.kind, found.delimiter, found.header) == ("jsonl", None, ("email", "hours", "id", "ok"))
    assert list(found.records()) == [(1, ["a@b.co", "7.50", "", ""]), (3, ["", "", "12", "true"])]


def test_that_metadata_alone_may_be_an_object(tmp_path: Path) -> None:
    text = '{"a": "x", "metadata": {"n": 1.10, "l": [1, "é"]}}\n{"a": {"b": 1}}\n{"metadata": [1]}\n'
    first, second, third = items(tmp_path, text)
    assert first == (1, ["x", '{"n":1.10,"l":[1,"é"]}'])
    assert isinstance(second, Reject)
    assert second.reason == "the value of 'a' is a list or an object; only 'metadata' may be an object."
    assert isinstance(third, Reject)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "it is no valid JSON at character 2; correct it."),
        ("[1]", "the line is no JSON object; write one object per line."),
        ('{"a": NaN}', "its JSON holds NaN, which is no number; use null."),
        ('{"a": 1, "a": 2}', "its JSON names 'a' twice; keep one."),
        ('{"a": "\\u0000"}', "its JSON has a NUL or half a character pair, which no database stores; remove it."),
        ('{"a": "\\ud800"}', "its JSON has a NUL or half a character pair, which no database stores; remove it."),
        ('{"a": ' + "9" * 400 + "}", "its JSON has a number of more than 300 digits; shorten it."),
        ('{"a": 1e999}', "its JSON has a number of more than 300 digits; shorten it."),
        ('{"a": ' + "[" * 100_000, "its JSON is nested too deeply; flatten it."),
    ],
)
def test_that_a_bad_json_line_is_rejected_alone(tmp_path: Path, line: str, reason: str) -> None:
    found = items(tmp_path, f'{{"a": "x", "b": "y"}}\n{line}\n{{"b": "z"}}\n')
    assert found == [(1, ["x", "y"]), Reject(2, None, reason, line), (3, ["", "z"])]


def test_that_json_with_endlessly_many_keys_is_refused(tmp_path: Path) -> None:
    text = "".join(f'{{"k{n}": 1}}\n' for n in range(600))
    assert refusal(tmp_path, text) == "'calls.csv' has more than 500 different keys, so it is no table."
