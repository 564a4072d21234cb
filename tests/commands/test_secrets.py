"""`capdesk secrets`, as a person and a program run it: values go in hidden and never come out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capdesk.services.secrets.stored import StoredSecrets
from tests.conftest import Ran
from tests.services.secrets.backends import KEY, OTHER_KEY, no_keyring_environment, none_at_all, secrets_with

ROOT = Path(__file__).parents[2]
SECRET = "hush-hush-42"
Secrets = Callable[..., Ran]


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    """Runs `capdesk secrets ...` where no keyring is; keywords become variables of its environment."""

    def call(*words: object, given: str = "", **environ: str) -> Ran:
        command = [sys.executable, "-m", "capdesk", "--desk", str(tmp_path / "desk"), "secrets", *map(str, words)]
        environment = {**no_keyring_environment(tmp_path), "CAPDESK_MASTER_KEY": KEY, **environ}
        done = subprocess.run(
            command, cwd=ROOT, input=given, capture_output=True, text=True, check=False, env=environment
        )
        assert SECRET not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def kept(tmp_path: Path) -> StoredSecrets:
    """The same desk's secrets, looked at from here."""
    return secrets_with(tmp_path / "desk", none_at_all, {"CAPDESK_MASTER_KEY": KEY})


def test_that_a_secret_comes_from_standard_input_without_its_line_end(secrets: Secrets, kept: StoredSecrets) -> None:
    ran = secrets("set", "smtp-password", given=f"{SECRET}\n")
    assert (ran.code, ran.out, ran.err) == (0, "smtp-password is kept.\n", "")
    assert kept.get("smtp-password") == SECRET
    ran = secrets("set", "twilio-AC1", "--json", given=SECRET)
    assert ran.json == {"name": "twilio-AC1", "moved_aside": None}


def test_that_a_secret_comes_from_a_file_as_it_is(secrets: Secrets, kept: StoredSecrets, tmp_path: Path) -> None:
    account = json.dumps({"type": "service_account", "private_key": "-----BEGIN\n" + "x" * 8192}, indent=1)
    (tmp_path / "key.json").write_text(account, encoding="utf-8")
    assert secrets("set", "gcp-p.d.t", "--from-file", tmp_path / "key.json").code == 0
    assert kept.get("gcp-p.d.t") == account


def test_that_the_mark_editors_put_before_a_text_is_no_part_of_the_secret(
    secrets: Secrets, kept: StoredSecrets, tmp_path: Path
) -> None:
    (tmp_path / "token.txt").write_bytes(b"\xef\xbb\xbf" + SECRET.encode() + b"\r\n")
    assert secrets("set", "twilio-AC1", "--from-file", tmp_path / "token.txt").code == 0
    assert secrets("set", "smtp-password", given=f"\ufeff{SECRET}\n").code == 0
    assert (kept.get("twilio-AC1"), kept.get("smtp-password")) == (SECRET, SECRET)


@pytest.mark.skipif(os.name == "nt", reason="there is no /dev/zero, and no shell that closes standard input")
def test_that_what_never_ends_and_what_is_closed_are_no_secret(tmp_path: Path) -> None:
    environment = {**no_keyring_environment(tmp_path), "CAPDESK_MASTER_KEY": KEY}
    command = f"{sys.executable} -m capdesk --desk '{tmp_path}' secrets set smtp-password"
    for rest, sentence in (
        ("</dev/zero", "A secret is text of at most 64 KB"),
        ("--from-file /dev/zero", "A secret is text of at most 64 KB"),
        ("<&-", "Standard input is closed: give the secret there, or with --from-file."),
    ):
        ran = subprocess.run(
            ["sh", "-c", f"{command} {rest}"], cwd=ROOT, capture_output=True, text=True, env=environment, check=False
        )
        assert (ran.returncode, sentence in ran.stderr) == (2, True), ran.stderr


