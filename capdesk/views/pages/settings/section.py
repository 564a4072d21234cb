"""What every section of the settings is made of: a title, cards, forms that keep what was typed, and lines that say
what came of an action."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.views.forms.form import Form, Values
from capdesk.views.jobs import Job
from capdesk.views.layouts import Flow, flowing
from capdesk.views.widgets import LongText, Style, button, long_text, named, styled, text
from capdesk.views.workspace import Workspace, sentence

T = TypeVar("T")
WIDEST = 900
"""Lines longer than this are hard to read; tables may be wider."""


class Section(QWidget):
    """One section. Subclasses set the three words, fill `self.column` and override `reload`."""

    key: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    about: ClassVar[str] = ""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, f"settings-{self.key}", self.title)
        self.setMaximumWidth(WIDEST)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(4, 0, 12, 16)
        self.column.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(text(self.title, "heading"))
        if self.about:
            words.addWidget(text(self.about, "muted", wrap=True))
        self.column.addLayout(words)

    def reload(self) -> None:
        """Reads what is shown anew; what was typed and not saved stays."""

    def unsaved(self) -> bool:
        """Whether something was typed and not saved."""
        return any(card.touched for card in self.findChildren(SavedForm))

    def read(self, work: Callable[[Desk], T], then: Callable[[T], None], key: str = "section") -> None:
        self.workspace.read(self, key, work, then)


class Outcome(LongText):
    """One sentence below an action: what came of it. Takes no room while there is none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.hide()

    def say(self, words: str, style: Style = "good") -> None:
        self.setText(words)
        self.updateGeometry()
        styled(self, style)
        self.setAccessibleName(words)
        self.setVisible(bool(words))

    def refuse(self, workspace: Workspace) -> Callable[[Exception], None]:
        """What to do with an error: its sentence here, our own mistakes to the crash dialog."""

        def failed(error: Exception) -> None:
            if isinstance(error, CapdeskError):
                self.say(sentence(error), "bad")
            else:
                workspace.complain(error)

        return failed


class JobLine(QWidget):
    """A job while it is under way: what it does, how far it is, and a way to stop it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name, "Progress")
        self._job: Job[Any] | None = None
        self._bar = named(QProgressBar(), f"{name}-bar", "Progress")
        self._bar.setTextVisible(False)
        self._words = text("", "muted", wrap=True)
        self._cancel = named(button("Cancel", self.cancel), f"{name}-cancel")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._words)
        self.hide()

    @property
    def busy(self) -> bool:
        return self._job is not None

    def watch(self, job: Job[Any]) -> None:
        self._job = job
        self._bar.setRange(0, 0)
        self._words.setText(f"{job.title} …")
        self._cancel.setVisible(job.cancellable)
        self._cancel.setEnabled(True)
        job.progressed.connect(self._moved)
        job.ended.connect(self._over)
        self.show()

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._cancel.setEnabled(False)
            self._words.setText("Stopping at its next step …")

    @Slot(int, int, str)
    def _moved(self, done: int, total: int, words: str) -> None:
        if self._job is None or self._job.report.cancelled:
            return
        # Qt counts in 32 bits, a backup in bytes.
        self._bar.setRange(0, 1000 if total else 0)
        self._bar.setValue(round(1000 * done / total) if total else 0)
        if words:
            self._words.setText(words)

    @Slot()
    def _over(self) -> None:
        self._job = None
        self.hide()


class SavedForm(QFrame):
    """A card with a form that is saved where it stands. Reading anew never overwrites what was typed."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        form: Form,
        save: Callable[[Desk, Values], Any],
        then: Callable[[Any], object],
        saved: str = "Saved.",
    ) -> None:
        super().__init__()
        named(self, f"card-{name}")
        self.setProperty("frame-style", "card")
        self.workspace, self.form = workspace, form
        self._save, self._then, self._saved = save, then, saved
        self._loading = False
        self.touched = False
        self.outcome = Outcome(f"{name}-outcome")
        self.waiting = JobLine(f"{name}-job")
        self.ok = named(button("Save", self.save, kind="primary"), f"{name}-save", f"Save {name}")
        self.undo = named(button("Undo", self.back), f"{name}-undo", f"Undo {name}")
        self.buttons = flowing(self.ok, self.undo)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(18, 16, 18, 16)
        self.column.setSpacing(14)
        self.column.addWidget(form)
        self.column.addWidget(self.buttons)
        self.column.addWidget(self.waiting)
        self.column.addWidget(self.outcome)
        self._known: Values = {}
        form.changed.connect(self._touch)
        self._show_touched()

    def add_button(self, more: QWidget) -> None:
        """Another button beside Save."""
        layout = self.buttons.layout()
        if isinstance(layout, Flow):
            layout.addWidget(more)

    def load(self, values: Values) -> None:
        """Shows what is recorded, unless something else was typed; then it is said where that is not the last word."""
        changed, self._known = self._known not in ({}, values), values
        if not self.touched:
            self.back()
        elif changed and not self.waiting.busy:
            self.outcome.say("Changed meanwhile by another window: Undo shows what is recorded now.", "warn")

    def back(self) -> None:
        """What is recorded, instead of what was typed."""
        self._loading = True
        self.form.set_values(self._known)
        self._loading = self.touched = False
        self._show_touched()

    def save(self) -> None:
        if self.waiting.busy or not self.form.check():
            return
        entered = self.form.values()
        self.outcome.say("")
        job = self.workspace.write(
            "Saving settings",
            lambda desk: self._save(desk, entered),
            owner=self,
            then=self._done,
            failed=self.outcome.refuse(self.workspace),
        )
        self.waiting.watch(job)

    def _done(self, result: object) -> None:
        self.touched = False
        self._show_touched()
        self.outcome.say(self._saved)
        self._then(result)

    def _touch(self) -> None:
        if not self._loading:
            self.touched = True
            self.outcome.say("")
            self._show_touched()

    def _show_touched(self) -> None:
        self.ok.setEnabled(self.touched)
        self.undo.setVisible(self.touched)


