"""JSON lines into records: one object per physical line, flat but for `metadata`."""

from collections.abc import Iterator
from typing import TextIO

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.imports.jsontext import dump_json, load_json
from capdesk.services.imports.record import Record, Reject

_KEY_LIMIT = 500
_NESTED = "metadata"
"""The one key whose value may be an object."""


def header_of(stream: TextIO, name: str) -> tuple[str, ...]:
    """Every key of the file in order of first appearance, so that a key the first line lacks is not lost."""
    keys: dict[str, None] = {}
    for line in stream:
        try:
            keys.update(dict.fromkeys(_object(line)))
        except UsageRefused:
            continue
        if len(keys) > _KEY_LIMIT:
            raise FileRefused(f"'{name}' has more than {_KEY_LIMIT} different keys, so it is no table.")
    if not keys:
        raise FileRefused(f"'{name}' looks like JSON but no line of it is an object; write one object per line.")
    return tuple(keys)


def read_json_lines(stream: TextIO, header: tuple[str, ...]) -> Iterator[Record | Reject]:
    """A key that a line lacks, and a null, are empty values."""
    for number, line in enumerate(stream, start=1):
        if not line.strip(" \r\n"):
            continue
        try:
            found = _object(line)
            yield number, [_text(key, found.get(key)) for key in header]
        except UsageRefused as refusal:
            yield Reject(number, None, str(refusal), line.rstrip("\r\n"))


def _object(line: str) -> dict[str, object]:
    found = load_json(line.rstrip("\r\n"))
    if not isinstance(found, dict):
        raise UsageRefused("the line is no JSON object; write one object per line.")
    return found


def _text(key: str, value: object) -> str:
    """The value as a CSV cell would hold it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    nested = isinstance(value, dict | list)
    if nested and not (key == _NESTED and isinstance(value, dict)):
        raise UsageRefused(f"the value of '{key}' is a list or an object; only '{_NESTED}' may be an object.")
    return dump_json(value)
