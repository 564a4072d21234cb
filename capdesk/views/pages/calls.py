"""Calls as the dialer told them. One that is wrong is reversed, and its events with it."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.calls import CallRow, ReversedCall, reverse_call, show_call
from capdesk.services.imports.parse_calls import RECORDING_FROM_S
from capdesk.services.listings.model import Listing, Row
from capdesk.services.money import dollars
from capdesk.services.reports.wording import one_line
from capdesk.views.page import Command
from capdesk.views.pages.fact_pane import FactPane, Found, look_up
from capdesk.views.pages.reversing import ask_to_reverse
from capdesk.views.pages.twilio_calls import TwilioCalls
from capdesk.views.places import Place
from capdesk.views.records.list_page import ListPage
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace


class CallsPage(ListPage):
    key = "calls"
    listing: ClassVar[str] = "calls"
    record_page: ClassVar[str | None] = None

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.known = TwilioCalls(workspace)
        self.known.wanted_call.connect(self._show_call)
        self.tabs = named(QTabWidget(), "calls-tabs", "Calls")
        self.tabs.setDocumentMode(True)
        self.body.removeWidget(self.beside)
        for widget, title in ((self.beside, "Of the dialer"), (self.known, "Known to Twilio")):
            place = QWidget()
            column = QVBoxLayout(place)
            column.setContentsMargins(0, 14, 0, 0)
            column.addWidget(widget)
            self.tabs.addTab(place, title)
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.body.addWidget(self.tabs, 1)
        self.show_commands()

    def open(self, place: Place) -> None:
        if place.record is not None or place.filter:
            self.tabs.setCurrentIndex(0)
        super().open(place)
        self.known.table.take_keyboard()
        self._tab_chosen(self.tabs.currentIndex())

    def reload(self) -> None:
        super().reload()
        self._tab_chosen(self.tabs.currentIndex())

    def commands(self) -> Sequence[Command]:
        return (Command("Import calls", lambda: self.workspace.go("imports"), "file-input", primary=True),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        wrong = self.table.value(row, "reversed") is None
        return (Command("Reverse this call…", lambda: self._reverse(row.id), "undo-2", "Del", enabled=wrong),)

    def details(self, row: Row) -> QWidget | None:
        return CallPane(self.workspace, self.table.listing, row, self.row_commands(row))

    def _tab_chosen(self, index: int) -> None:
        if index == 1:
            self.known.reload()

    def _show_call(self, number: int) -> None:
        self.workspace.go("calls", number)

    def _reverse(self, number: int) -> None:
        def reverse(desk: Desk, reason: str) -> ReversedCall:
            return desk.write(lambda session: reverse_call(session, number, reason, desk.owner_id))

        def told(answer: ReversedCall) -> str:
            earned = f" and took back {dollars(answer.bonus_usd)} of bonus" if answer.bonus_usd else ""
            return f"Reversed call {number}{earned}."

        follows = "The events read from the call no longer count, and what they earned is taken back."
        ask_to_reverse(self, f"call {number}", follows, reverse, told)


class CallPane(FactPane):
    """A call with the events read from it, and what its file told besides: the recording, where it is long enough."""

    def __init__(self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command]) -> None:
        super().__init__(workspace, listing, row, commands, _meaning(listing, row))
        self.read(
            lambda desk: desk.read(
                lambda session: (show_call(session, row.id), look_up(session, "events", ("call", row.id)))
            ),
            self._show,
        )

    def _show(self, known: tuple[CallRow, Found]) -> None:
        call, (events, count) = known
        lines = [self.line("events", one, "type", "counts") for one in events] or ["none: it makes no event"]
        self.section(
            "Events read from it",
            lines,
            "Show in Events" if count else "",
            lambda: self.workspace.go("events", filter=f"call:{call.id}"),
        )
        if call.metadata:
            self.section("From its file", [one_line(f"{key}: {value}") for key, value in call.metadata.items()])
        short = call.duration_s < RECORDING_FROM_S
        if short:
            self.section("Recording", [f"A reference is kept of calls of at least {RECORDING_FROM_S} seconds."])


def _meaning(listing: Listing, row: Row) -> str:
    told = {one.key: value for one, value in zip(listing.columns, row.values, strict=True)}
    if told["reversed"] is not None:
        why = f" Reason: {told['reason']}" if told["reason"] else ""
        return f"It was reversed: its events count no longer.{why}"
    if told["outcome"] is None:
        return "Known to Twilio alone: metadata, which makes no event."
    return ""
