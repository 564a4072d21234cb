"""Any value of a service as JSON-ready dicts, lists, strings and numbers: money stays a decimal string."""

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any


def size_text(count: float) -> str:
    """Bytes for people: `12.4 MiB`, `10 MiB`."""
    amount, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:,.1f}".removesuffix(".0") + f" {unit}"


def utc_stamp(moment: datetime) -> str:
    """An aware moment as `2026-11-23T12:00:00Z`, with microseconds where it has any."""
    if moment.tzinfo is None:
        raise TypeError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def plain(value: object) -> Any:
    """The value for `json.dumps`.

    Dataclasses become objects (a field hidden from `repr` is a secret and is left out), Decimal its digits
    as stored, dates ISO, moments UTC ending in Z, enums their value, sequences lists, sets sorted lists.
    Raises TypeError for anything else: what has no agreed form is never written by guess.
    """
    if value is None or isinstance(value, bool | int | float | str | Enum):
        return value.value if isinstance(value, Enum) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.repr}
    if isinstance(value, dict):
        return {_key(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(inner) for inner in value)
    return _scalar(value)


def _scalar(value: object) -> str:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return utc_stamp(value)
        case date():
            return value.isoformat()
        case Path():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _key(key: object) -> str:
    form = plain(key)
    if not isinstance(form, str | int) or isinstance(form, bool):
        raise TypeError(f"{key!r} cannot be a JSON key")
    return str(form)
