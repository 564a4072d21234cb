"""How to filter this list: the few rules there are, and its columns."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from capdesk.services.listings.model import Column, Kind, Listing
from capdesk.views.page import scrolled
from capdesk.views.widgets import button, line, named, styled, text

KINDS: dict[Kind, str] = {
    "id": "number",
    "text": "text",
    "number": "number",
    "decimal": "number",
    "money": "dollars",
    "date": "date",
    "moment": "time",
    "flag": "yes or no",
    "choice": "one of",
}


def rules(listing: Listing) -> list[tuple[str, str]]:
    """What can be typed, with this list's own columns, and what it finds."""
    told = [("two words", "rows with both words, in any text"), ('"two words"', "rows with exactly these words")]
    one = _first(listing, "text", "choice")
    if one is not None:
        word = one.choices[0] if one.choices else "word"
        told += [(f"{one.key}:{word}", f"only in {one.title.lower()}"), (f"-{one.key}:{word}", "all but these")]
        told.append((f"{one.key}:-", f"without {one.title.lower()}"))
    amount = _first(listing, "money", "decimal", "number")
    if amount is not None:
        told += [(f"{amount.key}>10", "more than; also >=, <, <="), (f"{amount.key}:5..20", "from 5 to 20")]
    when = _first(listing, "date", "moment")
    if when is not None:
        told += [(f"{when.key}:2026-11-21", "a day"), (f"{when.key}:2026-W47", "a week; 2026-11 is a month")]
        told.append((f"{when.key}:2026-11-01..2026-11-15", "from one day to another"))
    return told


def placeholder(listing: Listing) -> str:
    """Examples for the empty filter."""
    choice, when = _first(listing, "choice"), _first(listing, "moment", "date")
    amount = _first(listing, "money", "decimal")
    examples = [f"{choice.key}:{choice.choices[0].replace(' ', '_')}" if choice and choice.choices else ""]
    examples += [f"{when.key}:2026-W47" if when else "", f"{amount.key}>10" if amount else ""]
    told = ", ".join(filter(None, examples))
    return f"Filter by words, or {told}" if told else "Filter by words"


class FilterHelp(QDialog):
    """Stays out of the way: closed by Escape."""

    def __init__(self, parent: QWidget, listing: Listing) -> None:
        super().__init__(parent)
        named(self, "filter-help", "How to filter")
        self.setWindowTitle("How to filter")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        rows = QGridLayout(inside)
        rows.setContentsMargins(0, 0, 12, 0)
        rows.setHorizontalSpacing(22)
        rows.setVerticalSpacing(7)
        rows.setColumnStretch(1, 1)
        for number, (typed, finds) in enumerate(rules(listing)):
            rows.addWidget(text(typed, "strong"), number, 0)
            rows.addWidget(text(finds, "muted", wrap=True), number, 1)
        rows.addWidget(line(), rows.rowCount(), 0, 1, 2)
        for column in listing.columns:
            number = rows.rowCount()
            rows.addWidget(text(column.key, "strong"), number, 0, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(text(_about(column), "muted", wrap=True), number, 1)
        rows.setRowStretch(rows.rowCount(), 1)
        self._lay_out(inside, listing)

    def _lay_out(self, inside: QWidget, listing: Listing) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(styled(QLabel(f"Filter {listing.title.lower()}"), "heading"))
        column.addWidget(scrolled(inside), 1)
        row = QHBoxLayout()
        row.addStretch(1)
        close = button("Close", self.close)
        close.setDefault(True)
        row.addWidget(close)
        column.addLayout(row)
        unit = self.fontMetrics().averageCharWidth()
        self.resize(min(unit * 86, 1100), min(inside.sizeHint().height() + 150, 660))


def _first(listing: Listing, *kinds: Kind) -> Column | None:
    """The column it is sorted by at first where it is of such a kind, or else the first one shown."""
    found = [one for kind in kinds for one in listing.columns if one.kind == kind and one.shown]
    return next((one for one in found if one.key == listing.order), found[0] if found else None)


def _about(column: Column) -> str:
    kind = KINDS[column.kind]
    choices = ", ".join(column.choices)
    return f"{column.title} — {kind} {choices}" if choices else f"{column.title} — {kind}"
