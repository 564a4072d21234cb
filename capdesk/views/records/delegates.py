"""How a cell is painted: hairline rows, soft selection, statuses as badges. Colors are read when it is painted.

A view is painted while other threads read, and each call of Qt may have to wait for them: what every cell needs is
looked up once per painting, and how a text fits its column is remembered.
"""

from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from capdesk.services.listings.model import Column, Listing
from capdesk.views.look.colors import Colors
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.records.display import NUMERIC, has_badges, shown
from capdesk.views.widgets import TONES, tip

PADDING = 10
_DOTS = frozenset({"labor", "bonus", "twilio", "gcp"})
_BADGE_PADDING = 16
_DOT_ROOM = 14
_MOST_FITTING = 5_000

_Index = QModelIndex | QPersistentModelIndex


class Cell(NamedTuple):
    """What is painted: a value of a column, and its words."""

    column: Column
    value: Any
    words: str
    manner: str = ""
    """`total`, `gone` for what was reversed, `waiting` for what is still to come."""


class Rows(Protocol):
    """What a model tells the delegate."""

    listing: Listing
    zone: ZoneInfo

    def cell(self, row: int, column: int) -> Cell: ...


def tone_colors(colors: Colors, word: str) -> tuple[str, str]:
    """The ground and the ink of a status's badge."""
    match TONES.get(word, "neutral"):
        case "good":
            return colors.good_soft, colors.good
        case "warn":
            return colors.warn_soft, colors.warn
        case "bad":
            return colors.bad_soft, colors.bad
        case "accent":
            return colors.accent_soft, colors.text
    return colors.sunken, colors.muted


