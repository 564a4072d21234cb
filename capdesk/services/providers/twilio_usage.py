"""Twilio usage records, as the API returns them: one answer, several, a list of records, or JSON lines of either.

`totalprice` of an account and day is what that day cost. Every other category overlaps with it and with others, so
categories are kept as metadata and never added up.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.money import money
from capdesk.services.providers.charges import (
    ChargeFile,
    RecordRefused,
    Reject,
    Source,
    Statement,
    exact_amount,
    name_of,
    not_ended,
    opened,
    refuse_other_kinds,
    shown,
)

TOTAL = "totalprice"
_WANTED = "the JSON answer of Twilio's usage records (Usage/Records/Daily.json)"
_DECODER = json.JSONDecoder(parse_float=Decimal)
_METADATA = ("count", "count_unit", "usage", "usage_unit")


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
    return _Book(today_utc).closed(found)


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


@dataclass
class _Day:
    """One account's records of one day."""

    lines: list[int] = field(default_factory=list)
    total: Decimal | None = None
    total_line: int = 0
    as_of: str = ""
    categories: dict[str, dict[str, str | None]] = field(default_factory=dict)
    fault: RecordRefused | None = None
    total_refused: bool = False


class _Book:
    """Records sorted into account days, then each day judged as a whole."""

    def __init__(self, today_utc: date) -> None:
        self.today = today_utc
        self.days: dict[tuple[str, date], _Day] = {}
        self.rejects: list[Reject] = []

    def closed(self, found: _Found) -> ChargeFile:
        self.rejects = list(found.rejects)
        for line, record in found.records:
            try:
                self._add(line, record)
            except RecordRefused as refused:
                self.rejects.append(Reject(line, refused.field, refused.reason))
        statements = tuple(s for key in sorted(self.days) if (s := self._statement(key, self.days[key])))
        return ChargeFile(
            statements=statements,
            read=len(found.records) + len(found.rejects),
            rejects=tuple(sorted(self.rejects, key=lambda reject: reject.line)),
            warnings=tuple(_warnings(found)),
            covered=frozenset((s.account, s.usage_date) for s in statements),
        )

    def _add(self, line: int, record: Mapping[str, object]) -> None:
        category = _text(record, "category")
        account = _text(record, "account_sid")
        usage_date = _usage_date(record)
        if usage_date >= self.today:
            raise not_ended(usage_date)
        day = self.days.setdefault((account, usage_date), _Day())
        try:
            price = _price(record, category)
        except RecordRefused:
            day.total_refused = day.total_refused or category == TOTAL
            raise
        if category == TOTAL and price is not None:
            _add_total(day, line, price, record)
        else:
            _add_category(day, category, price, record)
        day.lines.append(line)

    def _statement(self, key: tuple[str, date], day: _Day) -> Statement | None:
        account, usage_date = key
        fault = day.fault
        if day.total is None:
            state = "was refused" if day.total_refused else "is missing"
            reason = f"The {TOTAL} of {account} on {usage_date} {state}, and only it says what the day cost."
            fault = RecordRefused("category", reason)
        amount = None if fault or day.total is None else _dollars(day.total)
        if amount is None:
            fault = fault or RecordRefused("price", f"The {TOTAL} of {account} on {usage_date} is too large.")
            self.rejects += [Reject(line, fault.field, fault.reason) for line in day.lines]
            return None
        return Statement(
            provider="twilio",
            account=account,
            usage_date=usage_date,
            amount_usd=amount,
            breakdown={"as_of": day.as_of, "categories": day.categories},
            first_line=day.total_line,
            records=len(day.lines),
        )


def _dollars(total: Decimal) -> Decimal | None:
    try:
        return money(total)
    except UsageRefused:
        return None


def _add_total(day: _Day, line: int, price: Decimal, record: Mapping[str, object]) -> None:
    if day.total is not None and day.total != price:
        where = f"{_text(record, 'account_sid')} on {_text(record, 'start_date')}"
        reason = f"{TOTAL} of {where} is stated as {day.total} and as {price}; keep the one with the latest as_of."
        day.fault = day.fault or RecordRefused("price", reason)
        return
    if day.total is None:
        day.total, day.total_line, day.as_of = price, line, str(record.get("as_of") or "")


def _add_category(day: _Day, name: str, price: Decimal | None, record: Mapping[str, object]) -> None:
    kept = {"price": None if price is None else str(price)}
    kept |= {key: None if record.get(key) is None else str(record[key]) for key in _METADATA}
    if day.categories.setdefault(name, kept) != kept:
        where = f"{_text(record, 'account_sid')} on {_text(record, 'start_date')}"
        reason = f"{name} of {where} is stated twice, differently."
        raise RecordRefused("category", reason)


def _text(record: Mapping[str, object], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RecordRefused(name, f"{name} is {shown(value)}; a usage record names it as text.")
    return value


def _usage_date(record: Mapping[str, object]) -> date:
    first, last = _text(record, "start_date"), _text(record, "end_date")
    if first != last:
        reason = (
            f"The record covers {shown(first)} to {shown(last)}; only daily records (Usage/Records/Daily) are taken."
        )
        raise RecordRefused("end_date", reason)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", first):
            raise ValueError
        return date.fromisoformat(first)
    except ValueError:
        raise RecordRefused("start_date", f"start_date is {shown(first)}, not a date like 2026-11-20.") from None


def _price(record: Mapping[str, object], category: str) -> Decimal | None:
    """The price in dollars; None only where a category other than the total has none yet."""
    price, unit = record.get("price"), record.get("price_unit")
    if price is None and category != TOTAL:
        return None
    amount = exact_amount(price, "price")
    if not isinstance(unit, str) or unit.lower() != "usd":
        raise RecordRefused("price_unit", f"price_unit is {shown(unit)}; only US dollars (usd) are recorded.")
    return amount


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
