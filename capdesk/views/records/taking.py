"""Taking rows out of a list: onto the clipboard for a spreadsheet, or all of them into a file."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.listings import export as exporting
from capdesk.services.listings import read
from capdesk.services.listings.model import Ask, Column, Listing, Row
from capdesk.views.jobs import Report
from capdesk.views.records.display import copied
from capdesk.views.records.model import RecordModel
from capdesk.views.records.view import RecordView
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace

MOST = 10_000
"""Rows that can be selected or copied at once; an export has no bounds."""
CSV, XLSX = "CSV file (*.csv)", "Excel workbook (*.xlsx)"

Stretches = Sequence[tuple[int, int]]
"""First and last number of rows that follow each other."""


def table_text(model: RecordModel, columns: Sequence[int], rows: Iterable[Row]) -> str:
    """Rows as tab-separated lines below the titles of the columns."""
    chosen = [(number, model.listing.columns[number]) for number in columns]
    lines = ["\t".join(column.title for _, column in chosen)]
    lines += ["\t".join(copied(column, row.values[number], model.zone) for number, column in chosen) for row in rows]
    return "\n".join(lines) + "\n"


def take_rows(owner: QObject, model: RecordModel, stretches: Stretches, then: Callable[[list[Row]], None]) -> None:
    """Hands over the rows, at once where all are here; what is not is read."""
    numbers = [number for first, last in stretches for number in range(first, last + 1)]
    here = [row for number in numbers if (row := model.held(number)) is not None]
    if len(here) == len(numbers):
        then(here)
        return
    listing, ask = model.listing, model.on_show

    def work(desk: Desk) -> list[Row]:
        return desk.read(
            lambda session: [
                row for first, last in stretches for row in read.page(session, listing, ask, first, last - first + 1)
            ]
        )

    model.workspace.read(owner, "taken", work, then)


def copy_rows(view: RecordView, model: RecordModel, say: Callable[[str], None]) -> None:
    """The selected rows, with the columns on show."""
    stretches = view.selected_rows()

    def copy(rows: list[Row]) -> None:
        QGuiApplication.clipboard().setText(table_text(model, view.shown_columns(), rows))
        say("Copied 1 row." if len(rows) == 1 else f"Copied {len(rows):,} rows.")

    if not stretches:
        say("Select rows to copy them.")
    elif view.selected_count() > MOST:
        say(f"Up to {MOST:,} rows can be copied; Export writes all of them.")
    else:
        take_rows(view, model, stretches, copy)


def copy_cell(view: RecordView, model: RecordModel, say: Callable[[str], None]) -> None:
    """The value of the current cell."""
    index = view.currentIndex()
    row = model.held(index.row()) if index.isValid() else None
    if row is not None:
        column = model.listing.columns[index.column()]
        QGuiApplication.clipboard().setText(copied(column, row.values[index.column()], model.zone))
        say(f"Copied {column.title.lower()}.")


class SaveDialog(QFileDialog):
    """Asks where rows shall be written, as CSV or as a workbook; it does not wait."""

    def __init__(self, parent: QWidget, title: str, chosen: Callable[[Path], object]) -> None:
        super().__init__(parent)
        named(self, "export-dialog", "Export")
        self.setWindowTitle(f"Export {title.lower()}")
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.setNameFilters([CSV, XLSX])
        self.setDefaultSuffix("csv")
        self.filterSelected.connect(lambda kind: self.setDefaultSuffix("xlsx" if kind == XLSX else "csv"))
        self.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        self.selectFile(f"{title.lower().replace(' ', '-')}.csv")
        self.fileSelected.connect(lambda file: chosen(Path(file)))
        self.finished.connect(self.deleteLater)


def with_suffix(file: Path) -> Path:
    """The file, as CSV where its name does not say."""
    return file if file.suffix.lower() in (".csv", ".xlsx") else file.with_name(f"{file.name}.csv")


class Exporter(QObject):
    """Asks for a file and writes all rows of an asking into it, as a job."""

    def __init__(self, workspace: Workspace, listing: Listing, parent: QWidget) -> None:
        super().__init__(parent)
        self.workspace, self._listing, self._parent = workspace, listing, parent
        self.dialog: SaveDialog | None = None

    def open(self, ask: Ask, columns: Sequence[Column]) -> None:
        """The dialog does not wait; what is exported is what was asked for when it was opened."""
        keys = [column.key for column in columns]
        self.dialog = SaveDialog(self._parent, self._listing.title, lambda file: self.write(ask, keys, file))
        self.dialog.open()

    def write(self, ask: Ask, columns: Sequence[str], file: Path) -> None:
        """Writes the file in the background; CSV or Excel by its suffix."""
        target, listing = with_suffix(file), self._listing

        def work(desk: Desk, report: Report) -> int:
            return exporting.export(
                desk, listing, ask, columns, target, lambda done, total: report(done, total, f"{done:,} rows written")
            )

        job = self.workspace.run(
            f"Exporting {listing.title.lower()} to {target.name}",
            work,
            owner=self,
            then=lambda count: self._written(target, count),
        )
        job.leads_to(lambda _count: target)

    def _written(self, file: Path, count: int) -> None:
        rows = "1 row" if count == 1 else f"{count:,} rows"
        self.workspace.say(f"Exported {rows} to {file.name}.", "good", "Open folder", lambda: open_folder(file))


def open_folder(file: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))