class _Hand:
    """A font with what is known of how texts fit in it."""

    def __init__(self, font: QFont) -> None:
        self.font, self.metrics = font, QFontMetrics(font)
        self.height, self.ascent = self.metrics.height(), self.metrics.ascent()
        self._fitting: dict[tuple[str, int], tuple[str, int]] = {}

    def fitting(self, words: str, width: int) -> tuple[str, int]:
        """The words as far as there is room, and how wide they are."""
        found = self._fitting.get((words, width))
        if found is None:
            advance = self.metrics.horizontalAdvance(words)
            short = words
            if advance > width:
                short = self.metrics.elidedText(words, Qt.TextElideMode.ElideRight, width)
                advance = self.metrics.horizontalAdvance(short)
            if len(self._fitting) > _MOST_FITTING:
                self._fitting.clear()
            found = self._fitting[words, width] = short, advance
        return found

    def write(self, painter: QPainter, rect: QRect, words: str, ink: QColor, *, right: bool = False) -> None:
        short, advance = self.fitting(words, rect.width())
        left = rect.left() + (rect.width() - advance if right else 0)
        painter.setFont(self.font)
        painter.setPen(ink)
        painter.drawText(QPointF(left, rect.top() + (rect.height() - self.height) // 2 + self.ascent), short)


class _Look:
    """Fonts and colors as they are now."""

    def __init__(self, font: QFont, colors: Colors) -> None:
        self.colors = colors
        struck = QFont(font)
        struck.setStrikeOut(True)
        self.plain, self.struck = _Hand(font), _Hand(struck)
        self.strong = _Hand(sized(font, 1.0, QFont.Weight.DemiBold))
        self.small = _Hand(sized(font, 0.9, QFont.Weight.Medium))
        self._inks: dict[str, QColor] = {}

    def ink(self, color: str) -> QColor:
        return self._inks.get(color) or self._inks.setdefault(color, QColor(color))


class RecordDelegate(QStyledItemDelegate):
    """Paints every cell of a list. `hovered` is the row under the pointer; `begin` comes before a painting."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view
        self.hovered = -1
        self._badges: dict[str, bool] = {}
        self._look_now: _Look | None = None
        self._selected: dict[int, bool] = {}
        self._current = (-1, -1)

    def begin(self) -> None:
        """Looks at what is the same for all cells of one painting."""
        current = self._view.currentIndex()
        self._current = (current.row(), current.column()) if self._view.hasFocus() else (-1, -1)
        self._selected.clear()
        self._look_now = None if self._is_other(self._view.font()) else self._look_now

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, number, rect = index.row(), index.column(), _rect(option)
        model: Any = index.model()
        cell = model.cell(row, number)
        self._paint_ground(painter, rect, row, number)
        self.paint_cell(painter, rect.adjusted(PADDING, 0, -PADDING, -1), cell, row)

    def paint_cell(self, painter: QPainter, rect: QRect, cell: Cell, row: int) -> None:  # noqa: ARG002 - for subclasses
        """What stands in the cell, in the room between its neighbors."""
        look, column, value = self.look, cell.column, cell.value
        colors, right = look.colors, column.kind in NUMERIC
        if cell.manner == "waiting":
            look.plain.write(painter, rect, cell.words, look.ink(colors.border))
        elif cell.manner == "gone" or value is None:
            hand = look.plain if value is None else look.struck
            hand.write(painter, rect, cell.words, look.ink(colors.muted), right=right)
        elif column.kind == "flag":
            self._paint_flag(painter, rect, bool(value))
        elif self._is_badge(column):
            self._paint_badge(painter, rect, cell.words, tone_colors(colors, str(value)))
        else:
            if column.kind == "choice" and value in _DOTS:
                rect = self._paint_dot(painter, rect, colors.source(value))
            hand = look.strong if cell.manner == "total" else look.plain
            ink = colors.muted if column.kind == "id" else colors.text
            hand.write(painter, rect, cell.words, look.ink(ink), right=right)

    def wanted_width(self, cell: Cell) -> int:
        """How wide the cell would like to be."""
        hand = self.look.strong if cell.manner == "total" else self.look.plain
        width = hand.metrics.horizontalAdvance(cell.words) + 2 * PADDING + 2
        if self._is_badge(cell.column):
            width += _BADGE_PADDING - 2
        return width + (_DOT_ROOM if cell.column.kind == "choice" and cell.value in _DOTS else 0)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """The whole text where the cell has no room for it; always as plain text."""
        if event.type() is not QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        model: Any = index.model()
        cell: Cell = model.cell(index.row(), index.column())
        if cell.value is None or self.wanted_width(cell) <= _rect(option).width():
            QToolTip.hideText()
            return True
        whole = str(cell.value) if cell.column.kind == "text" else shown(cell.column, cell.value, model.zone)
        QToolTip.showText(event.globalPos(), tip(whole), view)
        return True

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Records are never edited in place."""

    @property
    def look(self) -> _Look:
        if self._look_now is None:
            self._look_now = _Look(self._view.font(), self._theme.colors)
        return self._look_now

    def _is_other(self, font: QFont) -> bool:
        look = self._look_now
        return look is None or look.colors is not self._theme.colors or look.plain.font != font

    def _is_badge(self, column: Column) -> bool:
        if column.key not in self._badges:
            self._badges[column.key] = has_badges(column)
        return self._badges[column.key]

    def _paint_ground(self, painter: QPainter, rect: QRect, row: int, column: int) -> None:
        look, colors = self.look, self.look.colors
        if row not in self._selected:
            self._selected[row] = self._view.selectionModel().isRowSelected(row, QModelIndex())
        if self._selected[row]:
            painter.fillRect(rect, look.ink(colors.accent_soft))
        elif row == self.hovered:
            painter.fillRect(rect, look.ink(colors.window))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.ink(colors.border))
        if self._current == (row, column):
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.ink(colors.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 1.5, -1.5, -2), 4, 4)
            painter.restore()

    def _paint_flag(self, painter: QPainter, rect: QRect, value: bool) -> None:
        if value:
            side = min(self.look.plain.height, rect.height())
            place = QRect(rect.left(), rect.center().y() - side // 2, side, side)
            self._theme.icon("check", self.look.colors.good).paint(painter, place)

    def _paint_badge(self, painter: QPainter, rect: QRect, words: str, tone: tuple[str, str]) -> None:
        look = self.look
        short, advance = look.small.fitting(words, rect.width() - _BADGE_PADDING)
        height = min(look.small.height + 4, rect.height() - 4)
        top = rect.top() + (rect.height() - height) // 2
        place = QRect(rect.left(), top, advance + _BADGE_PADDING, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.ink(tone[0]))
        painter.drawRoundedRect(place, height / 2, height / 2)
        inner = place.adjusted(_BADGE_PADDING // 2, 0, _BADGE_PADDING, 0)
        look.small.write(painter, inner, short, look.ink(tone[1]))

    def _paint_dot(self, painter: QPainter, rect: QRect, color: str) -> QRect:
        """A dot in the color of a source of cost; returns the room right of it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.ink(color))
        painter.drawEllipse(QPointF(rect.left() + 4, rect.top() + rect.height() / 2), 4, 4)
        return rect.adjusted(_DOT_ROOM, 0, 0, 0)


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect
