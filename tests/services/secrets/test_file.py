"""The sealed file: nothing of it in plain, every changed bit noticed, whole at every moment, and never thrown away."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from capdesk.errors import SecretAbsent, SecretUnavailable
from capdesk.services.database.passwords import write_private
from capdesk.services.secrets.stored import StoredSecrets
from tests.services.secrets.backends import KEY, OTHER_KEY, Good, none_at_all, secrets_with

ENVIRON = {"CAPDESK_MASTER_KEY": KEY}


@pytest.fixture
def secrets(tmp_path: Path) -> StoredSecrets:
    opened = secrets_with(tmp_path, none_at_all, ENVIRON)
    opened.set("smtp-password", "hush")
    return opened


def test_that_every_flipped_bit_is_refused_and_the_file_kept(secrets: StoredSecrets) -> None:
    whole = secrets.file.path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            spoilt = bytearray(whole)
            spoilt[place] ^= 1 << bit
            secrets.file.path.write_bytes(spoilt)
            with pytest.raises(SecretUnavailable):
                secrets.get("smtp-password")
            assert secrets.file.path.read_bytes() == spoilt


def test_that_every_truncated_or_longer_file_is_refused(secrets: StoredSecrets) -> None:
    whole = secrets.file.path.read_bytes()
    for spoilt in [*(whole[:length] for length in range(len(whole))), whole + b"\0", b"PK\x03\x04" + whole, whole * 2]:
        secrets.file.path.write_bytes(spoilt)
        with pytest.raises(SecretUnavailable):
            secrets.get("smtp-password")


def test_that_the_file_is_for_the_owner_alone_and_leaves_nothing_behind(secrets: StoredSecrets, tmp_path: Path) -> None:
    assert stat.S_IMODE(secrets.file.path.stat().st_mode) == 0o600
    assert {file.name for file in tmp_path.iterdir()} == {"secrets", "secrets.lock"}


def test_that_no_two_writes_look_alike(secrets: StoredSecrets) -> None:
    seen = set()
    for _ in range(50):
        secrets.set("smtp-password", "hush")
        content = secrets.file.path.read_bytes()
        seen.add(content[24:36])
    assert len(seen) == 50


def test_that_neither_names_nor_values_stand_in_the_file(secrets: StoredSecrets) -> None:
    content = secrets.file.path.read_bytes()
    assert content.startswith(b"capdesk\x01")
    assert b"smtp" not in content
    assert b"hush" not in content


def test_that_a_file_of_a_newer_version_is_neither_read_nor_moved(secrets: StoredSecrets, tmp_path: Path) -> None:
    newer = bytearray(secrets.file.path.read_bytes())
    newer[7] = 2
    secrets.file.path.write_bytes(newer)
    for ask in (lambda: secrets.get("smtp-password"), lambda: secrets.set("smtp-password", "other")):
        with pytest.raises(SecretUnavailable, match=r"written by a newer capdesk, or is damaged"):
            ask()
    assert secrets.file.path.read_bytes() == newer


@pytest.mark.parametrize("spoilt", ["damaged", "foreign", "other key"])
def test_that_setting_anew_moves_the_unreadable_file_aside_and_keeps_it(tmp_path: Path, spoilt: str) -> None:
    first = secrets_with(tmp_path, none_at_all, ENVIRON)
    first.set("smtp-password", "old")
    before = first.file.path.read_bytes()
    if spoilt != "other key":
        before = b"something else" if spoilt == "foreign" else before[:-1]
        first.file.path.write_bytes(before)
    secrets = secrets_with(tmp_path, none_at_all, {"CAPDESK_MASTER_KEY": OTHER_KEY if spoilt == "other key" else KEY})

    with pytest.raises(SecretAbsent, match=r"or set the secrets again with .* this file beside"):
        secrets.get("smtp-password")
    assert secrets.store("smtp-password", "new") == tmp_path / "secrets.unreadable-1"
    assert (tmp_path / "secrets.unreadable-1").read_bytes() == before
    assert secrets.get("smtp-password") == "new"
    assert secrets.store("smtp-password", "newer") is None


def test_that_files_moved_aside_never_replace_each_other(tmp_path: Path) -> None:
    for number in range(1, 12):
        (tmp_path / "secrets").write_bytes(b"%d" % number)
        secrets_with(tmp_path, Good()).set("smtp-password", "x")
    kept = {(tmp_path / f"secrets.unreadable-{number}").read_bytes() for number in range(1, 12)}
    assert kept == {b"%d" % number for number in range(1, 12)}


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a right there")
def test_that_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets").symlink_to(tmp_path / "secrets")
    with pytest.raises(SecretUnavailable, match="secrets cannot be read"):
        secrets_with(tmp_path, Good()).get("smtp-password")


def test_that_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("in the way", encoding="utf-8")
    with pytest.raises(SecretUnavailable, match="desk cannot be written"):
        secrets_with(tmp_path / "desk", Good()).set("smtp-password", "x")


@pytest.mark.parametrize("act", ["set", "remove", "allow_key_file"])
def test_that_a_failing_disk_is_told_and_changes_nothing(secrets: StoredSecrets, tmp_path: Path, act: str) -> None:
    before = secrets.file.path.read_bytes()
    for name in ("secrets.new", "master.key.new"):
        (tmp_path / name).mkdir()
    acts = {
        "set": lambda: secrets.set("smtp-password", "new"),
        "remove": lambda: secrets.remove("smtp-password"),
        "allow_key_file": secrets.allow_key_file,
    }
    with pytest.raises(SecretUnavailable, match=r"cannot be written \(.*\): make room"):
        acts[act]()
    assert secrets.file.path.read_bytes() == before


_WRITER = """
import sys
from pathlib import Path
from capdesk.services.secrets import open_secrets

