"""The first figures of a tried account: days across for Twilio, what a mapping can tell apart for Google."""

from collections.abc import Sequence
from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from capdesk.services.connect.trial import DAYS, FirstFigures
from capdesk.services.money import ZERO, dollars
from capdesk.services.plain import size_text
from capdesk.services.reports.wording import clipped, counted
from capdesk.views.widgets import named, tip

MOST_ROWS = 20
_MOST_SEEN = 8


def figures_table(figures: FirstFigures) -> QTableWidget:
    """The dearest first; what is beyond the table is one last row."""
    heads, rows = _twilio(figures) if figures.provider == "twilio" else _google(figures)
    words = 2 if figures.provider == "twilio" else 3
    return plain_table("first-figures", "First figures", heads, rows, words)


def figures_summary(figures: FirstFigures) -> str:
    billed = f", for which Google bills {size_text(figures.bytes_billed)}" if figures.bytes_billed else ""
    whole = (
        f"{dollars(figures.total_usd)} from {figures.first_day} to {figures.last_day} (UTC), "
        f"{counted(figures.rows, 'row')} read{billed}. Nothing is recorded yet."
    )
    if any(one.usd for one in figures.owners):
        return whole
    return f"{whole} No cost in these days: look whether it is the right account; pulls ask for earlier days too."


def plain_table(
    name: str, accessible: str, heads: Sequence[str], rows: Sequence[Sequence[str]], words: int
) -> QTableWidget:
    """A short table one cannot change: the first `words` columns hold words, the others figures."""
    table = named(QTableWidget(len(rows), len(heads)), name, accessible)
    table.setHorizontalHeaderLabels(list(heads))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.setWordWrap(False)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            item = QTableWidgetItem(cell)
            if column >= words:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            else:
                item.setToolTip(tip(cell))
            table.setItem(number, column, item)
    for column in range(len(heads)):
        head = table.horizontalHeaderItem(column)
        side = Qt.AlignmentFlag.AlignRight if column >= words else Qt.AlignmentFlag.AlignLeft
        if head is not None:
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(max(words - 1, 0), QHeaderView.ResizeMode.Stretch)
    seen = min(len(rows), _MOST_SEEN)
    height = table.fontMetrics().height() + 14
    table.verticalHeader().setDefaultSectionSize(height)
    table.setFixedHeight(header.sizeHint().height() + height * seen + 18)
    return table


def _twilio(figures: FirstFigures) -> tuple[list[str], list[list[str]]]:
    days = [figures.first_day + timedelta(days=n) for n in range(DAYS)]
    dearest = sorted(figures.accounts, key=lambda one: (-one.total_usd, one.account))
    rows = [
        [
            one.account,
            clipped(one.name.removeprefix(one.account).strip(), 40) + (" (closed)" if one.closed else ""),
            *("—" if (usd := one.days[day]) is None else dollars(usd) for day in days),
            dollars(one.total_usd),
        ]
        for one in dearest[:MOST_ROWS]
    ]
    if rest := dearest[MOST_ROWS:]:
        sums = [sum((one.days[day] or ZERO for one in rest), ZERO) for day in days]
        total = sum((one.total_usd for one in rest), ZERO)
        rows.append([f"{len(rest)} more", "", *map(dollars, sums), dollars(total)])
    return ["Account", "Name", *(f"{day:%m-%d}" for day in days), "Total"], rows


def _google(figures: FirstFigures) -> tuple[list[str], list[list[str]]]:
    rows = [
        [one.project or "—", one.label or "—", clipped(one.service or "—", 60), dollars(one.usd)]
        for one in figures.owners[:MOST_ROWS]
    ]
    if rest := figures.owners[MOST_ROWS:]:
        rows.append([f"{len(rest)} more", "", "", dollars(sum((one.usd for one in rest), ZERO))])
    return ["Project", "Label", "Service", f"{DAYS} days"], rows
