"""Rejected rows as a table to correct in place, and to import again the way their file was imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.services.imports.corrections import MOST_SHOWN, RejectedRow, RejectedRows, open_rejects, write_corrected
from capdesk.services.imports.detect import Looked
from capdesk.services.imports.receipt import Receipt
from capdesk.services.reports.wording import counted
from capdesk.views.jobs import Job, Report
from capdesk.views.look.theme import Theme
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.pages.imports.preview_table import fit_columns, rows_table
from capdesk.views.pages.imports.run_steps import Progress, batch_of
from capdesk.views.widgets import button, named, styled, text, tip
from capdesk.views.workspace import Workspace, sentence

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_FIXED = ("Line", "Reason")


@dataclass(frozen=True)
class Source:
    """Rejected rows to correct: where they lie, of which batch they are, and how their file was imported."""

    path: Path
    batch: int | None
    draft: Draft

    @classmethod
    def remembered(cls, path: Path, batch: int, told: dict[str, Any]) -> "Source":
        draft = Draft(Looked(path, 0, None, None))
        for name in ("kind", "campaign", "profile", "mapping", "outcomes", "allow_unattributed"):
            setattr(draft, name, told.get(name, getattr(draft, name)))
        return cls(path, batch, draft)


class RejectsModel(QAbstractTableModel):
    """The line and the reason, then the original columns, which can be changed."""

    edited = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.header: tuple[str, ...] = ()
        self.rows: tuple[RejectedRow, ...] = ()
        self.corrected: dict[int, list[str]] = {}
        """Cells of the rows that were changed, by their line in the reject file."""

    def show_rows(self, header: Sequence[str], rows: Sequence[RejectedRow]) -> None:
        self.beginResetModel()
        self.header, self.rows, self.corrected = tuple(header), tuple(rows), {}
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.header) + len(_FIXED)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = (*_FIXED, *self.header)
            return titles[section] if section < len(titles) else None
        return None

    def cell(self, row: int, column: int) -> str:
        """What a cell of an original column holds now."""
        one = self.rows[row]
        return self.corrected.get(one.at, one.cells)[column]

    def fault(self, row: int) -> int:
        """The original column at fault, -1 where it is the whole line."""
        field = self.rows[row].field
        return self.header.index(field) if field in self.header else -1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column() - len(_FIXED)
        one = self.rows[row]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.data(index))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if column >= 0:
                cell = self.cell(row, column)
                return cell if role == Qt.ItemDataRole.EditRole else " ".join(cell[:500].split())
            return f"{one.line:,}" if column == -2 else _plain(one)
        return self._looks(role, row, column)

    def _looks(self, role: int, row: int, column: int) -> Any:
        colors, one = self._theme.colors, self.rows[row]
        changed = one.at in self.corrected and column >= 0 and self.cell(row, column) != one.cells[column]
        if role == Qt.ItemDataRole.BackgroundRole:
            if changed:
                return QColor(colors.good_soft)
            return QColor(colors.bad_soft) if column >= 0 and column == self.fault(row) else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(colors.muted) if column < 0 else None
        if role == Qt.ItemDataRole.FontRole and changed:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() >= len(_FIXED) else plain

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        column = index.column() - len(_FIXED)
        if role != Qt.ItemDataRole.EditRole or column < 0:
            return False
        one = self.rows[index.row()]
        cells = list(self.corrected.get(one.at, one.cells))
        cells[column] = str(value)
        if tuple(cells) == one.cells:
            self.corrected.pop(one.at, None)
        else:
            self.corrected[one.at] = cells
        self.dataChanged.emit(index, index)
        self.edited.emit()
        return True


def _plain(row: RejectedRow) -> str:
    """The reason, and the text of a line that was never split."""
    return " ".join((f"{row.reason} The line: {row.raw[:300]}" if row.raw else row.reason).split())


class RejectsEditor(QWidget):
    """`closed` when one turns away; what was corrected stays until other rows are opened."""

    closed = Signal()
    landed = Signal(object, object)
    """Draft and Receipt of the corrected rows."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "rejects-editor", "Rejected rows")
        self.workspace = workspace
        self.source: Source | None = None
        self.rejects: RejectedRows | None = None
        self.job: Job[Receipt] | None = None
        self.model = RejectsModel(workspace.theme)
        self.model.edited.connect(self._refresh)
        self.table = rows_table("rejected-rows", "Rejected rows", self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.selectionModel().currentChanged.connect(self._current_changed)
        self._heading = named(text("", "heading", wrap=True), "rejects-heading")
        self._hint = named(text("", "muted", wrap=True), "rejects-hint")
        self._reason = named(text("", "bad", wrap=True), "rejects-reason")
        self._told = named(text("", wrap=True), "rejects-told")
        self.progress = Progress()
        self.progress.hide()
        self.back = button("Back", self._back)
        self.again = button("Import corrected rows", self.import_again, kind="primary", shortcut="Ctrl+Return")
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (self._heading, self._hint, self._told, self._reason):
            column.addWidget(widget)
        column.addWidget(self.table, 1000)
        column.addStretch(1)  # once the table is gone: the words stay together
        column.addWidget(self.progress)
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.again)
        column.addLayout(row)
        escape = QShortcut(QKeySequence("Esc"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._back)
        for key in ("Return", "Enter"):
            edit = QShortcut(QKeySequence(key), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            edit.activated.connect(lambda: self.table.edit(self.table.currentIndex()))

    def open(self, source: Source) -> None:
        """Shows other rows; asks first where corrections would be lost."""
        same = self.source is not None and self.source.path == source.path
        if self.job is not None:
            if not same:
                self.workspace.say("Corrected rows are being imported; wait for it or cancel it first.", "warn")
            return
        if same and self.model.corrected:
            return
        if self.model.corrected and not same:
            self._ask(source)
            return
        self._told.hide()
        self._read(source)

    def _read(self, source: Source) -> None:
        self.source, self.rejects = source, None
        self._heading.setText(f"Opening {source.path.name} …")
        self.model.show_rows((), ())
        self._refresh()
        self.workspace.read(
            self, "rejects", lambda desk: open_rejects(desk, source.path, source.batch), self._show, self._unreadable
        )

    def _show(self, rejects: RejectedRows) -> None:
        self.rejects = rejects
        self.model.show_rows(rejects.header, rejects.rows)
        fit_columns(self.table, 240)
        count = rejects.total
        self._heading.setText(f"{count:,} rejected row{'' if count == 1 else 's'} in {rejects.path.name}")
        more = (
            f" These are the first {MOST_SHOWN:,}; the others go along as they are and come back next."
            if count > MOST_SHOWN
            else ""
        )
        self._hint.setText(f"Correct the cells, then import them again. The file itself stays as it is.{more}")
        self._refresh()
        if rejects.rows:
            self.table.setCurrentIndex(self.model.index(0, len(_FIXED) + max(0, self.model.fault(0))))
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _unreadable(self, error: Exception) -> None:
        self._heading.setText("The rejected rows cannot be opened")
        self._hint.setText(sentence(error))
        if not isinstance(error, CapdeskError):
            self.workspace.complain(error)

    def unsaved(self) -> str:
        """Corrections that are not imported yet."""
        if self.source is None or not self.model.corrected:
            return ""
        return f"{counted(len(self.model.corrected), 'corrected row')} of {self.source.path.name}"

    def import_again(self) -> None:
        """Writes the corrected file beside and imports it."""
        source, rejects = self.source, self.rejects
        if source is None or rejects is None or not rejects.rows or self.job is not None:
            return
        cells = {at: list(values) for at, values in self.model.corrected.items()}

        def work(desk: Desk, report: Report) -> Receipt:
            place = write_corrected(rejects, cells)
            try:
                return source.draft.run(desk, report, path=place)
            except BaseException:
                place.unlink(missing_ok=True)
                raise

        self.progress.begin()
        self.job = self.workspace.run(
            f"Importing corrected rows of {rejects.path.name}", work, owner=self, then=self._done, failed=self._failed
        )
        self.job.progressed.connect(self.progress.moved)
        self.job.leads_to(batch_of)
        self._refresh()

    def _done(self, receipt: Receipt) -> None:
        self.job = None
        source = self.source
        if source is None:
            return
        self.model.corrected.clear()
        known = f", {receipt.duplicate:,} known already" if receipt.duplicate else ""
        rest = f", {receipt.rejected:,} still rejected" if receipt.rejected else "; none is left"
        self._tell(f"{receipt.landed:,} landed now{known}{rest}.", good=not receipt.rejected)
        self.landed.emit(source.draft, receipt)
        if receipt.rejects_file is not None:
            self._read(Source(Path(receipt.rejects_file), receipt.batch, source.draft))
        else:
            self.rejects = None
            self._heading.setText("Every row is put right")
            self._hint.setText("")
            self.model.show_rows((), ())
            self.back.setFocus(Qt.FocusReason.OtherFocusReason)
        self._refresh()

    def _failed(self, error: Exception) -> None:
        self.job = None
        if isinstance(error, CapdeskError):
            self._tell(sentence(error), good=False)
        else:
            self.workspace.complain(error)
        self._refresh()

    def _tell(self, words: str, *, good: bool) -> None:
        self._told.setText(words)
        styled(self._told, "good" if good else "warn")
        self._told.show()

    def _refresh(self) -> None:
        running, changed = self.job is not None, len(self.model.corrected)
        self.progress.setVisible(running)
        self.again.setEnabled(not running and bool(self.model.rows))
        self.again.setToolTip(f"{changed:,} rows corrected (Ctrl+Return)")
        self.table.setVisible(bool(self.model.rows))
        self.table.setEnabled(not running)
        self.back.setText("Cancel" if running else "Back")
        self._current_changed()

    def _current_changed(self, *_arguments: object) -> None:
        row = self.table.currentIndex().row()
        shown = 0 <= row < len(self.model.rows)
        self._reason.setText(f"Line {self.model.rows[row].line:,}: {_plain(self.model.rows[row])}" if shown else "")
        self._reason.setVisible(shown)

    def _back(self) -> None:
        if self.job is not None:
            self.job.cancel()
        else:
            self.closed.emit()

    def _ask(self, source: Source) -> None:
        """Corrections of other rows are not thrown away in passing."""
        dialog = QDialog(self)
        named(dialog, "dialog-leave-corrections", "Leave corrections")
        dialog.setWindowTitle("Leave corrections")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(dialog)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        count, name = len(self.model.corrected), self.source.path.name if self.source else ""
        column.addWidget(text(f"{count:,} corrected rows of {name} are not imported yet.", wrap=True))
        row = QHBoxLayout()
        row.addStretch(1)
        keep = button("Keep correcting them", dialog.reject, kind="primary")
        leave = button("Leave them", dialog.accept, kind="danger")
        row.addWidget(leave)
        row.addWidget(keep)
        column.addLayout(row)
        dialog.accepted.connect(lambda: self._leave(source))
        keep.setFocus()
        dialog.open()

    def _leave(self, source: Source) -> None:
        self.model.corrected.clear()
        self.open(source)
