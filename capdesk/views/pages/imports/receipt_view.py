"""What became of every row: figures that visibly add up, the same as a bar, and the sentences that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from capdesk.services.imports.receipt import Receipt
from capdesk.views.layouts import empty
from capdesk.views.look.roles import is_picture
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import Style, named, styled, text

_FIRST = 8
_HEIGHT = 14


@dataclass(frozen=True)
class Told:
    """A receipt as it is shown; `reasons` are (line, column, sentence)."""

    read: int
    landed: int
    duplicate: int
    rejected: int
    warnings: tuple[str, ...] = ()
    reasons: tuple[tuple[int, str, str], ...] = ()
    dry_run: bool = False

    @classmethod
    def of(cls, receipt: Receipt) -> "Told":
        reasons = tuple((one.line, one.field or "", one.reason) for one in receipt.rejects[:_FIRST])
        counts = (receipt.read, receipt.landed, receipt.duplicate, receipt.rejected)
        return cls(*counts, tuple(receipt.warnings), reasons, receipt.dry_run)


class ReceiptBar(QWidget):
    """The rows of a file: landed, duplicate, rejected. A part that is not zero is never invisible."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "receipt-bar", "Rows")
        is_picture(self)
        self._theme = theme
        self._parts: tuple[int, int, int] = (0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_parts(self, landed: int, duplicate: int, rejected: int) -> None:
        self._parts = (landed, duplicate, rejected)
        self.setAccessibleDescription(f"{landed:,} landed, {duplicate:,} duplicate, {rejected:,} rejected")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        ground = QPainterPath()
        ground.addRoundedRect(whole, _HEIGHT / 2, _HEIGHT / 2)
        painter.setClipPath(ground)
        painter.fillRect(whole, QColor(colors.sunken))
        at = 0.0
        for width, color in zip(
            _widths(self._parts, whole.width()), (colors.good, colors.muted, colors.bad), strict=True
        ):
            painter.fillRect(QRectF(at, 0, max(0.0, width - 1.5), whole.height()), QColor(color))
            at += width
        painter.end()


def _widths(parts: Sequence[int], room: float) -> list[float]:
    """Room shared by size, with at least a few points for each that is not zero."""
    total = sum(parts)
    if not total:
        return [0.0 for _ in parts]
    least = [6.0 if part else 0.0 for part in parts]
    free = max(0.0, room - sum(least))
    return [low + free * part / total for low, part in zip(least, parts, strict=True)]


class ReceiptView(QWidget):
    """read = landed + duplicate + rejected; then warnings, then the first reasons."""

    def __init__(self, theme: Theme, *, compact: bool = False) -> None:
        super().__init__()
        named(self, "receipt", "Receipt")
        self._figure: Style = "heading" if compact else "figure"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        self._figures: list[QLabel] = []
        self._words: list[QLabel] = []
        column.addLayout(self._sum())
        self.bar = ReceiptBar(theme)
        column.addWidget(self.bar)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(6)
        column.addLayout(self._notes)

    def _sum(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18 if self._figure == "figure" else 8)
        grid.setVerticalSpacing(0)
        for number, (name, sign) in enumerate((("read", ""), ("landed", "="), ("duplicate", "+"), ("rejected", "+"))):
            if sign:
                grid.addWidget(styled(QLabel(sign), self._figure), 0, number * 2 - 1, Qt.AlignmentFlag.AlignCenter)
            figure = named(text("0", self._figure), f"count-{name}", name)
            words = text(name, "muted" if self._figure == "figure" else "small")
            self._figures.append(figure)
            self._words.append(words)
            grid.addWidget(figure, 0, number * 2)
            grid.addWidget(words, 1, number * 2)
        grid.setColumnStretch(8, 1)
        return grid

    def show_told(self, told: Told) -> None:
        for figure, count in zip(self._figures, (told.read, told.landed, told.duplicate, told.rejected), strict=True):
            figure.setText(f"{count:,}")
        lands = "would land" if told.dry_run else "landed"
        compact = self._figure != "figure"
        words = ("read", lands, "known", "rejected") if compact else ("rows read", lands, "known already", "rejected")
        quiet: Style = "small" if compact else "muted"
        for label, word in zip(self._words, words, strict=True):
            label.setText(word)
        styled(self._words[1], "good" if told.landed else quiet)
        styled(self._words[3], "bad" if told.rejected else quiet)
        self.bar.show_parts(told.landed, told.duplicate, told.rejected)
        self._show_notes(told)

    def _show_notes(self, told: Told) -> None:
        empty(self._notes)
        for warning in told.warnings:
            self._notes.addWidget(text(warning, "warn", wrap=True))
        for line, field, reason in told.reasons:
            where = f"Line {line:,}, {field}" if field else f"Line {line:,}"
            self._notes.addWidget(text(f"{where}: {reason}", wrap=True))
        if told.rejected > len(told.reasons) and told.reasons:
            self._notes.addWidget(text(f"… and {told.rejected - len(told.reasons):,} more rejected rows.", "muted"))
