"""`capdesk secrets`: tokens and passwords of the connections. No value is ever an argument or printed."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from capdesk.commands.base import App, printing, table
from capdesk.errors import (
    FileRefused,
    NoKeyring,
    RuleRefused,
    SecretAbsent,
    SecretsLocked,
    SecretUnavailable,
    UsageRefused,
)
from capdesk.services.reports.wording import counted
from capdesk.services.secrets import open_secrets, variable
from capdesk.services.secrets.file import MAX_VALUE_BYTES, too_large

if TYPE_CHECKING:
    from capdesk.services.secrets.stored import StoredSecrets

_USED = re.compile(r"smtp-password|(twilio|gcp)-.+")
_NO_FILE = "No secret is kept yet; set one with `capdesk secrets set smtp-password`, or with `capdesk connect`."
_STATES: dict[type[SecretUnavailable], str] = {
    SecretsLocked: "locked",
    NoKeyring: "no keyring",
    SecretAbsent: "absent",
    SecretUnavailable: "refused",
}


@dataclass(frozen=True)
class Kept:
    """Where a secret comes from; `variable` is the one of the environment that goes before the file.

    A variable alone does not tell the exact name of its secret: then that is None.
    """

    name: str | None
    source: str
    variable: str


@dataclass(frozen=True)
class Done:
    changed: bool
    message: str


@dataclass(frozen=True)
class Stored:
    name: str
    moved_aside: str | None
    """Where the file was moved that could no longer be opened."""


@dataclass(frozen=True)
class Check:
    """`state` is ok, empty, locked, no keyring, absent (no key there is opens the file) or refused."""

    state: str
    key_source: str | None
    key_file: bool
    names: tuple[str, ...]
    message: str


@click.group()
def secrets() -> None:
    """Tokens, passwords and keys: kept sealed in the desk's folder, their key in this computer's keyring."""


@secrets.command("set")
@click.argument("name")
@click.argument("value", nargs=-1, metavar="")
@click.option(
    "--from-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read the value from this file, such as a service account's key.",
)
@printing
def set_(app: App, name: str, value: tuple[str, ...], from_file: Path | None) -> None:
    """Keep a secret: smtp-password, twilio-ACCOUNT_SID or gcp-PROJECT.DATASET.TABLE.

    The value is asked for without showing it, or read from standard input, or from a file; never from an argument.
    """
    if value:
        raise UsageRefused(
            "A secret is never an argument, where other programs and the shell's history see it: give it on standard "
            "input, and change it at the provider if this one was real."
        )
    if not _USED.fullmatch(name):
        raise UsageRefused(
            f"capdesk uses no secret named {name}; write it like smtp-password, twilio-ACCOUNT_SID or "
            "gcp-PROJECT.DATASET.TABLE."
        )
    kept = open_secrets(app.folder)
    aside = kept.store(name, _given(name, from_file))
    lines = [f"{name} is kept."]
    if aside is not None:
        lines.append(f"The file that could no longer be opened is now {aside}: set the other secrets again too.")
    if kept.from_environment(name) is not None:
        lines.append(f"{variable(name)} is set and goes before this.")
    app.show(Stored(name, None if aside is None else str(aside)), "\n".join(lines))


@secrets.command("list")
@printing
def list_(app: App) -> None:
    """Which secrets there are and where each comes from; never what they are."""
    kept = open_secrets(app.folder)
    found = [_kept(kept, name) for name in kept.names()]
    found += [Kept(None, "environment", given) for given in kept.other_variables()]
    rows = [(each.name, each.source, each.variable if each.source == "environment" else "") for each in found]
    app.show(found, table(("name", "from", ""), rows, empty=_NO_FILE))


@secrets.command("remove")
@click.argument("name")
@printing
def remove(app: App, name: str) -> None:
    """Forget a secret that is kept in the file."""
    kept = open_secrets(app.folder)
    given = kept.from_environment(name) is not None
    try:
        kept.remove(name)
    except SecretAbsent:
        if not given or name in kept.state().names:
            raise
        raise RuleRefused(f"{name} comes from the environment: unset {variable(name)} where it is set.") from None
    still = f" {variable(name)} is still set and used." if given else ""
    app.show(Done(True, "removed"), f"{name} is removed.{still}")


@secrets.command("check")
@printing
def check(app: App) -> int:
    """Whether everything kept can be opened, and with which key. Exits with 1 if not."""
    found = _checked(open_secrets(app.folder))
    app.show(found, found.message)
    return 0 if found.state in ("ok", "empty") else 1


@secrets.command("allow-key-file")
@printing
def allow_key_file(app: App) -> None:
    """Keep the key in a 0600 file too, so that unattended runs work while the keyring is locked.

    Whoever can read your files can then read the secrets: another program of yours, or a copy of the desk's folder.
    """
    kept = open_secrets(app.folder)
    changed = kept.allow_key_file()
    message = (
        f"{kept.keys.key_file} {'now holds' if changed else 'holds already'} the key, for your account alone: runs go "
        "on while the keyring is locked, and whoever gets at this folder or a copy of it can read the secrets."
    )
    app.show(Done(changed, message), message)


@secrets.command("forbid-key-file")
@printing
def forbid_key_file(app: App) -> None:
    """Remove the key file again, once its key is safe in the keyring."""
    kept = open_secrets(app.folder)
    changed = kept.forbid_key_file()
    message = (
        f"{kept.keys.key_file} is removed: runs need the keyring again. Copies and backups of it still open the "
        "secrets of their day."
        if changed
        else "There is no key file."
    )
    app.show(Done(changed, message), message)


def _given(name: str, file: Path | None) -> str:
    """The value, without the line end that editors and `echo` add."""
    if file is None and sys.stdin is None:
        raise UsageRefused("Standard input is closed: give the secret there, or with --from-file.")
    try:
        if file is not None:
            with file.open("rb") as given:
                return _text(given)
        if sys.stdin.isatty():
            if name.startswith("gcp-"):
                raise UsageRefused(
                    f"A service account's key has many lines: capdesk secrets set {name} --from-file PATH"
                )
            return str(click.prompt(f"Value of {name} (not shown)", hide_input=True, prompt_suffix=": ", err=True))
        return _text(sys.stdin.buffer)
    except OSError as fault:
        raise FileRefused(f"{file or 'Standard input'} cannot be read ({fault.strerror}): give another.") from None
    except UnicodeDecodeError:
        raise FileRefused(f"{file or 'Standard input'} holds no text in UTF-8: give the secret as text.") from None


def _text(given: BinaryIO) -> str:
    """All of it, unless it never ends; without what editors put around a text."""
    content = given.read(2 * MAX_VALUE_BYTES)
    if len(content) == 2 * MAX_VALUE_BYTES:
        raise too_large()
    return content.decode("utf-8-sig").rstrip("\r\n")


def _kept(kept: "StoredSecrets", name: str) -> Kept:
    given = kept.from_environment(name) is not None
    return Kept(name, "environment" if given else "file", variable(name))


def _checked(kept: "StoredSecrets") -> Check:
    key_file = kept.keys.key_file.exists()
    try:
        found = kept.state()
    except SecretUnavailable as fault:
        state = next(state for kind, state in _STATES.items() if isinstance(fault, kind))
        return Check(state, None, key_file, (), str(fault))
    if found.key_source is None:
        return Check("empty", None, key_file, (), _NO_FILE)
    message = f"{counted(len(found.names), 'secret')} can be opened, with the key from the {found.key_source}."
    if key_file and found.key_source != "key file":
        message += f" {kept.keys.key_file} is allowed too."
    return Check("ok", found.key_source, key_file, found.names, message)
