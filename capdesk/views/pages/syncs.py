"""Syncs: what was pulled when and what it changed, pulling now, and how often it is done while the window is open."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from capdesk.bootstrap import Desk
from capdesk.services.listings.model import Row
from capdesk.services.money import dollars
from capdesk.services.plain import size_text
from capdesk.services.reports.wording import NONE, counted, local_moment
from capdesk.services.sync import SOURCES, Asked, SyncReport, query_price
from capdesk.services.sync.steps import AccountSteps, account_steps
from capdesk.views.page import Command, scrolled
from capdesk.views.pages.settings.connections import pulled_words
from capdesk.views.pages.settings.section import JobLine, Outcome, clear
from capdesk.views.pulling import HOURS, named_sources, pulling
from capdesk.views.records.list_page import ListPage
from capdesk.views.widgets import ToolButton, button, card, line, long_text, named, status_badge, text
from capdesk.views.workspace import Workspace

_SHOWN_DAYS = 60
_NOBODY = "Nothing is connected yet, so nobody would be asked: connect an account in the settings first."


class SyncsPage(ListPage):
    key = "syncs"
    listing = "syncs"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        connect = partial(workspace.go, "settings", filter="connections")
        self.table.empty_command = Command("Connect an account", connect, primary=True)
        self.pulling = pulling(workspace)
        self.pulling.changed.connect(self._pulling_changed)
        self.waiting = JobLine("syncs-job")
        self.outcome = Outcome("syncs-outcome")
        self.hours = named(QComboBox(), "pull-every", "Sync by itself while the window is open")
        for hours in HOURS:
            self.hours.addItem("never" if not hours else "every hour" if hours == 1 else f"every {hours} hours", hours)
        self.hours.setCurrentIndex(HOURS.index(self.pulling.interval_hours))
        self.hours.activated.connect(self._interval_chosen)
        self.one = self._one_source()
        self.body.insertLayout(0, self._bar())
        self._pulling_changed()

    def _bar(self) -> QVBoxLayout:
        row, column = QHBoxLayout(), QVBoxLayout()
        row.setSpacing(10)
        label = QLabel("Sync what is due by itself while this window is open:")
        label.setWordWrap(True)
        label.setBuddy(self.hours)
        row.addWidget(label, 1)
        row.addWidget(self.hours)
        row.addWidget(self.one)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.waiting)
        column.addWidget(self.outcome)
        return column

    def _one_source(self) -> QToolButton:
        made = named(ToolButton(), "pull-one", "Pull one source")
        made.setText("Pull one source ▾")
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(made)
        for source in SOURCES:
            action = QAction(named_sources([source]), menu)
            action.triggered.connect(partial(self._source_chosen, source))
            menu.addAction(action)
        made.setMenu(menu)
        return made

    def commands(self) -> Sequence[Command]:
        return (
            Command("What would be asked", self.explain),
            Command("Try a sync", self.try_pull),
            Command("Sync now", self.pull, icon="refresh-cw", primary=True),
        )

    def row_commands(self, row: Row) -> Sequence[Command]:
        source = str(self.value(row, "source"))
        name = named_sources([source])
        return (Command(f"Pull {name} now", partial(self.pull, [source]), icon="refresh-cw"),)

    def details(self, row: Row) -> QWidget:
        return RunDetail(self, row)

    def pull(self, sources: Sequence[str] | None = None) -> None:
        """Pulls everything, or the sources named, due or not."""
        self._start(sources, dry_run=False)

    def try_pull(self) -> None:
        """Does all of it and takes it back: what would change."""
        self._start(None, dry_run=True)

    def explain(self) -> None:
        """What a pull would ask of whom; Google's estimate is free."""
        if self.waiting.busy:
            return
        self.outcome.say("")
        self.waiting.watch(self.pulling.explain(self, self._explained, self.outcome.refuse(self.workspace)))

    def _start(self, sources: Sequence[str] | None, *, dry_run: bool) -> None:
        if self.waiting.busy or self.pulling.job is not None:
            return
        self.outcome.say("")
        then = self._tried if dry_run else self._pulled
        refused = self.outcome.refuse(self.workspace)
        self.pulling.pull(sources, dry_run=dry_run, owner=self, then=then, failed=refused)

    def _pulling_changed(self) -> None:
        """Whoever started it: what is under way is shown here."""
        if self.pulling.job is not None and not self.waiting.busy:
            self.waiting.watch(self.pulling.job)
        self.one.setEnabled(self.pulling.job is None)

    def _pulled(self, report: SyncReport) -> None:
        words, well = pulled_words(report)
        self.outcome.say(words, "good" if well else "bad")
        self.reload()

    def _tried(self, report: SyncReport) -> None:
        words, well = pulled_words(report)
        changes = [day for pull in report.pulls for account in pull.accounts for day in account.days]
        if not changes:
            self.outcome.say(words, "good" if well else "bad")
            return
        widgets: list[QWidget] = [text(words, None if well else "bad", wrap=True)]
        rows = [(str(one.day), one.account, dollars(one.difference_usd)) for one in changes[:_SHOWN_DAYS]]
        widgets.append(_grid(("Day (UTC)", "Account", "Difference"), rows))
        if len(changes) > _SHOWN_DAYS:
            widgets.append(text(f"… and {len(changes) - _SHOWN_DAYS:,} more days", "muted"))
        Told("What a sync would change", widgets, self).open()

    def _explained(self, found: list[Asked]) -> None:
        widgets = [_asked(one) for one in found] or [text(_NOBODY, "muted", wrap=True)]
        Told("What would be asked", widgets, self).open()

    def _interval_chosen(self, index: int) -> None:
        self.pulling.set_interval(HOURS[index])

    def _source_chosen(self, source: str, _checked: bool = False) -> None:
        self.pull([source])


