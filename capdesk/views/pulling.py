"""Pulls from the window: on demand, and on a timer the owner sets. Asks the providers only through `services.sync`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from capdesk.bootstrap import Desk, call_source, cost_source
from capdesk.views.jobs import Failed, Job, Report
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from capdesk.services.sync import Asked, SyncReport

HOURS = (0, 1, 2, 4, 8, 12, 24)
"""How often the owner may have it pull; 0 is never."""
_REMEMBERED = "pulling/hours"
_HOUR_MS = 3_600_000


class Pulling(QObject):
    """All pulls of one window; never two at once. With an interval it pulls what is due while the window is open."""

    changed = Signal()
    """The interval, or whether something is being pulled."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.workspace = workspace
        self.job: Job[SyncReport] | None = None
        """The pull under way."""
        known = workspace.memory.get(_REMEMBERED, 0)
        self._hours: int = known if known in HOURS else 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.pull_due)
        workspace.opened.connect(self._start)
        if workspace.is_open:
            self._start()

    @property
    def interval_hours(self) -> int:
        return self._hours

    def set_interval(self, hours: int) -> None:
        """Pulls what is due every so many hours, the first time that much later; 0 stops it. Remembered."""
        self._hours = hours
        self.workspace.memory.put(_REMEMBERED, hours)
        self._start()
        self.changed.emit()

    def pull_due(self) -> None:
        """Pulls what was not pulled since its daily time. Says only what went wrong."""
        if self.job is None and self.workspace.is_open:
            self.pull(only_due=True, then=self._tell)

    def pull(
        self,
        sources: Sequence[str] | None = None,
        *,
        only_due: bool = False,
        dry_run: bool = False,
        owner: QObject | None = None,
        then: "Callable[[SyncReport], None] | None" = None,
        failed: Failed | None = None,
    ) -> "Job[SyncReport]":
        """Starts a pull of the sources (None: all), or gives the one that is under way."""
        if self.job is not None:
            return self.job
        title = "Trying a sync" if dry_run else "Syncing" if sources is None else f"Pulling {named_sources(sources)}"
        work = partial(_pulled, sources=sources, only_due=only_due, dry_run=dry_run)
        self.job = self.workspace.run(title, work, owner=owner or self, then=then, failed=failed)
        self.job.leads_to(lambda _report: Place("syncs"))
        self.job.ended.connect(self._over)
        self.changed.emit()
        return self.job

    def explain(
        self, owner: QObject, then: "Callable[[list[Asked]], None]", failed: Failed | None = None
    ) -> "Job[list[Asked]]":
        """What a pull of everything would ask; nothing is recorded."""
        return self.workspace.run("Asking what would be asked", _explained, owner=owner, then=then, failed=failed)

    def _start(self) -> None:
        self._timer.stop()
        if self._hours and self.workspace.is_open:
            self._timer.start(self._hours * _HOUR_MS)

    def _over(self) -> None:
        self.job = None
        self.changed.emit()

    def _tell(self, report: "SyncReport") -> None:
        failed = [one for one in report.pulls if one.state == "failed"]
        if failed:
            words = f"A pull failed: {failed[0].source} of {failed[0].connection}: {failed[0].detail}"
            self.workspace.say(words, "warn", "Show syncs", lambda: self.workspace.go("syncs"))


def pulling(workspace: Workspace) -> Pulling:
    """The one of this window, made when it is first asked for."""
    return workspace.findChild(Pulling) or Pulling(workspace)


def named_sources(sources: Sequence[str] | None) -> str:
    """Sources in words."""
    names = {"twilio": "Twilio costs", "twilio-calls": "Twilio calls", "gcp": "Google Cloud costs"}
    if sources is None:
        return "all sources"
    return " and ".join(names.get(one, one) for one in sources)


def _pulled(
    desk: Desk, report: Report, *, sources: Sequence[str] | None, only_due: bool, dry_run: bool
) -> "SyncReport":
    from capdesk.services.sync import sync  # noqa: PLC0415 - SQLAlchemy loads after the window is seen

    def moved(what: str, rows: int) -> None:
        report(text=f"{what}: {rows:,} rows read")

    return sync(
        desk,
        sources=sources,
        only_due=only_due,
        dry_run=dry_run,
        open_source=partial(cost_source, desk),
        open_calls=partial(call_source, desk),
        progress=moved,
    )


def _explained(desk: Desk, _report: Report) -> "list[Asked]":
    from capdesk.services.sync import explain  # noqa: PLC0415 - SQLAlchemy loads after the window is seen

    return explain(desk, open_source=partial(cost_source, desk), open_calls=partial(call_source, desk))
