"""An email shown by the browser of this computer, from a private file that goes when the program does."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from capdesk.errors import FileRefused


class PrivateFiles:
    """Files only this user can read, until they are removed; an owner that forgets has them removed with itself."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._gone: Callable[[], object] = _nothing

    def open_in_browser(self, html: str) -> Path:
        """Hands the HTML to the browser. Raises FileRefused where it cannot be written or nothing opens it."""
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="capdesk-"))
                self._gone = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix="report-", suffix=".html")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(html)
        except OSError as error:
            raise FileRefused(
                f"The report cannot be written for the browser ({error.strerror}): make room, then try again."
            ) from None
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(name)):
            raise FileRefused("No browser of this computer took the report: save it as a PDF instead.")
        return Path(name)

    def remove(self) -> None:
        """Removes them now."""
        self._gone()
        self._folder = None


def _nothing() -> None:
    """There is no file yet."""
