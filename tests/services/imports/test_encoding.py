import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import FileRefused
from capdesk.services.imports.encoding import scan

TABLE = "name,phone\nZoë,+13055550123\n"


def file(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("cp1252"), "cp1252"),
        ("name,note\n“Ana”,café – très bien\n".encode("cp1252"), "cp1252"),
    ],
)
def test_that_the_encoding_of_a_file_is_found(tmp_path: Path, content: bytes, name: str) -> None:
    path = file(tmp_path, content)
    found = scan(path)
    assert found.encoding == name
    with path.open(encoding=found.codec) as stream:
        assert stream.read().startswith("name,")


def test_that_digest_and_size_are_those_of_the_bytes(tmp_path: Path) -> None:
    content = TABLE.encode("utf-8-sig")
    found = scan(file(tmp_path, content))
    assert (found.sha256, found.size) == (hashlib.sha256(content).hexdigest(), len(content))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="a\r\n", min_size=1, max_size=40), st.integers(1, 4), st.sampled_from(["utf-8", "utf-16"]))
def test_that_lines_are_counted_wherever_the_pieces_are_cut(
    tmp_path_factory: pytest.TempPathFactory, text: str, piece: int, codec: str
) -> None:
    path = file(tmp_path_factory.mktemp("lines"), text.encode(codec))
    with path.open(encoding=codec, newline="") as stream:
        expected = sum(1 for _ in stream)
    assert scan(path, piece).lines == expected


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        scan(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "'leads.csv' is empty; export it again."),
        (b"PK\x03\x04rest", "'leads.csv' is an Excel (xlsx) or zip file; open it and save it as CSV UTF-8."),
        (b"\xd0\xcf\x11\xe0rest", "'leads.csv' is an old Excel (xls) file; open it and save it as CSV UTF-8."),
        (b"%PDF-1.7", "'leads.csv' is a PDF file; export the table as CSV instead."),
        (b"\x1f\x8brest", "'leads.csv' is a gzip file; unpack it first."),
        ("a,b\n".encode("utf-32"), "'leads.csv' is UTF-32 text; save it as CSV UTF-8."),
        (
            b"a,b\n1,\x002\n",
            "'leads.csv' has a NUL byte on line 2, so it is no plain text; save it as CSV UTF-8.",
        ),
        (
            b"\xef\xbb\xbfa,b\n1,\xe9\n",
            "'leads.csv' begins as UTF-8-SIG but is damaged near line 2; export it again as CSV UTF-8.",
        ),
        (
            b"\xff\xfea\x00,\x00b",
            "'leads.csv' begins as UTF-16-LE but is damaged near line 1; export it again as CSV UTF-8.",
        ),
        (
            "name\nZoë\nÆgir\n".encode() + b"\xe9,x\n",
            "'leads.csv' is UTF-8 but damaged on line 4; export it again as CSV UTF-8.",
        ),
        (
            "имя,телефон\nАнна,1\n".encode("cp1251"),
            "'leads.csv' is neither UTF-8 nor Windows-1252 text (see line 1); save it as CSV UTF-8.",
        ),
        (
            b"name,x\n\x81,\x8d\n",
            "'leads.csv' is neither UTF-8 nor Windows-1252 text (see line 2); save it as CSV UTF-8.",
        ),
        (
            b"a,b\n" + b"x" * (3 << 20),
            "'leads.csv' has more than 1,048,576 bytes without a line end on line 2, so it is no table; "
            "export it again.",
        ),
    ],
)
def test_that_each_unreadable_content_is_refused_in_its_own_words(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    assert refusal(file(tmp_path, content)) == sentence


def test_that_a_folder_a_missing_file_and_a_device_are_refused_in_their_own_words(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"'{tmp_path.name}' is a folder; name the file inside it."
    missing = tmp_path / "calls.csv"
    assert refusal(missing) == f"'{missing}' does not exist; check its name and folder."
    assert refusal(Path("/dev/null")) == "'null' is no ordinary file; save it as a CSV file first."
