"""An environment in which a window can do nothing to the computer it runs on: no tools, no home, no bus, no children.

Nothing is patched: files a person keeps are somewhere else, schedulers and keyrings are not to be found, and a second
window that is asked for ends before it begins.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.connections import list_connections, remove_connection

_NOWHERE = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP")
_FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR")
_ENDS = "import os\nos._exit(0)\n"


def harmless(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes this process's environment harmless until the test is over."""
    for name in [one for one in os.environ if one.startswith("CAPDESK_")] + list(_NOWHERE):
        monkeypatch.delenv(name, raising=False)
    for name in _FOLDERS:
        (folder / name.lower()).mkdir(parents=True)
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    (folder / "python").mkdir()
    (folder / "python" / "sitecustomize.py").write_text(_ENDS)
    (folder / "no-tools").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder / "python"))
    monkeypatch.setenv("PATH", str(folder / "no-tools"))


def nowhere_to_ask(desk: Desk) -> None:
    """Leaves the desk without Google: its client would ask a closed port for a minute. Twilio is refused at once."""

    def remove(session: Session) -> None:
        for one in list_connections(session):
            if one.provider == "gcp":
                remove_connection(session, one.account)

    desk.write(remove)
