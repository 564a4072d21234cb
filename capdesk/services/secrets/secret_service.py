"""The Secret Service of Linux desktops (GNOME Keyring, KWallet, KeePassXC), never asked to unlock itself.

Imported only where a key is wanted from it: keyring, secretstorage, jeepney and their cryptography load with it.
"""

from typing import Any

import secretstorage
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # type: ignore[import-untyped]
from keyring.backends import SecretService
from keyring.errors import InitError, KeyringLocked, NoKeyringError
from secretstorage.exceptions import ItemNotFoundException, SecretStorageException
from secretstorage.util import add_match_rules


class QuietSecretService(SecretService.Keyring):
    """The library's own backend, but a locked collection is told instead of unlocked, and none is ever made.

    Both would put up a window where there is a display, and wait for it without end.
    """

    def __init__(self, address: str | None) -> None:
        """`address` is that of the session bus, None where there is no bus."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._address = address

    def get_preferred_collection(self) -> secretstorage.Collection:
        bus = self._connected()
        try:
            add_match_rules(bus)
            collection = secretstorage.Collection(bus)
            if collection.is_locked():
                raise KeyringLocked("the default collection is locked")
            return collection
        except ItemNotFoundException:
            bus.close()
            raise InitError("there is no default collection") from None
        except SecretStorageException:
            bus.close()
            raise NoKeyringError("the bus has no Secret Service") from None
        except BaseException:
            bus.close()
            raise

    def unlock(self, item: Any) -> None:
        if item.is_locked():
            raise KeyringLocked("the entry is locked")

    def _connected(self) -> DBusConnection:
        if self._address is None:
            raise NoKeyringError("there is no session bus")
        try:
            return open_dbus_connection(self._address)
        except (OSError, ValueError, RuntimeError) as error:
            raise NoKeyringError("the session bus cannot be reached") from error
