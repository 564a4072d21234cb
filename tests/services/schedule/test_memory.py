"""The notes in the desk's folder: what cannot be what capdesk wrote counts for nothing, and never stops a command."""

import json
from pathlib import Path

import pytest

from capdesk.services.schedule.memory import read_installed, read_last_run, read_latest_moment


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "bogus", "program": ["x"], "digest": "1", "minute": 3},
        {"kind": ["cron"], "program": ["x"], "digest": "1", "minute": 3},
        {"kind": "cron", "program": "abc", "digest": "1", "minute": 3},
        {"kind": "cron", "program": [1], "digest": "1", "minute": 3},
        {"kind": "cron", "program": [], "digest": "1", "minute": 3},
        {"kind": "cron", "program": ["x"], "digest": "1", "minute": -5},
        {"kind": "cron", "program": ["x"], "digest": "1", "minute": 99},
    ],
)
def test_that_a_note_of_what_cannot_have_been_installed_counts_for_nothing(
    tmp_path: Path, content: dict[str, object]
) -> None:
    (tmp_path / "schedule.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_installed(tmp_path) is None


@pytest.mark.parametrize(
    "at", ["2026-11-21T10:00:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+00:00", "x", 5]
)
def test_that_a_moment_nobody_can_place_counts_for_nothing(tmp_path: Path, at: object) -> None:
    """Without a zone, or so far off that it has no local time."""
    last = {"at": at, "exit_code": 0, "lines": ["All well."]}
    (tmp_path / "schedule-run.json").write_text(json.dumps(last), encoding="utf-8")
    (tmp_path / "schedule-clock.json").write_text(json.dumps({"latest": at}), encoding="utf-8")
    assert (read_last_run(tmp_path), read_latest_moment(tmp_path)) == (None, None)


@pytest.mark.parametrize("lines", [None, "all well", [1, 2], {"a": 1}])
def test_that_a_last_run_that_says_no_lines_counts_for_nothing(tmp_path: Path, lines: object) -> None:
    last = {"at": "2026-11-21T10:00:00+00:00", "exit_code": 0, "lines": lines}
    (tmp_path / "schedule-run.json").write_text(json.dumps(last), encoding="utf-8")
    assert read_last_run(tmp_path) is None
