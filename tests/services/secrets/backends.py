"""Keyrings as they come: each is a backend of the `keyring` library, and all but the first two are bad in one way."""

import base64
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, NoKeyringError, PasswordDeleteError, PasswordSetError

from capdesk.services.secrets.master_key import MasterKeys
from capdesk.services.secrets.os_keyring import SystemKeyring
from capdesk.services.secrets.stored import StoredSecrets

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


class Good(KeyringBackend):
    """Keeps what it is given, in memory."""

    priority = 0.1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


class SizeLimited(Good):
    """Windows: 2,560 bytes of UTF-16."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > 1280:
            raise OSError(1783, "The stub received bad data")
        super().set_password(service, username, password)


class Cutting(Good):
    """Keeps the first ten characters and says nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:10])


class ProbeOkThenFail(Good):
    """Takes a short probe, refuses what matters."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > 8:
            raise PasswordSetError(f"cannot store {password}")
        super().set_password(service, username, password)


class Locked(Good):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"{service} {username} {password}")


class PlainText(Good):
    """As keyrings.alt does it: base64 in a file."""

    folder: Path

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        file = self.folder / "keyring_pass.cfg"
        file.write_text(base64.b64encode(password.encode()).decode(), encoding="ascii")


class Hanging(Good):
    """Waits for somebody to unlock it. `end` lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.end.wait(60)
        return super().get_password(service, username)

    set_password = get_password  # type: ignore[assignment]


def none_at_all() -> KeyringBackend:
    raise NoKeyringError("there is no session bus")


def fails() -> KeyringBackend:
    return fail.Keyring()  # type: ignore[no-untyped-call]


def keeps_nothing() -> KeyringBackend:
    return null.Keyring()  # type: ignore[no-untyped-call]


def secrets_with(
    folder: Path,
    backend: KeyringBackend | Callable[[], KeyringBackend],
    environ: Mapping[str, str] | None = None,
    deadline_s: float = 5.0,
) -> StoredSecrets:
    """The desk's secrets over that keyring and nothing of this computer."""
    given = (lambda: backend) if isinstance(backend, KeyringBackend) else backend
    environ = environ or {}
    keyring = SystemKeyring(environ, backend=given, deadline_s=deadline_s)
    return StoredSecrets(folder, MasterKeys(folder, keyring, environ), environ)


def no_keyring_environment(folder: Path) -> dict[str, str]:
    """The environment of a process that can reach no keyring of this computer, and no secret of its owner."""
    ours = ("CAPDESK_", "DBUS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "XDG_RUNTIME_DIR": str(folder)}
