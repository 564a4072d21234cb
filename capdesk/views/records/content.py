"""What is held of a list: the pages near what is looked at, and how many rows there are."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from capdesk.bootstrap import Desk
from capdesk.services.listings import read
from capdesk.services.listings.model import Ask, Listing, Row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGE = 200
KEPT = 40
"""Pages kept in memory."""


@dataclass
class Content:
    """What came of one asking."""

    ask: Ask
    pages: "OrderedDict[int, list[Row]]" = field(default_factory=OrderedDict)
    count: int = 0
    """Rows it is known to have."""
    counted: bool = False
    """Whether that is all."""
    whole: int | None = None
    """Rows there are without the filter."""

    def keep(self, number: int, rows: list[Row]) -> None:
        self.pages[number] = rows
        self.pages.move_to_end(number)
        while len(self.pages) > KEPT:
            self.pages.popitem(last=False)

    def row(self, number: int) -> Row | None:
        page = self.pages.get(number // PAGE)
        if page is None or number % PAGE >= len(page):
            return None
        self.pages.move_to_end(number // PAGE)
        return page[number % PAGE]

    def missing(self, first: int, last: int) -> list[int]:
        """Pages of these rows that are not here."""
        if not self.count:
            return []
        newest = (self.count - 1) // PAGE
        numbers = range(max(first, 0) // PAGE, min(last // PAGE, newest) + 1)
        return [number for number in numbers if number not in self.pages]


@dataclass(frozen=True)
class Anew:
    """A list read anew in one transaction, so that its count and its pages belong together."""

    count: int
    whole: int
    pages: dict[int, list[Row]]


def pages_of(
    session: "Session", listing: Listing, ask: Ask, numbers: Sequence[int], total: int | None
) -> dict[int, list[Row]]:
    return {number: read.page(session, listing, ask, number * PAGE, PAGE, total) for number in numbers}


def read_anew(desk: Desk, listing: Listing, ask: Ask, numbers: Sequence[int]) -> Anew:
    def work(session: "Session") -> Anew:
        count = read.count(session, listing, ask)
        whole = read.count(session, listing, replace(ask, filter="")) if ask.filter else count
        newest = max(count - 1, 0) // PAGE
        near = sorted({min(number, newest) for number in numbers})
        return Anew(count, whole, pages_of(session, listing, ask, near, count))

    return desk.read(work)
