"""What a file seems to be: its form, its kind, and the profile that fits its header best. Nothing is recorded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from sqlalchemy.orm import Session

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.imports.fields import parse_email, parse_timestamp
from capdesk.services.imports.job import ImportKind
from capdesk.services.imports.profiles import BUILT_IN, OPTIONAL, REQUIRED, Kind, Profile
from capdesk.services.imports.reading import Source, open_source
from capdesk.services.imports.record import OWN_COLUMNS, Reject, normal
from capdesk.services.imports.saved_profiles import saved_profiles

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

SAMPLE = 12
"""Rows that are shown as they stand in the file."""
WORDS_FROM = 200_000
"""Rows that are looked through for the outcomes a file uses."""
_MOST_WORDS = 60
_HEAD = 1 << 16
_COST_FILES: Mapping[ImportKind, tuple[bytes, ...]] = {
    "twilio-usage": (b'"category"', b'"usage_unit"'),
    "gcp-billing": (b'"billing_account_id"', b'"usage_start_time"'),
}
_NUMBER = re.compile(r"\+?[0-9][0-9 ().:-]*")


@dataclass(frozen=True)
class Fit:
    """How a profile and a header go together: the file's column of each field, and the required fields without one."""

    kind: Kind
    profile: str
    saved: bool
    columns: Mapping[str, str]
    missing: tuple[str, ...]
    outcomes: Mapping[str, str]
    fields: tuple[tuple[str, bool], ...]
    """Every field that can be mapped, and whether it is needed."""

    @property
    def rank(self) -> tuple[bool, int, int]:
        return not self.missing, len(self.columns), -len(self.missing)


@dataclass(frozen=True)
class Looked:
    """A file before it is imported. A cost file is no table: it has no `source`, and nothing to map."""

    path: Path
    size: int
    source: Source | None
    kind: ImportKind | None
    """None where it fits no kind without help."""
    fits: tuple[Fit, ...] = ()
    """Of every profile, in the order in which an import would take them."""
    sample: tuple[tuple[str, ...], ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """The columns that may carry a field."""
        names = () if self.source is None else self.source.header
        return tuple(name for name in names if normal(name) not in OWN_COLUMNS)

    def profiles(self, kind: str) -> tuple[Fit, ...]:
        return tuple(fit for fit in self.fits if fit.kind == kind)

    def best(self, kind: str) -> Fit | None:
        """The profile an import would choose; where none fits, the nearest."""
        of_kind = self.profiles(kind)
        fitting = next((fit for fit in of_kind if not fit.missing), None)
        return fitting or max(of_kind, key=lambda fit: fit.rank, default=None)


def look_at(desk: "Desk", path: Path) -> Looked:
    """What the file is. Raises FileRefused with what is wrong with it as a whole."""
    cost = _cost_kind(path)
    if cost is not None:
        return Looked(path, path.stat().st_size, None, cost)
    source = open_source(path)
    fits = desk.read(lambda session: fits_of(session, source.header))
    sample = tuple(tuple(values) for _, values in islice(_rows(source), SAMPLE))
    looked = Looked(path, source.size, source, None, fits, sample)
    best = max(fits, key=lambda fit: fit.rank)
    _refuse_without_header(looked, best)
    kind = best.kind if not best.missing or len(best.columns) > len(best.missing) else None
    return Looked(path, source.size, source, kind, fits, sample)


def fits_of(session: Session, header: Sequence[str]) -> tuple[Fit, ...]:
    """Every profile against a header: of each kind the saved ones first, then the built-in ones."""
    found: list[Fit] = []
    for kind in get_args(Kind):
        found += (_fit(profile, header, True) for profile in saved_profiles(session, kind))
        found += (_fit(profile, header, False) for profile in BUILT_IN if profile.kind == kind)
    return tuple(found)


def words_in(source: Source, column: str) -> dict[str, int]:
    """The different values of a column and how often each stands there, the most frequent first."""
    at = source.header.index(column)
    counts: dict[str, int] = {}
    for _, values in islice(_rows(source), WORDS_FROM):
        word = " ".join(values[at].split())
        if word in counts or len(counts) < _MOST_WORDS:
            counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _rows(source: Source) -> Iterator[tuple[int, list[str]]]:
    return (item for item in source.records() if not isinstance(item, Reject))


def _fit(profile: Profile, header: Sequence[str], saved: bool) -> Fit:
    columns = {name: of[0] for name, of in profile.bound(header).columns.items()}
    return Fit(
        profile.kind, profile.name, saved, columns, tuple(profile.missing(header)), profile.outcomes, _fields(profile)
    )


def _fields(profile: Profile) -> tuple[tuple[str, bool], ...]:
    """Twilio's own lists know neither outcome nor agent, and only they tell who called whom."""
    needed = profile.required()
    unknown = ("outcome", "agent_email") if profile.source == "twilio" else ("caller_phone", "direction")
    names = (*REQUIRED[profile.kind], *OPTIONAL[profile.kind])
    return tuple((name, name in needed) for name in names if name not in unknown or profile.kind != "calls")


def _cost_kind(path: Path) -> ImportKind | None:
    """A provider's file is told by the names in its first bytes: it may be one long line, or spread over many."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return None  # the reading of tables says why
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        return None
    return next((kind for kind, names in _COST_FILES.items() if all(name in head for name in names)), None)


def _refuse_without_header(looked: Looked, best: Fit) -> None:
    """A first line of which no cell is a known name, and half are values, is a row."""
    header = looked.header
    if best.columns or looked.source is None or looked.source.kind == "jsonl":
        return
    if sum(map(_is_value, header)) * 2 >= len(header):
        raise FileRefused(
            f"'{looked.path.name}' begins with a row, not with the names of its columns; put a line of names above it."
        )


def _is_value(cell: str) -> bool:
    if _NUMBER.fullmatch(cell):
        return True
    for parse in (parse_timestamp, parse_email):
        try:
            parse(cell)
        except UsageRefused as refusal:
            if "has no time zone" in str(refusal):
                return True
        else:
            return True
    return False
