"""Calls as the dialer told them. One that is wrong is reversed, and its events with it."""

from collections.abc import Sequence
from typing import ClassVar

from capdesk.bootstrap import Desk
from capdesk.services.calls import ReversedCall, reverse_call
from capdesk.services.listings.model import Row
from capdesk.services.money import dollars
from capdesk.views.page import Command
from capdesk.views.pages.reversing import ask_to_reverse
from capdesk.views.records.list_page import ListPage


class CallsPage(ListPage):
    key = "calls"
    listing: ClassVar[str] = "calls"
    record_page: ClassVar[str | None] = None

    def commands(self) -> Sequence[Command]:
        return (Command("Import calls…", lambda: self.workspace.go("imports"), "file-input"),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        wrong = self.table.value(row, "reversed") is None
        return (Command("Reverse this call…", lambda: self._reverse(row.id), "undo-2", "Del", enabled=wrong),)

    def _reverse(self, number: int) -> None:
        def reverse(desk: Desk, reason: str) -> ReversedCall:
            return desk.write(lambda session: reverse_call(session, number, reason, desk.owner_id))

        def told(answer: ReversedCall) -> str:
            earned = f" and took back {dollars(answer.bonus_usd)} of bonus" if answer.bonus_usd else ""
            return f"Reversed call {number}{earned}."

        follows = "The events read from the call no longer count, and what they earned is taken back."
        ask_to_reverse(self, f"call {number}", follows, reverse, told)
