"""No secret shows where it is not meant to lie, whatever is done, whatever goes wrong, and however much is logged.

Canaries go through the program, which runs in processes of its own with everything logged at DEBUG; then all that it
said, logged, wrote, sent and handed to other programs is searched for each of them, in every shape.
"""

import base64
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Literal

from capdesk.bootstrap import Desk, open_desk
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.providers.local.bigquery import ExportTable, api_error
from capdesk.services.providers.local.http import Cut, Faults, no_fault, nth
from capdesk.services.providers.local.smtp import Drops, Says
from capdesk.services.providers.local.twilio_wire import too_many_requests
from capdesk.services.settings import change_settings
from tests.support.certificates import Certificates, make_certificates
from tests.support.hush import (
    KEY_SID,
    MAIN,
    TABLE,
    Hush,
    Providers,
    always,
    billing_row,
    connect_all,
    leaks,
    logins,
    make_nonsense,
    nearly_spent,
    providers,
    repeat,
    struck,
    struck_at,
)
from tests.support.watched import Watched, tables

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no signals")
SOURCES = ("--source", "twilio", "--source", "twilio-calls", "--source", "gcp")


@pytest.fixture
def hush() -> Hush:
    return Hush()


@pytest.fixture
def watched(tmp_path: Path, hush: Hush) -> Iterator[Watched]:
    """A home without a desk."""
    made = Watched(tmp_path, **hush.environ)
    yield made
    EmbeddedServer(made.desk).remove(force=True)


@pytest.fixture
def desk(watched: Watched) -> Iterator[Desk]:
    """Its desk, open here too, so that the database stays up."""
    with open_desk(watched.desk, zone="America/New_York") as opened:
        yield opened


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@pytest.fixture
def outside(hush: Hush, certificates: Certificates) -> Iterator[Providers]:
    with providers(hush, certificates) as running:
        yield running


@pytest.fixture
def key_file(tmp_path: Path, hush: Hush, outside: Providers) -> Path:
    file = tmp_path / "key.json"
    file.write_text(hush.service_account(outside.google), encoding="utf-8")
    return file


@pytest.fixture
def mail(watched: Watched, outside: Providers, certificates: Certificates) -> tuple[str, ...]:
    """Connects the mail server, which is trusted as long as SSL_CERT_FILE says so."""
    watched.environ["SSL_CERT_FILE"] = str(certificates.cafile)
    where = ("--host", "localhost", "--port", str(outside.smtp.port), "--security", "starttls", "--user", "desk")
    who = ("--from", "desk@example.com", "--recipient", "olga@example.com", "--yes")
    return ("connect", "mail", *where, *who)


def test_that_what_is_planted_anywhere_is_found(watched: Watched, hush: Hush, desk: Desk) -> None:
    for folder in (watched.desk, watched.home, watched.temp):
        (folder / "planted").write_bytes(b"token=" + hush.token.encode())
    desk.write(lambda session: change_settings(session, desk.owner_id, owner_name=f"Olga {hush.token}"))
    assert watched.run("secrets", "set", hush.token, given=hush.mail).code == 2
    found = hush.search(watched)
    token = found.places("Twilio auth token", [*watched.evidence(), *tables(watched.desk)])
    assert token > {"desk/planted", "home/planted", "temp/planted", "table capdesk.app_user"}
    assert any(place.startswith("stderr of") for place in token)
    assert any(place.startswith("desk/postgres/data") for place in token)


def test_that_desk_database_secrets_and_schedule_show_none(watched: Watched, hush: Hush) -> None:
    given = {"CAPDESK_SMTP_PASSWORD": hush.mail, f"CAPDESK_TWILIO_{MAIN.upper()}": hush.token}
    for words in (
        "db start", "settings show --json", "db status --json", "schedule install", "schedule install --with cron",
        "schedule status", "schedule show", "schedule run", "schedule remove",
    ):  # fmt: skip
        assert watched.run(*words.split(), environ=given).code == 0, words
    assert watched.run("db", "psql", "-c", "SELECT pg_sleep(0.3)", environ=given).code == 0
    assert watched.run("db", "psql", "-c", "SELECT nonsense", environ=given).code == 1
    keep_secrets(watched, hush)
    work_in_a_branch(watched, hush)
    assert leaks(watched, hush.search(watched)) == []
    assert hush.search(watched).leaks(tables(watched.desk, "branch")) == []
    others = {place.split()[2] for place, _ in watched.given_to_others()}
    assert others >= {"initdb", "postgres", "psql"} or not Path("/proc").is_dir()
    asked = (watched.home / "asked-of-tools").read_text(encoding="utf-8")
    assert all(tool in asked for tool in ("systemctl --user", "loginctl", "crontab -\n"))
    assert "ALTER ROLE capdesk_app PASSWORD 'SCRAM" in watched.logged


