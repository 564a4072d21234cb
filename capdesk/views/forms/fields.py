"""Fields of a form: a label, an editor, and one line below for a hint or for what is wrong."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import (
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from capdesk.errors import UsageRefused
from capdesk.services.dates import parse_moment_in
from capdesk.services.money import parse_dollars
from capdesk.views.widgets import ToolButton, named, set_property, styled

T = TypeVar("T")


class Field(QWidget, Generic[T]):
    """One value. `key` is its name in the form's values; an empty optional field has the value None."""

    changed = Signal()

    def __init__(self, key: str, label: str, editor: QWidget, *, required: bool = True, hint: str = "") -> None:
        super().__init__()
        self.key, self.required, self._hint = key, required, hint
        self.editor = named(editor, f"field-{key}", label)
        self.label = QLabel(label if required else f"{label} (optional)")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setBuddy(editor)
        self.label.setWordWrap(True)
        styled(self.label, "strong")
        self._below = QLabel(hint)
        self._below.setWordWrap(True)
        self._below.setTextFormat(Qt.TextFormat.PlainText)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self.label)
        self._column.addWidget(self._laid_out())
        self._column.addWidget(self._below)
        self.complain("")
        self.setFocusProxy(editor)

    def _laid_out(self) -> QWidget:
        return self.editor

    def value(self) -> T | None:
        """What was entered. Raises UsageRefused with one sentence."""
        raise NotImplementedError

    def set_value(self, value: T | None) -> None:
        raise NotImplementedError

    def check(self) -> bool:
        """Whether the value can be taken; says below the field what is wrong otherwise."""
        try:
            missing = self.value() is None and self.required
        except UsageRefused as error:
            self.complain(str(error))
            return False
        self.complain(f"{self.label.text()} is needed." if missing else "")
        return not missing

    def complain(self, words: str) -> None:
        """Shows what is wrong with the field; empty words take it back."""
        self._below.setText(words or self._hint)
        self._below.setVisible(bool(words or self._hint))
        styled(self._below, "bad" if words else "small")
        set_property(self.editor, "wrong", bool(words))
        self.editor.setAccessibleDescription(words or self._hint)

    def set_hint(self, hint: str) -> None:
        """Another hint below the field."""
        self._hint = hint
        self.complain("")

    def _touched(self, *_arguments: object) -> None:
        self.complain("")
        self.changed.emit()


class TextField(Field[str]):
    """One line of text, without blanks around it."""

    def __init__(
        self,
        key: str,
        label: str,
        *,
        required: bool = True,
        hint: str = "",
        placeholder: str = "",
        secret: bool = False,
    ) -> None:
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
        super().__init__(key, label, self.line, required=required, hint=hint)
        self.line.textChanged.connect(self._touched)

    def value(self) -> str | None:
        return self.line.text().strip() or None

    def set_value(self, value: str | None) -> None:
        self.line.setText(value or "")


class NotesField(Field[str]):
    """Several lines of text."""

    def __init__(self, key: str, label: str, *, required: bool = True, hint: str = "", lines: int = 3) -> None:
        self.notes = QPlainTextEdit()
        self.notes.setTabChangesFocus(True)
        self.notes.setFixedHeight(self.notes.fontMetrics().lineSpacing() * lines + 18)
        super().__init__(key, label, self.notes, required=required, hint=hint)
        self.notes.textChanged.connect(self._touched)

    def value(self) -> str | None:
        return self.notes.toPlainText().strip() or None

    def set_value(self, value: str | None) -> None:
        self.notes.setPlainText(value or "")


class ParsedField(TextField):
    """One line of text that stands for something else; `parse` raises UsageRefused with one sentence."""

    def __init__(
        self, key: str, label: str, parse: Callable[[str], Any], *, required: bool = True, hint: str = ""
    ) -> None:
        self._parse = parse
        super().__init__(key, label, required=required, hint=hint)
        self.line.editingFinished.connect(self._left)

    def value(self) -> Any:
        words = super().value()
        return None if words is None else self._parse(words)

    def set_value(self, value: Any) -> None:
        self.line.setText("" if value is None else self.shown(value))

    def shown(self, value: Any) -> str:
        return str(value)

    def _left(self) -> None:
        if super().value() is not None:
            self.check()


class MoneyField(ParsedField):
    """Dollars as a Decimal."""

    def __init__(self, key: str, label: str, *, required: bool = True, hint: str = "") -> None:
        super().__init__(key, label, parse_dollars, required=required, hint=hint)
        self.line.setPlaceholderText("0.00")

    def shown(self, value: Decimal) -> str:
        words = f"{value.normalize():f}"
        return words if len(words.rpartition(".")[2]) > 2 and "." in words else f"{value:.2f}"


