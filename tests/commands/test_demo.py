"""`capdesk demo`; what it builds is in tests/services/demo."""

from pathlib import Path

import pytest

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
