"""Tokens, passwords and keys of the desk's connections: the port, its fake, and how each secret is named.

Where they are kept: one file in the desk's folder, sealed with a master key that lies in the computer's keyring
(`file.py`, `master_key.py`). A variable of the environment goes before it, secret by secret.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from capdesk.errors import SecretAbsent, UsageRefused

if TYPE_CHECKING:
    from capdesk.services.secrets.stored import StoredSecrets

SMTP_PASSWORD = "smtp-password"


class Secrets(Protocol):
    """Secrets by name. No value is ever in an error, a repr or a log."""

    def get(self, name: str) -> str:
        """Raises SecretAbsent, SecretsLocked or NoKeyring; SecretUnavailable for what is damaged or not private."""
        ...

    def set(self, name: str, value: str) -> Path | None:
        """Keeps the value, for good when it returns. Raises like `get`, and UsageRefused for what cannot be kept.

        Says where a file that can no longer be opened was moved to, None as a rule.
        """
        ...

    def remove(self, name: str) -> None:
        """Raises SecretAbsent where there is none of that name."""
        ...

    def names(self) -> list[str]:
        """The names that are kept, in order."""
        ...


class MemorySecrets:
    """Secrets that last as long as the object, for tests and the demo."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def get(self, name: str) -> str:
        try:
            return self._values[name]
        except KeyError:
            raise absent(name) from None

    def set(self, name: str, value: str) -> None:
        check_name(name)
        self._values[name] = value

    def remove(self, name: str) -> None:
        self.get(name)
        del self._values[name]

    def names(self) -> list[str]:
        return sorted(self._values)


def secret_name(kind: Literal["smtp", "twilio", "gcp"], account: str | None = None) -> str:
    """`smtp-password`, `twilio-ACCOUNT_SID` (auth token or API key secret), `gcp-TABLE` (service-account JSON)."""
    return SMTP_PASSWORD if kind == "smtp" else f"{kind}-{account}"


def variable(name: str) -> str:
    """The variable of the environment that goes before the kept secret: `smtp-password` → `CAPDESK_SMTP_PASSWORD`."""
    return "CAPDESK_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def check_name(name: str) -> None:
    """Raises UsageRefused for what cannot name a secret."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}", name):
        raise UsageRefused("A secret's name is made of letters, digits and . _ : -, like smtp-password.")


def absent(name: str) -> SecretAbsent:
    return SecretAbsent(
        f"The secret {name} is not set: set it with `capdesk secrets set {name}`, or in the environment "
        f"variable {variable(name)}."
    )


def open_secrets(folder: Path, environ: Mapping[str, str] = os.environ) -> "StoredSecrets":
    """The secrets of the desk in that folder. Nothing is read, made or asked for before the first use."""
    from capdesk.services.secrets.master_key import MasterKeys  # noqa: PLC0415
    from capdesk.services.secrets.os_keyring import SystemKeyring  # noqa: PLC0415
    from capdesk.services.secrets.stored import StoredSecrets  # noqa: PLC0415

    return StoredSecrets(folder, MasterKeys(folder, SystemKeyring(environ), environ), environ)
