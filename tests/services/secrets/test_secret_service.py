"""The real thing on Linux: a session bus, gnome-keyring and the `keyring` library, in folders of their own.

Needs `dbus-daemon` and `gnome-keyring-daemon` (Debian: dbus-daemon, gnome-keyring).
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from capdesk.errors import NoKeyring, SecretsLocked
from capdesk.services.secrets.master_key import MasterKeys
from capdesk.services.secrets.os_keyring import SystemKeyring
from capdesk.services.secrets.stored import StoredSecrets
from tests.support.clients import eventually

_MISSING = [name for name in ("dbus-daemon", "gnome-keyring-daemon") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(_MISSING), reason=f"{' and '.join(_MISSING)} not installed"),
    pytest.mark.slow,
]

# A bus that starts nothing by itself: there is a Secret Service on it only where a test put one.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={socket}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


class Session:
    """A desktop session of its own: bus, home, and a keyring daemon when it is logged in to."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.socket = home / "bus"
        self.environ = {"XDG_RUNTIME_DIR": str(home)}
        self._processes: list[subprocess.Popen[bytes]] = []
        config = home / "bus.conf"
        config.write_text(_BUS.format(socket=self.socket), encoding="utf-8")
        self._start("dbus-daemon", f"--config-file={config}", "--nofork")
        assert eventually(self.socket.is_socket)

    def log_in(self, *flags: str) -> subprocess.Popen[bytes]:
        """Starts the keyring's daemon; with `--unlock` as a login does it, which makes the keyring at first."""
        daemon = self._start("gnome-keyring-daemon", "--foreground", "--components=secrets", *flags)
        assert daemon.stdin is not None
        daemon.stdin.write(b"the owner's login")
        daemon.stdin.close()
        daemon.stdin = None
        assert eventually(self._has_a_keyring if flags else self._has_a_service)
        return daemon

    def lock(self) -> None:
        import secretstorage  # noqa: PLC0415 - Linux only

        with closing(self._connection()) as bus:
            secretstorage.Collection(bus).lock()

    def secrets(self, deadline_s: float = 5.0) -> StoredSecrets:
        keyring = SystemKeyring(self.environ, deadline_s=deadline_s)
        desk = self.home / "desk"
        return StoredSecrets(desk, MasterKeys(desk, keyring, {}), {})

    def end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        process.communicate(timeout=20)
        self._processes.remove(process)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.communicate(timeout=20)

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        home = {name: str(self.home) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        environment = {"PATH": os.environ["PATH"], **home, **self.environ}
        environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self.socket}"
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    def _connection(self) -> Any:
        from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped] # noqa: PLC0415

        return open_dbus_connection(f"unix:path={self.socket}")

    def _has_a_service(self) -> bool:
        import secretstorage  # noqa: PLC0415

        with closing(self._connection()) as bus:
            return secretstorage.check_service_availability(bus)

    def _has_a_keyring(self) -> bool:
        import secretstorage  # noqa: PLC0415

        with closing(self._connection()) as bus:
            try:
                return bool(secretstorage.Collection(bus).get_label())
            except secretstorage.SecretStorageException:
                return False


@pytest.fixture
def session() -> Iterator[Session]:
    # Not tmp_path: a socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="capdesk-", ignore_cleanup_errors=True) as folder:
        opened = Session(Path(folder))
        try:
            yield opened
        finally:
            opened.close()


def test_that_secrets_live_in_an_unlocked_keyring_across_logins(session: Session) -> None:
    daemon = session.log_in("--unlock")
    secrets = session.secrets()
    secrets.set("smtp-password", "hush")
    assert (session.secrets().get("smtp-password"), session.secrets().state().key_source) == ("hush", "keyring")
    session.end(daemon)
    session.log_in("--unlock")
    assert session.secrets().get("smtp-password") == "hush"
    session.secrets().set("twilio-AC1", "token")
    assert session.secrets().names() == ["smtp-password", "twilio-AC1"]


def test_that_a_locked_keyring_is_told_at_once_and_never_asks(session: Session) -> None:
    session.log_in("--unlock")
    session.secrets().set("smtp-password", "hush")
    session.lock()
    begun = time.monotonic()
    for act in (lambda: session.secrets().get("smtp-password"), lambda: session.secrets().set("smtp-password", "new")):
        with pytest.raises(SecretsLocked, match="is locked: unlock it"):
            act()
    assert time.monotonic() - begun < 2


def test_that_a_first_secret_waits_for_an_unlocked_keyring(session: Session) -> None:
    session.log_in("--unlock")
    session.lock()
    with pytest.raises(SecretsLocked):
        session.secrets().set("smtp-password", "hush")
    assert not session.secrets().file.path.exists()


def test_that_a_keyring_nobody_made_yet_is_no_keyring_and_never_asks_for_a_password(session: Session) -> None:
    session.log_in()
    begun = time.monotonic()
    with pytest.raises(NoKeyring):
        session.secrets().set("smtp-password", "hush")
    assert time.monotonic() - begun < 2


def test_that_a_daemon_that_fell_silent_counts_as_locked_within_the_deadline(session: Session) -> None:
    daemon = session.log_in("--unlock")
    session.secrets().set("smtp-password", "hush")
    daemon.send_signal(signal.SIGSTOP)
    secrets = session.secrets(deadline_s=0.5)
    with pytest.raises(SecretsLocked, match=r"did not answer within 0\.5 seconds"):
        secrets.get("smtp-password")
    daemon.send_signal(signal.SIGCONT)

    def answers() -> bool:
        try:
            return secrets.get("smtp-password") == "hush"
        except SecretsLocked:
            return False

    assert eventually(answers)


def test_that_a_bus_without_a_secret_service_is_no_keyring(session: Session) -> None:
    with pytest.raises(NoKeyring, match="This session has no keyring: log in to the desktop"):
        session.secrets().set("smtp-password", "hush")


def test_that_no_bus_is_no_keyring(session: Session) -> None:
    session.close()
    session.socket.unlink(missing_ok=True)
    for address in (None, "unix:path=/nonexistent/bus", f"unix:path={session.home}/bus", "tcp:host=localhost", "?"):
        if address is not None:
            session.environ["DBUS_SESSION_BUS_ADDRESS"] = address
        with pytest.raises(NoKeyring, match="This session has no keyring"):
            session.secrets().set("smtp-password", "hush")
