"""Every command line in docs/connecting.md is one that capdesk understands, every name one that it uses."""

import re
import shlex
from pathlib import Path

import click
import pytest

from capdesk.cli import cli
from capdesk.services.demo.providers import TABLE, TOKEN
from capdesk.services.demo.story import TWILIO_MAIN
from capdesk.services.providers.twilio_http import PERMISSIONS

PAGE = Path(__file__).parents[2] / "docs" / "connecting.md"


def written() -> list[str]:
    """From blocks and from running text."""
    text = PAGE.read_text(encoding="utf-8")
    return sorted({line.strip() for line in re.findall(r"^capdesk .+$|(?<=`)capdesk [^`]+(?=`)", text, re.MULTILINE)})


def test_that_the_page_has_command_lines() -> None:
    assert len(written()) > 20


@pytest.mark.parametrize("line", written())
def test_that_a_command_line_of_the_page_is_real(line: str) -> None:
    command: click.Command = cli
    context = click.Context(cli, info_name="capdesk")
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    rest = [word for word in words if word not in ("…", "...")]
    if isinstance(command, click.Group):
        assert rest == []
        return
    context.resilient_parsing = True
    command.parse_args(context, rest)
    known = {name for option in command.params for name in option.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("named", [TWILIO_MAIN, TOKEN, TABLE, *PERMISSIONS.values()])
def test_that_the_page_names_what_the_program_holds(named: str) -> None:
    assert f"`{named}`" in PAGE.read_text(encoding="utf-8")
