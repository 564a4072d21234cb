"""The figures a verdict rests on, drawn from the snapshot itself: what is shown is what is sealed."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.reports.names import TRANCHE_COLUMNS, event_name, source_name
from capdesk.services.reports.wording import NONE, local_moment, percent, short_day, tranches
from capdesk.services.signals import tranches_consumed
from capdesk.views.cards import heading
from capdesk.views.charts.bars import Capital, CapitalBar, TimeBar, time_words
from capdesk.views.charts.figures_table import FiguresTable
from capdesk.views.charts.strips import Swatch
from capdesk.views.layouts import empty, inside
from capdesk.views.look.theme import Theme
from capdesk.views.widgets import badge, card, line, named, text

Snapshot = Mapping[str, Any]


class Evidence(QWidget):
    """Every figure of a snapshot, grouped. Showing the same figures again changes only the moment."""

    def __init__(self, theme: Theme, zone: str) -> None:
        super().__init__()
        self._theme, self._zone = theme, zone
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
        pair.addWidget(_time(self._theme, snapshot), 1)
        pair.addWidget(_tranches(snapshot), 1)
        for piece in (_reasons(snapshot), _capital(self._theme, snapshot)):
            self._column.addWidget(piece)
        self._column.addLayout(pair)
        self._column.addWidget(_events(snapshot))
        self._column.addWidget(_tranche_table(snapshot))
        self._column.addWidget(self._as_of)
        self._column.addStretch(1)


def as_of_line(snapshot: Snapshot, zone: str) -> str:
    return f"As of {local_moment(datetime.fromisoformat(snapshot['as_of']), zone)}: {snapshot['as_of']}"


def _capital(theme: Theme, snapshot: Snapshot) -> QFrame:
    told = snapshot["capital"]
    spent, cap, provisional = (Decimal(told[name]) for name in ("spent_usd", "cap_usd", "provisional_usd"))
    sources = {name: Decimal(usd) for name, usd in told["by_source"].items()}
    size = Decimal(snapshot["tranches"]["size_usd"])
    frame = card(
        heading("Capital"),
        text(dollars(spent), "figure"),
        CapitalBar(theme, Capital(spent, cap, size, sources, provisional)),
        text(f"{percent(spent, cap)} of the {dollars(cap)} cap in force before this verdict", "muted", wrap=True),
        line(),
        _sources(theme, sources),
    )
    if provisional:
        words = f"{dollars(provisional)} of it is provisional: its providers may still restate it."
        _into(frame, text(words, "warn", wrap=True))
    else:
        _into(frame, text("None of it is provisional.", "small", wrap=True))
    return frame


def _sources(theme: Theme, sources: Mapping[str, Decimal]) -> QWidget:
    """Every source the snapshot names, with its color in the bar."""
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    for number, (key, usd) in enumerate(sources.items()):
        name, amount = source_name(key), dollars(usd)
        grid.addWidget(Swatch(theme, key), number, 0)
        grid.addWidget(text(name, "muted"), number, 1)
        told = named(text(amount), f"value-{name}", f"{name}: {amount}")
        grid.addWidget(told, number, 2, Qt.AlignmentFlag.AlignRight)
    return whole


def _time(theme: Theme, snapshot: Snapshot) -> QFrame:
    used, cap = snapshot["time"]["used_days"], snapshot["time"]["cap_days"]
    return card(
        heading("Time"),
        text(NONE if used is None else f"{used:,}", "figure"),
        TimeBar(theme, used, cap),
        text(time_words(used, cap), "muted", wrap=True),
    )


def _tranches(snapshot: Snapshot) -> QFrame:
    told = snapshot["tranches"]
    size = Decimal(told["size_usd"])
    words = tranches(Decimal(told["consumed"]), tranches_consumed(Decimal(snapshot["capital"]["cap_usd"]), size))
    frame = card(
        heading("Tranches"),
        text(words.partition(" ")[0], "figure"),
        text(f"{words} of {dollars(size)}", "muted", wrap=True),
    )
    inside(frame).addStretch(1)
    return frame


def _events(snapshot: Snapshot) -> QFrame:
    frame = card(heading("Events"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(10)
    for number, (name, count) in enumerate(snapshot["events"].items()):
        pair = QVBoxLayout()
        pair.setSpacing(0)
        words = event_name(name)
        pair.addWidget(named(text(f"{count:,}", "heading"), f"events-{name}", f"{words}: {count:,}"))
        pair.addWidget(text(words, "small", wrap=True))
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
    table = FiguresTable("evidence-tranches", "Tranche by tranche", TRANCHE_COLUMNS, texts=3, most_rows=8)
    table.show_rows([_cells(row) for row in told])
    _into(frame, table)
    return frame


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    days = (NONE if row[name] is None else short_day(date.fromisoformat(row[name])) for name in ("from", "to"))
    counts = (f"{row[name]:,}" for name in ("qpc", "installs", "paid_conversions"))
    return (str(row["index"]), *days, dollars(Decimal(row["spent_usd"])), *counts)


def _into(frame: QFrame, widget: QWidget) -> None:
    inside(frame).addWidget(widget)
