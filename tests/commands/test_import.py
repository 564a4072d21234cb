"""`capdesk import`: one line says what became of a file, and bad input leaves nothing behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders
from tests.support.files import CALLS, EVENTS, HOURS, START, call, rows, size, written

SOON = "2199-01-01T00:00:00+00:00"
HEADER = ",".join(CALLS)
ROW = ",".join(call(1))


@pytest.fixture(autouse=True)
def ready(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    builders.lead(desk)
    return desk


def calls(capdesk: Capdesk, path: Path, *options: object) -> Any:
    return capdesk("import", "calls", path, "--campaign", "Spring", *options)


def test_that_a_file_without_fault_ends_with_0_and_again_too(capdesk: Capdesk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1), call(2)])
    ran = calls(capdesk, path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f'Imported {path} into "Spring" (profile capdesk, utf-8, comma).',
        "",
        "  read                 2",
        "  landed               2",
        "  duplicate            0",
        "  rejected             0",
    ]
    again = calls(capdesk, path, "--json")
    assert (again.code, again.json["landed"], again.json["duplicate"]) == (0, 0, 2)


def test_that_a_rejected_row_ends_with_1_although_the_others_land(
    capdesk: Capdesk, ready: Desk, tmp_path: Path
) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(n, outcome="Maybe") for n in range(12)] + [call("good")])
    ran = calls(capdesk, path)
    assert ran.code == 1
    assert "  line 2, outcome: 'Maybe' is no outcome; use one of No Answer," in ran.out
    assert "  … and 2 more" in ran.out
    rejects = tmp_path / "calls.rejects.csv"
    assert f"Correct the rejected rows in {rejects} and import that file." in ran.out
    assert len(rejects.read_text("utf-8-sig").splitlines()) == 13
    assert rows(ready, "SELECT source_id FROM call") == [("good",)]
    assert rows(ready, "SELECT count(*) FROM import_reject") == [(12,)]


def test_that_the_receipt_is_a_contract(capdesk: Capdesk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1), call(2, at="2026-03-02T15:00:00")])
    kept = tmp_path / "receipt.json"
    ran = calls(capdesk, path, "--receipt", kept, "--rejects", tmp_path / "wrong.csv", "--json")
    assert json.loads(kept.read_text("utf-8")) == ran.json
    reason = "'2026-03-02T15:00:00' has no time zone; add its offset, like 2026-11-20T14:30:00-05:00."
    assert ran.json == {
        **{"read": 2, "landed": 1, "duplicate": 0, "rejected": 1},
        "rejects": [{"line": 3, "field": "started_at", "reason": reason}],
        "warnings": [],
        **{"kind": "calls", "file": str(path), "campaign": "Spring", "profile": "capdesk"},
        **{"encoding": "utf-8", "delimiter": ",", "rejects_file": str(tmp_path / "wrong.csv")},
        **{"dry_run": False, "batch": 2},
    }
    assert sorted(entry.name for entry in tmp_path.glob("*.*")) == ["calls.csv", "receipt.json", "wrong.csv"]


def test_that_a_dry_run_says_so_and_changes_nothing(capdesk: Capdesk, ready: Desk, tmp_path: Path) -> None:
    before = size(ready)
    ran = calls(capdesk, written(tmp_path / "calls.csv", CALLS, [call(1)]), "--dry-run")
    assert (ran.code, size(ready)) == (0, before)
    assert ran.out.startswith("Tried (dry run: nothing was recorded)")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; export it again."),
        (b"PK\x03\x04 and more", "is an Excel (xlsx) or zip file; open it and save it as CSV UTF-8."),
        (b"%PDF-1.7\n", "is a PDF file; export the table as CSV instead."),
        (HEADER.encode() + b"\n\x81\x8d\x8f,x,x,x,x,x\n", "is neither UTF-8 nor Windows-1252 text (see line 2)"),
        (HEADER.encode() + b"\n" + "é".encode() * 40 + b"\xff,x\n", "is UTF-8 but damaged on line 2"),
        (b"just one column\nx\n", "has the single column 'just one column'"),
        (f"{HEADER},{CALLS[0]}\n".encode(), "names column 'call_id' twice (columns 1 and 7); rename or remove one."),
        (b"call_id,started_at,outcome\n", "has no column for duration_s, lead_phone, agent_email (profile 'capdesk')"),
        (b"call_id,started_at\n", "has no column for duration_s, outcome, lead_phone, agent_email (profile 'capdesk')"),
        (b"name,email,role,rate\nAna,a@b.co,,1\n", "has no column for"),
    ],
)
def test_that_a_wrong_file_is_refused_as_a_whole(
    capdesk: Capdesk, ready: Desk, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "calls.csv"
    path.write_bytes(content)
    before = size(ready)
    ran = calls(capdesk, path)
    assert (ran.code, ran.out) == (1, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1
    assert size(ready) == before
    assert list(tmp_path.glob("*.*")) == [path]


@pytest.mark.parametrize(
    ("line", "field", "sentence"),
    [
        ("x,2026-03-02T15:00:00Z,30,Busy", None, "the line has 4 values where the header has 6 columns; correct"),
        ('x,"2026-03-02T15:00:00Z,30,Busy,,', None, "a quote opened on line 2 is never closed; close it or remove it."),
        ("x,2026-03-02 15:00,30,Busy,,", "started_at", "has no time zone; add its offset"),
        (f"x,{SOON},30,Busy,,", "started_at", f"'{SOON}' lies in the future"),
        ("x,2026-03-02T15:00:00Z,long,Busy,,", "duration_s", "'long' is no duration; write whole seconds"),
        ("x,2026-03-02T15:00:00Z,30,Voicemail,,", "outcome", "'Voicemail' is no outcome; use one of No Answer"),
        ("x,2026-03-02T15:00:00Z,30,Busy,12,", "lead_phone", "'12' is no valid phone number; check its digits."),
        ("x,2026-03-02T15:00:00Z,30,Busy,,bob@x.co", "agent_email", "'bob@x.co' is the e-mail of no team member"),
    ],
)
def test_that_a_bad_row_is_rejected_with_its_line_and_the_next_one_lands(
    capdesk: Capdesk, ready: Desk, tmp_path: Path, line: str, field: str | None, sentence: str
) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(f"{HEADER}\n{line}\n{ROW}\n", "utf-8")
    ran = calls(capdesk, path, "--json")
    assert (ran.code, ran.json["landed"], ran.json["rejected"]) == (1, 1, 1)
    (reject,) = ran.json["rejects"]
    assert (reject["line"], reject["field"]) == (2, field)
    assert sentence in reject["reason"]
    assert rows(ready, "SELECT line FROM call") == [(3,)]


def test_that_an_event_in_the_future_and_hours_of_nobody_known_leave_nothing(
    capdesk: Capdesk, ready: Desk, tmp_path: Path
) -> None:
    before = size(ready)
    late = written(tmp_path / "events.csv", EVENTS, [["", "paid_conversion", SOON, "", "", ""]])
    ran = capdesk("import", "events", late, "--campaign", "Spring")
    assert (ran.code, "lies in the future" in ran.out) == (1, True)
    hours = written(tmp_path / "hours.csv", HOURS, [["bob@x.co", "2026-03-02", "8", ""]])
    ran = capdesk("import", "timelogs", hours)
    assert (ran.code, "is the e-mail of no team member" in ran.out) == (1, True)
    told = {"import_batch": before["import_batch"] + 2, "import_reject": before["import_reject"] + 2}
    assert size(ready) == before | told


def test_that_a_command_line_that_cannot_be_understood_ends_with_2(capdesk: Capdesk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1)])
    assert capdesk("import", "phones", path).code == 2
    assert capdesk("import", "calls", path).code == 2
    ran = calls(capdesk, path, "--map", "started_at")
    assert (ran.code, ran.err) == (
        2,
        "capdesk: 'started_at' is no pair; write it like --map started_at=Began.\n",
    )


def test_that_what_cannot_be_found_is_said_before_anything_is_recorded(
    capdesk: Capdesk, ready: Desk, tmp_path: Path
) -> None:
    before = size(ready)
    path = written(tmp_path / "calls.csv", CALLS, [call(1)])
    assert "does not exist; check its name and folder." in calls(capdesk, tmp_path / "none.csv").err
    assert 'There is no campaign "Fall"' in capdesk("import", "calls", path, "--campaign", "Fall").err
    assert "There is no profile 'ours' for calls; there are" in calls(capdesk, path, "--profile", "ours").err
    ran = calls(capdesk, path, "--receipt", tmp_path / "none" / "r.json")
    assert (ran.code, "The receipt cannot be written to" in ran.err) == (1, True)
    assert size(ready) == before


def test_that_calls_from_before_the_first_run_say_how_to_take_them(
    capdesk: Capdesk, ready: Desk, tmp_path: Path
) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1, at="2026-02-27T10:00:00-05:00")])
    ran = calls(capdesk, path)
    assert ran.code == 1
    assert "`capdesk experiment start NAME --at 2026-02-27T15:00:00Z`, or import with --allow-unattributed." in ran.err
    assert calls(capdesk, path, "--allow-unattributed").code == 0
    assert rows(ready, "SELECT attribution FROM call") == [("no_run",)]


def test_that_columns_and_outcomes_of_another_dialer_are_told_once(capdesk: Capdesk, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Began;Secs;Result;Mobile;Who\n2026-03-02 15:00:00 +00:00;3:05;VM;;ana@example.com\n", "utf-8")
    options = ["--map", "started_at=Began", "--map", "duration_s=Secs", "--map", "outcome=Result"]
    options += ["--map", "lead_phone=Mobile", "--map", "agent_email=Who", "--outcome", "VM=No Answer"]
    assert calls(capdesk, path, *options, "--save-profile", "ours").code == 0
    again = calls(capdesk, path)
    assert again.code == 0
    assert "(profile ours, utf-8, semicolon)" in again.out
