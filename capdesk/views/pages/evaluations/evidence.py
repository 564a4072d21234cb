"""The figures a verdict rests on, drawn from the snapshot itself: what is shown is what is sealed."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from capdesk.services.money import dollars
from capdesk.services.reports.wording import (
    NONE,
    counted,
    days_used,
    local_moment,
    percent,
    sentence,
    short_day,
    tranches,
)
from capdesk.views.pages.evaluations.layout import empty, heading, inside, rows
from capdesk.views.widgets import badge, card, line, named, text

Snapshot = Mapping[str, Any]

_SOURCES = {"labor": "Labor", "bonus": "Bonus", "twilio": "Twilio", "gcp": "Google Cloud"}
_COLUMNS = ("Tranche", "First day", "Last day", "Spent", "QPCs", "Installs", "Paid")
_MOST_ROWS = 8
"""Of tranches before the table scrolls by itself."""


class Evidence(QWidget):
    """Every figure of a snapshot, grouped. Showing the same figures again changes only the moment."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = zone
        self._shown: dict[str, Any] = {}
        named(self, "evidence", "Evidence")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self._as_of = named(text("", "small", wrap=True), "evidence-as-of")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        figures = {**snapshot, "as_of": ""}
        self._as_of.setText(as_of_line(snapshot, self._zone))
        if figures == self._shown:
            return
        self._shown = figures
        self._column.removeWidget(self._as_of)
        empty(self._column)
        pair = QHBoxLayout()
        pair.setSpacing(16)
        pair.addWidget(_time(snapshot), 1)
        pair.addWidget(_tranches(snapshot), 1)
        for piece in (_reasons(snapshot), _capital(snapshot)):
            self._column.addWidget(piece)
        self._column.addLayout(pair)
        self._column.addWidget(_events(snapshot))
        self._column.addWidget(_tranche_table(snapshot))
        self._column.addWidget(self._as_of)
        self._column.addStretch(1)


def as_of_line(snapshot: Snapshot, zone: str) -> str:
    return f"As of {local_moment(datetime.fromisoformat(snapshot['as_of']), zone)}: {snapshot['as_of']}"


def _capital(snapshot: Snapshot) -> QFrame:
    capital = snapshot["capital"]
    spent, cap = Decimal(capital["spent_usd"]), Decimal(capital["cap_usd"])
    provisional = Decimal(capital["provisional_usd"])
    frame = card(
        heading("Capital"),
        text(dollars(spent), "figure"),
        _meter("Capital spent", spent, cap),
        text(f"{percent(spent, cap)} of the {dollars(cap)} cap in force before this verdict", "muted", wrap=True),
        line(),
        rows((words, dollars(Decimal(capital["by_source"][name]))) for name, words in _SOURCES.items()),
    )
    if provisional:
        words = f"{dollars(provisional)} of it is provisional: its providers may still restate it."
        _into(frame, text(words, "warn", wrap=True))
    else:
        _into(frame, text("None of it is provisional.", "small", wrap=True))
    return frame


def _time(snapshot: Snapshot) -> QFrame:
    used, cap = snapshot["time"]["used_days"], snapshot["time"]["cap_days"]
    left = NONE if used is None else counted(cap - used, "day") + " left" if used <= cap else "over the cap"
    return card(
        heading("Time"),
        text(NONE if used is None else f"{used:,}", "figure"),
        _meter("Time used", Decimal(used or 0), Decimal(cap)),
        text(f"{days_used(used, cap)}, {left}", "muted", wrap=True),
    )


def _tranches(snapshot: Snapshot) -> QFrame:
    told = snapshot["tranches"]
    size, consumed = Decimal(told["size_usd"]), Decimal(told["consumed"])
    in_cap = Decimal(snapshot["capital"]["cap_usd"]) / size
    words = tranches(consumed, in_cap)
    return card(
        heading("Tranches"),
        text(words.partition(" ")[0], "figure"),
        _meter("Tranches consumed", consumed, in_cap),
        text(f"{words} of {dollars(size)}", "muted", wrap=True),
    )


def _events(snapshot: Snapshot) -> QFrame:
    frame = card(heading("Events"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(10)
    for number, (name, count) in enumerate(snapshot["events"].items()):
        pair = QVBoxLayout()
        pair.setSpacing(0)
        figure = named(text(f"{count:,}", "heading"), f"events-{name}", f"{name}: {count:,}")
        pair.addWidget(figure)
        pair.addWidget(text(sentence(name.replace("_", " ")) if name != "qpc" else "QPC", "small", wrap=True))
        grid.addLayout(pair, number // 4, number % 4, Qt.AlignmentFlag.AlignTop)
    for column in range(4):
        grid.setColumnStretch(column, 1)
    inside(frame).addLayout(grid)
    return frame


def _reasons(snapshot: Snapshot) -> QFrame:
    due = bool(snapshot["evaluation_recommended"])
    frame = card(badge("evaluation recommended" if due else "no evaluation recommended", "warn" if due else "neutral"))
    for reason in snapshot["reasons"]:
        _into(frame, text(f"•  {reason}", wrap=True))
    if not due:
        _into(frame, text("No tranche was completed and no threshold reached since the last one.", "muted", wrap=True))
    return frame


def _tranche_table(snapshot: Snapshot) -> QFrame:
    told = snapshot["tranches"]["rows"]
    frame = card(heading("Tranche by tranche"))
    if not told:
        _into(frame, text("Nothing was spent yet.", "muted"))
        return frame
    table = named(QTableWidget(len(told), len(_COLUMNS)), "evidence-tranches", "Tranche by tranche")
    for column, title in enumerate(_COLUMNS):
        table.setHorizontalHeaderItem(column, _right(title))
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for number, row in enumerate(told):
        for column, words in enumerate(_cells(row)):
            table.setItem(number, column, _right(words))
    height = table.fontMetrics().height() + 14
    table.verticalHeader().setDefaultSectionSize(height)
    table.setFixedHeight(height * (min(len(told), _MOST_ROWS) + 1) + 8)
    _into(frame, table)
    return frame


def _right(words: str) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    days = (NONE if row[name] is None else short_day(date.fromisoformat(row[name])) for name in ("from", "to"))
    counts = (f"{row[name]:,}" for name in ("qpc", "installs", "paid_conversions"))
    return (str(row["index"]), *days, dollars(Decimal(row["spent_usd"])), *counts)


def _meter(name: str, part: Decimal, whole: Decimal) -> QProgressBar:
    meter = named(QProgressBar(), "meter-" + name.lower().replace(" ", "-"), f"{name}: {percent(part, whole)}")
    meter.setRange(0, 1000)
    meter.setTextVisible(False)
    meter.setValue(max(0, min(1000, int(part * 1000 / whole))) if whole else 0)
    return meter


def _into(frame: QFrame, widget: QWidget) -> None:
    inside(frame).addWidget(widget)
