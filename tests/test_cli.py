import os
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
from capdesk.window import PACKAGES, missing
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
        report = report_bug(error)
    file = report.file
    assert report.sentence.endswith(f" {file}.")
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


def window_alone(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`capdesk` without a command, where no platform of Qt's is named."""
    kept = {key: value for key, value in os.environ.items() if key not in _SCREENS}
    line = [sys.executable, "-m", "capdesk", "--desk", str(tmp_path / "desk")]
    return subprocess.run(line, env=kept | environment, capture_output=True, text=True, check=False, timeout=60)


_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux may be without a screen")


@on_linux
def test_that_without_a_screen_the_window_says_so_in_one_sentence(tmp_path: Path) -> None:
    ended = window_alone(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("capdesk: There is no screen to open the window on")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "desk").exists()


@on_linux
def test_that_a_screen_that_does_not_answer_is_named(tmp_path: Path) -> None:
    ended = window_alone(tmp_path, DISPLAY=":9876")
    assert ended.returncode == 1
    assert ended.stderr.startswith("capdesk: The screen :9876 does not answer")
    assert ended.stderr.count("\n") == 1


def test_that_a_missing_library_is_named_with_the_packages_that_bring_it() -> None:
    told = missing("libEGL.so.1: cannot open shared object file: No such file or directory")
    assert "(libEGL.so.1)" in told
    assert "apt-get install libegl1 libgl1" in told
    assert "\n" not in told


def test_that_setup_installs_the_packages_the_window_names() -> None:
    script = (Path(__file__).parents[1] / "requirements" / "libraries.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"\.so\.\d+:(\S+)", script)) == set(PACKAGES)
