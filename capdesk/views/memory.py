"""What the window remembers between starts, in `window.ini` in the desk folder. Losing it costs nothing but habits."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

FILE = "window.ini"


class Memory:
    """Values by name: geometry as bytes, everything else as JSON. What cannot be read is as if it were not there."""

    def __init__(self, folder: Path) -> None:
        self._settings = QSettings(str(folder / FILE), QSettings.Format.IniFormat)

    def get(self, name: str, default: Any = None) -> Any:
        """The remembered value where it has the type of the default."""
        try:
            value = json.loads(str(self._settings.value(name, "null")))
        except ValueError:
            return default
        return value if value is not None and (default is None or isinstance(value, type(default))) else default

    def put(self, name: str, value: Any) -> None:
        self._settings.setValue(name, json.dumps(value))

    def get_bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def put_bytes(self, name: str, value: QByteArray) -> None:
        self._settings.setValue(name, value)

    def save(self) -> None:
        self._settings.sync()
