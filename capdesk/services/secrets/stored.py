"""The secrets of a desk: the environment, then the sealed file, under whichever key opens it."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from capdesk.errors import NoKeyring, RuleRefused, SecretsLocked, SecretUnavailable, UsageRefused
from capdesk.services.secrets import SMTP_PASSWORD, absent, check_name, variable
from capdesk.services.secrets.file import AGAIN, MAX_VALUE_BYTES, SecretsFile, Unreadable, seal, too_large
from capdesk.services.secrets.master_key import FILE_VARIABLE, VARIABLE, KeySource, MasterKey, MasterKeys

_LOCK_WAIT_S = 60.0
"""Longer than a keyring's deadlines together, which another process may be waiting out."""

_OF_CONNECTIONS = re.compile(r"CAPDESK_(TWILIO|GCP)_")


@dataclass(frozen=True)
class State:
    """What the file holds and which key opened it; `key_source` is None where there is no file yet."""

    names: tuple[str, ...]
    key_source: KeySource | None


class StoredSecrets:
    """See `Secrets`. Two processes may write at once: each waits for the other, and nothing is lost."""

    def __init__(self, folder: Path, keys: MasterKeys, environ: Mapping[str, str] = os.environ) -> None:
        self.file = SecretsFile(folder)
        self.keys = keys
        self._folder = folder
        self._environ = environ
        self._known: MasterKey | None = None

    def get(self, name: str) -> str:
        if (value := self.from_environment(name)) is not None:
            return value
        try:
            return self._opened()[0][name]
        except KeyError:
            raise absent(name) from None

    def from_environment(self, name: str) -> str | None:
        return self._environ.get(variable(name)) or None

    def names(self) -> list[str]:
        """Those in the file, and the mail password where the environment has it."""
        given = {SMTP_PASSWORD} if self.from_environment(SMTP_PASSWORD) is not None else set()
        return sorted({*self._opened()[0], *given})

    def other_variables(self) -> list[str]:
        """Variables of the environment that hold a secret of a connection, but none of these names'."""
        known = {variable(name) for name in self.names()}
        given = (name for name, value in self._environ.items() if value and _OF_CONNECTIONS.match(name))
        return sorted(set(given) - known)

    def state(self) -> State:
        """Whether everything kept can be opened, past every memory of it. Raises like `get`."""
        self._known = None
        values, key = self._opened()
        return State(tuple(sorted(values)), None if key is None else key.source)

    def set(self, name: str, value: str) -> Path | None:
        return self.store(name, value)

    def store(self, name: str, value: str) -> Path | None:
        """Like `set`; says where a file that can no longer be opened was moved to, None as a rule."""
        check_name(name)
        _check_value(value)
        with self._locked():
            unreadable = False
            try:
                values, key = self._opened()
            except Unreadable:
                values, key, unreadable = {}, None, True
            key = key or self.keys.make()
            content = seal({**values, name: value}, key.id, key.key)
            aside = self.file.move_aside() if unreadable else None
            self.file.write(content)
            self._known = key
            return aside

    def remove(self, name: str) -> None:
        with self._locked():
            values, key = self._opened()
            if key is None or name not in values:
                raise absent(name)
            del values[name]
            self.file.write(seal(values, key.id, key.key))

    def allow_key_file(self) -> bool:
        """Keeps the key beside the file too; False where it lies there already. Raises like `get`."""
        with self._locked():
            sealed = self.file.read()
            kept = self.keys.from_key_file()
            if kept is not None and (sealed is None or sealed.open(kept) is not None):
                return False
            key = self._opened()[1]
            self.keys.write_key_file(None if key is None else key.key)
            return True

    def forbid_key_file(self) -> bool:
        """Removes the key file, once its key is safe elsewhere; False where there is none."""
        with self._locked():
            if not self.keys.key_file.exists():
                return False
            self._known = None
            with contextlib.suppress(Unreadable):
                key = self._opened()[1]
                if key is not None and key.source == "key file":
                    self._hand_to_keyring(key)
            self.keys.key_file.unlink()
            self._known = None
            return True

    def _hand_to_keyring(self, key: MasterKey) -> None:
        try:
            self.keys.keep_in_keyring(key)
        except SecretUnavailable:
            raise RuleRefused(
                f"{self.keys.key_file} holds the only key to the secrets, and the keyring cannot take it now: unlock "
                f"the keyring first, or set {VARIABLE} to that key."
            ) from None

    def _opened(self) -> tuple[dict[str, str], MasterKey | None]:
        """The values and their key; nothing and None where there is no file."""
        sealed = self.file.read()
        if sealed is None:
            return {}, None
        if self._known is not None and self._known.id == sealed.key_id:
            values = sealed.open(self._known.key)
            if values is not None:
                return values, self._known
        useless: list[KeySource] = []
        unreached: SecretUnavailable | None = None
        for source, look in self.keys.sources(sealed.key_id):
            try:
                key = look()
            except (SecretsLocked, NoKeyring) as fault:
                unreached = fault
                continue
            if key is None:
                continue
            values = sealed.open(key)
            if values is not None:
                self._known = MasterKey(sealed.key_id, key, source)
                return values, self._known
            useless.append(source)
        raise self._closed(useless, unreached)

    def _closed(self, useless: list[KeySource], unreached: SecretUnavailable | None) -> SecretUnavailable:
        where = self.file.path
        if isinstance(unreached, SecretsLocked):
            first = f"The key in the {useless[0]} does not open {where}, and another cannot be had: " if useless else ""
            return SecretsLocked(f"{first}{unreached}")
        if unreached is not None and not useless:
            lost = f"; where the key to {where} is lost for good, move that file away and set the secrets again."
            return NoKeyring(str(unreached).removesuffix(".") + lost)
        if useless:
            tried = " and in the ".join(useless)
            return Unreadable(
                f"The key in the {tried} does not open {where}, which is damaged or sealed with another key: put that "
                f"key or a copy of the file back, or {AGAIN}."
            )
        return Unreadable(
            f"The key to {where} is no longer in the keyring: if you kept it, name it in {FILE_VARIABLE}, else {AGAIN}."
        )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """While nobody else writes."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - 30 ms

        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(self._folder / "secrets.lock", mode=0o600)
            lock.acquire(timeout=_LOCK_WAIT_S, poll_interval=0.01)
            try:
                yield
            finally:
                lock.release()
        except Timeout:
            raise SecretUnavailable(
                f"Another capdesk process is still writing the secrets of {self._folder}: try again in a minute."
            ) from None
        except OSError as fault:
            raise SecretUnavailable(
                f"The folder {self._folder} cannot be written ({fault.strerror}): make room, make it yours, or name "
                "another one with --desk."
            ) from None


def _check_value(value: str) -> None:
    if not value:
        raise UsageRefused("A secret cannot be empty: remove it instead with `capdesk secrets remove`.")
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > MAX_VALUE_BYTES or "\0" in value:
        raise too_large()
