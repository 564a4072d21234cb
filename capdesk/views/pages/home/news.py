"""What is new since the owner last looked: one line, and behind it the whole of it."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.reports.model import EVENT_TYPES
from capdesk.services.reports.names import event_name, source_name
from capdesk.services.reports.since import Changes, Decided, NewRows, Pulled, Restated
from capdesk.services.reports.summary import late_summary, signed_dollars
from capdesk.services.reports.wording import counted, listed, moment_in
from capdesk.views.layouts import empty
from capdesk.views.pages.home.pieces import Icon, act, surface
from capdesk.views.pulling import named_sources
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

_KINDS = {"calls": "calls", "events": "events", "leads": "leads", "team": "team", "timelogs": "time logs"}
_DONE = {"start": "started", "pause": "paused", "resume": "resumed", "complete": "completed", "terminate": "terminated"}
_MOST_DECISIONS = 12
_JOINED = "+\u2060$"
"""No line ends between the sign and its amount."""


class News(QWidget):
    """Folded to one line until it is asked for."""

    def __init__(self, workspace: Workspace, seen: Callable[[], object]) -> None:
        super().__init__()
        named(self, "news", "What is new")
        self._line, self._all = text("", wrap=True), QWidget()
        self._grid = QGridLayout(self._all)
        self._grid.setContentsMargins(30, 6, 0, 2)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._all.hide()
        self.more = named(act("Show all", self._toggle, "that is new", "link"), "news-more")
        self.seen = named(act("Mark as seen", seen, "", "link"), "news-seen")
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(Icon(workspace.theme, "history"))
        line.addWidget(self._line, 1)
        line.addWidget(self.more)
        line.addWidget(self.seen)
        frame = surface(line, self._all, margin=12)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        self.hide()

    def show_changes(self, changes: Changes | None, zone: ZoneInfo) -> None:
        """None where nobody looked before: there is nothing to compare with."""
        self.setVisible(changes is not None)
        if changes is None:
            return
        told = list(lines(changes))
        since = f"Since {moment_in(changes.since, zone)}: "
        self._line.setText(since + (_short(changes) if told else "nothing was recorded") + ".")
        self.more.setVisible(bool(told))
        self.seen.setVisible(bool(told))
        self._all.setVisible(bool(told) and self.more.text() != "Show all")
        empty(self._grid)
        for number, (what, words) in enumerate(told):
            self._grid.addWidget(text(what, "muted"), number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text(words.replace("+$", _JOINED), wrap=True), number, 1)

    def _toggle(self) -> None:
        shown = self._all.isHidden()
        self._all.setVisible(shown)
        self.more.setText("Show less" if shown else "Show all")
        self.more.setAccessibleName(f"{self.more.text()} that is new")


def _short(changes: Changes) -> str:
    """The line that is always there."""
    said = []
    if changes.spend or changes.unassigned_usd:
        said.append(f"{signed_dollars(changes.spend_usd)} of spend")
    events = sum(changes.events.values())
    if events:
        said.append(counted(events, "event"))
    if files := sum(one.files for one in changes.rows):
        said.append(counted(files, "file") + " imported")
    if runs := sum(one.runs for one in changes.pulls):
        said.append(counted(runs, "sync"))
    if days := sum(one.days for one in changes.restated):
        said.append(f"{counted(days, 'day')} restated")
    if changes.decided:
        said.append(counted(len(changes.decided), "decision"))
    if changes.sent:
        said.append(f"{counted(len(changes.sent), 'email')} sent")
    return listed(said) if said else "records that move no figure"


def lines(changes: Changes) -> Iterator[tuple[str, str]]:
    """What, and in words how much: only of what there is."""
    spend = [f"{one.experiment or one.campaign + ' (overhead)'} {signed_dollars(one.usd)}" for one in changes.spend]
    if changes.unassigned_usd:
        spend.append(f"unassigned {signed_dollars(changes.unassigned_usd)}")
    if spend:
        yield "Spend", " · ".join(spend)
    events = [f"{event_name(key)} {changes.events[key]:+,}" for key in EVENT_TYPES if changes.events[key]]
    if events:
        yield "Events", " · ".join(events)
    if changes.rows:
        yield "Imports", " · ".join(map(_rows, changes.rows))
    if changes.pulls:
        yield "Syncs", " · ".join(map(_pulled, changes.pulls))
    if changes.restated:
        yield "Restated days", " · ".join(map(_restated, changes.restated))
    if changes.decided:
        shown = changes.decided[-_MOST_DECISIONS:]
        rest = len(changes.decided) - len(shown)
        yield "Decisions", " · ".join([*([f"{rest} earlier"] if rest else []), *map(_decided, shown)])
    for one in changes.sent:
        yield "Email", f"{one.about}: {one.text}" if one.about else f"Weekly report {one.text}"
    if changes.late:
        yield "Late", late_summary(changes.late).all_of_them


def _rows(one: NewRows) -> str:
    where = f"from {counted(one.files, 'file')}" if one.files else "by hand"
    rejected = f", {one.rejected:,} rejected" if one.rejected else ""
    return f"{one.landed:,} {_KINDS.get(one.kind, one.kind)} {where}{rejected}"


def _pulled(one: Pulled) -> str:
    failed = f", {one.failed} failed" if one.failed else ""
    changed = f", {signed_dollars(one.difference_usd)}" if one.difference_usd else ""
    return f"{named_sources((one.source,))}: {counted(one.runs, 'sync')}{failed}, {one.landed:,} new{changed}"


def _restated(one: Restated) -> str:
    return f"{source_name(one.provider)} {counted(one.days, 'day')}, {signed_dollars(one.difference_usd)}"


def _decided(one: Decided) -> str:
    if one.kind == "transition":
        return f"{one.experiment} {_DONE.get(one.what, one.what)}"
    return f"{one.kind} of {one.experiment}: {one.what}"
