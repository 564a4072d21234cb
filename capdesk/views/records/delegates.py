"""How a cell is painted: hairline rows, soft selection, statuses as badges. Colors are read when it is painted."""

from html import escape
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from capdesk.services.listings.model import Column
from capdesk.views.look.colors import Colors
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.records.display import NUMERIC, has_badges, shown
from capdesk.views.records.model import WAITING, RecordModel
from capdesk.views.widgets import TONES

PADDING = 10
_LINE = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextSingleLine.value
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft.value | _LINE, Qt.AlignmentFlag.AlignRight.value | _LINE
_DOTS = frozenset({"labor", "bonus", "twilio", "gcp"})

_Index = QModelIndex | QPersistentModelIndex


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


class RecordDelegate(QStyledItemDelegate):
    """Paints every cell of a list. `hovered` is the row under the pointer."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view
        self.hovered = -1
        self._badges: dict[str, bool] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        if not isinstance(model, RecordModel):
            return
        colors, rect = self._theme.colors, _rect(option)
        self._paint_ground(painter, rect, index)
        row, column = model.row(index.row()), model.listing.columns[index.column()]
        inner = rect.adjusted(PADDING, 0, -PADDING, -1)
        font = self._view.font()
        if row is None:
            _write(painter, inner, WAITING, font, colors.border, _LEFT)
            return
        self._paint_value(painter, inner, column, row.values[index.column()], model)

    def wanted_width(self, column: Column, value: Any, model: RecordModel) -> int:
        """How wide the cell would like to be."""
        words = shown(column, value, model.zone)
        width = QFontMetrics(self._view.font()).horizontalAdvance(words) + 2 * PADDING + 2
        if self._is_badge(column):
            width += 14
        return width + (14 if column.kind == "choice" and value in _DOTS else 0)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """The whole text where the cell has no room for it; always as plain text."""
        model = index.model()
        if event.type() is not QEvent.Type.ToolTip or not isinstance(model, RecordModel):
            return super().helpEvent(event, view, option, index)
        row, column = model.row(index.row()), model.listing.columns[index.column()]
        value = None if row is None else row.values[index.column()]
        if value is None or self.wanted_width(column, value, model) <= _rect(option).width():
            QToolTip.hideText()
            return True
        whole = str(value) if column.kind == "text" else shown(column, value, model.zone)
        QToolTip.showText(event.globalPos(), f'<p style="white-space: pre-wrap">{escape(whole)}</p>', view)
        return True

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Records are never edited in place."""

    def _is_badge(self, column: Column) -> bool:
        if column.key not in self._badges:
            self._badges[column.key] = has_badges(column)
        return self._badges[column.key]

    def _paint_ground(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        colors, view = self._theme.colors, self._view
        if view.selectionModel().isRowSelected(index.row(), QModelIndex()):
            painter.fillRect(rect, QColor(colors.accent_soft))
        elif index.row() == self.hovered:
            painter.fillRect(rect, QColor(colors.window))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(colors.border))
        if view.currentIndex() == index and view.hasFocus():
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colors.accent), 1.5))
            painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 1.5, -1.5, -2), 4, 4)
            painter.restore()

    def _paint_value(self, painter: QPainter, rect: QRect, column: Column, value: Any, model: RecordModel) -> None:
        colors, font = self._theme.colors, self._view.font()
        words = shown(column, value, model.zone)
        if value is None:
            ends = _RIGHT if column.kind in NUMERIC else _LEFT
            _write(painter, rect, words, font, colors.muted, ends)
        elif column.kind == "flag":
            self._paint_flag(painter, rect, bool(value))
        elif self._is_badge(column):
            _paint_badge(painter, rect, words, font, tone_colors(colors, str(value)))
        elif column.kind in NUMERIC:
            ink = colors.muted if column.kind == "id" else colors.text
            _write(painter, rect, words, font, ink, _RIGHT)
        else:
            if column.kind == "choice" and value in _DOTS:
                rect = _paint_dot(painter, rect, colors.source(value))
            _write(painter, rect, words, font, colors.text, _LEFT)

    def _paint_flag(self, painter: QPainter, rect: QRect, value: bool) -> None:
        if value:
            side = min(QFontMetrics(self._view.font()).height(), rect.height())
            place = QRect(rect.left(), rect.center().y() - side // 2, side, side)
            self._theme.icon("check", self._theme.colors.good).paint(painter, place)


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect


def _write(painter: QPainter, rect: QRect, words: str, font: QFont, color: str, flags: int) -> None:
    painter.setFont(font)
    painter.setPen(QColor(color))
    fitting = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, flags, fitting)


def _paint_badge(painter: QPainter, rect: QRect, words: str, font: QFont, tone: tuple[str, str]) -> None:
    small = sized(font, 0.9, QFont.Weight.Medium)
    metrics = QFontMetrics(small)
    fitting = metrics.elidedText(words, Qt.TextElideMode.ElideRight, rect.width() - 16)
    height = min(metrics.height() + 4, rect.height() - 4)
    place = QRectF(rect.left(), 0, metrics.horizontalAdvance(fitting) + 16, height)
    place.moveCenter(QPointF(place.center().x(), rect.center().y() + 0.5))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tone[0]))
    painter.drawRoundedRect(place, height / 2, height / 2)
    painter.restore()
    painter.setFont(small)
    painter.setPen(QColor(tone[1]))
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), fitting)


def _paint_dot(painter: QPainter, rect: QRect, color: str) -> QRect:
    """A dot in the color of a source of cost; returns the room right of it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawEllipse(QPointF(rect.left() + 4, rect.center().y() + 0.5), 4, 4)
    painter.restore()
    return rect.adjusted(14, 0, 0, 0)
