"""Choosing what is previewed: the week, the recipient, and up to which moment the report looks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from capdesk.errors import UsageRefused
from capdesk.services.dates import Week, parse_moment_in
from capdesk.services.reports.wording import short_day
from capdesk.views.widgets import ToolButton, button, named, set_property, text, tip
from capdesk.views.workspace import Workspace, sentence


class WeekBar(QWidget):
    """Back and forward through the weeks. `week` is None for the last complete one, `as_of` for now."""

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.week: Week | None = None
        self.as_of: datetime | None = None
        self.recipient: str | None = None
        self._shown: Week | None = None
        self._newest: Week | None = None
        self.back = self._step("week-back", "Week before", "chevron-left", -1)
        self.forward = self._step("week-forward", "Week after", "chevron-right", 1)
        self.title = named(text("", "strong", wrap=True), "week-title")
        self.last = button("Last complete week", self.choose_last, kind="link")
        self.whose = named(QComboBox(), "letter-recipient", "Whose email")
        self.whose.setToolTip("Each recipient's email names the weeks that were missed since his own last one")
        self.whose.activated.connect(self._picked)
        self.moment = named(QLineEdit(), "letter-as-of", "As of, empty for now")
        self.moment.setPlaceholderText("as of now")
        self.moment.setToolTip("A moment like 2026-11-16 09:00: the report as it was known then")
        self.moment.setMaximumWidth(self.fontMetrics().averageCharWidth() * 30)
        self.moment.editingFinished.connect(self._typed)
        workspace.theme.changed.connect(self._draw)
        self._draw()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.back)
        row.addWidget(self.forward)
        row.addSpacing(6)
        row.addWidget(self.title, 1)
        row.addWidget(self.last)
        row.addWidget(self.whose)
        row.addWidget(self.moment)

    def show_week(self, shown: Week, newest: Week, recipients: list[str], recipient: str | None) -> None:
        """`newest` is the last week there is anything of."""
        self._shown, self._newest = shown, newest
        days = f"{short_day(shown.monday)} to {short_day(shown.sunday)}"
        self.title.setText(f"{shown}, {days}")
        self.forward.setEnabled(shown < newest)
        self.last.setVisible(self.week is not None)
        known = [self.whose.itemText(number) for number in range(self.whose.count())]
        if known != recipients:
            self.whose.clear()
            self.whose.addItems(recipients)
        self.whose.setVisible(len(recipients) > 1)
        if recipient is not None:
            self.whose.setCurrentText(recipient)

    def choose_last(self) -> None:
        self.week = None
        self.set_moment(None)
        self.changed.emit()

    def set_moment(self, moment: datetime | None) -> None:
        """Looks at the facts recorded up to then; does not tell."""
        self.as_of = moment
        local = None if moment is None else moment.astimezone(self.workspace.desk.zone)
        self.moment.setText("" if local is None else local.isoformat(" "))
        set_property(self.moment, "wrong", False)

    def _step(self, name: str, words: str, icon: str, weeks: int) -> QToolButton:
        made = named(ToolButton(), name, words)
        made.setToolTip(words)
        made.setProperty("icon-name", icon)
        made.clicked.connect(lambda _checked=False: self._move(weeks))
        return made

    def _move(self, weeks: int) -> None:
        if self._shown is not None:
            self.week = Week.of(self._shown.monday + timedelta(weeks=weeks))
            self.set_moment(None)
            self.changed.emit()

    def _picked(self) -> None:
        self.recipient = self.whose.currentText()
        self.changed.emit()

    def _typed(self) -> None:
        zone: ZoneInfo = self.workspace.desk.zone
        words = self.moment.text().strip()
        try:
            wanted = parse_moment_in(words, zone) if words else None
        except UsageRefused as error:
            set_property(self.moment, "wrong", True)
            self.moment.setToolTip(tip(sentence(error)))
            self.workspace.say(sentence(error), "bad")
            return
        set_property(self.moment, "wrong", False)
        if wanted != self.as_of:
            self.as_of = wanted
            self.changed.emit()

    def _draw(self) -> None:
        for made in (self.back, self.forward):
            made.setIcon(self.workspace.theme.icon(str(made.property("icon-name"))))
