"""The line below everything: the database, the zone, the last sync, the seal, and what runs in the background."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar

from capdesk.bootstrap import Desk
from capdesk.views.jobs import Job
from capdesk.views.shell.flat import FlatButton
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from capdesk.services.desk_state import DeskState

_AGAIN_MS = 60_000
_UNSEALED_AGAIN_MS = 4_000


class StatusBar(QFrame):
    """Each piece leads to where more is told."""

    jobs_asked = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "status-bar", self.tr("Status"))
        self.database = self._piece("status-database", "database", lambda: self._settings("database"))
        self.zone = self._piece("status-zone", "clock", lambda: self._settings("desk"))
        self.sync = self._piece("status-sync", "refresh-cw", lambda: workspace.go("syncs"))
        self.seal = self._piece("status-seal", "lock", self._explain_seal)
        self.jobs = self._piece("status-jobs", "loader", self.jobs_asked.emit)
        self.bar = named(QProgressBar(), "status-progress", self.tr("Progress of the newest job"))
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(110)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(6)
        for piece in (self.database, self.zone, self.sync, self.seal):
            row.addWidget(piece)
        row.addStretch(1)
        row.addWidget(self.bar)
        row.addWidget(self.jobs)
        self._sealed_words = ""
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.refresh)
        self._offline = False
        workspace.opened.connect(self.refresh)
        workspace.changed.connect(self.refresh)
        workspace.jobs.started.connect(self._job_started)
        workspace.jobs.ended.connect(self._jobs_changed)
        self._show_jobs()
        if workspace.is_open:
            self.refresh()

    def refresh(self) -> None:
        """Reads how the desk is, in the background."""
        if self.workspace.is_open:
            self.workspace.read(self, "status", _state, self._show, self._unreadable)

    def stop(self) -> None:
        self._again.stop()

    def say_offline(self, offline: bool) -> None:
        """Whether the database is out of reach just now."""
        self._offline = offline
        if offline:
            self.database.tone = "bad"
            self.database.say(self.tr("Database out of reach, trying again…"))
        else:
            self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, colors = QPainter(self), self.workspace.theme.colors
        painter.fillRect(self.rect(), QColor(colors.surface))
        painter.fillRect(0, 0, self.width(), 1, QColor(colors.border))

    def _settings(self, part: str) -> None:
        self.workspace.go("settings", filter=part)

    def _piece(self, name: str, icon: str, clicked: Callable[[], object]) -> FlatButton:
        made = FlatButton(self.workspace.theme, name, "", icon, clicked)
        made.small = True
        return made

    def _show(self, found: "tuple[DeskState, str | None]") -> None:
        state, host = found
        desk = self.workspace.desk
        if not self._offline:
            self.database.tone = ""
            words = self.tr("Database on this computer") if host is None else self.tr("Database on {host}")
            self.database.say(words.format(host=host), str(desk.folder))
        self.zone.say(desk.zone.key, self.tr("The desk zone: timestamps become dates in it"))
        self._show_sync(state)
        self._show_seal(state)
        self._again.start(_UNSEALED_AGAIN_MS if state.unsealed else _AGAIN_MS)

    def _show_sync(self, state: "DeskState") -> None:
        self.sync.tone = "warn" if state.failing else ""
        if state.failing:
            self.sync.say(self.tr("Last sync failed"), self.tr("A connection's newest pull failed; open Syncs."))
        elif state.last_sync_at is not None:
            self.sync.say(self.tr("Synced {when}").format(when=self._when(state.last_sync_at)), self.tr("Open Syncs"))
        elif state.connections:
            self.sync.say(self.tr("Not synced yet"), self.tr("Open Syncs"))
        else:
            self.sync.say(self.tr("No connections"), self.tr("Twilio and Google Cloud are connected in Settings."))

    def _show_seal(self, state: "DeskState") -> None:
        from capdesk.services.desk_state import COUNTED  # noqa: PLC0415 - with the database layer

        many = f"{state.unsealed:,}" + ("+" if state.unsealed >= COUNTED else "")
        words = self.tr("Nothing sealed yet")
        if state.seal is not None:
            words = self.tr("Seal {number} · {hash}").format(number=state.seal, hash=state.seal_hash[:8])
        self.seal.icon_name = "lock-open" if state.unsealed else "lock"
        self.seal.tone = "warn" if state.unsealed else ""
        if state.unsealed:
            words += self.tr(" · {count} rows unsealed").format(count=many)
        self._sealed_words = (
            self.tr("Nothing has been recorded and sealed yet.")
            if state.seal is None or state.sealed_at is None
            else self.tr("Seal {number} of {when}: {hash}").format(
                number=state.seal, when=self._when(state.sealed_at), hash=state.seal_hash
            )
        )
        self.seal.say(words, self._sealed_words)
        self.seal.update()

    def _unreadable(self, _error: Exception) -> None:
        """Whoever asked for something is told; a glance that failed is tried again."""
        self._again.start(_AGAIN_MS)

    def _explain_seal(self) -> None:
        if self._sealed_words:
            self.workspace.say(self._sealed_words)

    def _when(self, moment: datetime) -> str:
        zone = self.workspace.desk.zone
        there, now = moment.astimezone(zone), self.workspace.clock.now().astimezone(zone)
        return f"{there:%H:%M}" if there.date() == now.date() else f"{there:%Y-%m-%d %H:%M}"

    def _job_started(self, job: Job[object]) -> None:
        job.progressed.connect(self._progressed)
        self._show_jobs()

    def _jobs_changed(self, _job: object) -> None:
        self._show_jobs()
        self.refresh()

    def _progressed(self, done: int, total: int, _words: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _show_jobs(self) -> None:
        running = self.workspace.jobs.listed
        self.bar.setVisible(bool(running))
        self.jobs.icon_name = "loader" if running else "list-checks"
        if not running:
            self.jobs.say(self.tr("Jobs"), self.tr("What ran in the background (Ctrl+J)"))
        elif len(running) == 1:
            self.bar.setRange(0, 0)
            self.jobs.say(running[0].title, self.tr("Runs in the background; open for more (Ctrl+J)"))
        else:
            self.jobs.say(self.tr("{count} jobs").format(count=len(running)), ", ".join(job.title for job in running))


def _state(desk: Desk) -> "tuple[DeskState, str | None]":
    from capdesk.services.desk_state import desk_state, server_name  # noqa: PLC0415 - with the database layer

    return desk.read(desk_state), server_name(desk.engine)
