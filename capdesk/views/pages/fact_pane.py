"""What the pane beside a list says of a record besides its columns: what it means, and what belongs to it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtWidgets import QVBoxLayout

from capdesk.bootstrap import Desk
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Listing, Row
from capdesk.views.page import Command
from capdesk.views.records.detail import RecordDetail
from capdesk.views.records.display import shown
from capdesk.views.widgets import button, named, text
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")
Found = tuple[list[Row], int]
"""The newest rows, and how many there are."""
_NEWEST = 10


class FactPane(RecordDetail):
    """A record's columns with a sentence above them that says what it means, and sections below."""

    def __init__(
        self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command], meaning: str = ""
    ) -> None:
        super().__init__(workspace, listing, row, commands)
        self.workspace, self.listing, self.row = workspace, listing, row
        self.zone = workspace.desk.zone
        self._below = QVBoxLayout()
        self._below.setContentsMargins(0, 6, 0, 0)
        self._below.setSpacing(4)
        whole = self.layout()
        if isinstance(whole, QVBoxLayout):
            if meaning:
                whole.insertWidget(1, named(text(meaning, wrap=True), "meaning"))
            whole.insertLayout(whole.count() - 1, self._below)

    def value(self, key: str) -> object:
        return self.row.values[next(at for at, one in enumerate(self.listing.columns) if one.key == key)]

    def section(
        self, title: str, lines: Sequence[str], more: str = "", run: Callable[[], object] | None = None
    ) -> None:
        """A list of lines under a title; `more` is a link below them."""
        if self._below.count():
            self._below.addSpacing(8)
        self._below.addWidget(text(title, "strong", wrap=True))
        for line in lines:
            self._below.addWidget(text(line, wrap=True))
        if more and run is not None:
            link = button(more, run, kind="link")
            self._below.addWidget(link)

    def read(self, work: Callable[[Desk], T], then: Callable[[T], None]) -> None:
        """Reads for the pane; what arrives after it is gone is dropped."""
        self.workspace.read(self, "pane", work, then)

    def line(self, listing: str, row: Row, *keys: str) -> str:
        """Some of a record's values beside each other."""
        columns = LISTINGS[listing].columns
        told = []
        for key in keys:
            at = next(number for number, one in enumerate(columns) if one.key == key)
            if row.values[at] is not None:
                unit = "\u00a0s" if key == "seconds" else ""
                told.append(shown(columns[at], row.values[at], self.zone) + unit)
        return " · ".join(told)


def look_up(session: "Session", listing: str, scope: tuple[str, int]) -> Found:
    """The newest records of a listing that belong to one record."""
    ask = Ask(scope=scope)
    rows = read.page(session, LISTINGS[listing], ask, 0, _NEWEST)
    count = len(rows) if len(rows) < _NEWEST else read.count(session, LISTINGS[listing], ask)
    return rows, count
