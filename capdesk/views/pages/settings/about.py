"""About capdesk: its version, where the desk is, and the licence of everything it is shipped with."""

import platform
from dataclasses import dataclass
from pathlib import Path

from PySide6 import __version__ as qt_version
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from capdesk import __version__
from capdesk.services.database.binaries import MAJOR
from capdesk.services.licences import Licence, licences
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.section import Card, Section, fact
from capdesk.views.widgets import button, named, text, tip
from capdesk.views.workspace import Workspace

_LARGE = 150
"""Percent of text size from which list and text go below each other."""


@dataclass(frozen=True)
class _Shown:
    licences: list[Licence]


class AboutSection(Section):
    key = "about"
    title = "About"
    icon = "info"
    about = (
        "Capital-disciplined outbound campaigns: what was spent, what it bought, and when an evaluation is recommended."
    )

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._licences: list[Licence] = []
        self.column.addWidget(self._program())
        self.search = named(QLineEdit(), "licence-search", "Search in names and licences")
        self.search.setPlaceholderText("Search, as in: MIT")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = named(QListWidget(), "licence-list", "What capdesk is shipped with")
        self.list.setSpacing(3)
        self.list.currentItemChanged.connect(self._show_text)
        self.words = named(QPlainTextEdit(), "licence-text", "Text of the licence")
        self.words.setReadOnly(True)
        self.words.setTabChangesFocus(True)
        self.count = text("", "muted")
        self.column.addWidget(self._shipped())

    def reload(self) -> None:
        if not self._licences:
            self.read(lambda _desk: _Shown(licences()), self._show, "licences")

    def _program(self) -> QWidget:
        where = fact("Desk folder", str(self.workspace.folder))
        engine = f"Qt {qt_version}, Python {platform.python_version()}, Postgres {MAJOR}"
        opener = named(button("Open folder", self._open_folder), "open-folder")
        inside = Card("capdesk", "", fact("Version", __version__, "strong"), fact("Runs on", engine), where)
        inside.column.addWidget(flowing(opener))
        return inside

    def _shipped(self) -> QWidget:
        about = "Free software others made, and the terms it may be used under."
        inside = Card("Licences", about, self.search)
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._beside.setSpacing(10)
        self._beside.addWidget(self.list, 2)
        self._beside.addWidget(self.words, 3)
        self._widen()
        self.workspace.theme.changed.connect(self._widen)
        inside.column.addLayout(self._beside)
        inside.column.addWidget(self.count)
        return inside

    def _widen(self) -> None:
        """List and text lie side by side, or below each other where the text is large."""
        large = self.workspace.theme.scale >= _LARGE
        direction = QBoxLayout.Direction.TopToBottom if large else QBoxLayout.Direction.LeftToRight
        self._beside.setDirection(direction)
        for widget in (self.list, self.words):
            widget.setMinimumHeight(widget.fontMetrics().height() * (10 if large else 22))

    def _open_folder(self) -> None:
        folder = Path(self.workspace.folder).resolve()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.workspace.say(f"No program opens folders here; the desk is in {folder}.", "warn")

    def _show(self, shown: _Shown) -> None:
        self._licences = shown.licences
        self.list.clear()
        for one in shown.licences:
            item = QListWidgetItem(f"{one.name} {one.version}".strip() + f"  ·  {one.terms}", self.list)
            item.setData(Qt.ItemDataRole.UserRole, one)
            item.setToolTip(tip(one.terms))
        self._filter(self.search.text())
        self.list.setCurrentRow(0)

    def _filter(self, words: str) -> None:
        wanted, left = words.casefold().split(), 0
        for row, one in enumerate(self._licences):
            whole = f"{one.name} {one.version} {one.terms}".casefold()
            hidden = not all(word in whole for word in wanted)
            self.list.item(row).setHidden(hidden)
            left += not hidden
        self.count.setText(f"{left} of {len(self._licences)}")
        current = self.list.currentItem()
        if left and (current is None or current.isHidden()):
            first = next(row for row in range(self.list.count()) if not self.list.item(row).isHidden())
            self.list.setCurrentRow(first)

    def _show_text(self, item: QListWidgetItem | None) -> None:
        if item is None:
            self.words.clear()
            return
        one: Licence = item.data(Qt.ItemDataRole.UserRole)
        self.words.setPlainText(f"{one.name} {one.version}\n{one.terms}\n\n{one.text}")
