"""The README's tour, taken literally: its files, its commands, its figures."""

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from capdesk.cli import run
from capdesk.services.database.embedded import EmbeddedServer

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

FILES = re.compile(r"`(\w+\.csv)`(?:(?!`\w+\.csv`).)*?```csv\n(.*?)```", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAPDESK_DESK", str(tmp_path / "desk"))
    for name, content in FILES.findall(README):
        (tmp_path / name).write_text(content, encoding="utf-8")
    yield tmp_path
    EmbeddedServer(tmp_path / "desk").remove(force=True)


def commands() -> list[list[str]]:
    blocks = "".join(re.findall(r"```console\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")
    return [shlex.split(line)[2:] for line in blocks.splitlines() if line.startswith("$ capdesk")]


def call(arguments: list[str]) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        return run(arguments), out.getvalue()


def test_that_the_tour_of_the_readme_leads_to_its_report(folder: Path) -> None:
    refused: list[str] = []
    for arguments in commands():
        rejects = folder / "calls.rejects.csv"
        if rejects.name in arguments:
            text = rejects.read_text(encoding="utf-8-sig").replace("10 11:02:00,", "10T11:02:00-05:00,", 1)
            rejects.write_text(text, encoding="utf-8")
        if arguments[:2] == ["report", "weekly"]:
            arguments += ["--week", "2026-W46"]
        code, out = call(arguments)
        if code:
            refused.append(" ".join(arguments[:2]))
        if arguments[0] == "report":
            assert re.search(r"week +\$386\.25 +2 +0 +0\n", out)
        if arguments[0] == "verify":
            assert "No difference." in out
    assert refused == ["import calls", "db psql"]  # one row without a zone, and history
