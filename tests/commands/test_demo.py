"""`capdesk demo`; what it builds is in tests/services/demo."""

from pathlib import Path

import pytest
from filelock import FileLock

from capdesk.cli import run


def test_that_a_day_that_is_none_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", str(tmp_path / "demo"), "--today", "soon"]) == 2
    assert capsys.readouterr().err == "capdesk: 'soon' is no date; write it like 2026-11-20.\n"
    assert list(tmp_path.iterdir()) == []


def test_that_the_demo_is_built_in_no_folder_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("Dear Olga", encoding="utf-8")
    assert run(["demo", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"capdesk: {tmp_path} is not empty: choose a new folder for the demo.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("9999-12-31", "The demo cannot be told up to 9999-12-31: today is "),
        ("0001-01-01", "The demo cannot be told up to 0001-01-01: choose a day of the last ten years."),
        ("1970-01-01", "The demo cannot be told up to 1970-01-01: choose a day of the last ten years."),
    ],
)
def test_that_a_day_the_demo_cannot_be_told_up_to_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str, sentence: str
) -> None:
    assert run(["demo", str(tmp_path / "demo"), "--today", day]) == 1
    assert capsys.readouterr().err.startswith(f"capdesk: {sentence}")
    assert list(tmp_path.iterdir()) == []


def test_that_a_demo_that_was_stopped_half_way_is_told_from_a_folder_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "postgres").mkdir()
    assert run(["demo", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"capdesk: The demo in {tmp_path} was not built to its end: remove that folder, or choose a new one.\n"
    )


def test_that_a_demo_is_served_by_one_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The desk is connected to the last one; when that ends, what is left would be addresses of nobody."""
    (tmp_path / "demo.json").write_text('{"today": "2026-11-20", "seed": 1}', encoding="utf-8")
    with FileLock(tmp_path / "serving.lock"):
        assert run(["demo", str(tmp_path), "--serve"]) == 1
    assert capsys.readouterr().err == (
        f"capdesk: The providers of the demo in {tmp_path} run already, in another terminal: use those, or stop them "
        "there with Ctrl-C.\n"
    )
    assert {file.name for file in tmp_path.iterdir()} <= {"demo.json", "serving.lock"}
