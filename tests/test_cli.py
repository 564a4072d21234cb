import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy import text

from capdesk.cli import cli, run
from capdesk.commands.base import App, Lazy
from capdesk.errors import Stopped
from capdesk.services.bug_report import report_bug
from tests.conftest import Capdesk, TestDatabase


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
    kept = file.read_text(encoding="utf-8")
    assert "builtins.KeyError" in kept
    assert number not in kept
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()


@pytest.mark.parametrize(
    ("recorded", "sentence"),
    [(False, "stopped; nothing was changed."), (True, "stopped; what it had recorded by then stays: look before")],
)
def test_that_ctrl_c_says_whether_something_was_recorded(database: TestDatabase, recorded: bool, sentence: str) -> None:
    app = App(Path(), database.app.render_as_string(hide_password=False))
    group = Lazy("capdesk")

    @group.command("work")
    def work() -> None:
        look, make = text("SELECT 1"), text("INSERT INTO product (name) VALUES ('Shop')")
        app.desk.write(lambda session: session.execute(make)) if recorded else app.desk.read(lambda s: s.execute(look))
        raise KeyboardInterrupt

    with pytest.raises(Stopped, match=sentence):
        group.main(["work"], standalone_mode=False, obj=app)
    app.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk to write to is only on Linux")
def test_that_a_full_disk_behind_the_output_has_its_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "capdesk", "--desk", str(tmp_path), "db", "status"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "capdesk: The disk is full: free some space, then try again.\n")