_AT_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, "-m", "capdesk", *sys.argv[1:]])))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_that_at_a_terminal_the_value_is_asked_for_and_not_shown(kept: StoredSecrets, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _AT_A_TERMINAL, "--desk", str(tmp_path / "desk"), "secrets", "set"]
    environment = {**no_keyring_environment(tmp_path), "CAPDESK_MASTER_KEY": KEY}
    with subprocess.Popen(
        [*command, "smtp-password"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        shown = b""
        while b"not shown): " not in shown:
            got = os.read(asked.stdout.fileno(), 4096)
            assert got, shown
            shown += got
        asked.stdin.write(f"{SECRET}\n".encode())
        asked.stdin.flush()
        shown += asked.stdout.read()
    assert asked.returncode == 0
    assert SECRET.encode() not in shown
    assert kept.get("smtp-password") == SECRET


@pytest.mark.parametrize(
    ("words", "given", "code", "sentence"),
    [
        (["set", "smtp-password", SECRET], "", 2, "A secret is never an argument"),
        (["set", "smtp-pasword"], SECRET, 2, "capdesk uses no secret named smtp-pasword; write it like smtp-password"),
        (["set", "twilio-"], SECRET, 2, "capdesk uses no secret named twilio-"),
        (["set", "smtp-password"], "\n", 2, "A secret cannot be empty"),
        (["set", "smtp-password", "--from-file", "/nonexistent"], "", 1, "/nonexistent cannot be read (No such file"),
        (["set", "smtp-password", "--from-file", sys.executable], "", 1, "holds no text in UTF-8"),
        (["remove", "smtp-password"], "", 1, "The secret smtp-password is not set"),
    ],
)
def test_that_bad_input_has_its_sentence_and_changes_nothing(
    secrets: Secrets, tmp_path: Path, words: list[str], given: str, code: int, sentence: str
) -> None:
    ran = secrets(*words, given=given)
    assert (ran.code, sentence in ran.err) == (code, True), ran.err
    assert not (tmp_path / "desk" / "secrets").exists()


def test_that_the_list_says_where_each_comes_from(secrets: Secrets, kept: StoredSecrets) -> None:
    assert secrets("list").out.startswith("No secret is kept yet; set one with")
    kept.set("smtp-password", SECRET)
    kept.set("twilio-AC1", SECRET)
    ran = secrets("list", "--json", CAPDESK_TWILIO_AC1=SECRET, CAPDESK_GCP_P_D_T=SECRET)
    assert ran.json == [
        {"name": "smtp-password", "source": "file", "variable": "CAPDESK_SMTP_PASSWORD"},
        {"name": "twilio-AC1", "source": "environment", "variable": "CAPDESK_TWILIO_AC1"},
        {"name": None, "source": "environment", "variable": "CAPDESK_GCP_P_D_T"},
    ]
    shown = [line.split() for line in secrets("list").out.splitlines()]
    assert [shown[0], *shown[2:]] == [["name", "from"], ["smtp-password", "file"], ["twilio-AC1", "file"]]


def test_that_removing_says_when_the_environment_still_gives_it(secrets: Secrets, kept: StoredSecrets) -> None:
    kept.set("smtp-password", SECRET)
    ran = secrets("remove", "smtp-password", CAPDESK_SMTP_PASSWORD=SECRET)
    assert ran.out == "smtp-password is removed. CAPDESK_SMTP_PASSWORD is still set and used.\n"
    ran = secrets("remove", "smtp-password", CAPDESK_SMTP_PASSWORD=SECRET)
    assert (ran.code, "unset CAPDESK_SMTP_PASSWORD where it is set" in ran.err) == (1, True)
    assert kept.names() == []


def checked(ran: Ran) -> tuple[int, Any]:
    found = ran.json
    return ran.code, (found["state"], found["key_source"], found["key_file"], found["names"])


def test_that_check_tells_what_is_wrong_and_exits_with_1(secrets: Secrets, kept: StoredSecrets, tmp_path: Path) -> None:
    assert checked(secrets("check", "--json")) == (0, ("empty", None, False, []))
    kept.set("smtp-password", SECRET)
    assert checked(secrets("check", "--json")) == (0, ("ok", "environment", False, ["smtp-password"]))
    assert secrets("check").out == "1 secret can be opened, with the key from the environment.\n"
    assert checked(secrets("check", "--json", CAPDESK_MASTER_KEY="")) == (1, ("no keyring", None, False, []))
    assert checked(secrets("check", "--json", CAPDESK_MASTER_KEY=OTHER_KEY)) == (1, ("absent", None, False, []))
    assert checked(secrets("check", "--json", CAPDESK_MASTER_KEY="x")) == (1, ("refused", None, False, []))
    ran = secrets("check", CAPDESK_MASTER_KEY=OTHER_KEY)
    assert f"does not open {tmp_path}/desk/secrets, which is damaged or sealed with another key" in ran.out


def test_that_after_a_lost_key_the_secrets_are_set_again_and_the_old_file_kept(
    secrets: Secrets, kept: StoredSecrets, tmp_path: Path
) -> None:
    kept.set("smtp-password", SECRET)
    before = kept.file.path.read_bytes()
    ran = secrets("set", "smtp-password", given=SECRET, CAPDESK_MASTER_KEY=OTHER_KEY)
    aside = tmp_path / "desk" / "secrets.unreadable-1"
    assert f"The file that could no longer be opened is now {aside}: set the other secrets again too." in ran.out
    assert aside.read_bytes() == before
    assert checked(secrets("check", "--json", CAPDESK_MASTER_KEY=OTHER_KEY))[1][0] == "ok"


def test_that_a_desk_without_a_keyring_is_offered_the_key_file(secrets: Secrets, tmp_path: Path) -> None:
    no_key = {"CAPDESK_MASTER_KEY": ""}
    ran = secrets("set", "smtp-password", given=SECRET, **no_key)
    assert (ran.code, "This session has no keyring" in ran.err, "allow-key-file" in ran.err) == (1, True, True)

    ran = secrets("allow-key-file", **no_key)
    assert "whoever gets at this folder or a copy of it can read the secrets" in ran.out
    assert (tmp_path / "desk" / "master.key").stat().st_mode & 0o077 == 0
    assert secrets("allow-key-file", "--json", **no_key).json["changed"] is False
    assert secrets("set", "smtp-password", given=SECRET, **no_key).code == 0
    assert checked(secrets("check", "--json", **no_key)) == (0, ("ok", "key file", True, ["smtp-password"]))

    ran = secrets("forbid-key-file", **no_key)
    assert (ran.code, "holds the only key to the secrets" in ran.err) == (1, True)
    assert secrets("remove", "smtp-password", **no_key).code == 0


def test_that_the_key_file_is_removed_again(secrets: Secrets, kept: StoredSecrets, tmp_path: Path) -> None:
    kept.set("smtp-password", SECRET)
    assert secrets("allow-key-file").code == 0
    assert secrets("check").out.endswith("the environment. " + f"{tmp_path}/desk/master.key is allowed too.\n")
    assert secrets("forbid-key-file").out.startswith(f"{tmp_path}/desk/master.key is removed: runs need the keyring")
    assert secrets("forbid-key-file", "--json").json == {"changed": False, "message": "There is no key file."}


_LOADED = """
import sys
from capdesk.cli import run
code = run(sys.argv[1:])
heavy = {"sqlalchemy", "alembic", "psycopg", "keyring", "secretstorage", "jeepney"}
print("LOADED", code, *sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("words", [["list"], ["check"], ["set", "smtp-password"], ["remove", "smtp-password"]])
def test_that_secrets_need_no_database_and_no_keyring_where_the_key_is_given(
    kept: StoredSecrets, tmp_path: Path, words: list[str]
) -> None:
    kept.set("smtp-password", SECRET)
    command = [sys.executable, "-c", _LOADED, "--desk", str(tmp_path / "desk"), "secrets", *words]
    environment = {**no_keyring_environment(tmp_path), "CAPDESK_MASTER_KEY": KEY}
    done = subprocess.run(command, cwd=ROOT, input=SECRET, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "LOADED 0"
