"""What a source file consists of, once it is read: records, and lines or rows that cannot be taken."""

from typing import NamedTuple, TypeAlias

Record: TypeAlias = tuple[int, list[str]]
"""(1-based physical line on which it starts, values as wide as the header). Plain for speed: files have millions."""


class Reject(NamedTuple):
    """One line or record that is not taken, and why.

    `field` is the file's own column name, None where the whole line is at fault. `raw` holds the values, or the
    text of the physical line where it could not be split into them.
    """

    line: int
    field: str | None
    reason: str
    raw: list[str] | str


LINE_COLUMN, REASON_COLUMN, RAW_COLUMN = "_line", "_reason", "_raw"
OWN_COLUMNS = (LINE_COLUMN, REASON_COLUMN, RAW_COLUMN)
"""The columns capdesk adds to its reject files and ignores when such a file comes back."""


def normal(name: str) -> str:
    """A column name as it is compared: case and surrounding or doubled white space do not matter."""
    return " ".join(name.split()).casefold()
