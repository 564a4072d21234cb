"""What a list of records is: its columns, where its rows come from, and what may be asked of it.

Lists are read a page at a time, however long they are; the database filters and sorts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["id", "text", "number", "decimal", "money", "date", "moment", "choice", "flag"]
"""`decimal` are hours and ratios, `money` dollars, `moment` a timestamp, `choice` a word of a fixed vocabulary."""


@dataclass(frozen=True)
class Via:
    """Where the words of a column lie when many rows share them: a word is looked for there, once, and not in each row.

    A row matches where `key`, over the listing's source, is the `id` of a matching row of `source`.
    """

    key: str
    source: str
    id: str
    sql: str


@dataclass(frozen=True)
class Column:
    """`key` is its word in filters (`amount>10`) and exports; `sql` an expression over the listing's source."""

    key: str
    title: str
    kind: Kind
    sql: str
    choices: tuple[str, ...] = ()
    shown: bool = True
    """Whether it is shown before the owner chooses columns."""
    searched: bool = True
    """Whether a word without a column looks here too; only for texts and choices."""
    nullable: bool = True
    """Whether it may be empty; what is empty stands last, whichever way the list is sorted."""
    via: tuple[Via, ...] = ()
    order: str = ""
    """What it is sorted by where that is not its value."""
    places: int = 2
    """Digits a `decimal` has behind its point at least, so that points stand below each other."""


@dataclass(frozen=True)
class Listing:
    """A list of records. `source` is what stands after FROM; `id_sql` is unique and orders what is otherwise equal."""

    key: str
    title: str
    columns: tuple[Column, ...]
    source: str
    id_sql: str
    order: str
    """The key of the column it is sorted by at first."""
    descending: bool = True
    scopes: Mapping[str, str] = field(default_factory=dict)
    """What it can be narrowed to: a name (`experiment`) and a condition on `:scope`, an id."""
    empty: str = ""
    """One sentence for an empty list: what to do first."""
    fetch: str = ""
    """Stands for `source` where the rows of `:ids` are read, if the source cannot find them by their ids."""
    days: Mapping[str, str] = field(default_factory=dict)
    """By scope (the whole list's is `""`), a query for each business date and how many rows it has in `order`.

    Long lists have it: they are counted by it, and a page in that order is looked for in its days alone.
    """

    def column(self, key: str) -> Column:
        return next(one for one in self.columns if one.key == key)


@dataclass(frozen=True)
class Ask:
    """What of a list is wanted. `filter` is as typed; `scope` is a name and an id."""

    filter: str = ""
    order: str | None = None
    descending: bool | None = None
    scope: tuple[str, int] | None = None


@dataclass(frozen=True)
class Row:
    """A record: its id, and a value for each column of the listing, in order."""

    id: int
    values: tuple[Any, ...]
