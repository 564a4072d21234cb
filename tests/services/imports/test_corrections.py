"""Rejected rows: opened, corrected in a file of their own, imported again."""

from pathlib import Path
from typing import cast

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused, Stopped
from capdesk.services.imports.corrections import MOST_SHOWN, open_rejects, write_corrected
from capdesk.services.imports.job import ImportKind
from capdesk.services.imports.load import import_file
from tests.support import builders
from tests.support.files import CALLS, LEADS, START, TEAM, call, counts, imported, size, written


@pytest.fixture
def working(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    return desk


def test_that_corrected_rows_land_and_the_reject_file_stays_as_it_was(working: Desk, tmp_path: Path) -> None:
    made = [call("a"), call("b", outcome="VM"), call("c", at="2026-03-02T15:00"), ["=d", *call()[1:5], "zoe@x.org"]]
    receipt = imported(working, "calls", written(tmp_path / "calls.csv", CALLS, made))
    assert counts(receipt) == (1, 0, 3)
    path = Path(str(receipt.rejects_file))
    before = path.read_bytes()
    rejects = open_rejects(working, path, receipt.batch)
    assert rejects.header == CALLS
    assert [(row.line, row.field, row.cells[0]) for row in rejects.rows] == [
        (3, "outcome", "b"), (4, "started_at", "c"), (5, "agent_email", "=d"),
    ]  # fmt: skip
    cells = {row.at: list(row.cells) for row in rejects.rows[:2]}
    cells[rejects.rows[0].at][3] = "No Answer"
    cells[rejects.rows[1].at][1] = "2026-03-02T15:00:00Z"
    corrected = write_corrected(rejects, cells)
    assert corrected == tmp_path / "calls.corrected.csv"
    again = imported(working, "calls", corrected)
    assert counts(again) == (2, 0, 1)
    assert path.read_bytes() == before
    left = open_rejects(working, Path(str(again.rejects_file)), again.batch)
    assert [row.cells[0] for row in left.rows] == ["=d"]
    assert write_corrected(left, {}) == tmp_path / "calls.corrected-2.csv"


def test_that_a_line_that_was_never_split_can_be_filled_in(working: Desk, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(",".join(CALLS) + "\na,2026-03-02T15:00:00Z,30\n")
    receipt = imported(working, "calls", path)
    rejects = open_rejects(working, Path(str(receipt.rejects_file)), receipt.batch)
    row = rejects.rows[0]
    assert (row.cells, row.raw, row.field) == (("",) * 6, "a,2026-03-02T15:00:00Z,30", "")
    assert counts(imported(working, "calls", write_corrected(rejects, {}))) == (0, 0, 1)
    assert counts(imported(working, "calls", write_corrected(rejects, {row.at: call("a")}))) == (1, 0, 0)


def test_that_rows_beyond_those_shown_go_along_as_they_are(working: Desk, tmp_path: Path) -> None:
    count = MOST_SHOWN + 7
    made = [call(n, outcome="VM") for n in range(count)]
    receipt = imported(working, "calls", written(tmp_path / "calls.csv", CALLS, made))
    rejects = open_rejects(working, Path(str(receipt.rejects_file)), receipt.batch)
    assert (len(rejects.rows), rejects.total) == (MOST_SHOWN, count)
    cells = {row.at: [*row.cells[:3], "Busy", *row.cells[4:]] for row in rejects.rows}
    assert counts(imported(working, "calls", write_corrected(rejects, cells))) == (MOST_SHOWN, 0, 7)


def test_that_another_file_is_no_file_of_rejected_rows(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="_line, _reason, _raw"):
        open_rejects(desk, written(tmp_path / "calls.csv", CALLS, []))


@pytest.mark.parametrize("kind", ["team", "leads", "calls"])
def test_that_every_kind_can_be_stopped_before_anything_is_recorded(working: Desk, tmp_path: Path, kind: str) -> None:
    rows: dict[str, tuple[tuple[str, ...], list[str]]] = {
        "team": (TEAM, ["Bo", "bo@example.com", "", "x"]),
        "leads": (LEADS, ["Bo", "555", "", ""]),
        "calls": (CALLS, call("a", outcome="VM")),
    }
    header, row = rows[kind]
    path = written(tmp_path / "a.csv", header, [row])
    before = size(working)

    def stop(_done: int, _lines: int) -> None:
        raise Stopped(changed=False)

    with pytest.raises(Stopped):
        import_file(working, cast(ImportKind, kind), path, campaign="Spring", progress=stop)
    assert size(working) == before
    assert list(tmp_path.glob("a.*")) == [path]
