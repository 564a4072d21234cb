"""The menus of a list: which columns are shown, what can be done with one of them, and with a row."""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget, QWidgetAction

from capdesk.services.listings.model import Column, Kind, Listing
from capdesk.views.look.theme import Theme
from capdesk.views.page import Command
from capdesk.views.records.terms import choices_in, plain, term, terms_of
from capdesk.views.widgets import named, styled

HINTS: dict[Kind, str] = {
    "id": "12, or 10..20",
    "text": "contains …",
    "number": ">10, or 5..20",
    "decimal": ">1.5, or 1..2",
    "money": ">100, or 5..20",
    "date": "2026-11, 2026-W47, >=2026-11-02",
    "moment": "2026-11, 2026-W47, >=2026-11-02",
    "choice": "",
    "flag": "",
}


class StayingMenu(QMenu):
    """A menu that stays open while things are checked in it."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._toggled(self.actionAt(event.position().toPoint())):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        toggles = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if not (toggles and self._toggled(self.activeAction())):
            super().keyPressEvent(event)

    def _toggled(self, action: QAction | None) -> bool:
        if action is None or not action.isCheckable() or not action.isEnabled():
            return False
        action.trigger()
        return True


def chooser(
    parent: QWidget,
    listing: Listing,
    hidden: Callable[[], Collection[str]],
    toggled: Callable[[str, bool], None],
    reset: Callable[[], None],
) -> QMenu:
    """The menu of all columns; the last one shown cannot be hidden."""
    menu = named(StayingMenu(parent), "columns-menu", "Columns")
    actions: dict[str, QAction] = {}

    def draw() -> None:
        now = hidden()
        for key, action in actions.items():
            action.setChecked(key not in now)
            action.setEnabled(key in now or len(now) < len(actions) - 1)

    def chose(key: str, checked: bool) -> None:
        toggled(key, checked)
        draw()

    def start_over() -> None:
        reset()
        draw()

    for column in listing.columns:
        action = menu.addAction(column.title.replace("&", "&&"))
        action.setObjectName(f"column-{column.key}")
        action.setCheckable(True)
        action.triggered.connect(lambda checked, key=column.key: chose(key, checked))
        actions[column.key] = action
    menu.addSeparator()
    menu.addAction("Reset columns").triggered.connect(lambda _checked=False: start_over())
    menu.aboutToShow.connect(draw)
    return menu


def row_menu(parent: QWidget, theme: Theme, commands: Sequence[Command], own: Sequence[Command]) -> QMenu:
    """The menu of a row: what its page offers, then what every list can do. It goes when it is closed."""
    menu = named(QMenu(parent), "row-menu", "Row")
    for command in (*commands, None, *own) if commands else own:
        if command is None:
            menu.addSeparator()
            continue
        action = menu.addAction(command.title.replace("&", "&&"))
        action.setEnabled(command.enabled)
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _checked=False, run=command.run: run())
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


class ColumnMenu(StayingMenu):
    """What can be done with one column. Its filter is written as a word of the typed filter."""

    filter_wanted = Signal(str)
    """A word such as `amount>10`, or nothing to take the column's filter away."""
    sort_wanted = Signal(bool)
    hide_wanted = Signal()
    move_wanted = Signal(int)
    """One place to the left (-1) or right (1)."""
    width_wanted = Signal(int)
    """So many steps wider; 0 fits it to what is in it."""

    def __init__(self, parent: QWidget, column: Column, typed: str) -> None:
        super().__init__(parent)
        named(self, "column-menu", f"Column {column.title}")
        self.column = column
        self._present = terms_of(typed, column.key)
        self._wanted = choices_in(typed, column.key)
        self._choices: dict[str, QAction] = {}
        self.line: QLineEdit | None = None
        if column.kind in ("choice", "flag"):
            self._add_choices()
        else:
            self._add_line()
        if column.nullable:
            self._add("Is empty", lambda: self.filter_wanted.emit(f"{column.key}:-"))
        if self._present:
            self._add("Clear this filter", lambda: self.filter_wanted.emit(""))
        self.addSeparator()
        self._add("Sort ascending", lambda: self.sort_wanted.emit(False))
        self._add("Sort descending", lambda: self.sort_wanted.emit(True))
        self.addSeparator()
        self._add("Move left", lambda: self.move_wanted.emit(-1))
        self._add("Move right", lambda: self.move_wanted.emit(1))
        self._add("Wider", lambda: self.width_wanted.emit(1))
        self._add("Narrower", lambda: self.width_wanted.emit(-1))
        self._add("Fit width", lambda: self.width_wanted.emit(0))
        self._add("Hide column", self.hide_wanted.emit)
        self.aboutToHide.connect(self.deleteLater)

    def _add(self, words: str, run: Callable[[], object]) -> None:
        self.addAction(words).triggered.connect(lambda _checked=False: run())

    def _add_choices(self) -> None:
        """One or several words; each choice is applied at once."""
        column = self.column
        words = column.choices if column.kind == "choice" else ("yes", "no")
        for word in words:
            action = self.addAction(word.replace("_", " ").replace("&", "&&"))
            action.setObjectName(f"choice-{word}")
            action.setCheckable(True)
            action.setChecked(plain(word) in self._wanted)
            action.triggered.connect(lambda checked, word=word: self._chose(word, checked))
            self._choices[word] = action
        if words:
            self.addSeparator()

    def _chose(self, word: str, checked: bool) -> None:
        if checked and self.column.kind == "flag":
            for other, action in self._choices.items():
                action.setChecked(other == word)
        chosen = [one for one, action in self._choices.items() if action.isChecked()]
        self.filter_wanted.emit(term(self.column.key, ",".join(chosen)) if chosen else "")

    def _add_line(self) -> None:
        title = self.column.title
        self.line = named(QLineEdit(), "column-filter", f"Filter by {title}")
        self.line.setPlaceholderText(HINTS[self.column.kind])
        self.line.setMinimumWidth(self.line.fontMetrics().averageCharWidth() * 32)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(8, 6, 8, 8)
        label = styled(QLabel(f"Filter by {title.lower()}"), "small")
        label.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(label)
        column.addWidget(self.line)
        action = QWidgetAction(self)
        action.setDefaultWidget(inside)
        self.addAction(action)
        self.line.returnPressed.connect(self._entered)
        self.aboutToShow.connect(lambda: self.setActiveAction(action))

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        if self.line is not None:
            self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def _entered(self) -> None:
        typed = self.line.text().strip() if self.line is not None else ""
        self.filter_wanted.emit(term(self.column.key, typed) if typed else "")
        self.close()
