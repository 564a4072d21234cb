"""Every way a keyring can be bad: nothing in plain anywhere, a typed error in time, a way out that keeps the data."""

import base64
import logging
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from capdesk.errors import NoKeyring, RuleRefused, SecretAbsent, SecretsLocked, SecretUnavailable
from capdesk.services.secrets.os_keyring import SystemKeyring, bus_address
from capdesk.services.secrets.stored import StoredSecrets
from tests.services.secrets import backends
from tests.services.secrets.backends import KEY, Good, Hanging, Locked, none_at_all, secrets_with
from tests.support.clients import eventually

CANARY = "Kanari+vogel/42"
SIZES = (1, 2, 15, 44, 1279, 1280, 1281, 2300, 4096, 8192)


def value_of(size: int) -> str:
    return (CANARY * (size // len(CANARY) + 1))[:size]


def assert_nothing_in_plain(folder: Path, value: str) -> None:
    """Neither the name nor the value, in any of the usual spellings. Values too short to tell from chance: the name."""
    marks = [b"smtp-password", *((_spellings(value[:24])) if len(value) >= len(CANARY) else [])]
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert [mark for mark in marks if mark.lower() in content.lower()] == [], file


def _spellings(text: str) -> list[bytes]:
    raw = text.encode()
    shifted = [base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)]
    return [raw, text.encode("utf-16-le"), text.encode("utf-16-be"), raw.hex().encode(), *shifted]


def plain_text(folder: Path) -> KeyringBackend:
    backend = backends.PlainText()
    backend.folder = folder
    return backend


Made = Callable[[Path], Callable[[], KeyringBackend]]
REFUSED: dict[str, tuple[Made, type[SecretUnavailable]]] = {
    "absent": (lambda _: none_at_all, NoKeyring),
    "fail": (lambda _: backends.fails, NoKeyring),
    "null": (lambda _: backends.keeps_nothing, NoKeyring),
    "locked": (lambda _: Locked, SecretsLocked),
    "probe ok, then fail": (lambda _: backends.ProbeOkThenFail, NoKeyring),
    "cutting short": (lambda _: one(backends.Cutting()), NoKeyring),
}
TAKEN: dict[str, Made] = {
    "size-limited": lambda _: one(backends.SizeLimited()),
    "plain text": lambda folder: one(plain_text(folder)),
}


def one(backend: KeyringBackend) -> Callable[[], KeyringBackend]:
    return lambda: backend


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("made", "refusal"), REFUSED.values(), ids=REFUSED)
def test_that_a_bad_keyring_is_refused_and_nothing_is_written(
    tmp_path: Path, made: Made, refusal: type[SecretUnavailable], size: int
) -> None:
    secrets = secrets_with(tmp_path, made(tmp_path))
    with pytest.raises(refusal, match="`capdesk secrets allow-key-file`"):
        secrets.set("smtp-password", value_of(size))
    assert not secrets.file.path.exists()
    assert not secrets.keys.key_file.exists()
    assert_nothing_in_plain(tmp_path, value_of(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("made", TAKEN.values(), ids=TAKEN)
def test_that_only_the_short_key_goes_into_the_keyring(tmp_path: Path, made: Made, size: int) -> None:
    backend = made(tmp_path)
    secrets_with(tmp_path, backend).set("smtp-password", value_of(size))
    assert secrets_with(tmp_path, backend).get("smtp-password") == value_of(size)
    assert_nothing_in_plain(tmp_path, value_of(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("change", ["replaced", "lost", "nonsense"])
def test_that_a_changed_keyring_keeps_the_data_and_says_to_set_again(tmp_path: Path, change: str, size: int) -> None:
    good = Good()
    secrets_with(tmp_path, good).set("smtp-password", value_of(size))
    before = (tmp_path / "secrets").read_bytes()
    entry = next(iter(good.entries))
    good.entries = {} if change == "lost" else {entry: KEY if change == "replaced" else "***"}

    secrets = secrets_with(tmp_path, good)
    for _ in range(2):
        with pytest.raises(SecretAbsent, match=r"set the secrets again with `capdesk secrets set \.\.\.`") as told:
            secrets.get("smtp-password")
    assert str(secrets.file.path) in str(told.value)
    assert secrets.store("smtp-password", "new") == tmp_path / "secrets.unreadable-1"
    assert (tmp_path / "secrets.unreadable-1").read_bytes() == before
    assert secrets_with(tmp_path, good).get("smtp-password") == "new"
    assert_nothing_in_plain(tmp_path, value_of(size))


@pytest.mark.parametrize(("backend", "refusal"), [(none_at_all, NoKeyring), (Locked(), SecretsLocked)])
def test_that_a_keyring_out_of_reach_never_makes_a_new_file(
    tmp_path: Path, backend: KeyringBackend | Callable[[], KeyringBackend], refusal: type[SecretUnavailable]
) -> None:
    """It may come back: the file is not unreadable, only closed for now."""
    good = Good()
    secrets_with(tmp_path, good).set("smtp-password", "kept")
    before = (tmp_path / "secrets").read_bytes()
    secrets = secrets_with(tmp_path, backend)
    acts: list[Callable[[], object]] = [
        lambda: secrets.get("smtp-password"),
        lambda: secrets.set("smtp-password", "new"),
        lambda: secrets.remove("smtp-password"),
        secrets.names,
        secrets.allow_key_file,
    ]
    for act in acts:
        with pytest.raises(refusal):
            act()
    assert (tmp_path / "secrets").read_bytes() == before
    assert secrets_with(tmp_path, good).get("smtp-password") == "kept"


def test_that_without_a_keyring_the_way_out_of_a_lost_key_is_told(tmp_path: Path) -> None:
    secrets_with(tmp_path, Good()).set("smtp-password", "kept")
    with pytest.raises(NoKeyring, match="move that file away and set the secrets again"):
        secrets_with(tmp_path, none_at_all).get("smtp-password")


def test_that_a_wrong_key_beside_a_locked_keyring_is_told_too(tmp_path: Path) -> None:
    secrets_with(tmp_path, Good()).set("smtp-password", "kept")
    secrets = secrets_with(tmp_path, Locked(), {"CAPDESK_MASTER_KEY": KEY})
    with pytest.raises(SecretsLocked, match=r"The key in the environment does not open .*: The keyring of"):
        secrets.set("smtp-password", "new")


def test_that_a_keyring_that_hangs_counts_as_locked_within_the_deadline(tmp_path: Path) -> None:
    secrets_with(tmp_path, Good()).set("smtp-password", "kept")
    hanging = Hanging()
    secrets = secrets_with(tmp_path, hanging, deadline_s=0.2)
    begun = time.monotonic()
    with pytest.raises(SecretsLocked, match=r"did not answer within 0\.2 seconds"):
        secrets.get("smtp-password")
    first = time.monotonic() - begun
    for _ in range(20):
        with pytest.raises(SecretsLocked):
            secrets.get("smtp-password")
    hanging.end.set()
    assert 0.2 <= first < 2
    assert time.monotonic() - begun < 2, "what still hangs is not waited for again"


def test_that_an_unlocked_keyring_is_asked_again_after_it_hung(tmp_path: Path) -> None:
    hanging = Hanging()
    keyring = SystemKeyring({}, backend=one(hanging), deadline_s=0.1)
    with pytest.raises(SecretsLocked):
        keyring.get("me")
    hanging.entries["capdesk", "me"] = "mine"
    hanging.end.set()

    def answers() -> bool:
        try:
            return keyring.get("me") == "mine"
        except SecretsLocked:
            return False

    assert eventually(answers)


def test_that_runs_go_on_with_the_key_file_while_the_keyring_is_locked(tmp_path: Path) -> None:
    good = Good()
    attended = secrets_with(tmp_path, good)
    attended.set("smtp-password", "kept")
    assert (attended.allow_key_file(), attended.allow_key_file()) == (True, False)
    assert attended.keys.key_file.stat().st_mode & 0o077 == 0

    unattended = secrets_with(tmp_path, Locked())
    assert (unattended.get("smtp-password"), unattended.state().key_source) == ("kept", "key file")
    unattended.set("twilio-AC1", "token")
    assert secrets_with(tmp_path, good).get("twilio-AC1") == "token"


def test_that_without_opting_in_no_key_file_is_ever_written(tmp_path: Path) -> None:
    secrets = secrets_with(tmp_path, Good())
    secrets.set("smtp-password", "kept")
    secrets.remove("smtp-password")
    assert not secrets.forbid_key_file()
    assert not secrets.keys.key_file.exists()


def test_that_a_key_file_allowed_first_does_without_any_keyring(tmp_path: Path) -> None:
    secrets = secrets_with(tmp_path, none_at_all)
    assert secrets.allow_key_file()
    secrets.set("smtp-password", "kept")
    assert secrets_with(tmp_path, none_at_all).get("smtp-password") == "kept"


def test_that_the_only_key_is_not_removed_before_the_keyring_has_it(tmp_path: Path) -> None:
    secrets = secrets_with(tmp_path, none_at_all)
    secrets.allow_key_file()
    secrets.set("smtp-password", "kept")
    with pytest.raises(RuleRefused, match="holds the only key to the secrets"):
        secrets.forbid_key_file()
    assert secrets.get("smtp-password") == "kept"

    good = Good()
    assert secrets_with(tmp_path, good).forbid_key_file()
    assert not secrets.keys.key_file.exists()
    assert secrets_with(tmp_path, good).state().key_source == "keyring"


def test_that_what_a_keyring_did_not_keep_is_taken_out_of_it_again(tmp_path: Path) -> None:
    cutting = backends.Cutting()
    with pytest.raises(NoKeyring, match="does not keep what is put into it, so nothing was stored"):
        secrets_with(tmp_path, cutting).set("smtp-password", "x")
    assert cutting.entries == {}


_PINNED = """
import sys
from pathlib import Path
from capdesk.errors import NoKeyring
from capdesk.services.secrets import open_secrets

try:
    open_secrets(Path(sys.argv[1])).set("smtp-password", "hush")
except NoKeyring:
    print("refused", any(name.startswith("keyrings") for name in sys.modules))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="without a bus there is no keyring only on Linux")
def test_that_neither_environment_nor_configuration_chooses_another_backend(tmp_path: Path) -> None:
    config = tmp_path / "config" / "python_keyring"
    config.mkdir(parents=True)
    chosen = "tests.services.secrets.backends.PlainText"
    (config / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring={chosen}\n", encoding="utf-8")
    environment = {
        **backends.no_keyring_environment(tmp_path),
        "PYTHON_KEYRING_BACKEND": chosen,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    command = [sys.executable, "-c", _PINNED, str(tmp_path / "desk")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, stdin=subprocess.PIPE)
    assert (ended.stdout, ended.stderr) == ("refused False\n", "")


@pytest.mark.skipif(os.name == "nt", reason="there is no session bus")
def test_that_the_bus_is_found_where_it_usually_is_when_the_environment_is_silent(tmp_path: Path) -> None:
    assert bus_address({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "XDG_RUNTIME_DIR": str(tmp_path)}) == "unix:path=/x"
    assert bus_address({"XDG_RUNTIME_DIR": str(tmp_path)}) is None
    (tmp_path / "bus").touch()
    assert bus_address({"XDG_RUNTIME_DIR": str(tmp_path)}) is None, "a socket, not any file"


FLOWS: dict[str, Callable[[Path], StoredSecrets]] = {
    "kept": lambda folder: secrets_with(folder, Good()),
    "not kept": lambda folder: secrets_with(folder, backends.ProbeOkThenFail()),
    "no keyring": lambda folder: secrets_with(folder, none_at_all),
    "in the environment": lambda folder: secrets_with(folder, none_at_all, {"CAPDESK_SMTP_PASSWORD": CANARY}),
}


@pytest.mark.parametrize("opened", FLOWS.values(), ids=FLOWS)
def test_that_no_value_or_key_is_in_a_repr_an_error_a_traceback_or_a_log(
    tmp_path: Path, opened: Callable[[Path], StoredSecrets], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = []
    secrets = opened(tmp_path)
    acts: list[Callable[[], object]] = [
        lambda: secrets.set("smtp-password", CANARY),
        lambda: secrets.set("smtp-password", f"{CANARY}\0"),
        lambda: secrets.set("smtp-password", CANARY * 9999),
        lambda: secrets.get("twilio-AC1"),
        secrets.state,
        secrets.allow_key_file,
        lambda: (tmp_path / "secrets").write_bytes(b"capdesk"),
        lambda: secrets.get("smtp-password"),
    ]
    for act in acts:
        try:
            seen.append(repr(act()) if act is not acts[-1] else "")
        except Exception as error:  # whatever it is, it must not tell
            chain: BaseException | None = error
            while chain is not None:
                seen += [str(chain), repr(chain), *traceback.format_exception(chain)]
                chain = chain.__cause__ or chain.__context__
        seen += [repr(vars(secrets)["_known"]), repr(secrets), str(secrets), repr(secrets.keys), repr(secrets.file)]
    told = "\n".join([*seen, caplog.text])
    key = (tmp_path / "master.key").read_text(encoding="ascii") if (tmp_path / "master.key").exists() else KEY
    assert CANARY not in told
    assert key not in told
    assert repr(base64.b64decode(key)) not in told
