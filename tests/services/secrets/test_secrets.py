"""What every Secrets promises, the fake like the real one; names, the environment, and where the key comes from."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import SecretAbsent, SecretUnavailable, UsageRefused
from capdesk.services.secrets import MemorySecrets, Secrets, open_secrets, secret_name, variable
from tests.services.secrets.backends import KEY, OTHER_KEY, Good, none_at_all, secrets_with

Opened = Callable[[Path], Secrets]
KINDS: dict[str, Opened] = {
    "in memory": lambda _folder: MemorySecrets(),
    "key in the keyring": lambda folder: secrets_with(folder, Good()),
    "key in the environment": lambda folder: secrets_with(folder, none_at_all, {"CAPDESK_MASTER_KEY": KEY}),
}
every_kind = pytest.mark.parametrize("opened", KINDS.values(), ids=KINDS)

SERVICE_ACCOUNT = json.dumps(
    {"type": "service_account", "project_id": "p", "private_key": "-----BEGIN PRIVATE KEY-----\n" + "Mü9+/\n" * 1200},
    ensure_ascii=False,
    indent=2,
)


@every_kind
def test_that_a_secret_is_given_back_as_it_was_set(tmp_path: Path, opened: Opened) -> None:
    secrets = opened(tmp_path)
    assert len(SERVICE_ACCOUNT.encode()) > 8192
    secrets.set("gcp-p.d.t", SERVICE_ACCOUNT)
    secrets.set("smtp-password", "old")
    secrets.set("smtp-password", "new")
    assert (secrets.get("gcp-p.d.t"), secrets.get("smtp-password")) == (SERVICE_ACCOUNT, "new")
    assert secrets.names() == ["gcp-p.d.t", "smtp-password"]


@every_kind
def test_that_an_absent_secret_says_how_to_set_it(tmp_path: Path, opened: Opened) -> None:
    secrets = opened(tmp_path)
    for ask in (secrets.get, secrets.remove):
        with pytest.raises(SecretAbsent, match=r"`capdesk secrets set twilio-AC1`, or in .* CAPDESK_TWILIO_AC1"):
            ask("twilio-AC1")
    assert secrets.names() == []


@every_kind
def test_that_a_removed_secret_is_gone(tmp_path: Path, opened: Opened) -> None:
    secrets = opened(tmp_path)
    secrets.set("twilio-AC1", "a")
    secrets.set("twilio-AC2", "b")
    secrets.remove("twilio-AC1")
    assert secrets.names() == ["twilio-AC2"]
    with pytest.raises(SecretAbsent):
        secrets.get("twilio-AC1")


@every_kind
@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "a\n", "ä", "x" * 201])
def test_that_what_cannot_be_a_name_is_refused(tmp_path: Path, opened: Opened, name: str) -> None:
    with pytest.raises(UsageRefused):
        opened(tmp_path).set(name, "value")


@pytest.mark.parametrize("value", ["", "x" * (64 * 1024 + 1), "a\0b"])
def test_that_what_cannot_be_a_secret_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageRefused):
        secrets_with(tmp_path, Good()).set("smtp-password", value)
    assert list(tmp_path.iterdir()) == []


def test_that_names_and_variables_are_told_apart() -> None:
    assert secret_name("smtp") == "smtp-password"
    assert secret_name("twilio", "AC12") == "twilio-AC12"
    assert secret_name("gcp", "my-project.billing.export") == "gcp-my-project.billing.export"
    assert variable("smtp-password") == "CAPDESK_SMTP_PASSWORD"
    assert variable("gcp-my-project.billing.export") == "CAPDESK_GCP_MY_PROJECT_BILLING_EXPORT"


def test_that_the_environment_goes_before_the_file_secret_by_secret(tmp_path: Path) -> None:
    good = Good()
    plain = secrets_with(tmp_path, good)
    plain.set("smtp-password", "kept")
    plain.set("twilio-AC1", "token")
    given = secrets_with(tmp_path, good, {"CAPDESK_SMTP_PASSWORD": "given", "CAPDESK_TWILIO_AC1": ""})
    assert (given.get("smtp-password"), given.get("twilio-AC1")) == ("given", "token")


def test_that_a_secret_of_the_environment_needs_no_key_and_no_folder(tmp_path: Path) -> None:
    secrets = secrets_with(tmp_path / "desk", none_at_all, {"CAPDESK_SMTP_PASSWORD": "given"})
    assert (secrets.get("smtp-password"), secrets.names()) == ("given", ["smtp-password"])
    assert not (tmp_path / "desk").exists()


def test_that_nothing_is_read_or_made_before_the_first_use(tmp_path: Path) -> None:
    open_secrets(tmp_path / "desk", {"CAPDESK_MASTER_KEY": "nonsense"})
    assert not (tmp_path / "desk").exists()


def test_that_the_key_is_looked_for_in_the_environment_then_the_keyring_then_the_key_file(tmp_path: Path) -> None:
    good = Good()
    secrets = secrets_with(tmp_path, good)
    secrets.set("smtp-password", "x")
    assert secrets.allow_key_file()
    (entry,) = good.entries.values()
    asked = good.asked

    assert secrets_with(tmp_path, good, {"CAPDESK_MASTER_KEY": entry}).state().key_source == "environment"
    assert good.asked == asked
    assert secrets_with(tmp_path, good).state().key_source == "keyring"
    assert secrets_with(tmp_path, none_at_all).state().key_source == "key file"


def test_that_a_key_that_opens_nothing_is_passed_over_for_the_one_that_does(tmp_path: Path) -> None:
    good = Good()
    secrets_with(tmp_path, good).set("smtp-password", "x")
    secrets = secrets_with(tmp_path, good, {"CAPDESK_MASTER_KEY": OTHER_KEY})
    assert (secrets.get("smtp-password"), secrets.state().key_source) == ("x", "keyring")


def test_that_two_desks_never_share_an_entry_of_the_keyring(tmp_path: Path) -> None:
    good = Good()
    for name in ("one", "two"):
        secrets_with(tmp_path / name, good).set("smtp-password", name)
    assert len({user for _, user in good.entries}) == 2
    assert len(set(good.entries.values())) == 2


@pytest.mark.parametrize("text", [KEY, f"{KEY}\n", KEY.replace("+", "-").replace("/", "_")])
def test_that_a_key_is_taken_from_a_private_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "the key"
    file.touch(mode=0o600)
    file.write_text(text, encoding="ascii")
    secrets = secrets_with(tmp_path / "desk", none_at_all, {"CAPDESK_MASTER_KEY_FILE": str(file)})
    secrets.set("smtp-password", "x")
    assert secrets_with(tmp_path / "desk", none_at_all, {"CAPDESK_MASTER_KEY": KEY}).get("smtp-password") == "x"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
@pytest.mark.parametrize("named", [True, False], ids=["named in the environment", "allowed by the owner"])
def test_that_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int, named: bool) -> None:
    file = tmp_path / "master.key"
    file.write_text(KEY, encoding="ascii")
    file.chmod(mode)
    environ = {"CAPDESK_MASTER_KEY_FILE": str(file)} if named else {}
    secrets = secrets_with(tmp_path, none_at_all, environ)
    with pytest.raises(SecretUnavailable, match=f"can be read by other accounts .mode {mode:o}.: run chmod 600"):
        secrets.set("smtp-password", "x")
    assert not secrets.file.path.exists()


@pytest.mark.parametrize("text", ["hunter2", KEY[:-4], KEY + "AAAA", "ü" * 44, " "])
def test_that_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    secrets = secrets_with(tmp_path, none_at_all, {"CAPDESK_MASTER_KEY": text})
    with pytest.raises(SecretUnavailable, match="CAPDESK_MASTER_KEY holds no key: it must be 32 bytes") as refused:
        secrets.set("smtp-password", "x")
    assert text.strip() == "" or text not in str(refused.value)


def test_that_a_key_file_that_does_not_exist_is_told(tmp_path: Path) -> None:
    secrets = secrets_with(tmp_path, none_at_all, {"CAPDESK_MASTER_KEY_FILE": str(tmp_path / "gone")})
    with pytest.raises(SecretUnavailable, match="gone, which does not exist"):
        secrets.set("smtp-password", "x")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.text(min_size=1).filter(lambda t: "\0" not in t))))
def test_that_whatever_is_set_and_removed_the_file_holds_the_rest(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str | None]]
) -> None:
    folder, good = tmp_path_factory.mktemp("desk"), Good()
    model: dict[str, str] = {}
    for name, value in steps:
        secrets = secrets_with(folder, good)
        if value is not None:
            secrets.set(name, value)
            model[name] = value
        elif model.pop(name, None) is not None:
            secrets.remove(name)
    opened = secrets_with(folder, good)
    assert {name: opened.get(name) for name in opened.names()} == model
