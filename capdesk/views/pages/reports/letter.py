"""An email as it is sent, shown three ways. Nothing is fetched from anywhere, and no link is followed."""

import re
from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QTabWidget, QTextBrowser, QVBoxLayout, QWidget

from capdesk.services.reports.render_mail import Letter
from capdesk.views.cards import FixedText
from capdesk.views.look.fonts import FAMILY
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import named, text

MAIL_WIDTH = 760
"""The most the email is laid out on; mail programs give it 640 and a margin."""

_SIZES = re.compile(r"(font-size:|line-height:|max-width:)(\d+)px")


class MailBrowser(QTextBrowser):
    """Shows HTML as a mail program would, but asks nobody for anything: no picture, no style sheet, no link."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for: list[str] = []
        """What the HTML wanted to be fetched and did not get."""
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)

    def loadResource(self, _kind: int, address: QUrl | str) -> Any:
        self.asked_for.append(address if isinstance(address, str) else address.toString())
        return QByteArray()

    def show_mail(self, html: str, scale: int = 100) -> None:
        """The same HTML again leaves the reader where he is."""
        at = self.verticalScrollBar().value()
        self.setHtml(drawable(html, scale))
        in_our_font(self.document())
        self.verticalScrollBar().setValue(at)


class LetterView(QWidget):
    """One letter: its subject, and below it the HTML as shown, the plain text, and the source of the HTML."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.letter: Letter | None = None
        self.subject = named(text("", "strong", wrap=True), "letter-subject")
        self.browser = named(MailBrowser(), "letter-html", "The email as a mail program shows it")
        self.browser.setFrameShape(QFrame.Shape.NoFrame)
        self.plain = named(FixedText(theme), "letter-text", "The email's plain text")
        self.source = named(FixedText(theme), "letter-source", "The email's HTML source")
        self.tabs = named(QTabWidget(), "letter-tabs", "Parts of the email")
        sheet = QWidget()
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.browser)
        for widget, title in ((sheet, "As shown"), (self.plain, "Plain text"), (self.source, "HTML source")):
            self.tabs.addTab(widget, title)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.subject)
        whole.addWidget(self.tabs, 1)
        theme.changed.connect(self._draw)
        self._draw()

    def show_letter(self, letter: Letter) -> None:
        if letter == self.letter:
            return
        self.letter = letter
        self.subject.setText(letter.subject)
        self.subject.setAccessibleName(f"Subject: {letter.subject}")
        self._draw()
        self.plain.setPlainText(letter.text)
        self.source.setPlainText(letter.html)

    def _draw(self) -> None:
        self.setMaximumWidth(MAIL_WIDTH * self._theme.scale // 100)
        if self.letter is not None:
            self.browser.show_mail(self.letter.html, self._theme.scale)

    def mime(self) -> QMimeData:
        """For the clipboard: formatted where that can be pasted, plain text elsewhere."""
        made = QMimeData()
        if self.letter is not None:
            made.setText(self.letter.text)
            made.setHtml(self.letter.html)
        return made


def drawable(html: str, scale: int = 100) -> str:
    """The HTML for drawing, its letters in percent of their size.

    Our font has none bolder than these, and Qt would smear them.
    """
    larger = _SIZES.sub(lambda size: f"{size[1]}{int(size[2]) * scale // 100}px", html) if scale != 100 else html
    return larger.replace("font-weight:bold", "font-weight:600")


def in_our_font(document: QTextDocument) -> None:
    """Every word in the font of the program: which fonts a computer has must not change the picture."""
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    ours = QTextCharFormat()
    ours.setFontFamilies([FAMILY])
    cursor.mergeCharFormat(ours)
