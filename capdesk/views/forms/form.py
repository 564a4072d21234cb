"""Forms: fields one below the other, checked where they stand; and the dialog that records what was entered."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, UsageRefused
from capdesk.views.forms.fields import Field
from capdesk.views.widgets import button, named, styled
from capdesk.views.workspace import Workspace, sentence

Values = dict[str, Any]

_WIDE, _LOWEST = 500, 120
_HIGHEST = 560
"""Points a form takes before it scrolls."""


class Form(QWidget):
    """Fields in order. `check` says at each field what is wrong with it."""

    changed = Signal()

    def __init__(self, *fields: Field[Any]) -> None:
        super().__init__()
        self.fields: dict[str, Field[Any]] = {}
        self.touched = False
        """Whether a person entered anything: what fills a form does so before it is shown, while it cannot be used,
        or by `set_values`."""
        self._filling = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        for field in fields:
            self.add(field)

    def add(self, field: Field[Any], beside: Field[Any] | None = None) -> None:
        """Another field below, and where given one next to it."""
        row = QHBoxLayout()
        row.setSpacing(14)
        for one in (field, beside):
            if one is not None:
                self.fields[one.key] = one
                one.changed.connect(self._entered)
                row.addWidget(one, 1, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(row)

    def add_text(self, words: str) -> None:
        """A paragraph between fields."""
        label = styled(QLabel(words), "muted")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        self._column.addWidget(label)

    def add_widget(self, widget: QWidget) -> None:
        """Anything else between fields."""
        self._column.addWidget(widget)

    def check(self) -> bool:
        """Whether every field can be taken; the first that cannot gets the keyboard."""
        wrong = [field for field in self.fields.values() if not field.isHidden() and not field.check()]
        if wrong:
            wrong[0].setFocus(Qt.FocusReason.OtherFocusReason)
        return not wrong

    def values(self) -> Values:
        """Every value by its key; call `check` first. A field that is hidden and cannot be read is as if empty."""
        return {key: _value(field) for key, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        self._filling = True
        try:
            for key, value in values.items():
                if key in self.fields:
                    self.fields[key].set_value(value)
        finally:
            self._filling = False

    def _entered(self) -> None:
        if self.isVisible() and self.isEnabled() and not self._filling:
            self.touched = True
        self.changed.emit()


class FormDialog(QDialog):
    """A form that is recorded as one action. What was entered stays until it was, whatever goes wrong.

    `save` runs in the background with the form's values; `then` gets its result once the dialog is gone.
    """

    def __init__(
        self,
        workspace: Workspace,
        title: str,
        form: Form,
        save: Callable[[Desk, Values], Any],
        then: Callable[[Any], object] | None = None,
        *,
        save_words: str = "Save",
        intro: str = "",
        danger: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.workspace, self.form = workspace, form
        self._save, self._then = save, then
        self._saving = False
        named(self, "dialog-form", title)
        self.setWindowTitle(title)
        self.setMinimumWidth(min(round(_WIDE * workspace.theme.scale / 100), self.screen().availableSize().width()))
        self._error = named(styled(QLabel(), "bad"), "form-error")
        self._error.setWordWrap(True)
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.hide()
        self._ok = button(save_words, self.save, kind="danger" if danger else "primary")
        self._ok.setDefault(True)
        self.finished.connect(self.deleteLater)
        self._cancel = button("Cancel", self.reject)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.save)
        self._lay_out(title, intro)

    def _lay_out(self, title: str, intro: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        heading = styled(QLabel(title), "heading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setWordWrap(True)
        column.addWidget(heading)
        if intro:
            words = styled(QLabel(intro), "muted")
            words.setTextFormat(Qt.TextFormat.PlainText)
            words.setWordWrap(True)
            column.addWidget(words)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self.form)
        self._make_room()
        self.form.installEventFilter(self)
        column.addWidget(self._area, 1)
        column.addWidget(self._error)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self._ok)
        column.addLayout(row)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._make_room()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is said at a field makes the form higher, and the dialog with it."""
        if watched is self.form and event.type() == QEvent.Type.LayoutRequest:
            self._make_room()
        return super().eventFilter(watched, event)

    def _make_room(self) -> None:
        """High enough for all words at this width; Qt's own hint is that of words on one line."""
        wanted = min(self.form.sizeHint().height() + 4, _HIGHEST)
        self._area.setMinimumHeight(wanted)
        if (whole := self.layout()) is not None and self.isVisible():
            whole.activate()
            needed, room = whole.totalMinimumHeightForWidth(self.width()), self.screen().availableSize().height()
            if needed > room:  # the fields scroll, the buttons stay
                self._area.setMinimumHeight(max(wanted - (needed - room), _LOWEST))
            if self.height() < min(needed, room):
                self.resize(self.width(), min(needed, room))

    def save(self) -> None:
        """Checks and records; errors are shown above the buttons."""
        if self._saving or not self.form.check():
            return
        entered, save = self.form.values(), self._save
        self._saving = True
        self._show_error("")
        self._ok.setEnabled(False)
        self.workspace.write(
            self.windowTitle(), lambda desk: save(desk, entered), owner=self, then=self._saved, failed=self._refused
        )

    def reject(self) -> None:
        """Closes without recording; not while it is being recorded, because that cannot be taken back."""
        if not self._saving:
            super().reject()

    def _saved(self, result: object) -> None:
        self._saving = False
        self.accept()
        if self._then is not None:
            self._then(result)

    def _refused(self, error: Exception) -> None:
        self._saving = False
        self._ok.setEnabled(True)
        if isinstance(error, CapdeskError):
            self._show_error(sentence(error))
        else:
            self.workspace.complain(error)

    def _show_error(self, words: str) -> None:
        self._error.setText(words)
        self._error.setVisible(bool(words))
        self._error.setAccessibleName(words or "No error")


def _value(field: Field[Any]) -> Any:
    try:
        return field.value()
    except UsageRefused:
        if field.isHidden():
            return None
        raise