class Rows(QWidget):
    """Widgets one below the other that are replaced as a whole; the keyboard stays on the same one."""

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        named(self, name, accessible)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self.hide()

    def replace(self, widgets: Sequence[QWidget]) -> None:
        focused = self.focusWidget()
        name = focused.objectName() if focused is not None and focused.hasFocus() else ""
        clear(self._column)
        for widget in widgets:
            self._column.addWidget(widget)
        self.setVisible(bool(widgets))
        again = self.findChild(QWidget, name) if name else None
        if again is not None:
            again.setFocus()


def clear(layout: QLayout) -> None:
    """Takes everything out of a layout; the widgets go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def across(*widgets: QWidget, stretch: int) -> QHBoxLayout:
    """Widgets next to each other; the one at `stretch` takes the room."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if number == stretch else 0)
    return row


def line_of(words: QWidget, *more: QWidget) -> QWidget:
    """One row of a list: its words at the left, marks and buttons at the right, below each other where it is narrow."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    row.addWidget(words, 1)
    row.addWidget(flowing(*more))
    return whole


def fact(label: str, words: str, style: Style | None = None) -> QWidget:
    """A line `label  value`, the labels of lines below each other in a column."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    head = text(label, "muted", wrap=True)
    head.setFixedWidth(head.fontMetrics().averageCharWidth() * 20)
    row.addWidget(head, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(long_text(words, style), 1, Qt.AlignmentFlag.AlignTop)
    return whole


class Card(QFrame):
    """A framed surface with a heading and what stands at its right; more goes into its `column`."""

    def __init__(self, title: str, about: str = "", *inside: QWidget, aside: QWidget | None = None) -> None:
        super().__init__()
        self.setProperty("frame-style", "card")
        self.setAccessibleName(title)
        head = text(title, "strong", wrap=True)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(18, 16, 18, 16)
        self.column.setSpacing(10)
        self.column.addLayout(across(head, *([aside] if aside else []), stretch=0))
        if about:
            self.column.addWidget(text(about, "muted", wrap=True))
        for widget in inside:
            self.column.addWidget(widget)


def row_button(words: str, clicked: Callable[[], object], name: str, accessible: str) -> QPushButton:
    """A button of one row: named after the row, so that each is its own."""
    return named(button(words, clicked), name, accessible)
