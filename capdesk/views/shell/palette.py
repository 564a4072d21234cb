"""The command palette: pages, everything that can be done, and every record, by a few letters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from capdesk.views.look.fonts import sized
from capdesk.views.look.theme import Theme
from capdesk.views.places import PAGES, Place
from capdesk.views.shell.matching import START, WORD, fits
from capdesk.views.shell.overlay import Overlay
from capdesk.views.widgets import line, named, text

if TYPE_CHECKING:
    from capdesk.services.search import Found
    from capdesk.views.shell.workbench import Workbench

SEARCHES_AFTER_MS = 120
_MOST_RECORDS = 20
_MOST_RECENT = 6
_FEWEST_LETTERS = 1
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """A line of the palette."""

    title: str
    detail: str
    icon: str
    run: Callable[[], object]
    keys: str = ""
    score: int = 0


class Entries(QAbstractListModel):
    """What fits, the best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def fill(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.title, entry.detail, entry.keys) if part)
        return entry if role == Qt.ItemDataRole.UserRole else None


class _Painter(QStyledItemDelegate):
    """An icon, the title, what it is, and its keys."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(100, option.fontMetrics.height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry = cast(Entry, index.data(Qt.ItemDataRole.UserRole))
        colors = self._theme.colors
        rect: QRect = option.rect
        font: QFont = option.font
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent_soft))
            painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 6, 6)
        size = round(17 * self._theme.scale / 100)
        if entry.icon:
            icon = self._theme.icon(entry.icon, colors.accent if chosen else colors.muted)
            icon.paint(painter, QRect(rect.left() + 18, rect.center().y() - size // 2 + 1, size, size))
        room = rect.adjusted(18 + size + 12, 0, -20, 0)
        small = sized(font, 0.9)
        if entry.keys:
            room = self._words(painter, room, entry.keys, small, Qt.AlignmentFlag.AlignRight)
        width = QFontMetrics(font).horizontalAdvance(entry.title)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        title = QFontMetrics(font).elidedText(entry.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        room.setLeft(room.left() + width + 14)
        if entry.detail and room.width() > 40:
            self._words(painter, room, entry.detail, small, Qt.AlignmentFlag.AlignLeft, chosen)
        painter.restore()

    def _words(
        self, painter: QPainter, room: QRect, words: str, font: QFont, side: Qt.AlignmentFlag, chosen: bool = False
    ) -> QRect:
        """Quiet words at one side; what is left of the room."""
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colors.text if chosen else self._theme.colors.muted))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, shown)
        return room.adjusted(0, 0, -metrics.horizontalAdvance(shown) - 16, 0)


class Palette(Overlay):
    """Opened over the window; typing narrows, Enter does, Esc goes back."""

    def __init__(self, bench: "Workbench") -> None:
        super().__init__(bench.workspace.theme, bench.main, "palette", "")
        self.setAccessibleName(self.tr("Search or do anything"))
        self._bench, self._workspace = bench, bench.workspace
        self._found: list[Found] = []
        self._searched = ""
        self.words = named(QLineEdit(), "palette-words", self.tr("Search or do anything"))
        self.words.setPlaceholderText(self.tr("A page, an action, a name, a phone number…"))
        self.words.setFrame(False)
        self.model = Entries(self)
        self.list = named(QListView(), "palette-list", self.tr("What fits"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Painter(self.theme, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.nothing = named(text(self.tr("Nothing fits."), "muted"), "palette-nothing")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(4)
        column.addWidget(self.words)
        column.addWidget(line())
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1)
        self.place_at(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, 660, 440)
        self._wait = QTimer(self, singleShot=True, interval=SEARCHES_AFTER_MS)
        self._wait.timeout.connect(self._search)
        self.words.textEdited.connect(self._typed)
        self.words.installEventFilter(self)
        self.list.clicked.connect(self._clicked)

    def enter(self) -> None:
        super().enter()
        self.words.clear()
        self._typed("")
        self.words.setFocus(Qt.FocusReason.PopupFocusReason)

    def leave(self) -> None:
        self._wait.stop()
        super().leave()

    def run(self, row: int) -> None:
        """Does what the line says, once the palette is gone."""
        if 0 <= row < len(self.model.entries):
            entry = self.model.entries[row]
            self.leave()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.words and event.type() == QEvent.Type.KeyPress:
            return self._key(cast(QKeyEvent, event))
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, rows = event.key(), len(self.model.entries)
        row = self.list.currentIndex().row()
        page = max(1, self.list.height() // max(1, self.list.sizeHintForRow(0)) - 1)
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
        }.get(Qt.Key(key))
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run(row)
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif steps is not None and rows:
            wanted = (row + steps) % rows if abs(steps) == 1 else max(0, min(row + steps, rows - 1))
            self._choose(wanted)
        elif steps is None:
            return False
        return True

    def _typed(self, words: str) -> None:
        if words.strip():
            self._wait.start()
        else:
            self._wait.stop()
            self._found = []
        self._searched = words
        self._fill()

    def _search(self) -> None:
        words = self._searched.strip()
        if not self._workspace.is_open or len(words) < _FEWEST_LETTERS:
            return
        from capdesk.services.search import search  # noqa: PLC0415 - with the database layer

        self._workspace.read(
            self,
            "search",
            lambda desk: (words, desk.read(lambda session: search(session, words, _MOST_RECORDS))),
            self._take,
            self._not_found,
        )

    def _take(self, found: "tuple[str, list[Found]]") -> None:
        words, self._found = found
        if words == self._searched.strip():
            self._fill(keep=True)

    def _not_found(self, error: Exception) -> None:
        self.leave()
        self._workspace.complain(error)

    def _fill(self, *, keep: bool = False) -> None:
        row = self.list.currentIndex().row() if keep else 0
        self.model.fill(self._entries())
        self.nothing.setVisible(not self.model.entries)
        self.list.setVisible(bool(self.model.entries))
        self._choose(max(0, min(row, len(self.model.entries) - 1)))

    def _choose(self, row: int) -> None:
        index = self.model.index(row, 0)
        self.list.setCurrentIndex(index)
        entry = index.data(Qt.ItemDataRole.AccessibleTextRole)
        self.words.setAccessibleDescription(str(entry or ""))

    def _entries(self) -> list[Entry]:
        words = self._searched.strip()
        if not words:
            return [*self._recent(), *self._commands(), *self._acts()]
        ranked = [
            (score, entry)
            for entry in (*self._commands(), *self._acts(), *self._recent(pages=False))
            if (score := fits(words, entry.title)) is not None
        ]
        ranked.sort(key=lambda one: -one[0])
        found = [(fits(words, one.title) or 0, self._record(one)) for one in self._found]
        first = [*(one for one in ranked[:4] if one[0] >= WORD), *(one for one in found if one[0] >= START)]
        first.sort(key=lambda one: -one[0])
        rest = [*(one for one in found if one[0] < START), *ranked]
        return list(dict.fromkeys(entry for _score, entry in (*first, *rest)))

    def _recent(self, *, pages: bool = True) -> list[Entry]:
        """Where one was lately; pages as such stand among the pages once something is typed."""
        places = [one for one in self._bench.history.recent() if pages or one.record is not None or one.filter]
        return [self._recent_entry(place) for place in places[:_MOST_RECENT]]

    def _recent_entry(self, place: Place) -> Entry:
        detail = self.tr("recent") + (f" · {place.filter}" if place.filter else "")
        return Entry(self._bench.title_of(place), detail, PAGES[place.page].icon, lambda: self._go(place))

    def _commands(self) -> list[Entry]:
        page = self._bench.current_page()
        return [
            Entry(one.title, self.tr("on this page"), one.icon, one.run, _keys(one.shortcut))
            for one in (page.commands() if page is not None else ())
            if one.enabled
        ]

    def _acts(self) -> list[Entry]:
        own = ("palette", "to-sidebar")
        acts = [act for act in self._bench.acts.acts() if act.key not in own]
        pages = [act for act in acts if act.key.startswith("page-")]
        return [
            Entry(act.title, self.tr("page") if act in pages else "", act.icon, act.run, _keys(act.shortcut))
            for act in (*pages, *(act for act in acts if act not in pages))
        ]

    def _record(self, found: "Found") -> Entry:
        place = Place(found.page, None if found.filter else found.id, found.filter)
        detail = f"{self.tr(found.kind)} · {found.subtitle}" if found.subtitle else self.tr(found.kind)
        return Entry(found.title, detail, PAGES[found.page].icon, lambda: self._go(place))

    def _go(self, place: Place) -> None:
        self._workspace.went.emit(place)
        self._bench.focus_page()

    def _clicked(self, index: QModelIndex) -> None:
        self.run(index.row())


def _keys(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""