class RunDetail(QWidget):
    """Everything about one pull, and what it did account by account."""

    def __init__(self, page: SyncsPage, row: Row) -> None:
        super().__init__()
        self._page, self._row = page, row
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        source = str(page.value(row, "source"))
        name = named_sources([source])
        self._column.addWidget(text(name, "heading", wrap=True))
        self._column.addWidget(status_badge(str(page.value(row, "outcome"))))
        self._column.addWidget(long_text(str(page.value(row, "connection")), "muted"))
        if error := page.value(row, "error"):
            self._column.addWidget(long_text(str(error), "bad"))
        again = button("Pull again", partial(page.pull, [source]))
        self._column.addWidget(named(again, "pull-again", f"Pull {name} again"))
        self._column.addWidget(self._facts())
        self._steps = QVBoxLayout()
        self._steps.setSpacing(6)
        self._column.addLayout(self._steps)
        self._column.addStretch(1)
        page.workspace.read(self, "steps", partial(_steps, row.id), self._show)

    def _facts(self) -> QWidget:
        zone = self._page.workspace.desk.zone.key
        began, ended = (self._page.value(self._row, key) for key in ("recorded", "ended"))
        first, through, read, landed, usd, billed = (
            self._page.value(self._row, key) for key in ("first", "through", "rows", "landed", "difference", "bytes")
        )
        lines = [("Began", local_moment(began, zone) if isinstance(began, datetime) else NONE)]
        lines.append(("Ended", local_moment(ended, zone) if isinstance(ended, datetime) else "not told"))
        lines.append(("Days (UTC)", f"{first} to {through}" if first else NONE))
        lines.append(("Rows", f"{read:,} read, {landed:,} new"))
        lines.append(("Difference", dollars(usd) if isinstance(usd, Decimal) else NONE))
        if isinstance(billed, int) and billed:
            price = dollars(query_price(billed))
            lines.append(("Google bills", f"{size_text(billed)}, about {price} (estimate)"))
        return _pairs(lines)

    def _show(self, steps: list[AccountSteps]) -> None:
        clear(self._steps)
        for one in steps:
            words = f"{counted(one.rows, 'row')} read, {one.landed:,} new, {dollars(one.difference_usd)} of difference"
            self._steps.addWidget(line())
            self._steps.addWidget(long_text(one.account, "strong"))
            self._steps.addWidget(text(f"{one.first_day} to {one.through} (UTC)", "muted", wrap=True))
            self._steps.addWidget(text(words, wrap=True))


class Told(QDialog):
    """Something to read, and nothing to decide."""

    def __init__(self, title: str, widgets: Iterable[QWidget], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "dialog-told", title)
        self.setWindowTitle(title)
        self.setMinimumSize(min(self.fontMetrics().averageCharWidth() * 100, 1000), 460)
        inside = QWidget()
        inner = QVBoxLayout(inside)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.setSpacing(12)
        for widget in widgets:
            inner.addWidget(widget)
        inner.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(text(title, "heading"))
        column.addWidget(scrolled(inside), 1)
        close = named(button("Close", self.accept, kind="primary"), "told-close")
        close.setDefault(True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)
        self.finished.connect(self.deleteLater)


def _asked(one: Asked) -> QWidget:
    """One account of one source: its days, the sentences, and what Google would read."""
    due = "due" if one.due else "not due"
    made = [text(f"{named_sources([one.source])} of {one.name or one.connection} ({due})", "strong", wrap=True)]
    if one.error:
        made.append(long_text(f"Cannot be asked: {one.error}", "bad"))
    elif one.first is None:
        made.append(text("Nothing: everything that may still change is known.", "muted", wrap=True))
    else:
        made.append(text(f"{one.first} to {one.last} (UTC), {len(one.queries)} to ask:", "muted", wrap=True))
        made += [long_text(f"– {query}") for query in one.queries]
    if one.bytes is not None:
        price = dollars(query_price(one.bytes))
        made.append(text(f"Google would read {size_text(one.bytes)}, about {price} (estimate).", "estimate", wrap=True))
    return card(*made, spacing=4)


def _pairs(lines: Sequence[tuple[str, str]]) -> QWidget:
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for number, (label, words) in enumerate(lines):
        grid.addWidget(text(label, "muted", wrap=True), number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text(words, wrap=True), number, 1, Qt.AlignmentFlag.AlignTop)
    return whole


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> QWidget:
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(18)
    grid.setColumnStretch(len(heads) - 2, 1)
    last = len(heads) - 1
    for number, cells in enumerate((heads, *rows)):
        for column, cell in enumerate(cells):
            side = Qt.AlignmentFlag.AlignRight if column == last else Qt.AlignmentFlag.AlignLeft
            grid.addWidget(text(cell, "muted" if number == 0 else None), number, column, side)
    return whole


def _steps(run_id: int, desk: Desk) -> list[AccountSteps]:
    return desk.read(lambda session: account_steps(session, run_id))
