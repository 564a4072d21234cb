"""What became of every row of a file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Reject

Row = TypeVar("Row")
Answer = tuple[int | None, str, str, str | None]
"""What a recording function says of a row that did not land: line, status, field, reason.

Without a line it speaks of several rows, and the reason is how many."""

_WAYS_OUT = {
    "differs from what is recorded under this id": "reverse that record, then import this row under an id of its own",
    "which has the same id": "give each its own id",
    "lies in the future": "import it once it has happened",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """`field` is the file's own column; None where the whole line is at fault."""

    line: int
    field: str | None
    reason: str


@dataclass(frozen=True)
class Receipt:
    """read = landed + duplicate + rejected. Of a dry run: what would have become of the rows."""

    read: int
    landed: int
    duplicate: int
    rejected: int
    rejects: list[Rejected]
    warnings: list[str]
    kind: str
    file: str
    campaign: str | None
    profile: str | None
    encoding: str | None
    delimiter: str | None
    rejects_file: str | None
    dry_run: bool
    batch: int | None
    """The number of the recording; None after a dry run."""


@dataclass
class Tally:
    """Counts while a file is recorded. `column_of` turns a field into the file's own column."""

    column_of: Callable[[str], str]
    read: int = 0
    duplicate: int = 0
    unknown_leads: int = 0
    rejects: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def landed(self) -> int:
        return self.read - self.duplicate - len(self.rejects)

    def rows(self, items: Iterable[Row | Reject]) -> Iterator[Row]:
        """The rows among the items; the rejects are kept here."""
        for item in items:
            self.read += 1
            if isinstance(item, Reject):
                self.rejects.append(Rejected(item.line, item.field, item.reason))
            else:
                yield item

    def answered(self, answers: Iterable[Answer]) -> None:
        for line, status, name, reason in answers:
            if status == "unknown_lead":
                self.unknown_leads += int(reason or 0)
            elif status == "duplicate":
                self.duplicate += int(reason or 0) if line is None else 1
            else:
                self.reject(line or 0, name, reason or "")

    def warn(self, count: int, one: str, many: str) -> None:
        """Adds the sentence that fits the count; none for 0."""
        if count:
            self.warnings.append(one if count == 1 else many.format(f"{count:,}"))

    def reject(self, line: int, name: str, reason: str) -> None:
        """For a reason the database gave, without its full stop and way out."""
        way_out = next((way for words, way in _WAYS_OUT.items() if reason.endswith(words)), None)
        sentence = f"{reason}; {way_out}." if way_out else f"{reason}."
        self.rejects.append(Rejected(line, self.column_of(name), sentence))


def column_in(profile: Profile) -> Callable[[str], str]:
    """The column that carries a field, by the profile bound to the file; the field's own name without one."""
    return lambda name: profile.columns.get(name, (name,))[0]
