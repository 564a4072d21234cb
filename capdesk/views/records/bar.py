"""The line above a list: the typed filter, what is wrong with it, and what can be done with the list."""

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from capdesk.services.listings.model import Listing
from capdesk.views.look.theme import Theme
from capdesk.views.records.help import FilterHelp, placeholder
from capdesk.views.widgets import ToolButton, button, named, set_property, styled

TYPING_MS = 300
"""How long typing rests before the filter is applied."""
PATIENCE_MS = 700
"""How long a filter that cannot be understood may stand before it is said: it may be half typed."""


class FilterLine(QLineEdit):
    """Escape clears it, Down leaves it for the list. Its icon grows with the text, which those Qt puts there do not."""

    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.follow_text_size()

    def follow_text_size(self) -> None:
        self._side = round(16 * self._theme.scale / 100)
        self.setTextMargins(self._side + 8, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRect(9, (self.height() - self._side) // 2, self._side, self._side)
        self._theme.icon("search").paint(painter, place)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.returnPressed.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Escape):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """`typed` comes when typing rests; what is said below stays until it is taken back."""

    typed = Signal(str, bool)
    """The filter, and whether it was entered on purpose."""
    left = Signal()
    export_wanted = Signal()
    retry_wanted = Signal()

    def __init__(self, theme: Theme, listing: Listing, compact: bool) -> None:
        super().__init__()
        self._theme, self._listing = theme, listing
        self.line = named(FilterLine(theme), "filter", f"Filter {listing.title.lower()}")
        self.line.setPlaceholderText(placeholder(listing))
        self.line.setClearButtonEnabled(True)
        self.help = named(ToolButton(), "filter-help-button", "How to filter")
        self.help.setToolTip("How to filter")
        self.help.clicked.connect(lambda: FilterHelp(self, listing).open())
        self.columns = button("Columns", lambda: None, kind="quiet")
        self.export = button("Export…", self.export_wanted.emit, kind="quiet")
        self._wrong = named(styled(QLabel(), "bad"), "filter-wrong")
        self._wrong.setTextFormat(Qt.TextFormat.PlainText)
        self._wrong.setWordWrap(True)
        self._retry = button("Retry", self.retry_wanted.emit, kind="link")
        self._resting = QTimer(self, interval=TYPING_MS, singleShot=True)
        self._resting.timeout.connect(lambda: self.typed.emit(self.line.text(), False))
        self._patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.typed.emit(self.line.text(), True))
        self.line.textEdited.connect(self._edited)
        self.line.returnPressed.connect(self._entered)
        self.line.left.connect(self.left)
        self._lay_out(compact)
        self.draw_icons()
        self.complain("")

    def _lay_out(self, compact: bool) -> None:
        column, row, below = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row.setSpacing(4)
        self.line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(self.line, 1)
        row.addWidget(self.help)
        if not compact:
            row.addSpacing(8)
        row.addWidget(self.columns)
        row.addWidget(self.export)
        below.addWidget(self._wrong, 1)
        below.addWidget(self._retry)
        column.addLayout(row)
        column.addLayout(below)
        self.setTabOrder(self.line, self.help)

    @property
    def text(self) -> str:
        return self.line.text().strip()

    @property
    def wrong(self) -> str:
        """What it says below the filter."""
        return self._wrong.text()

    def set_text(self, typed: str) -> None:
        """Shows another filter; it counts as applied."""
        self._resting.stop()
        self._patience.stop()
        if typed != self.line.text():
            self.line.setText(typed)
        self.complain("")

    def focus(self) -> None:
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def go_on(self, typed: str) -> None:
        """Takes the keyboard with what was typed where the rows had it."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.deselect()
        self.line.end(False)
        self.line.insert(typed)

    def wait_for_more(self) -> None:
        """What is typed cannot be understood yet; it is looked at again when nothing more comes."""
        self._patience.start()

    def complain(self, words: str, *, retry: bool = False) -> None:
        """One sentence below the filter; empty words take it back."""
        self._wrong.setText(words)
        self._wrong.setVisible(bool(words))
        self._retry.setVisible(bool(words) and retry)
        set_property(self.line, "wrong", bool(words) and not retry)
        self.line.setAccessibleDescription(words)

    def draw_icons(self) -> None:
        theme = self._theme
        side = round(16 * theme.scale / 100)
        for made in (self.help, self.columns, self.export):
            made.setIconSize(QSize(side, side))
        self.line.follow_text_size()
        self.help.setIcon(theme.icon("circle-help"))
        for made, name in ((self.columns, "columns-3"), (self.export, "download")):
            made.setIcon(theme.icon(name))

    def _edited(self, _words: str) -> None:
        self._patience.stop()
        self._resting.start()

    def _entered(self) -> None:
        self._resting.stop()
        self._patience.stop()
        self.typed.emit(self.line.text(), True)
