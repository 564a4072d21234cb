"""The guide, in a window beside the desk, and the sheet of keyboard shortcuts."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QResizeEvent, QTextCursor, QTextDocument, QTextImageFormat
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from capdesk.services.resources import resource
from capdesk.views.page import scrolled
from capdesk.views.shell.flat import FlatButton
from capdesk.views.shell.overlay import Overlay
from capdesk.views.widgets import button, line, named, styled, text

if TYPE_CHECKING:
    from capdesk.views.shell.workbench import Workbench

_PLACES = (("guide", "index.md"), ("..", "docs", "guide", "index.md"))
"""Inside an installation, and in a source tree."""


class GuideText(QTextBrowser):
    """A page of the guide; its pictures are never wider than the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenExternalLinks(True)
        self.document().setDocumentMargin(16)
        self.sourceChanged.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.viewport().width() - 2 * self.document().documentMargin()
        for cursor, shown in self._pictures():
            image = self.document().resource(QTextDocument.ResourceType.ImageResource, QUrl(shown.name()))
            width = min(float(image.width()), room) if isinstance(image, QImage) and not image.isNull() else room
            if shown.width() != width:
                shown.setWidth(width)
                cursor.setCharFormat(shown)

    def _pictures(self) -> list[tuple[QTextCursor, QTextImageFormat]]:
        found = []
        block = self.document().begin()
        while block.isValid():
            for part in block:
                shown = part.fragment().charFormat()
                if shown.isImageFormat():
                    cursor = QTextCursor(self.document())
                    cursor.setPosition(part.fragment().position())
                    cursor.movePosition(_RIGHT, _KEEP, part.fragment().length())
                    found.append((cursor, shown.toImageFormat()))
            block = block.next()
        return found


_RIGHT, _KEEP = QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor


class HelpWindow(QDialog):
    """Shows the guide's pages; links lead from one to the other, and outside only to the browser."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "help-window", self.tr("Help"))
        self.setWindowTitle(self.tr("Help"))
        self.resize(820, 680)
        self.browser = named(GuideText(), "help-text", self.tr("Guide"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(button(self.tr("Back"), self.browser.backward, kind="quiet", shortcut="Alt+Left"))
        row.addWidget(button(self.tr("Contents"), self.open_index, kind="quiet"))
        row.addStretch(1)
        row.addWidget(button(self.tr("Close"), self.close))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(10)
        column.addLayout(row)
        column.addWidget(self.browser, 1)

    def enter(self) -> None:
        if self.browser.document().isEmpty():
            self.open_index()
        self.show()
        self.activateWindow()
        self.browser.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_index(self) -> None:
        for place in _PLACES:
            try:
                file = resource(*place)
            except FileNotFoundError:
                continue
            self.browser.setSource(QUrl.fromLocalFile(str(file.resolve())), QTextDocument.ResourceType.MarkdownResource)
            return
        self.browser.setPlainText(
            self.tr("The guide was not installed with this program. Ctrl+/ shows the keyboard shortcuts.")
        )


class ShortcutSheet(Overlay):
    """Every shortcut, by menu."""

    def __init__(self, bench: "Workbench") -> None:
        super().__init__(bench.workspace.theme, bench.main, "shortcut-sheet", "")
        self.setAccessibleName(self.tr("Keyboard shortcuts"))
        self._bench = bench
        self.close_button = FlatButton(self.theme, "close-shortcuts", self.tr("Close"), "x", self.leave)
        self.close_button.shows_words = False
        head = QHBoxLayout()
        head.addWidget(styled(QLabel(self.tr("Keyboard shortcuts")), "heading"), 1)
        head.addWidget(self.close_button)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 4, 8, 4)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        self._area = scrolled(inside)
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self._area, "shortcut-list", self.tr("Keyboard shortcuts"))
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(24, 16, 16, 16)
        column.addLayout(head)
        column.addWidget(line())
        column.addWidget(self._area, 1)
        self.place_at(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, 560, 600)

    def enter(self) -> None:
        self._fill()
        super().enter()
        self._area.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        row = 0
        for group, entries in self._bench.acts.shortcuts():
            self._grid.addWidget(styled(QLabel(group), "small"), row, 0, 1, 2)
            for number, (title, keys) in enumerate(entries, row + 1):
                self._grid.addWidget(text(title), number, 0)
                self._grid.addWidget(text(keys, "muted"), number, 1, Qt.AlignmentFlag.AlignRight)
            row += len(entries) + 1
        self._grid.setRowStretch(row, 1)
