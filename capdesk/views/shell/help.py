"""The guide, in a window beside the desk, and the sheet of keyboard shortcuts."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QImage, QResizeEvent, QTextBlock, QTextDocument, QTextTable
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


def guide(package: Path | None = None) -> Path | None:
    """The guide's first page; None where it was not installed."""
    for place in _PLACES:
        with suppress(FileNotFoundError):
            return (resource(*place) if package is None else resource(*place, package=package)).resolve()
    return None


class GuideText(QTextBrowser):
    """A page of the guide; its pictures are never wider than the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenExternalLinks(True)
        self.document().setDocumentMargin(16)
        self._whole: dict[str, QImage] = {}
        self.sourceChanged.connect(self._turned)

    def pictures(self) -> list[str]:
        """Those of the page, as it names them."""
        found, block = [], self.document().begin()
        while block.isValid():
            parts = cast("Iterable[QTextBlock.iterator]", block)
            shown = [part.fragment().charFormat() for part in parts]
            found += [one.toImageFormat().name() for one in shown if one.isImageFormat()]
            block = block.next()
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_tables()

    def _turned(self) -> None:
        here = self.document().baseUrl()
        self._whole = {name: QImage(here.resolved(QUrl(name)).toLocalFile()) for name in self.pictures()}
        self._fit()
        self._draw_tables()

    def _draw_tables(self) -> None:
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                shape = frame.format()
                shape.setBorder(1)
                shape.setBorderBrush(self.palette().mid())
                shape.setCellPadding(5)
                shape.setTopMargin(8)
                shape.setBottomMargin(8)
                frame.setFormat(shape)

    def _fit(self) -> None:
        """Scaled here: a document scales its pictures without smoothing them."""
        here, ratio = self.document().baseUrl(), self.devicePixelRatioF()
        room = self.viewport().width() - 2 * self.document().documentMargin()
        for name, whole in self._whole.items():
            width = round(min(float(whole.width()), room) * ratio)
            if whole.isNull() or width < 1:
                continue
            fitted = whole.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
            fitted.setDevicePixelRatio(ratio)
            self.document().addResource(QTextDocument.ResourceType.ImageResource, here.resolved(QUrl(name)), fitted)
        self.document().markContentsDirty(0, self.document().characterCount())


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
        first = guide()
        if first is not None:
            self.browser.setSource(QUrl.fromLocalFile(str(first)), QTextDocument.ResourceType.MarkdownResource)
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
