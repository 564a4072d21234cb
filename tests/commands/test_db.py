"""`capdesk db`, on an embedded server of its own and on a remote database (another one of the tests' server)."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, text

from capdesk.cli import run
from capdesk.migrations import HEAD
from capdesk.services.database.address import configured_url
from capdesk.services.database.embedded import EmbeddedServer, Lease
from tests.conftest import Capdesk, TestDatabase, admin_statement, admin_url
from tests.support.clients import Client
from tests.support.server import temporary_server


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "my desk"
    EmbeddedServer(tmp_path / "my desk").remove(force=True)


@pytest.fixture
def empty(server: Lease) -> Iterator[URL]:
    """A database without capdesk, on a server where the role exists already."""
    admin_statement(server, "CREATE DATABASE second")
    yield admin_url(server, "second")
    admin_statement(server, "DROP DATABASE second WITH (FORCE)")


def process(
    *arguments: object, given: str = "", environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """The program as a person runs it, with its own standard input and environment."""
    command = [sys.executable, "-m", "capdesk", *map(str, arguments)]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )


def shown(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_that_status_starts_and_makes_nothing(embedded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--desk", str(embedded), "db", "status"]) == 0
    assert "There is no database yet" in capsys.readouterr().out
    assert not embedded.exists()


def test_that_the_embedded_server_is_started_kept_and_stopped(
    embedded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def db(*words: str) -> str:
        assert run(["--desk", str(embedded), "db", *words]) == 0
        return capsys.readouterr().out

    assert "stays up until" in db("start")
    assert stat.S_IMODE(embedded.stat().st_mode) == 0o700
    assert "kept up" in db("status")
    assert db("upgrade").startswith("Nothing to upgrade")
    with Client(embedded).wait_until_attached() as other:
        assert run(["--desk", str(embedded), "db", "stop"]) == 1
        assert "is in use by 1 other process; close them first, or stop it with --force" in capsys.readouterr().err
        other.leave()
    assert db("stop") == "The database is stopped.\n"
    assert "stopped; it starts when a command needs it" in db("status")
    assert '"changed": false' in db("stop", "--json")


def test_that_a_remote_server_is_not_ours_to_start(capdesk: Capdesk) -> None:
    for word in ("start", "stop", "upgrade"):
        ran = capdesk("db", word)
        assert (ran.code, "which capdesk does not start, stop or upgrade" in ran.err) == (1, True)


def test_that_the_status_of_a_remote_database_names_its_versions(capdesk: Capdesk) -> None:
    found = capdesk("db", "status", "--json").json
    assert (found["version"].split(".")[0], found["schema"]) == ("18", HEAD)
    assert f"capdesk schema {HEAD}." in capdesk("db", "status").out


def test_that_psql_answers_as_the_application_role(capdesk: Capdesk) -> None:
    answer = capdesk("db", "psql", "--json", "-c", "SELECT current_user, desk_zone()").json
    assert answer["exit_code"] == 0
    assert "capdesk_app" in answer["out"]
    assert "America/New_York" in answer["out"]


def test_that_psql_gives_its_exit_code_when_the_ledger_is_attacked(capdesk: Capdesk) -> None:
    ran = capdesk("db", "psql", "--json", "-c", "UPDATE cost_rollup SET cost_usd = 0")
    assert (ran.code, ran.json["exit_code"]) == (1, 1)
    assert "permission denied for table cost_rollup" in ran.json["err"]


def test_that_psql_writes_to_the_terminal_itself(database: TestDatabase, tmp_path: Path) -> None:
    ran = process("--desk", tmp_path, "--database-url", shown(database.app), "db", "psql", "-c", "SELECT 40 + 2")
    assert (ran.returncode, "42" in ran.stdout, ran.stderr) == (0, True, "")


def test_that_a_session_takes_its_statements_from_standard_input(database: TestDatabase, tmp_path: Path) -> None:
    start = ["--desk", tmp_path, "--database-url", shown(database.app), "db", "psql"]
    ran = process(*start, given="SELECT 40 + 2;\n")
    assert (ran.returncode, "42" in ran.stdout) == (0, True)


def test_that_psql_as_json_needs_its_statement(capdesk: Capdesk) -> None:
    assert capdesk("db", "psql", "--json").code == 2


@pytest.mark.parametrize("command", [["product", "list"], ["db", "psql", "-c", "SELECT 1"], ["db", "status"]])
def test_that_a_wrong_password_has_its_sentence(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    wrong = shown(database.app.set(password="hushhush"))
    assert run(["--desk", str(tmp_path), "--database-url", wrong, *command]) == 1
    said = capsys.readouterr()
    assert said.err == "capdesk: The database refused the password: check the database URL in `capdesk settings`.\n"


@pytest.mark.parametrize("command", [["product", "list"], ["db", "status"]])
def test_that_an_unreachable_database_has_its_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    nowhere = "postgresql://capdesk_app:hushhush@127.0.0.1:1/capdesk"
    assert run(["--desk", str(tmp_path), "--database-url", nowhere, *command]) == 1
    said = capsys.readouterr()
    assert said.err == "capdesk: The database cannot be reached: check that it runs and that its URL is right.\n"


def test_that_a_newer_database_has_its_sentence_and_stays_as_it_is(capdesk: Capdesk, database: TestDatabase) -> None:
    engine = create_engine(database.admin)
    with engine.begin() as connection:
        connection.execute(text("UPDATE capdesk.alembic_version SET version_num = '9999'"))
    ran = capdesk("product", "add", "Shop")
    assert ran.code == 1
    assert ran.err == (
        "capdesk: This database was written by a newer capdesk (schema 9999): install that version to open it.\n"
    )
    init = capdesk("db", "init", "--admin-url", shown(database.admin))
    assert (init.code, "written by a newer capdesk" in init.err) == (1, True)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM capdesk.product")) == 0
    engine.dispose()


def test_that_a_database_without_schema_says_to_run_init(
    server: Lease, empty: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = empty.set(username="capdesk_app", password=server.connection.app_password)
    assert run(["--desk", str(tmp_path), "--database-url", shown(app), "product", "list"]) == 1
    assert "has no capdesk schema of this version: run `capdesk db init --admin-url" in capsys.readouterr().err
    assert run(["--desk", str(tmp_path), "--database-url", shown(app), "db", "status"]) == 0
    assert "no capdesk schema yet" in capsys.readouterr().out


def test_that_a_database_that_is_not_there_has_its_sentence(
    server: Lease, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = shown(admin_url(server, "nowhere"))
    assert run(["--desk", str(tmp_path), "db", "init", "--admin-url", missing]) == 1
    assert "That database does not exist: create it, then run" in capsys.readouterr().err


def test_that_init_makes_a_new_server_ready_and_remembers_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk"
    with temporary_server(tmp_path / "server") as reach:
        query = {"host": reach.host, "port": str(reach.port)}
        admin = URL.create("postgresql", reach.admin_user, reach.admin_password, database="postgres", query=query)
        assert run(["--desk", str(desk), "db", "init", "--admin-url", shown(admin)]) == 0
        assert run(["--desk", str(desk), "product", "add", "Shop"]) == 0
        assert run(["--desk", str(desk), "db", "init", "--admin-url", shown(admin)]) == 0, "safe to repeat"
        assert run(["--desk", str(desk), "product", "list"]) == 0
        said = capsys.readouterr()
    address = configured_url(desk)
    assert address is not None
    password = address.split(":")[2].split("@")[0]
    assert "postgresql://capdesk_app:***@" in said.out
    assert password not in said.out + said.err
    assert reach.admin_password not in said.out + said.err
    assert "1  Shop" in said.out


def test_that_an_existing_role_keeps_its_password(server: Lease, empty: URL, tmp_path: Path) -> None:
    init = ["--desk", tmp_path, "db", "init", "--admin-url", shown(empty)]
    without = process(*init)
    assert without.returncode == 1
    assert "The role capdesk_app exists on that server already: give its password with" in without.stderr
    wrong = process(*init, "--app-password-stdin", given="another\n")
    assert wrong.returncode == 1
    assert "The role capdesk_app has another password than the one given" in wrong.stderr
    right = process(*init, "--app-password-stdin", given=f"{server.connection.app_password}\n")
    assert (right.returncode, server.connection.app_password in right.stdout + right.stderr) == (0, False)
    assert run(["--desk", str(tmp_path), "product", "add", "Shop"]) == 0


def test_that_a_password_of_any_characters_reaches_the_database_and_psql(tmp_path: Path) -> None:
    with temporary_server(tmp_path / "server") as reach:
        query = {"host": reach.host, "port": str(reach.port)}
        admin = URL.create("postgresql", reach.admin_user, reach.admin_password, database="postgres", query=query)
        init = ["--desk", tmp_path, "db", "init", "--admin-url", shown(admin), "--app-password-stdin"]
        assert process(*init, given="p:a\\ss 'w%41@/ö\"\n").returncode == 0
        assert run(["--desk", str(tmp_path), "db", "psql", "--json", "-c", "SELECT 1"]) == 0
        assert process(*init, "--replace-password", given="a new one\n").returncode == 0
        assert run(["--desk", str(tmp_path), "product", "list"]) == 0
        assert "held no password" in process(*init, given="\n").stderr


def test_that_init_needs_an_administrator(
    server: Lease, empty: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str], database: TestDatabase
) -> None:
    wrong = shown(empty.set(password="hushhush"))
    assert run(["--desk", str(tmp_path), "db", "init", "--admin-url", wrong]) == 1
    assert "refused the password of capdesk_admin: correct it in --admin-url" in capsys.readouterr().err
    app = database.app.set(database="second")
    address = shown(database.app)
    assert run(["--desk", str(tmp_path), "--database-url", address, "db", "init", "--admin-url", shown(app)]) == 1
    assert "capdesk_app may not make roles and schemas there" in capsys.readouterr().err
    with psycopg.connect(**server.connection.as_admin("second")) as session:
        assert session.execute("SELECT to_regnamespace('capdesk')").fetchone() == (None,)
    assert configured_url(tmp_path) is None


def test_that_an_encrypted_address_is_not_given_to_a_psql_that_cannot(database: TestDatabase, tmp_path: Path) -> None:
    address = shown(database.app.update_query_dict({"sslmode": "require"}))
    start = ["--desk", tmp_path, "--database-url", address, "db", "psql", "-c", "SELECT 1"]
    ran = process(*start, environment={"PATH": "/nonexistent"})
    assert ran.returncode == 1
    assert "cannot encrypt, which this database asks for: install your system's psql" in ran.stderr
