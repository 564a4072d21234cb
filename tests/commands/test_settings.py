import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from capdesk.cli import run
from capdesk.services.database.address import URL_FILE
from tests.conftest import Capdesk, TestDatabase

NOWHERE = "postgresql://capdesk_app:hushhush@127.0.0.1:1/capdesk"


def test_that_settings_are_shown_and_set(capdesk: Capdesk) -> None:
    options = ["--zone", "Europe/Berlin", "--owner-email", "olga@example.com", "--weekly-weekday", "fri"]
    options += [
        "--weekly-time",
        "18:00",
        "--daily-time",
        "5:00",
        "--recipients",
        "a@example.com, b@example.com",
        "--phone-region",
        "DE",
    ]
    options += ["--mail-host", "smtp.example.com", "--mail-user", "olga", "--mail-from", "desk@example.com"]
    assert capdesk("settings", "set", *options).code == 0
    found = capdesk("settings", "show", "--json").json["settings"]
    assert (found["zone"], found["weekly_weekday"], found["weekly_time"]) == ("Europe/Berlin", 5, "18:00")
    assert found["daily_time"] == "05:00"
    assert found["recipients"] == ["a@example.com", "b@example.com"]
    shown = capdesk("settings", "show").out
    assert "owner           Olga <olga@example.com>" in shown
    assert "daily pull      05:00" in shown
    assert "mail server     smtp.example.com:587 (starttls, login olga)" in shown


def test_that_an_empty_text_clears(capdesk: Capdesk) -> None:
    capdesk("settings", "set", "--recipient", "a@example.com", "--recipient", "b@example.com", "--mail-user", "olga")
    found = capdesk("settings", "set", "--recipient", "", "--mail-user", "", "--json").json["settings"]
    assert (found["recipients"], found["mail_user"]) == ([], None)


def test_that_the_database_is_shown_without_its_password(capdesk: Capdesk, database: TestDatabase) -> None:
    ran = capdesk("settings", "show")
    assert "database        postgresql://capdesk_app:***@" in ran.out
    assert str(database.app.password) not in ran.out


def test_that_a_wrong_database_can_be_put_right_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: TestDatabase
) -> None:
    right = database.app.set(drivername="postgresql").render_as_string(hide_password=False)
    assert run(["--desk", str(tmp_path), "settings", "set", "--database-url", NOWHERE]) == 0
    assert run(["--desk", str(tmp_path), "product", "list"]) == 1
    assert run(["--desk", str(tmp_path), "settings", "set", "--database-url", right]) == 0
    assert run(["--desk", str(tmp_path), "product", "list"]) == 0
    said = capsys.readouterr()
    assert "hushhush" not in said.out + said.err
    assert str(database.app.password) not in said.out + said.err


def test_that_the_remembered_address_is_for_the_owner_alone(tmp_path: Path) -> None:
    run(["--desk", str(tmp_path), "settings", "set", "--database-url", NOWHERE])
    assert stat.S_IMODE((tmp_path / URL_FILE).stat().st_mode) == 0o600
    run(["--desk", str(tmp_path), "settings", "set", "--database-url", "embedded"])
    assert not (tmp_path / URL_FILE).exists()


def test_that_local_settings_are_shown_though_the_database_is_unreachable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["--desk", str(tmp_path), "--database-url", NOWHERE, "settings", "show"])
    said = capsys.readouterr()
    assert code == 1
    assert f"desk folder     {tmp_path}" in said.out
    assert "database        postgresql://capdesk_app:***@127.0.0.1:1/capdesk" in said.out
    assert said.err == "capdesk: The database cannot be reached: check that it runs and that its URL is right.\n"


def test_that_an_address_in_the_environment_is_said_to_go_first(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "capdesk",
        "--desk",
        str(tmp_path),
        "settings",
        "set",
        "--database-url",
        "embedded",
    ]
    environment = {**os.environ, "CAPDESK_DATABASE_URL": NOWHERE}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "CAPDESK_DATABASE_URL is set and goes before this" in ran.stdout
    assert "hushhush" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ([], 2, "Say what to set"),
        (["--zone", "Mars"], 2, "'Mars' is no time zone"),
        (["--weekly-weekday", "someday"], 2, "'someday' is no weekday"),
        (["--weekly-time", "late"], 2, "'late' is no time of day"),
        (["--daily-time", "24:00"], 2, "'24:00' is no time of day"),
        (["--recipient", "nobody"], 2, "'nobody' is not an e-mail address"),
        (["--mail-port", "70000"], 2, "70000 is not in the range"),
        (["--mail-host", "smtp.example.com", "--mail-security", "plain"], 1, "must be encrypted"),
        (["--database-url", "mysql://x/y"], 1, "That is no Postgres URL"),
        (["--database-url", "embedded", "--zone", "Asia/Tokyo"], 2, "Set --database-url by itself"),
    ],
)
def test_that_bad_input_has_its_sentence_and_changes_nothing(
    capdesk: Capdesk, options: list[str], code: int, sentence: str
) -> None:
    before = capdesk("settings", "show").out
    ran = capdesk("settings", "set", *options)
    assert (ran.code, sentence in ran.err) == (code, True)
    assert capdesk("settings", "show").out == before


def test_that_the_zone_is_refused_after_the_first_fact(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")
    capdesk("campaign", "add", "Spring", "--product", "Shop")
    capdesk("lead", "add", "+13055550123", "--campaign", "Spring")
    ran = capdesk("settings", "set", "--zone", "Asia/Tokyo")
    assert (ran.code, "facts are already dated in America/New_York" in ran.err) == (1, True)
