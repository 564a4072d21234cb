"""Twilio's usage records judged day by day, alike whether a file or a pull brings them.

`totalprice` of an account and day is what that day cost. Every other category overlaps with it and with others, so
categories are kept as metadata and never added up.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from capdesk.errors import UsageRefused
from capdesk.services.money import money
from capdesk.services.providers.charges import RecordRefused, Statement, exact_amount, not_ended, shown

TOTAL = "totalprice"
_METADATA = ("count", "count_unit", "usage", "usage_unit")


@dataclass(frozen=True, slots=True)
class DayFault:
    """Why a day cannot be taken, and the lines of its records that were good by themselves."""

    field: str
    reason: str
    lines: tuple[int, ...]


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


class Book:
    """Records sorted into account days; then each day is judged as a whole.

    `today_utc` is the current UTC date: its day has not ended. `faults` says, once the statements were made, which
    days make none.
    """

    def __init__(self, today_utc: date) -> None:
        self._today = today_utc
        self._days: dict[tuple[str, date], _Day] = {}
        self.faults: dict[tuple[str, date], DayFault] = {}

    def add(self, line: int, record: Mapping[str, object]) -> None:
        """Raises RecordRefused for a record that cannot be part of its day, which may still be taken."""
        category = record_text(record, "category")
        account = record_text(record, "account_sid")
        day_of_use = usage_day(record)
        if day_of_use >= self._today:
            raise not_ended(day_of_use)
        day = self._days.setdefault((account, day_of_use), _Day())
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

    def statements(self) -> Iterator[Statement]:
        """By account and day."""
        for key in sorted(self._days):
            if statement := self._statement(key, self._days[key]):
                yield statement

    def _statement(self, key: tuple[str, date], day: _Day) -> Statement | None:
        account, day_of_use = key
        fault = day.fault
        if day.total is None:
            state = "was refused" if day.total_refused else "is missing"
            reason = f"The {TOTAL} of {account} on {day_of_use} {state}, and only it says what the day cost."
            fault = RecordRefused("category", reason)
        amount = None if fault or day.total is None else _dollars(day.total)
        if amount is None:
            fault = fault or RecordRefused("price", f"The {TOTAL} of {account} on {day_of_use} is too large.")
            self.faults[key] = DayFault(fault.field, fault.reason, tuple(day.lines))
            return None
        return Statement(
            provider="twilio",
            account=account,
            usage_date=day_of_use,
            amount_usd=amount,
            breakdown={"as_of": day.as_of, "categories": day.categories},
            first_line=day.total_line,
            records=len(day.lines),
        )


def record_text(record: Mapping[str, object], name: str) -> str:
    """Raises RecordRefused where the field is no text."""
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RecordRefused(name, f"{name} is {shown(value)}; a usage record names it as text.")
    return value


def usage_day(record: Mapping[str, object]) -> date:
    """The one day a record is of. Raises RecordRefused where it covers several, or none that can be read."""
    first, last = record_text(record, "start_date"), record_text(record, "end_date")
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


def _dollars(total: Decimal) -> Decimal | None:
    try:
        return money(total)
    except UsageRefused:
        return None


def _add_total(day: _Day, line: int, price: Decimal, record: Mapping[str, object]) -> None:
    if day.total is not None and day.total != price:
        where = f"{record_text(record, 'account_sid')} on {record_text(record, 'start_date')}"
        reason = f"{TOTAL} of {where} is stated as {day.total} and as {price}; keep the one with the latest as_of."
        day.fault = day.fault or RecordRefused("price", reason)
        return
    if day.total is None:
        day.total, day.total_line, day.as_of = price, line, str(record.get("as_of") or "")


def _add_category(day: _Day, name: str, price: Decimal | None, record: Mapping[str, object]) -> None:
    kept = {"price": None if price is None else str(price)}
    kept |= {key: None if record.get(key) is None else str(record[key]) for key in _METADATA}
    if day.categories.setdefault(name, kept) != kept:
        where = f"{record_text(record, 'account_sid')} on {record_text(record, 'start_date')}"
        reason = f"{name} of {where} is stated twice, differently."
        raise RecordRefused("category", reason)


def _price(record: Mapping[str, object], category: str) -> Decimal | None:
    """The price in dollars; None only where a category other than the total has none yet."""
    price, unit = record.get("price"), record.get("price_unit")
    if price is None and category != TOTAL:
        return None
    amount = exact_amount(price, "price")
    if not isinstance(unit, str) or unit.lower() != "usd":
        raise RecordRefused("price_unit", f"price_unit is {shown(unit)}; only US dollars (usd) are recorded.")
    return amount
