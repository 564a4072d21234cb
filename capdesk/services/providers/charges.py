"""What a provider says its use cost, day by day, as files and pulls bring it: exact, every record accounted for.

Nothing here knows the database. A statement is the *whole* cost of one grain of one usage day as the provider
states it now; whoever records it appends the difference from what was recorded before.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import BinaryIO, Literal

from capdesk.errors import FileRefused

Provider = Literal["twilio", "gcp"]
PROVIDER_NAMES: dict[Provider, str] = {"twilio": "Twilio", "gcp": "Google Cloud"}
"""As people know them."""
Source = Path | BinaryIO

# Wide enough that no sum of accepted amounts is ever rounded: 12 digits before the point, 100 after it, and carries.
EXACT = Context(prec=130, rounding=ROUND_HALF_EVEN)
_ZERO = Decimal(0)
_DIGITS, _LEAST, _LONGEST = 12, -40, 60
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a provider now says one grain of one usage day cost, in full.

    `account` is Twilio's account SID or Google's billing account; `usage_date` is the provider's own UTC day. The
    fields from `project` to `cost_type` are the rest of Google's grain and None for Twilio; `service` and `sku` are
    ids, `label` is 'key=value' of the mapped label key, `invoice_month` 'YYYYMM'. `amount_usd` is rounded once,
    half-even, from the exact sum. `breakdown` is metadata of strings, never money to add up. `records` source
    records make the statement, the first of them on `first_line`.
    """

    provider: Provider
    account: str
    usage_date: date
    amount_usd: Decimal
    project: str | None = None
    service: str | None = None
    sku: str | None = None
    label: str | None = None
    invoice_month: str | None = None
    cost_type: str | None = None
    breakdown: Mapping[str, object] = field(default_factory=dict)
    first_line: int = 1
    records: int = 1


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is not part of any statement: its line (in a file that is not line by line, its record number)."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChargeFile:
    """A parsed file; `read` = the records of its statements + its rejects.

    `covered` names each (account, usage day) of which every record of the file was taken. That a grain is absent from a
    covered day means something only where the whole day was asked for: a pull, never a file cut by hand.
    """

    statements: tuple[Statement, ...]
    read: int
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...]
    covered: frozenset[tuple[str, date]]


class RecordRefused(Exception):
    """One record cannot be taken: the field, and one sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.field = name
        self.reason = reason


def exact_amount(value: object, name: str) -> Decimal:
    """A JSON number or its string as it stands. Raises RecordRefused for what is no amount."""
    if type(value) is Decimal or (type(value) is int) or (type(value) is str and _NUMBER.fullmatch(value)):
        number = Decimal(value)
    else:
        raise RecordRefused(name, f"{name} is {shown(value)}, not an amount.")
    if not number:
        return _ZERO
    if not _LEAST < number.adjusted() < _DIGITS or len(str(number)) > _LONGEST:
        raise RecordRefused(name, f"{name} is {shown(str(value))}, which is out of the range of an amount.")
    return number


def shown(value: object) -> str:
    """A value as a sentence quotes it: short, on one line."""
    if value is None:
        return "missing"
    text = value if isinstance(value, str) else type(value).__name__ if isinstance(value, dict | list) else str(value)
    text = " ".join(text.split())
    return f"'{text[:57]}…'" if len(text) > 60 else f"'{text}'"


def not_ended(day: date) -> RecordRefused:
    return RecordRefused(
        "usage_date", f"{day} has not ended in UTC; a provider day is recorded only once it has ended."
    )


def name_of(source: Source) -> str:
    """What a sentence calls the file."""
    return source.name if isinstance(source, Path) else "the file"


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of a path, or of a stream, which stays open. Raises FileRefused for what cannot be read."""
    if not isinstance(source, Path):
        yield source
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        reason = error.strerror or "it does not open"
        raise FileRefused(f"{source} cannot be read ({reason}); check the path.") from None
    with stream:
        yield stream


def refuse_other_kinds(start: bytes, name: str, wanted: str) -> None:
    """Raises FileRefused when the first bytes show that the file is something else altogether."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(f"{name} is written in UTF-16; save it as UTF-8 and import it again.")
    if start.startswith(b"\x1f\x8b"):
        raise FileRefused(f"{name} is compressed; unpack it (gunzip) and import it again.")
    if not text:
        raise FileRefused(f"{name} is empty; {wanted} was expected.")
    if not text.startswith((b"{", b"[")):
        raise FileRefused(f"{name} is not JSON (it may be a CSV); {wanted} was expected.")
