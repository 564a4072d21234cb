"""Twilio usage files, as the API returns its records: one answer, several, a list, or JSON lines of either."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from capdesk.errors import FileRefused
from capdesk.services.providers.charges import (
    ChargeFile,
    RecordRefused,
    Reject,
    Source,
    name_of,
    opened,
    refuse_other_kinds,
    shown,
)
from capdesk.services.providers.twilio_book import Book

_WANTED = "the JSON answer of Twilio's usage records (Usage/Records/Daily.json)"
_DECODER = json.JSONDecoder(parse_float=Decimal)


def parse(source: Source, *, today_utc: date) -> ChargeFile:
    """The days a usage file states; money in US dollars.

    A reject's `line` is the line in JSON lines, otherwise the number of the record. `today_utc` is the current UTC
    date: its day has not ended. Raises FileRefused for a file that is something else altogether.
    """
    with opened(source) as stream:
        raw = stream.read()
    name = name_of(source)
    refuse_other_kinds(raw[:4096], name, _WANTED)
    found = _Found()
    _read(raw, name, found)
    if found.strangers and not (found.records or found.envelopes):
        raise FileRefused(f"{name} holds no usage records; {_WANTED} was expected.")
    return _judged(found, today_utc)


@dataclass
class _Found:
    """What a file holds before anything is judged."""

    records: list[tuple[int, Mapping[str, object]]] = field(default_factory=list)
    envelopes: list[Mapping[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    strangers: int = 0
    bare: bool = False

    def take(self, value: object, line: int | None) -> None:
        """One JSON value; `line` where the file goes line by line, None where its records are counted."""
        if isinstance(value, dict) and "usage_records" in value:
            self.envelopes.append(value)
            listed = value["usage_records"]
            for record in listed if isinstance(listed, list) else [listed]:
                self._record(record, line)
        else:
            self.bare = self.bare or _is_record(value)
            self._record(value, line)

    def _record(self, value: object, line: int | None) -> None:
        number = line or len(self.records) + len(self.rejects) + 1
        if isinstance(value, dict) and _is_record(value):
            self.records.append((number, value))
            return
        self.strangers += 1
        self.rejects.append(Reject(number, "", f"{shown(value)} is not a usage record."))


def _is_record(value: object) -> bool:
    return isinstance(value, dict) and "category" in value


def _read(raw: bytes, name: str, found: _Found) -> None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{name} is not UTF-8 at byte {error.start}; save it as UTF-8.") from None
    try:
        whole = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        _read_lines(text, name, found, _where(error))
        return
    for value in whole if isinstance(whole, list) else [whole]:
        found.take(value, None)


def _read_lines(text: str, name: str, found: _Found, fault: str) -> None:
    readable = False
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            value = _DECODER.decode(content)
        except (ValueError, RecursionError) as error:
            found.rejects.append(Reject(line, "", f"This line is not JSON ({_where(error)})."))
            continue
        readable = readable or isinstance(value, dict | list)
        for item in value if isinstance(value, list) else [value]:
            found.take(item, line)
    if not readable:
        raise FileRefused(f"{name} is not complete JSON ({fault}); {_WANTED} was expected.")


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _judged(found: _Found, today_utc: date) -> ChargeFile:
    book = Book(today_utc)
    rejects = list(found.rejects)
    for line, record in found.records:
        try:
            book.add(line, record)
        except RecordRefused as refused:
            rejects.append(Reject(line, refused.field, refused.reason))
    statements = tuple(book.statements())
    for fault in book.faults.values():
        rejects += [Reject(line, fault.field, fault.reason) for line in fault.lines]
    return ChargeFile(
        statements=statements,
        read=len(found.records) + len(found.rejects),
        rejects=tuple(sorted(rejects, key=lambda reject: reject.line)),
        warnings=tuple(_warnings(found)),
        covered=frozenset((s.account, s.usage_date) for s in statements),
    )


def _warnings(found: _Found) -> Iterable[str]:
    asked = [json.dumps(envelope, default=str).lower() for envelope in map(_uris, found.envelopes)]
    if any("includesubaccounts=false" not in uris for uris in asked):
        yield (
            "An answer was not asked for with IncludeSubaccounts=false, so its totals may already contain those of "
            "subaccounts; ask for each account alone."
        )
    if found.bare:
        yield (
            "Records stand without the answer they came in, so it cannot be seen whether their totals contain "
            "subaccounts; they count only if they were asked for with IncludeSubaccounts=false."
        )
    if not found.records and not found.rejects:
        yield "The file holds no usage records."
    if any(_next_page_is_absent(envelope, found.envelopes) for envelope in found.envelopes):
        yield "An answer says that more pages follow (next_page_uri), and they are not in the file."


def _uris(envelope: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in envelope.items() if key.endswith("uri")}


def _next_page_is_absent(envelope: Mapping[str, object], all_of_them: list[Mapping[str, object]]) -> bool:
    if not envelope.get("next_page_uri"):
        return False
    account, page = _path(envelope["next_page_uri"]), envelope.get("page")
    after = page + 1 if isinstance(page, int) else None
    return not any(
        _path(e.get("uri") or e.get("first_page_uri")) == account and e.get("page") == after for e in all_of_them
    )


def _path(uri: object) -> str:
    return str(uri).split("?", 1)[0]
