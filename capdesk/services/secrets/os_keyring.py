"""The computer's own keyring: Secret Service, macOS Keychain or Windows Credential Manager, and no other.

The backend is pinned per platform: what the `keyring` library would choose by itself may keep plain text
(keyrings.alt), keep nothing (null) or ask at the terminal. Every call has a deadline, and none may put up a window.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from capdesk.errors import NoKeyring, SecretsLocked, SecretUnavailable
from capdesk.services.secrets.watchdog import Overdue, Watchdog

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "capdesk"
DEADLINE_S = 5.0
_INTERACTION_NOT_ALLOWED = -25308  # macOS: it would have had to ask
_UNATTENDED = "once it is unlocked, let unattended runs use a key file with `capdesk secrets allow-key-file`"


class Keyring(Protocol):
    """A few short entries, each under a user name. Every method raises SecretsLocked or NoKeyring."""

    def get(self, user: str) -> str | None: ...
    def keep(self, user: str, value: str) -> None:
        """Raises NoKeyring where the entry, read back, is not what was written; then nothing of it stays."""
        ...


class SystemKeyring:
    """The keyring of this computer. `backend` and `deadline_s` (seconds, for each call) are for tests."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        backend: "Callable[[], KeyringBackend] | None" = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._backend = backend or (lambda: pinned_backend(environ))
        self._deadline_s = deadline_s
        self._watchdog = Watchdog(deadline_s)

    def get(self, user: str) -> str | None:
        return self._ask(lambda backend: backend.get_password(SERVICE, user))

    def keep(self, user: str, value: str) -> None:
        self._ask(lambda backend: backend.set_password(SERVICE, user, value))
        if self.get(user) != value:
            self._forget(user)
            raise NoKeyring(
                "The keyring of this computer does not keep what is put into it, so nothing was stored: use another "
                "one, name a key in CAPDESK_MASTER_KEY_FILE, or allow a key file with `capdesk secrets allow-key-file`."
            )

    def _forget(self, user: str) -> None:
        """As far as it can be: what is left would be a key that opens nothing."""
        try:
            self._ask(lambda backend: backend.delete_password(SERVICE, user))
        except SecretUnavailable:
            return

    def _ask(self, question: "Callable[[KeyringBackend], T]") -> T:
        try:
            return self._watchdog.call(lambda: question(self._backend()))
        except Overdue:
            refusal: SecretUnavailable = SecretsLocked(
                f"The keyring of this computer did not answer within {self._deadline_s:g} seconds, as one does that "
                f"waits to be unlocked: unlock it and try again, or, {_UNATTENDED}."
            )
        except Exception as error:  # every backend has its own ways to fail
            refusal = _refusal(error)
        # Raised out here, where the library's exception, which may hold the key, is no longer its context.
        raise refusal


def pinned_backend(environ: Mapping[str, str]) -> "KeyringBackend":
    """The one backend of this platform, whatever the environment or a keyringrc.cfg asks for."""
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring  # noqa: PLC0415

        return WinVaultKeyring()
    if sys.platform == "darwin":
        from keyring.backends import macOS  # noqa: PLC0415

        macOS.api._sec.SecKeychainSetUserInteractionAllowed(False)
        return macOS.Keyring()
    from capdesk.services.secrets.secret_service import QuietSecretService  # noqa: PLC0415 - 100 ms, not for Windows

    return QuietSecretService(bus_address(environ))


def bus_address(environ: Mapping[str, str]) -> str | None:
    """The session bus: as the environment says, else where it usually is, for cron says nothing."""
    if named := environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return named
    if sys.platform == "win32":
        return None
    usual = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "bus"
    return f"unix:path={usual}" if usual.is_socket() else None


def _refusal(error: Exception) -> SecretUnavailable:
    from keyring.errors import InitError, KeyringLocked, NoKeyringError  # noqa: PLC0415

    cause = error.__cause__
    asked = cause is not None and cause.args[:1] == (_INTERACTION_NOT_ALLOWED,)
    if isinstance(error, KeyringLocked) or asked:
        return SecretsLocked(
            f"The keyring of this computer is locked: unlock it by logging in to the desktop, or, {_UNATTENDED}."
        )
    if isinstance(error, (NoKeyringError, InitError, ImportError)):
        why = "This session has no keyring"
    else:
        why = f"The keyring of this computer failed ({type(error).__name__})"
    return NoKeyring(
        f"{why}: log in to the desktop, name a key in CAPDESK_MASTER_KEY_FILE, or allow a key file with "
        "`capdesk secrets allow-key-file`."
    )
