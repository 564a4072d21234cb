"""A place where the desk is not what it should be."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Told of a table or check as it goes on: its name, rows done, rows in all (0 where nobody counts)."""


@dataclass(frozen=True)
class Difference:
    """`where` names the row, block or seal: `id 12`, `ids 1-1000`, `seal 3`; `what` is one sentence."""

    table: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.where}: {self.what}"


def unwatched(_name: str, _done: int, _total: int) -> None:
    """Progress nobody follows."""
