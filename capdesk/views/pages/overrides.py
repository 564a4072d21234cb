"""All overrides: where the admin acted against an evaluation, and why. Each opens its evaluation."""

from collections.abc import Sequence

from capdesk.services.listings import read
from capdesk.services.listings.model import Row
from capdesk.views.page import Command
from capdesk.views.records.list_page import ListPage


class OverridesPage(ListPage):
    """The overrides recorded, newest first. A new one is recorded on its evaluation's page."""

    key = "overrides"
    listing = "overrides"

    def commands(self) -> Sequence[Command]:
        return (Command("Evaluations", lambda: self.workspace.go("evaluations"), "gavel"),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        return (Command("Open its evaluation", lambda: self._go(row), "gavel"),)

    def open_record(self, record: int) -> None:
        """Enter: the evaluation it was recorded against."""
        listing = self.table.listing
        self.read(lambda desk: desk.read(lambda session: read.one(session, listing, record)), self._go, key="open")

    def _go(self, row: Row | None) -> None:
        if row is not None:
            self.workspace.go("evaluation", int(str(self.value(row, "evaluation"))))
