"""The receipt of a past import, beside the list."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout

from capdesk.services.imports.past import warnings_of
from capdesk.services.listings.model import Listing, Row
from capdesk.views.page import Command
from capdesk.views.pages.imports.receipt_view import ReceiptView, Told
from capdesk.views.records.detail import RecordDetail
from capdesk.views.records.table import RecordTable
from capdesk.views.workspace import Workspace

_REJECTS_HEIGHT = 260
_ABOVE = ("read", "landed", "duplicate", "rejected", "warnings")
"""What the receipt shows already."""


def _rest(listing: Listing, row: Row) -> tuple[Listing, Row]:
    """The listing and the row without what is shown elsewhere."""
    pairs = [
        (column, "own mapping" if column.key == "profile" and value == "--map" else value)
        for column, value in zip(listing.columns, row.values, strict=True)
        if column.key not in _ABOVE
    ]
    return replace(listing, columns=tuple(column for column, _ in pairs)), Row(
        row.id, tuple(value for _, value in pairs)
    )


class ImportDetail(RecordDetail):
    """The figures that add up, the warnings, and the rows that were rejected."""

    def __init__(
        self,
        workspace: Workspace,
        listing: Listing,
        row: Row,
        value: Callable[[Row, str], object],
        commands: Sequence[Command],
    ) -> None:
        super().__init__(workspace, *_rest(listing, row), commands)
        column = cast(QVBoxLayout, self.layout())
        read, landed, duplicate, rejected = (
            cast(int, value(row, key)) for key in ("read", "landed", "duplicate", "rejected")
        )
        self._told = Told(read, landed, duplicate, rejected)
        self.receipt = ReceiptView(workspace.theme, compact=True)
        self.receipt.show_told(self._told)
        column.insertWidget(1, self.receipt)
        if value(row, "warnings"):
            batch = row.id
            workspace.read(
                self, "warnings", lambda desk: desk.read(lambda session: warnings_of(session, batch)), self._warned
            )
        if rejected:
            self.rejects = RecordTable(workspace, "rejects", scope=("batch", row.id), compact=True)
            self.rejects.setMinimumHeight(_REJECTS_HEIGHT)
            self.rejects.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            column.insertWidget(2, self.rejects)
            self.rejects.reload()

    def _warned(self, warnings: tuple[str, ...]) -> None:
        told = self._told
        self.receipt.show_told(Told(told.read, told.landed, told.duplicate, told.rejected, warnings))
