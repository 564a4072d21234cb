"""JSON that the database can hold without loss: exact numbers, no repeated keys, no text it cannot store."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import NoReturn

from capdesk.errors import UsageRefused

_DIGITS = 300
"""Digits of a number; Postgres refuses much longer ones, and a refusal there would cost the whole file."""


def load_json(text: str) -> object:
    """dict, list, str, int, Decimal, bool or None. Raises UsageRefused with a sentence."""
    try:
        found: object = json.loads(
            text, parse_float=_number, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as fault:
        raise UsageRefused(f"it is no valid JSON at character {fault.pos + 1}; correct it.") from None
    except RecursionError:
        raise UsageRefused("its JSON is nested too deeply; flatten it.") from None
    if "\\u" in text and not _storable(found):
        raise UsageRefused("its JSON has a NUL or half a character pair, which no database stores; remove it.")
    return found


def dump_json(value: object) -> str:
    """Compact JSON text. Decimals keep their digits."""
    try:
        return _ENCODER.encode(value)
    except TypeError:
        pass  # a Decimal inside, which the library cannot write
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump_json(str(key))}:{dump_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump_json, value)) + "]"
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(str(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if max(len(text), abs(number.adjusted())) > _DIGITS:
        raise _too_long()
    return number


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise _too_long()
    return int(text)


def _too_long() -> UsageRefused:
    return UsageRefused(f"its JSON has a number of more than {_DIGITS} digits; shorten it.")


def _constant(text: str) -> NoReturn:
    raise UsageRefused(f"its JSON holds {text}, which is no number; use null.")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = max(names, key=names.count)
        raise UsageRefused(f"its JSON names '{twice}' twice; keep one.")
    return found


def _storable(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        parts: Iterable[object] = [*value.keys(), *value.values()]
        return all(map(_storable, parts))
    return all(map(_storable, value)) if isinstance(value, list) else True
