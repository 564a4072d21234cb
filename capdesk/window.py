"""The way from the command line to the window: what would make Qt end the program is said in one sentence before."""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from capdesk.errors import CapdeskError

PACKAGES = (
    *("libegl1", "libgl1", "libx11-6", "libdbus-1-3", "libfontconfig1", "libfreetype6", "libglib2.0-0"),
    *("libxkbcommon0", "libxkbcommon-x11-0", "libx11-xcb1", "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0"),
    *("libxcb-keysyms1", "libxcb-randr0", "libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1"),
)
"""What Qt needs of Debian or Ubuntu; `requirements/setup.sh` installs the same."""
_XCB = "libxcb.so.1"


class NoWindow(CapdeskError):
    """There is no screen to show a window on, or what draws it is not installed."""


def show(folder: Path, database_url: str | None) -> int:
    """Opens the window of the desk and waits until it is closed. Raises NoWindow where there cannot be one."""
    if sys.platform.startswith("linux"):
        require_screen()
    try:
        from PySide6 import QtGui, QtWidgets  # noqa: F401, PLC0415 - tried before anything of ours needs it
    except ImportError as error:
        raise NoWindow(missing(str(error))) from error
    if sys.platform.startswith("linux"):
        require_plugin()
    from capdesk.views.app import run  # noqa: PLC0415

    return run(folder, database_url)


def require_screen() -> None:
    """Raises NoWindow where neither X nor Wayland is there: Qt would end the program."""
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return
    display = os.environ.get("DISPLAY")
    if not display:
        raise NoWindow(
            "There is no screen to open the window on (neither DISPLAY nor WAYLAND_DISPLAY is set): start it from a "
            "desktop session, or use a command; `capdesk --help` lists them."
        )
    if not _answers(display):
        raise NoWindow(
            f"The screen {display} does not answer: start capdesk from a desktop session, or correct DISPLAY."
        )


def require_plugin() -> None:
    """Raises NoWindow where Qt's own plugin for X lacks a library: Qt would end the program, naming only one."""
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return
    found = find_spec("PySide6")
    if found is None or found.origin is None:
        return
    plugin = Path(found.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    if plugin.exists():
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            raise NoWindow(missing(str(error))) from error


def missing(words: str) -> str:
    """The sentence for a library that cannot be loaded."""
    library = words.partition(":")[0]
    return (
        f"The window cannot be drawn because a system library is missing ({library}); on Debian or Ubuntu install "
        f"what Qt needs: sudo apt-get install {' '.join(PACKAGES)}"
    )


def _answers(display: str) -> bool:
    """Whether an X server lets us in; where that cannot be tried, Qt may find out.

    The connection stays as long as the program: a server whose last client leaves may start anew, and let Qt stand
    before its door.
    """
    try:
        xcb = ctypes.CDLL(_XCB)
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    return bool(xcb.xcb_connection_has_error(connection) == 0)
