"""The weekly report on paper: the email's HTML, page by page, as a PDF. May run in a worker."""

import os
import re
import tempfile
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlock,
    QTextCursor,
    QTextDocument,
)

from capdesk.errors import FileRefused
from capdesk.services.reports.render_mail import Letter
from capdesk.views.look.colors import LIGHT
from capdesk.views.look.fonts import FAMILY, base_font
from capdesk.views.pages.reports.letter import drawable, in_our_font

Paper = Literal["A4", "Letter"]
PAPERS: dict[Paper, QPageSize.PageSizeId] = {
    "A4": QPageSize.PageSizeId.A4,
    "Letter": QPageSize.PageSizeId.Letter,
}
_MARGIN_MM = 14.0
_DPI = 96
"""What one pixel of the email is on paper: 1/96 inch, as everywhere in HTML."""
_SHARP = 12
"""Dots of the PDF to a pixel of the email."""
_FOOT = 22
"""Pixels below the text for the page's number."""
_NO_BREAK_SPACE, _CARD_DEPTH = "\u00a0", 2
"""What stands between two cards of the email, and in how many tables."""
_PREHEADER = re.compile(r'<div class="preheader".*?</div>', re.DOTALL)
"""What mail programs show beside the subject and nowhere else."""
_GROUND = "background-color:#eef0f3"
"""Of the email around its cards; paper stays white."""


def pdf_of(letter: Letter, paper: Paper) -> bytes:
    """The letter as a PDF."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(letter.subject)
    writer.setCreator("capdesk")
    writer.setResolution(_DPI * _SHARP)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(PAPERS[paper]),
            QPageLayout.Orientation.Portrait,
            QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM),
            QPageLayout.Unit.Millimeter,
        )
    )
    painter = QPainter(writer)
    try:
        _paint(painter, writer, letter)
    finally:
        painter.end()
    buffer.close()
    return bytes(content.data())


def save_pdf(letter: Letter, paper: Paper, path: Path) -> Path:
    """Writes the PDF, whole or not at all. Raises FileRefused."""
    content = pdf_of(letter, paper)
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileRefused(f"{path} cannot be written ({error.strerror}): choose another place.") from None
    return path


def _paint(painter: QPainter, writer: QPdfWriter, letter: Letter) -> None:
    room = QRectF(0, 0, writer.width() / _SHARP, writer.height() / _SHARP - _FOOT)
    document = QTextDocument()
    document.setDefaultFont(_font(15))
    document.setDocumentMargin(0)
    document.setHtml(_PREHEADER.sub("", drawable(letter.html)).replace(_GROUND, "background-color:#ffffff"))
    in_our_font(document)
    document.setTextWidth(room.width())
    starts = page_starts(document, room.height())
    ends = [*starts[1:], document.size().height()]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number > 1:
            writer.newPage()
        painter.save()
        painter.scale(_SHARP, _SHARP)
        _foot(painter, room, letter.subject, f"{number} of {len(starts)}")
        painter.translate(0, -start)
        shown = QRectF(0, start, room.width(), end - start)
        painter.setClipRect(shown)
        document.drawContents(painter, shown)
        painter.restore()


def page_starts(document: QTextDocument, height: float) -> list[float]:
    """Where each page begins: between two cards where they fit, else between two lines."""
    gaps, lines = [], []
    layout, block = document.documentLayout(), document.begin()
    while block.isValid():
        top = layout.blockBoundingRect(block).top()
        lines += [top + block.layout().lineAt(line).y() for line in range(block.layout().lineCount())]
        if block.text() == _NO_BREAK_SPACE and _depth(block) == _CARD_DEPTH:
            gaps.append(top)
        block = block.next()
    starts, whole = [0.0], document.size().height()
    while whole - starts[-1] > height:
        here, limit = starts[-1], starts[-1] + height
        fits = [y for y in gaps if here < y <= limit] or [y for y in lines if here < y <= limit] or [limit]
        starts.append(max(fits))
    return starts


def _depth(block: QTextBlock) -> int:
    """In how many tables it lies."""
    frame, depth = QTextCursor(block).currentFrame(), 0
    while frame.parentFrame() is not None:
        frame, depth = frame.parentFrame(), depth + 1
    return depth


def _font(pixels: int) -> QFont:
    """Without equally wide digits and raised hyphens: those have no characters in a PDF, and could not be copied."""
    base_font()
    font = QFont(FAMILY)
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("calt"), 0)
    return font


def _foot(painter: QPainter, room: QRectF, left: str, right: str) -> None:
    painter.setFont(_font(10))
    painter.setPen(QColor(LIGHT.muted))
    foot = QRectF(0, room.height() + _FOOT - 16, room.width(), 16)
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    words = painter.fontMetrics().elidedText(left, Qt.TextElideMode.ElideRight, int(room.width() - 80))
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
