"""A list whose rows are all here: words to filter by above, rows in the middle, what is said of them below."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.listings.export import write_rows
from capdesk.services.reports.wording import counted
from capdesk.views.jobs import Report
from capdesk.views.records.held import HeldView
from capdesk.views.records.taking import SaveDialog, open_folder, with_suffix
from capdesk.views.widgets import button, named, text
from capdesk.views.workspace import Workspace


class HeldList(QWidget):
    """Sorted, filtered, copied and exported like every list. `beside` stands next to the words."""

    def __init__(self, workspace: Workspace, view: HeldView, beside: QWidget | None = None) -> None:
        super().__init__()
        self.workspace, self.view, self.model = workspace, view, view.held
        listing = self.model.listing
        self.words = named(QLineEdit(), f"{listing.key}-filter", "Filter by words")
        self.words.setPlaceholderText("Filter by words")
        self.words.setClearButtonEnabled(True)
        self.foot = named(text("", "small", wrap=True), f"{listing.key}-foot")
        self.words.textChanged.connect(self.model.set_words)
        self.dialog: SaveDialog | None = None
        self._lay_out(beside)
        view.copy_wanted.connect(self.copy)
        look_for = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        look_for.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        look_for.activated.connect(self._look_for)

    def _lay_out(self, beside: QWidget | None) -> None:
        row, column = QHBoxLayout(), QVBoxLayout(self)
        row.setSpacing(12)
        row.addWidget(self.words, 1)
        if beside is not None:
            row.addWidget(beside)
        self._copy = button("Copy", self.copy, kind="quiet")
        self._copy.setToolTip("Copies the chosen rows, or all (Ctrl+C)")
        self._export = button("Export…", self.export, kind="quiet")
        row.addWidget(self._copy)
        row.addWidget(self._export)
        self.workspace.theme.changed.connect(self._draw_icons)
        self._draw_icons()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addWidget(self.foot)

    def copy(self) -> None:
        """The chosen rows, or all of them, as lines of a spreadsheet."""
        rows = self.view.rows_to_copy()
        QGuiApplication.clipboard().setText(self.model.as_text(rows))
        self.foot.setText(f"Copied {counted(len(rows), 'row')}.")

    def export(self) -> None:
        """Asks for a file and writes the rows on show."""
        self.dialog = SaveDialog(self, self.model.listing.title, self.write)
        self.dialog.open()

    def write(self, file: Path) -> None:
        """Writes the rows on show in the background; CSV or Excel by its suffix."""
        target, (columns, rows) = with_suffix(file), self.model.as_file()

        def work(desk: Desk, _report: Report) -> int:
            return write_rows(target, columns, rows, desk.zone)

        def told(count: int) -> None:
            words = f"Exported {counted(count, 'row')} to {target.name}."
            self.workspace.say(words, "good", "Open folder", lambda: open_folder(target))

        title = f"Exporting {self.model.listing.title.lower()} to {target.name}"
        self.workspace.run(title, work, owner=self, then=told, cancellable=False).leads_to(lambda _count: target)

    def _draw_icons(self) -> None:
        theme = self.workspace.theme
        self._copy.setIcon(theme.icon("copy"))
        self._export.setIcon(theme.icon("download"))

    def _look_for(self) -> None:
        self.words.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.words.selectAll()
