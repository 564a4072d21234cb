import re
from pathlib import Path

import click
import pytest

from capdesk.cli import cli, run
from capdesk.services.bug_report import report_bug
from tests.conftest import Capdesk


def test_that_every_command_named_can_be_imported_and_explains_itself(capdesk: Capdesk) -> None:
    for name in cli.list_commands(click.Context(cli)):
        ran = capdesk(name, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("Usage: capdesk")


def test_that_an_unknown_command_exits_with_2(capdesk: Capdesk) -> None:
    assert capdesk("campaing").code == 2


def test_that_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert re.fullmatch(r"capdesk, version \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_that_a_mistake_of_ours_is_kept_in_a_private_file_without_values() -> None:
    number = "+1" + "415" * 3 + "1"

    def fail(secret: str) -> None:
        raise KeyError(secret)

    try:
        fail("+14155550100")
    except KeyError as error:
        sentence = report_bug(error)
    file = Path(sentence.rsplit(" ", 1)[1].removesuffix("."))
    text = file.read_text(encoding="utf-8")
    assert "builtins.KeyError" in text
    assert number not in text
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()
