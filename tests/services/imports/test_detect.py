"""What a file seems to be: the profile that fits, the kind, and a sentence for what is no table."""

import json
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused
from capdesk.services.imports.detect import look_at, words_in
from capdesk.services.imports.job import Options
from tests.support import builders
from tests.support.files import CALLS, EVENTS, HOURS, LEADS, START, TEAM, call, imported, written


@pytest.mark.parametrize(
    ("kind", "header"), [("calls", CALLS), ("events", EVENTS), ("timelogs", HOURS), ("leads", LEADS), ("team", TEAM)]
)
def test_that_our_own_formats_are_known_by_their_header(
    desk: Desk, tmp_path: Path, kind: str, header: tuple[str, ...]
) -> None:
    looked = look_at(desk, written(tmp_path / "a.csv", header, [["x"] * len(header)], ";"))
    best = looked.best(kind)
    assert looked.kind == kind
    assert best is not None
    assert (best.profile, best.missing) == ("capdesk", ())
    assert looked.source is not None
    assert (looked.source.delimiter, looked.header) == (";", header)


def test_that_the_consoles_own_list_is_told_from_a_dialers_export(desk: Desk, tmp_path: Path) -> None:
    console = written(tmp_path / "a.csv", ("Call Sid", "From", "To", "Direction", "Duration", "Start Time"), [])
    dialer = written(tmp_path / "b.csv", ("Agent Email", "Phone", "Disposition", "Duration (s)", "Start Time"), [])
    for path, profile in ((console, "twilio-console"), (dialer, "dialer")):
        best = look_at(desk, path).best("calls")
        assert best is not None
        assert (best.profile, best.missing) == (profile, ())


def test_that_a_saved_profile_is_found_again_before_a_built_in_one(desk: Desk, tmp_path: Path) -> None:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    path = written(tmp_path / "a.csv", ("Began", *CALLS[2:]), [call()[1:]])
    assert look_at(desk, path).best("calls").missing == ("started_at",)  # type: ignore[union-attr]
    imported(desk, "calls", path, options=Options(mapping={"started_at": "Began"}, save_as="ours"))
    best = look_at(desk, path).best("calls")
    assert best is not None
    assert (best.profile, best.saved, best.columns["started_at"]) == ("ours", True, "Began")


def test_that_cost_files_are_known_however_they_are_laid_out(desk: Desk, tmp_path: Path) -> None:
    record = {"category": "totalprice", "usage_unit": "usd", "start_date": "2026-03-01"}
    row = {"billing_account_id": "A", "usage_start_time": "2026-03-01 00:00:00 UTC", "cost": 1}
    pretty, lines = tmp_path / "a.json", tmp_path / "b.jsonl"
    pretty.write_text(json.dumps({"usage_records": [record]}, indent=2))
    lines.write_text(json.dumps(row) + "\n")
    assert look_at(desk, pretty).kind == "twilio-usage"
    assert look_at(desk, lines).kind == "gcp-billing"


def test_that_a_file_that_fits_nothing_has_no_kind_but_can_be_mapped(desk: Desk, tmp_path: Path) -> None:
    looked = look_at(desk, written(tmp_path / "a.csv", ("alpha", "beta"), [["1", "2"]]))
    assert looked.kind is None
    assert looked.sample == (("1", "2"),)
    assert {fit.kind for fit in looked.fits} == {"calls", "events", "timelogs", "leads", "team"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "NUL byte"),
        (b"PK\x03\x04....", "Excel"),
        (b"a" * (2 << 20), "without a line end"),
        (b"name,phone,Name\n1,2,3\n", "twice"),
        (b"ana@example.com,+13055550123\nben@example.com,+13055550124\n", "begins with a row"),
        (b"2026-03-01 10:00:00,30,+13055550123\n", "begins with a row"),
        (b'"name,phone\n1,2\n', "quote"),
        (b"\n \n\n", "only blank lines"),
        (b"just words\nand more\n", "single column"),
    ],
)
def test_that_a_hostile_file_gets_one_kind_sentence(desk: Desk, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=said) as refused:
        look_at(desk, path)
    assert "\n" not in str(refused.value)


def test_that_a_folder_and_a_missing_file_are_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="folder"):
        look_at(desk, tmp_path)
    with pytest.raises(FileRefused, match="does not exist"):
        look_at(desk, tmp_path / "gone.csv")


def test_that_the_words_of_a_column_are_counted(desk: Desk, tmp_path: Path) -> None:
    made = [call(outcome=word) for word in ("VM", "Busy", "VM", " VM ")]
    looked = look_at(desk, written(tmp_path / "a.csv", CALLS, made))
    assert looked.source is not None
    assert words_in(looked.source, "outcome") == {"VM": 3, "Busy": 1}
