"""`capdesk doctor`: one line for each thing a desk needs, with what to do where it is not well."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from capdesk.bootstrap import Desk
from capdesk.cli import run
from capdesk.services.connections import save_connection
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.doctor import examine
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.reports.wording import long_day
from capdesk.services.schedule.memory import Installed, LastRun, write_installed, write_last_run
from capdesk.services.secrets import MemorySecrets
from capdesk.services.settings import change_settings
from tests.conftest import Capdesk, TestDatabase
from tests.support import builders
from tests.support.ledgers import superuser
from tests.support.pulls import pulled
from tests.support.senders import set_mail


def test_that_a_well_desk_is_ticked_off_line_by_line(capdesk: Capdesk) -> None:
    ran = capdesk("doctor")
    names = [line[2:14].strip() for line in ran.out.splitlines()]
    assert names == [
        *("desk folder", "disk", "time zones", "schedule", "database", "schema"),
        *("rules", "seals", "durability", "desk zone", "clocks", "mail", "sends", "secrets"),
    ]
    assert (ran.code, all(line.startswith("✓") for line in ran.out.splitlines())) == (0, True)


def test_that_what_is_not_well_says_what_to_do(capdesk: Capdesk, desk: Desk, database: TestDatabase) -> None:
    with superuser(database.admin) as connection:
        connection.exec_driver_sql("ALTER TABLE call DISABLE TRIGGER refuse_change")
    ran = capdesk("doctor", "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    assert [check for check in ran.json["checks"] if not check["ok"]] == [
        {
            "name": "rules",
            "ok": False,
            "found": "1 not as capdesk made them: trigger call.refuse_change differs",
            "todo": "nothing is written or sent until this is put right",
        }
    ]
    assert "→ nothing is written or sent until this is put right" in capdesk("doctor").out


def failing(capdesk: Capdesk) -> dict[str, str]:
    return {check["name"]: check["found"] for check in capdesk("doctor", "--json").json["checks"] if not check["ok"]}


def test_that_mail_half_set_up_is_named(capdesk: Capdesk, desk: Desk) -> None:
    set_mail(desk, 25)
    assert failing(capdesk) == {}
    desk.write(lambda session: session.execute(text("UPDATE desk SET mail_from = NULL")))
    assert failing(capdesk) == {"mail": "no email can be sent without a sender"}


def checks(capdesk: Capdesk, *options: str) -> dict[str, tuple[bool, str, str]]:
    found = capdesk("doctor", *options, "--json").json["checks"]
    return {check["name"]: (check["ok"], check["found"], check["todo"]) for check in found}


def test_that_the_mail_server_is_asked_only_when_wanted_and_gets_no_email(capdesk: Capdesk, desk: Desk) -> None:
    steps: list[str] = []
    with LocalSmtp() as server:
        server.watch = steps.append
        set_mail(desk, server.port)
        assert "mail server" not in checks(capdesk)
        assert steps == []
        found = checks(capdesk, "--mail")["mail server"]
    assert found == (True, f"The mail server 127.0.0.1:{server.port} answers", "")
    assert (steps, server.arrived) == (["connect", "ehlo", "quit"], [])


def test_that_a_mail_server_that_cannot_be_had_says_what_to_do(capdesk: Capdesk, desk: Desk) -> None:
    assert checks(capdesk, "--mail")["mail server"] == (False, "no mail server is set", "run: capdesk connect mail")
    with LocalSmtp() as server:
        set_mail(desk, server.port)
    ok, found, todo = checks(capdesk, "--mail")["mail server"]
    assert (ok, todo) == (False, "check host, port and network")
    assert "could not be reached" in found


def test_that_secrets_are_read_and_never_shown(capdesk: Capdesk, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_mail(desk, 25)
    desk.write(lambda session: change_settings(session, 1, mail_user="desk"))
    desk.write(lambda session: save_connection(session, "twilio", "AC" + "0" * 32))
    desk.write(lambda session: save_connection(session, "gcp", "p1.d.t", settings={"credentials": "adc"}))
    monkeypatch.setenv("CAPDESK_SMTP_PASSWORD", "canary-1")
    monkeypatch.setenv(f"CAPDESK_TWILIO_AC{'0' * 32}", "canary-2")
    ran = capdesk("doctor")
    assert f"2 secrets can be read: smtp-password, twilio-AC{'0' * 32}" in ran.out
    assert "canary" not in ran.out + ran.err


def test_that_a_secret_that_is_not_there_is_named(capdesk: Capdesk, desk: Desk) -> None:
    set_mail(desk, 25)
    desk.write(lambda session: change_settings(session, 1, mail_user="desk"))
    memory = examine(desk.folder, lambda: reach_of(desk), desk.clock, secrets=MemorySecrets())
    [check] = [check for check in memory.checks if check.name == "secrets"]
    assert (check.ok, check.found) == (False, "1 of 1 cannot be read: smtp-password")
    assert "capdesk secrets set smtp-password" in check.todo


@contextmanager
def reach_of(desk: Desk) -> Iterator[Engine]:
    yield desk.engine


def test_that_each_connection_says_how_far_its_costs_are_in(capdesk: Capdesk, desk: Desk) -> None:
    account = "AC" + "0" * 32
    info = desk.write(lambda session: save_connection(session, "twilio", account))
    assert checks(capdesk)["twilio"] == (False, f"{account} was never pulled", "run: capdesk sync")
    yesterday = builders.database_now(desk).astimezone(UTC).date() - timedelta(days=1)
    pulled(desk, info.id, "twilio", {account: yesterday})
    ok, found, todo = checks(capdesk)["twilio"]
    assert (ok, todo) == (True, "")
    assert found.startswith(f"{account} is complete through {long_day(yesterday)}, last pulled 20")
    pulled(desk, info.id, "twilio", {}, error="The token is wrong.")
    ok, found, todo = checks(capdesk)["twilio"]
    assert (ok, found.endswith("; The token is wrong."), todo) == (
        False,
        True,
        "put that right, then run: capdesk sync",
    )


def test_that_a_schedule_that_fell_silent_is_named(capdesk: Capdesk, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o700)
    assert checks(capdesk)["schedule"][:2] == (
        True,
        "nothing runs by itself; `capdesk schedule install` changes that",
    )
    write_installed(folder, Installed("cron", (sys.executable,), "", 7))
    assert checks(capdesk)["schedule"] == (True, "installed with cron, has not run yet", "")
    write_last_run(folder, LastRun(datetime(2026, 1, 5, 6, tzinfo=UTC), 0, ()))
    assert checks(capdesk)["schedule"] == (
        False,
        "installed with cron, last ran 2026-01-05 06:00 UTC",
        "see: capdesk schedule status",
    )


def test_that_a_schedule_whose_program_is_gone_is_named(capdesk: Capdesk, tmp_path: Path) -> None:
    write_installed(tmp_path / "desk", Installed("cron", (str(tmp_path / "gone"),), "", 7))
    assert checks(capdesk)["schedule"] == (
        False,
        f"installed with cron, but {tmp_path / 'gone'} is not there any more",
        "run: capdesk schedule install",
    )


def test_that_a_note_that_cannot_be_read_fails_its_own_check_and_no_other(capdesk: Capdesk, tmp_path: Path) -> None:
    (tmp_path / "desk" / "schedule-run.json").mkdir(parents=True)
    found = checks(capdesk)
    assert (found["schedule"][0], found["schema"][0]) == (False, True)
    assert found["schedule"][1].startswith(f"{tmp_path / 'desk' / 'schedule-run.json'} cannot be read")


def test_that_an_email_nobody_can_tell_of_is_shown(capdesk: Capdesk, desk: Desk) -> None:
    for statement in (
        "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', '2026-W46', 'o@x.org', '{}')",
        "INSERT INTO notification_attempt (notification_id, number, message_id) VALUES (1, 1, '<x@y>')",
    ):
        desk.write(lambda session, s=statement: session.execute(text(s)))  # type: ignore[misc]
    assert failing(capdesk) == {"sends": "nobody can tell whether these arrived: 2026-W46 to o@x.org"}


def test_that_a_broken_chain_of_seals_is_named(capdesk: Capdesk, desk: Desk, database: TestDatabase) -> None:
    desk.write(lambda session: session.execute(text("INSERT INTO product (name) VALUES ('Shop')")))
    insert = "INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Spring', 1)"
    desk.write(lambda session: session.execute(text(insert)))
    desk.seal()
    with superuser(database.admin) as connection:
        connection.exec_driver_sql("ALTER TABLE seal DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE seal SET rows = 2")
    assert "seal 1: does not cover its blocks" in failing(capdesk)["seals"]


def test_that_a_missing_schema_fails_its_own_checks_and_no_other(capdesk: Capdesk, database: TestDatabase) -> None:
    with superuser(database.admin) as connection:
        connection.exec_driver_sql("DROP SCHEMA capdesk CASCADE")
    found = failing(capdesk)
    assert found["schema"] == "schema missing"
    assert "durability" not in found


def doctor(folder: Path, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run(["--desk", str(folder), *options, "doctor"])
    return code, capsys.readouterr().out


def test_that_a_database_that_cannot_be_reached_is_said_and_the_rest_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "postgresql://capdesk_app:secret@127.0.0.1:1/capdesk"
    code, out = doctor(tmp_path, "--database-url", address, capsys=capsys)
    assert (code, "✗ database     The database cannot be reached" in out) == (1, True)
    assert "✓ disk" in out
    assert "secret" not in out


def test_that_a_desk_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = doctor(tmp_path / "none", capsys=capsys)
    assert (code, (tmp_path / "none").exists()) == (0, False)
    assert "is not there yet; the first command makes it" in out


def test_that_an_embedded_desk_is_looked_at_and_its_server_stopped_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "desk"
    try:
        assert run(["--desk", str(folder), "product", "list"]) == 0
        code, out = doctor(folder, capsys=capsys)
        assert (code, EmbeddedServer(folder).status().running) == (0, False), out
    finally:
        EmbeddedServer(folder).remove(force=True)


def test_that_a_folder_others_can_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o755)
    _, out = doctor(tmp_path, "--database-url", "postgresql://x@127.0.0.1:1/x", capsys=capsys)
    assert f"run: chmod go-rw '{tmp_path}'" in out