def keep_secrets(watched: Watched, hush: Hush) -> None:
    other_key = {"CAPDESK_MASTER_KEY": base64.b64encode(hush.filed).decode()}
    assert watched.run("secrets", "set", "smtp-password", given=hush.mail).code == 0
    assert watched.run("secrets", "set", f"twilio-{MAIN}", given=hush.token).code == 0
    assert watched.run("secrets", "set", "smtp-password", hush.mail).code == 2
    assert watched.run("secrets", "list", "--json").code == 0
    assert watched.run("secrets", "check", "--json", environ=other_key).code == 1
    assert watched.run("secrets", "allow-key-file").code == 0
    assert watched.run("secrets", "forbid-key-file").code == 0
    assert watched.run("secrets", "remove", "smtp-password").code == 0


def work_in_a_branch(watched: Watched, hush: Hush) -> None:
    """Another desk, in a database on the same server reached as a remote one, with its key in the key file."""
    watched.branch.mkdir(mode=0o700)
    (watched.branch / "master.key").write_bytes(base64.b64encode(hush.filed))
    (watched.branch / "master.key").chmod(0o600)
    with EmbeddedServer(watched.desk).attach() as lease:
        reach = lease.connection
        with psycopg.connect(**reach.as_admin(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE branch")
            statement = SQL("CREATE ROLE remote LOGIN IN ROLE capdesk_app PASSWORD {}")
            admin.execute(statement.format(Literal(hush.remote)))

    def url(user: str, password: str) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@/branch?host={reach.host}&port={reach.port}"

    def run(words: str, *more: str, **environ: str) -> int:
        surroundings = {"CAPDESK_MASTER_KEY": None, **environ}
        given = f"{reach.app_password}\n"
        return watched.run(*words.split(), *more, given=given, environ=surroundings, desk=watched.branch).code

    init, right = "db init --app-password-stdin", url("remote", hush.remote)
    wrong = url("remote", f"{hush.remote}x")
    assert run(init, CAPDESK_ADMIN_URL=url("capdesk_admin", reach.app_password)) == 1
    assert run(init, CAPDESK_ADMIN_URL=url("capdesk_admin", reach.admin_password)) == 0
    assert run("settings set --database-url", right.replace("://", "//")) == 1
    assert run("settings set --database-url", right) == 0
    assert run("secrets set smtp-password") == 0
    for words in ("secrets check", "settings show --json", "db status --json", "doctor", "sync", "schedule install"):
        assert run(words) == 0, words
    assert run("db psql -c nonsense") == 1
    assert run("settings show", CAPDESK_DATABASE_URL=wrong) == 1
    assert run("db psql -c nonsense", CAPDESK_DATABASE_URL=f"{right}&nonsense=1") == 1


def test_that_connecting_and_syncing_show_none(
    watched: Watched, hush: Hush, desk: Desk, outside: Providers, key_file: Path
) -> None:
    service_account = key_file.read_text(encoding="utf-8")
    connect_accounts(watched, hush, outside, key_file)
    for words in ("sync --explain", "sync --dry-run --json", "sync"):
        assert watched.run(*words.split()).code == 0, words
    fail_to_sync(watched, outside)
    for words in ("connect list --json", "sync --log", f"connect remove {MAIN}", "secrets list"):
        assert watched.run(*words.split()).code == 0, words
    assert leaks(watched, hush.search(watched, service_account)) == []
    sent = logins([*outside.twilio.server.requests, *outside.google.requests])
    assert all(one in sent for one in (f"{MAIN}:{hush.token}", f"{KEY_SID}:{hush.key_secret}", "Bearer local-token-"))
    assert all(f"\n{logger}" in watched.logged for logger in ("sqlalchemy.engine", "urllib3", "stamina"))


def connect_accounts(watched: Watched, hush: Hush, to: Providers, key_file: Path) -> None:
    def run(*words: object, given: str = "") -> int:
        return watched.run("connect", *words, "--yes", given=given).code

    to_twilio = ("twilio", "--account", MAIN, "--base-url", to.twilio.url)
    assert run(*to_twilio, given=hush.mistyped) == 1
    assert run(*to_twilio, given=hush.token) == 0
    assert run(*to_twilio, "--key", KEY_SID, given=hush.mistyped) == 1
    assert run(*to_twilio, "--key", KEY_SID, "--json", given=hush.key_secret) == 0
    right = json.loads(key_file.read_text(encoding="utf-8"))
    broken = right | {"private_key": right["private_key"][:-200]}
    strange = right | {"client_email": "nobody@local-project.iam.gserviceaccount.com"}
    for content, code in ((broken, 1), (strange, 1), (right, 0)):
        key_file.write_text(json.dumps(content), encoding="utf-8")
        assert run("gcp", "--table", TABLE, "--base-url", to.google.url, "--credentials", key_file) == code


def fail_to_sync(watched: Watched, outside: Providers) -> None:
    """Providers that refuse, break off, or repeat what they were sent in every part of their answer."""

    def sync(code: int, of_twilio: Faults = no_fault, of_google: Faults = no_fault) -> None:
        outside.twilio.server.fault, outside.google.fault = of_twilio, of_google
        ran = watched.run("sync", *SOURCES)
        assert ran.code == code, ran.out

    used_up = always(lambda _: api_error(403, "quotaExceeded", "Quota exceeded"), "/bigquery/")
    sync(0, nth(2, Cut(60)), nth(2, Cut(60)))
    sync(1, always(lambda _: too_many_requests(0)), used_up)
    for status in (200, 401):
        sync(1, repeat(status), repeat(status))
    sync(1, repeat(400), repeat(400, "/bigquery/"))
    outside.twilio.change_currency("EUR")
    outside.google.tables[TABLE] = ExportTable([billing_row("EUR")])
    sync(1)


def test_that_mail_reports_and_alerts_show_none(
    watched: Watched, hush: Hush, desk: Desk, outside: Providers, mail: tuple[str, ...], tmp_path: Path
) -> None:
    nearly_spent(desk)
    smtp = outside.smtp
    (tmp_path / "password").write_text(f"{hush.mail}\n", encoding="utf-8")
    from_file, untrusted = ("--password-file", tmp_path / "password"), {"SSL_CERT_FILE": None}
    assert watched.run(*mail, given=hush.mistyped).code == 1
    assert watched.run(*mail, *from_file, environ=untrusted).code == 1
    assert watched.run(*mail, *from_file).code == 0
    login = base64.b64encode(f"\0desk\0{hush.mail}".encode()).decode()
    smtp.faults = (Says("auth", f"535 5.7.8 {login} {hush.mail} is not right"),)
    for words in ("report weekly --send", "mail test", "doctor --mail"):
        ran = watched.run(*words.split())
        assert (ran.code, "*** *** is not right" in ran.out) == (1, True), ran
    smtp.faults = (Drops("message"),)
    assert "Nobody can tell" in watched.run("report", "weekly", "--send").out
    smtp.faults = ()
    assert watched.run("alerts", "--send", environ=untrusted).code == 1
    for words in (
        "report weekly --send --again", "alerts --send", "mail test", "doctor --mail --json", "settings show --json",
        "schedule run",
    ):  # fmt: skip
        assert watched.run(*words.split()).code == 0, words
    assert len(smtp.arrived) == 4
    assert leaks(watched, hush.search(watched), smtp) == []


def test_that_mistakes_of_ours_and_ctrl_c_show_none(
    watched: Watched, hush: Hush, desk: Desk, outside: Providers, mail: tuple[str, ...], key_file: Path
) -> None:
    service_account = key_file.read_text(encoding="utf-8")
    nearly_spent(desk)
    connect_all(desk, hush, outside, service_account)

    def strike(sign: int, *at: str) -> None:
        outside.twilio.server.fault = outside.google.fault = struck(watched, sign, *at)

    def broken(reports: int, *words: object, given: str = "") -> None:
        before = len(watched.bug_reports)
        ran = watched.run(*words, given=given)
        assert (ran.code, len(watched.bug_reports) - before) == (1, reports), ran.out + ran.err

    strike(signal.SIGUSR1, "/Usage/")
    broken(1, "sync", "--source", "twilio")
    strike(signal.SIGUSR1, "/Accounts.json")
    broken(1, "connect", "twilio", "--account", MAIN, "--base-url", outside.twilio.url, "--yes", given=hush.token)
    # Google's library logs an exception it does not know: one that quotes everything would say more than any does.
    strike(signal.SIGUSR2, "/token")
    broken(1, "connect", "gcp", "--table", TABLE, "--base-url", outside.google.url, "--credentials", key_file)
    strike(signal.SIGUSR2, "/Calls.json", "/queries/")
    broken(2, "sync", *SOURCES)
    for step, words in (
        ("auth", mail), ("message", ("mail", "test")), ("auth", ("report", "weekly", "--send")),
        ("message", ("alerts", "--send")), ("auth", ("doctor", "--mail")),
    ):  # fmt: skip
        outside.smtp.watch = struck_at(watched, step)
        broken(1, *words, given=hush.mail)
    for at in ("/Usage/", "/token"):
        strike(signal.SIGINT, at)
        stopped = watched.run("sync", *SOURCES)
        assert (stopped.code, "capdesk: stopped; " in stopped.err) == (1, True), stopped
    make_nonsense(watched, hush, service_account)
    broken(3, "sync", *SOURCES)
    broken(3, "sync", "--explain")
    broken(1, "mail", "test")
    assert leaks(watched, hush.search(watched, service_account), outside.smtp) == []
