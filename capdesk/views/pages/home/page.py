"""The desk: totals, what waits, a card for each experiment under way, and what is new."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.money import dollars
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.overview import Overview, overview
from capdesk.services.reports.since import Changes, changed_since
from capdesk.services.reports.wording import moment_in, short_day
from capdesk.views.layouts import Tiles, empty
from capdesk.views.page import Page, scrolled
from capdesk.views.pages.home.card import ExperimentCard
from capdesk.views.pages.home.first_steps import FirstStepsCard
from capdesk.views.pages.home.news import News
from capdesk.views.pages.home.notices import Notices
from capdesk.views.pages.home.pieces import act, surface
from capdesk.views.pages.home.totals import Totals
from capdesk.views.places import Place
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

SEEN = "home/seen"
SITTING = timedelta(hours=1)
"""Who comes back sooner is still at the same sitting: what was new stays new."""
_CARD = 74
"""Characters: two cards stand beside each other in a window of 1,500 pixels."""


@dataclass(frozen=True)
class _Shown:
    overview: Overview
    changes: Changes | None


class HomePage(Page):
    """Where capital stands."""

    key = "home"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.say_title("Desk")
        self.cards: dict[int, ExperimentCard] = {}
        self._as_of: datetime | None = None
        self._since: datetime | None = None
        self.totals, self.notices = Totals(workspace.theme), Notices(workspace)
        self.news = News(workspace, self._mark_seen)
        self.first_steps = FirstStepsCard(workspace)
        self._idle = QVBoxLayout()
        self._experiments = QWidget()
        self._tiles = Tiles(_CARD, most=2)
        self._experiments.setLayout(self._tiles)
        self._experiments.hide()
        self._foot = named(text("", "small", wrap=True), "as-of")
        self._lay_out()

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(14)
        for one in (self.totals, self.notices, self.news):
            one.hide()
            column.addWidget(one)
        column.addLayout(self._idle)
        column.addWidget(self._experiments)
        column.addWidget(self.first_steps)
        column.addWidget(self._foot)
        column.addStretch(1)
        self.body.addWidget(scrolled(inner))

    def open(self, place: Place) -> None:
        seen = self._remembered()
        if self._since is None or (seen is not None and self.workspace.clock.now() - seen >= SITTING):
            self._since = seen
        super().open(place)

    def reload(self) -> None:
        since = self._since
        self.read(lambda desk: _read(desk, since), self._show)

    def hideEvent(self, event: QHideEvent) -> None:
        """The window leaves the page or closes: what it showed was seen. To be minimised is not to leave."""
        if self._as_of is not None and not event.spontaneous():
            self.workspace.memory.put(SEEN, self._as_of.isoformat())
        super().hideEvent(event)

    def _remembered(self) -> datetime | None:
        try:
            moment = datetime.fromisoformat(self.workspace.memory.get(SEEN, ""))
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def _mark_seen(self) -> None:
        self._since = self._as_of
        if self._as_of is not None:
            self.workspace.memory.put(SEEN, self._as_of.isoformat())
        self.reload()

    def _show(self, shown: _Shown) -> None:
        now = shown.overview
        self._as_of = now.as_of
        zone = ZoneInfo(now.zone)
        self.say_title("Desk", f"Week {now.week.number}: {short_day(now.week.monday)} – {short_day(now.week.sunday)}")
        empty = not now.steps.campaign
        self.totals.setVisible(not empty)
        if not empty:
            self.totals.show_overview(now)
        self.notices.show_overview(now)
        self.news.show_changes(None if empty else _worth_telling(shown.changes), zone)
        self._show_idle(now)
        self._show_experiments(now)
        steps = now.steps
        self.first_steps.show_steps(steps, now.zone)
        ready = steps.member and steps.experiment and steps.calls
        self.first_steps.setVisible(empty or not (now.experiments or ready))
        self._foot.setText(_foot(now, zone))
        self._foot.setVisible(not empty)

    def _show_idle(self, now: Overview) -> None:
        empty(self._idle)
        if now.steps.campaign and not now.experiments:
            self._idle.addWidget(self._nothing_runs(now))

    def _nothing_runs(self, now: Overview) -> QFrame:
        title = text("No experiment is running or paused.", "heading", wrap=True)
        go = self.workspace.go
        if now.planned:
            first = now.planned[0]
            words = f"{first.experiment} ({first.campaign}) is planned: look it over, then start it from its page."
            way = act(
                "Open experiment", lambda: go("experiment", first.experiment_id), first.experiment, kind="primary"
            )
        else:
            words = "Plan the next one: a hypothesis, the capital and the time you give it."
            way = act("Plan an experiment", lambda: go("experiments"), "", kind="primary")
        way.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        frame = surface(title, text(words, "muted", wrap=True), 6, way, margin=24, spacing=6)
        return named(frame, "nothing-runs", "No experiment is running or paused")

    def _show_experiments(self, now: Overview) -> None:
        """Cards stay where they are, so that scroll position and keyboard stay too."""
        wanted = [one.experiment_id for one in now.experiments]
        same = wanted == list(self.cards) and all(
            self.cards[one.experiment_id].now.success_events == one.success_events for one in now.experiments
        )
        if same:
            for one in now.experiments:
                self.cards[one.experiment_id].show_now(one)
            return
        empty(self._tiles)
        self.cards = {one.experiment_id: ExperimentCard(self.workspace, one) for one in now.experiments}
        for made in self.cards.values():
            self._tiles.addWidget(made)
        self._experiments.setVisible(bool(self.cards))


def _read(desk: Desk, since: datetime | None) -> _Shown:
    as_of = resolve_as_of(desk)
    before = since if since is not None and since < as_of else None
    return desk.read(
        lambda session: _Shown(
            overview(session, as_of, desk.zone),
            None if before is None else changed_since(session, before, as_of, desk.zone),
        )
    )


def _worth_telling(changes: Changes | None) -> Changes | None:
    """That nothing is new is news only to who was away."""
    if changes is None or (changes.nothing and changes.as_of - changes.since < SITTING):
        return None
    return changes


def _foot(now: Overview, zone: ZoneInfo) -> str:
    said = []
    if now.provisional_usd:
        said.append(
            f"Hatched is provisional: {dollars(now.provisional_usd)} of all provider costs may still be restated."
        )
    said.append(f"As of {moment_in(now.as_of, zone)} ({now.zone}), from everything recorded until then.")
    said.append(f"Seal {now.seal[:16]}…" if now.seal else "Nothing is sealed yet.")
    return "  ".join(said)
