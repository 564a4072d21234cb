"""All evaluations; one of them opens on its own page, and a new verdict begins here."""

from collections.abc import Sequence

from capdesk.services.listings.model import Row
from capdesk.views.page import Command
from capdesk.views.records.list_page import ListPage


class EvaluationsPage(ListPage):
    """The verdicts passed, newest first."""

    key = "evaluations"
    listing = "evaluations"
    record_page = "evaluation"

    def commands(self) -> Sequence[Command]:
        return (Command("Pass a verdict", lambda: self.workspace.go("evaluate"), "gavel", primary=True),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        return (Command("Open evaluation", lambda: self.workspace.go("evaluation", row.id), "gavel"),)