secrets = open_secrets(Path(sys.argv[1]))
sys.stdin.readline()
for number in range(12):
    secrets.set(f"{sys.argv[2]}{number}", sys.argv[2])
"""


def test_that_processes_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), name], stdin=subprocess.PIPE, env={**os.environ, **ENVIRON}
        )
        for name in "abc"
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    secrets = secrets_with(tmp_path, none_at_all, ENVIRON)
    assert secrets.names() == sorted(f"{name}{number}" for name in "abc" for number in range(12))
    assert all(secrets.get(name) == name[0] for name in secrets.names())


def test_that_two_that_start_the_file_at_once_end_with_one_key(tmp_path: Path) -> None:
    for number in range(20):
        folder, good, together = tmp_path / str(number), Good(), threading.Barrier(2)

        def write(name: str, folder: Path = folder, good: Good = good, together: threading.Barrier = together) -> None:
            opened = secrets_with(folder, good)
            together.wait(10)
            opened.set(name, name)

        threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert secrets_with(folder, good).names() == ["a", "b"]
        assert len(good.entries) == 1


# Ends itself, as a power cut would, at the n-th time it touches a file of the desk.
_KILLED = """
import os, signal, sys
from pathlib import Path
from capdesk.services.secrets import open_secrets
import filelock, cryptography.hazmat.primitives.ciphers.aead

folder, at = sys.argv[1], int(sys.argv[2])
secrets = open_secrets(Path(folder))
touched = 0

def watch(event, arguments):
    global touched
    if event in ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir") and str(arguments[0]).startswith(folder):
        touched += 1
        if touched == at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
secrets.set("smtp-password", "new")
"""


@pytest.mark.slow
def test_that_a_process_killed_at_any_touch_of_a_file_leaves_the_old_secrets_or_the_new(tmp_path: Path) -> None:
    found = []
    for at in range(1, 50):
        folder = tmp_path / str(at)
        secrets = secrets_with(folder, none_at_all, ENVIRON)
        secrets.set("smtp-password", "old")
        secrets.set("twilio-AC1", "token")
        command = [sys.executable, "-c", _KILLED, str(folder), str(at)]
        ended = subprocess.run(command, env={**os.environ, **ENVIRON}, check=False).returncode
        found.append(secrets.get("smtp-password"))
        assert secrets.get("twilio-AC1") == "token"
        secrets.set("smtp-password", "newest")
        assert secrets.get("smtp-password") == "newest"
        if ended == 0:
            break
    assert ended == 0
    assert len(found) > 5
    assert found == sorted(found, reverse=True)
    assert found[-1] == "new"


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_that_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    secrets = secrets_with(tmp_path, none_at_all, ENVIRON)
    make(tmp_path / "secrets")
    for action in (lambda: secrets.get("smtp-password"), lambda: secrets.set("smtp-password", "hush")):
        with pytest.raises(
            SecretUnavailable, match=r"/secrets is no file: move it away, then set the secrets again\.$"
        ):
            action()


def test_that_a_file_that_cannot_be_written_leaves_nothing_unfinished(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_private(tmp_path / "taken", "hush")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]
