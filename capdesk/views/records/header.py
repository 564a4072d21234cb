"""The head of a list: calm titles, an arrow where it is sorted, a mark where a column is filtered."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from capdesk.services.listings.model import Listing
from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.records.delegates import PADDING
from capdesk.views.records.display import NUMERIC


class RecordHeader(QHeaderView):
    """Sections can be moved and resized. `sorted_by` and `filtered` are told by the table."""

    asked_to_sort = Signal(int)

    def __init__(self, theme: Theme, listing: Listing, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme, self._listing = theme, listing
        self.sorted_by: tuple[str, bool] | None = None
        self.filtered: frozenset[str] = frozenset()
        self._hovered = -1
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMouseTracking(True)
        self.setMinimumSectionSize(44)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.sectionEntered.connect(self._entered)

    def wanted_width(self, section: int) -> int:
        """Room for the title and the arrow."""
        metrics, title = QFontMetrics(self._font()), self._listing.columns[section].title
        return metrics.horizontalAdvance(title) + 2 * PADDING + metrics.height() * 2 // 3 + 5

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N803 - Qt's own name
        if not rect.isValid():
            return
        colors, column = self._theme.colors, self._listing.columns[logicalIndex]
        painter.save()
        painter.fillRect(rect, QColor(colors.hover if logicalIndex == self._hovered else colors.surface))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(colors.border))
        right = column.kind in NUMERIC
        room = rect.adjusted(PADDING, 0, -PADDING, -1)
        marks, font = self._marks(column.key), self._font()
        side = QFontMetrics(font).height() * 2 // 3
        step = side + 3
        room_for_words = room.width() - step * len(marks)
        words = QFontMetrics(font).elidedText(column.title, Qt.TextElideMode.ElideRight, max(room_for_words, 0))
        width = QFontMetrics(font).horizontalAdvance(words)
        left = room.right() - width + 1 if right else room.left()
        painter.setFont(font)
        painter.setPen(QColor(colors.text if marks else colors.muted))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(left, room.top(), width + 2, room.height()), int(flags), words)
        at = left - step if right else left + width + 4
        for mark in marks:
            mark.paint(painter, QRect(at, room.center().y() - side // 2, side, side))
            at += -step if right else step
        painter.restore()

    def leaveEvent(self, event: object) -> None:
        self._hovered = -1
        self.viewport().update()
        super().leaveEvent(event)  # type: ignore[arg-type]

    def _marks(self, key: str) -> list[QIcon]:
        marks, theme = [], self._theme
        if self.sorted_by is not None and self.sorted_by[0] == key:
            marks.append(theme.icon("arrow-down" if self.sorted_by[1] else "arrow-up", theme.colors.text))
        if key in self.filtered:
            marks.append(theme.icon("filter", theme.colors.accent))
        return marks

    def _font(self) -> QFont:
        return sized(self.font(), 0.95, QFont.Weight.Medium)

    def _entered(self, section: int) -> None:
        self._hovered = section
        self.viewport().update()