class NumberField(ParsedField):
    """A whole number."""

    def __init__(self, key: str, label: str, *, required: bool = True, hint: str = "") -> None:
        super().__init__(key, label, _whole_number, required=required, hint=hint)


class DecimalField(ParsedField):
    """A number such as hours."""

    def __init__(self, key: str, label: str, *, required: bool = True, hint: str = "") -> None:
        super().__init__(key, label, _decimal, required=required, hint=hint)


class DateField(ParsedField):
    """A date, typed as 2026-11-21 or taken from a calendar."""

    def __init__(self, key: str, label: str, *, required: bool = True, hint: str = "") -> None:
        self._calendar = QCalendarWidget()
        self._calendar.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        super().__init__(key, label, _date, required=required, hint=hint)
        self.line.setPlaceholderText("YYYY-MM-DD")

    def _laid_out(self) -> QWidget:
        opener = named(ToolButton(), f"calendar-{self.key}", f"Calendar for {self.label.text()}")
        opener.setText("▾")
        opener.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(opener)
        action = QWidgetAction(menu)
        action.setDefaultWidget(self._calendar)
        menu.addAction(action)
        menu.aboutToShow.connect(self._about_to_pick)
        self._calendar.clicked.connect(self._picked)
        self._calendar.activated.connect(self._picked)
        opener.setMenu(menu)
        self._menu = menu
        return beside(self.editor, opener)

    def _about_to_pick(self) -> None:
        chosen = QDate.fromString(self.line.text().strip(), Qt.DateFormat.ISODate)
        if chosen.isValid():
            self._calendar.setSelectedDate(chosen)
        plain = QTextCharFormat()  # Qt paints weekends in a red of its own
        plain.setForeground(self.palette().text())
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            self._calendar.setWeekdayTextFormat(day, plain)

    def _picked(self, chosen: QDate) -> None:
        self.line.setText(chosen.toString(Qt.DateFormat.ISODate))
        self._menu.close()


class MomentField(ParsedField):
    """A moment in the desk zone, like 2026-11-21 09:00; a date alone is its first moment."""

    def __init__(self, key: str, label: str, zone: ZoneInfo, *, required: bool = True, hint: str = "") -> None:
        self._zone = zone
        super().__init__(
            key,
            label,
            lambda words: parse_moment_in(words, zone),
            required=required,
            hint=hint or f"Time in {zone.key}.",
        )
        self.line.setPlaceholderText("YYYY-MM-DD HH:MM")

    def shown(self, value: datetime) -> str:
        return f"{value.astimezone(self._zone):%Y-%m-%d %H:%M}"


class ChoiceField(Field[Any]):
    """One of several; each choice is what it stands for and the words shown. Typing finds one."""

    def __init__(
        self,
        key: str,
        label: str,
        choices: Sequence[tuple[Any, str]] = (),
        *,
        required: bool = True,
        hint: str = "",
    ) -> None:
        self.box = QComboBox()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        super().__init__(key, label, self.box, required=required, hint=hint)
        self.set_choices(choices)
        self.box.currentIndexChanged.connect(self._touched)

    def set_choices(self, choices: Sequence[tuple[Any, str]]) -> None:
        """Other choices; the chosen one stays where it is among them."""
        before = self.box.currentData()
        self.box.clear()
        if not self.required:
            self.box.addItem("—", None)
        for value, words in choices:
            self.box.addItem(words, value)
        self.set_value(before)

    def value(self) -> Any:
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        index = next((i for i in range(self.box.count()) if self.box.itemData(i) == value), -1)
        if index >= 0:
            self.box.setCurrentIndex(index)


class CheckField(Field[bool]):
    """Yes or no."""

    def __init__(self, key: str, label: str, *, hint: str = "") -> None:
        self.box = QCheckBox(label)
        super().__init__(key, label, self.box, hint=hint)
        self.label.hide()
        self.box.toggled.connect(self._touched)

    def value(self) -> bool:
        return self.box.isChecked()

    def set_value(self, value: bool | None) -> None:
        self.box.setChecked(bool(value))


def beside(*widgets: QWidget) -> QWidget:
    """Widgets next to each other; the first takes the room."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if number == 0 else 0)
    return whole


def _whole_number(words: str) -> int:
    try:
        return int(words.replace(",", ""))
    except ValueError:
        raise UsageRefused(f'"{words}" is no whole number; write it like 30.') from None


def _decimal(words: str) -> Decimal:
    try:
        number = Decimal(words)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UsageRefused(f'"{words}" is no number; write it like 7.5.')
    return number


def _date(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise UsageRefused(f'"{words}" is no date; write it like 2026-11-21.') from None
