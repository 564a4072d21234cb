"""The database: where it is and how it is, whether all of it still holds, and a copy of it in a file."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.database.backup import Backup, back_up, file_name, last_backup
from capdesk.services.database.state import DatabaseState, database_state
from capdesk.services.doctor import Check, Diagnosis, examine
from capdesk.services.plain import size_text
from capdesk.services.reports.wording import counted
from capdesk.services.verify import Verification, verify
from capdesk.views.jobs import Report
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.section import Card, JobLine, Outcome, Rows, Section, clear, fact
from capdesk.views.widgets import badge, button, named, text
from capdesk.views.workspace import Workspace

_MOST_SHOWN = 200
_MOVING = (
    "A desk can lie in a Postgres of your own (16 or newer), shared by several computers. That is prepared and chosen "
    "outside the window, because everything here reads from the database that is open:"
)
_MOVES = (
    "capdesk db init --admin-url postgresql://admin@host/database",
    "capdesk settings set --database-url postgresql://capdesk_app@host/database",
    "capdesk settings set --database-url embedded",
)


@dataclass(frozen=True)
class _Shown:
    state: DatabaseState
    backup: Backup | None
    backup_there: bool


class DatabaseSection(Section):
    key = "database"
    title = "Database"
    icon = "database"
    about = "Everything recorded lies in one Postgres database; seals show whether anybody changed it."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._state: DatabaseState | None = None
        self._facts = Card("How it is")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(8)
        self._facts.column.addLayout(self._lines)
        for widget in (self._facts, self._verify_card(), self._backup_card(), self._doctor_card(), _moving_card()):
            self.column.addWidget(widget)

    def _verify_card(self) -> Card:
        self.verify_now = named(button("Verify now", self.verify, kind="primary"), "verify-now")
        self.verifying = JobLine("verify-job")
        self.verified = Outcome("verify-outcome")
        self.differences = Rows("differences", "Differences")
        about = "Checks every sealed row, the chain of seals, and every figure derived from facts. Changes nothing."
        made = Card("Does everything still hold?", about)
        made.column.addWidget(flowing(self.verify_now))
        for widget in (self.verifying, self.verified, self.differences):
            made.column.addWidget(widget)
        return made

    def _backup_card(self) -> Card:
        self.back_up_now = named(button("Back up now…", self.choose_file), "back-up-now")
        self.backing_up = JobLine("backup-job")
        self.backed_up = Outcome("backup-outcome")
        self.last = named(text("", "muted", wrap=True), "last-backup")
        self.backup_about = named(text("", "muted", wrap=True), "backup-about")
        made = Card("Back up", "", self.backup_about, self.last)
        made.column.addWidget(flowing(self.back_up_now))
        made.column.addWidget(self.backing_up)
        made.column.addWidget(self.backed_up)
        return made

    def _doctor_card(self) -> Card:
        self.examine_now = named(button("Look at everything", self.examine), "doctor-now")
        self.with_mail = named(QCheckBox("Also reach the mail server"), "doctor-mail", "Also reach the mail server")
        self.examining = JobLine("doctor-job")
        self.examined = Outcome("doctor-outcome")
        self.checks = Rows("doctor-checks", "What was found")
        about = "Folder, disk, rules, seals, clocks, secrets, connections, schedule and mail, one line each."
        made = Card("Doctor", about)
        made.column.addWidget(flowing(self.examine_now, self.with_mail))
        for widget in (self.examining, self.examined, self.checks):
            made.column.addWidget(widget)
        return made

    def reload(self) -> None:
        self.read(_read, self._show)

    def verify(self) -> None:
        """Checks everything; may take minutes, and can be cancelled."""
        if self.verifying.busy:
            return
        self.verified.say("")
        self.differences.replace([])
        job = self.workspace.run(
            "Verifying", _verified, owner=self, then=self._show_verified, failed=self.verified.refuse(self.workspace)
        )
        self.verifying.watch(job)

    def choose_file(self) -> None:
        """Asks where the copy is to lie."""
        before = last_backup(self.workspace.folder)
        folder = before.file.parent if before is not None and before.file.parent.is_dir() else Path.home()
        dialog = QFileDialog(self, "Back up", str(folder / file_name(self.workspace.clock.now())))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(file_name(self.workspace.clock.now()))
        dialog.fileSelected.connect(self._file_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def back_up_to(self, file: Path) -> None:
        """Copies the whole database into the file."""
        if self.backing_up.busy:
            return
        self.backed_up.say("")
        job = self.workspace.run(
            f"Backing up to {file.name}",
            lambda desk, report: back_up(desk, file, lambda done: report(text=f"{size_text(done)} written")),
            owner=self,
            then=self._show_backed_up,
            failed=self.backed_up.refuse(self.workspace),
        )
        job.leads_to(lambda made: made.file)
        self.backing_up.watch(job)

    def examine(self) -> None:
        """What a desk needs, looked at one by one."""
        if self.examining.busy:
            return
        self.examined.say("")
        with_mail = self.with_mail.isChecked()
        job = self.workspace.run(
            "Looking at everything",
            lambda desk, _report: _examined(desk, with_mail),
            owner=self,
            then=self._show_examined,
            failed=self.examined.refuse(self.workspace),
        )
        self.examining.watch(job)

    def _file_chosen(self, file: str) -> None:
        self.back_up_to(Path(file))

    def _show(self, shown: _Shown) -> None:
        state = self._state = shown.state
        embedded = state.address is None
        clear(self._lines)
        sealed = "—"
        if state.sealed_at is not None:
            at = f"{state.sealed_at.astimezone(self.workspace.desk.zone):%Y-%m-%d %H:%M}"
            sealed = f"{counted(state.seals, 'seal')} over {counted(state.sealed_rows, 'row')}, the newest of {at}"
        for label, words in (
            ("Where", "embedded: capdesk's own server, on this computer" if embedded else str(state.address)),
            ("Desk folder", str(self.workspace.folder)),
            ("Server", f"Postgres {state.version}"),
            ("Size", size_text(state.bytes)),
            ("Schema", state.revision or "—"),
            ("Sealed", sealed),
            ("Newest seal", state.head or "—"),
        ):
            self._lines.addWidget(fact(label, words))
        self.back_up_now.setEnabled(embedded)
        self.backup_about.setText(
            "One file holds the whole desk but its secrets. It is read back before it counts."
            if embedded
            else "This database is a Postgres of your own: its own backups hold the desk too. The pg_dump that comes "
            "with capdesk cannot encrypt the way there."
        )
        self._show_last(shown.backup, shown.backup_there)

    def _show_last(self, made: Backup | None, there: bool) -> None:
        if made is None:
            self.last.setText("No backup was made of this desk yet.")
            return
        at = f"{made.at.astimezone(self.workspace.desk.zone):%Y-%m-%d %H:%M}"
        gone = "" if there else " It is not there any more."
        self.last.setText(f"Last backup: {at}, {size_text(made.bytes)}, {made.file}.{gone}")

    def _show_backed_up(self, made: Backup) -> None:
        self.backed_up.say(
            f"{made.file} holds {counted(made.tables, 'table')} in {size_text(made.bytes)}, and was read back. "
            f"SHA-256 {made.sha256}"
        )
        self.reload()

    def _show_verified(self, found: Verification) -> None:
        looked = f"{counted(found.sealed_rows, 'row')} under {counted(found.seals, 'seal')}"
        if found.ok:
            more = f", {counted(found.unsealed_rows, 'row')} not sealed yet" if found.unsealed_rows else ""
            self.verified.say(f"No difference: {looked}, {found.truths} kinds of derived figures{more}.")
        else:
            self.verified.say(f"{counted(len(found.differences), 'difference')} in {looked}.", "bad")
        lines: list[QWidget] = [text(str(one), "bad", wrap=True) for one in found.differences[:_MOST_SHOWN]]
        if beyond := len(found.differences) - _MOST_SHOWN:
            lines += [text(f"… and {beyond:,} more", "muted")] if beyond > 0 else []
        self.differences.replace(lines)

    def _show_examined(self, found: Diagnosis) -> None:
        wrong = sum(not one.ok for one in found.checks)
        words = "All is well." if found.ok else f"{counted(wrong, 'thing')} to put right."
        self.examined.say(words, "good" if found.ok else "warn")
        self.checks.replace([_check(one) for one in found.checks])


def _moving_card() -> Card:
    made = Card("Another database", _MOVING)
    for command in _MOVES:
        made.column.addWidget(text(command, "strong", wrap=True))
    made.column.addWidget(
        text("Then start capdesk again. The last line goes back to the embedded one.", "muted", wrap=True)
    )
    return made


def _check(one: Check) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    words = fact(one.name[:1].upper() + one.name[1:], f"{one.found}\n→ {one.todo}" if one.todo else one.found)
    row.addWidget(words, 1)
    row.addWidget(badge("well", "good") if one.ok else badge("look", "warn"))
    return whole


def _read(desk: Desk) -> _Shown:
    made = last_backup(desk.folder)
    return _Shown(database_state(desk), made, made is not None and made.file.is_file())


def _verified(desk: Desk, report: Report) -> Verification:
    def moved(name: str, done: int, total: int) -> None:
        report(done, total, f"Checking {name}: {done:,}" + (f" of {total:,}" if total else ""))

    desk.seal()
    return desk.read(lambda session: verify(session, progress=moved))


def _examined(desk: Desk, mail: bool) -> Diagnosis:
    return examine(
        desk.folder, lambda: contextlib.nullcontext(desk.engine), desk.clock, secrets=desk.secrets, mail=mail
    )
