"""`capdesk report`: text, HTML and JSON of both reports, to the screen or a file."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from capdesk.bootstrap import Desk
from tests.conftest import Capdesk
from tests.support import builders


@pytest.fixture(autouse=True)
def running(desk: Desk) -> builders.Ids:
    return builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))


def test_that_an_experiment_is_reported_in_the_form_asked_for(capdesk: Capdesk) -> None:
    assert "Spring / Scripts\nexperiment 1, running\n" in capdesk("report", "experiment", "Scripts").out
    assert capdesk("report", "experiment", "Scripts", "--format", "html").out.startswith("<!DOCTYPE html>")
    ran = capdesk("report", "experiment", "1", "--json")
    assert ran.json["experiment"] == {"id": 1, "name": "Scripts", "campaign": "Spring", "status": "running"}
    assert capdesk("report", "experiment", "1", "--format", "json").json["experiment"] == ran.json["experiment"]


def test_that_the_week_is_reported_in_the_form_asked_for(capdesk: Capdesk) -> None:
    ran = capdesk("report", "weekly")
    assert (ran.code, ran.out.splitlines()[0][:28]) == (0, "capdesk weekly report 2026-W"[:28])
    assert capdesk("report", "weekly", "--format", "html").out.startswith("<!DOCTYPE html>")
    report = capdesk("report", "weekly", "--json").json
    assert report["rows"][0]["experiment"] == "Scripts"
    assert capdesk("report", "weekly", "--json", "--week", report["week"]).json["week"] == report["week"]


def test_that_as_of_shows_the_same_report_again(capdesk: Capdesk, desk: Desk) -> None:
    before = capdesk("report", "weekly", "--json").json
    builders.move(desk, 1, "terminate", at=builders.database_now(desk) - timedelta(days=8))
    assert capdesk("report", "weekly", "--json", "--as-of", before["as_of"]).json == before
    again = capdesk("report", "experiment", "Scripts", "--json", "--as-of", before["as_of"]).json
    assert again["experiment"]["status"] == "running"


def test_that_a_report_is_written_to_a_file(capdesk: Capdesk, tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    ran = capdesk("report", "weekly", "--format", "html", "--out", file)
    assert (ran.code, ran.out) == (0, f"Written to {file}.\n")
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["weekly", "--week", "2026-47"], 2, "'2026-47' is no week; write it like 2026-W47."),
        (["weekly", "--week", "2999-W01"], 1, "Week 2999-W01 had not begun by "),
        (["weekly", "--as-of", "2026-11-20T12:00:00"], 2, "has no time zone; add its offset"),
        (["weekly", "--week", "0001-W01", "--send"], 2, "'0001-W01' is no week; write it like"),
        (["weekly", "--json", "--format", "html"], 2, "--json and --format html contradict each other"),
        (["weekly", "--as-of", "0001-01-01"], 2, "'0001-01-01' is no moment; write it like"),
        (["weekly", "--as-of", "2999-01-01"], 1, "The ledger can be read as of "),
        (["weekly", "--send", "--format", "html"], 2, "leave out --as-of, --format and --out."),
        (["weekly", "--again"], 2, "--again goes with --send"),
        (["weekly", "--send"], 1, "capdesk settings set"),
        (["weekly", "--out", "/dev/null/week"], 1, "/dev/null/week cannot be written (Not a directory)"),
        (["experiment", "Script"], 1, 'There is no experiment "Script": did you mean "Scripts"?'),
        (
            ["experiment", "Scripts", "--as-of", "2001-01-01"],
            1,
            'There was no experiment "Scripts" at 2001-01-01T05:00:00Z: name a later moment.',
        ),
    ],
)
def test_that_a_bad_request_has_one_sentence(capdesk: Capdesk, arguments: list[str], code: int, sentence: str) -> None:
    ran = capdesk("report", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert re.fullmatch(r"capdesk: [^\n]*\n", ran.err)
    assert sentence in ran.err
