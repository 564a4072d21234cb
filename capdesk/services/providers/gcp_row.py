"""The columns of one Google billing-export row, each read or refused with its own sentence."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from capdesk.services.providers.charges import EXACT, RecordRefused, exact_amount, shown

Row = Mapping[str, object]

_MONTH = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])")
_EPOCH = re.compile(r"[0-9]+(\.[0-9]*)?([eE]\+?[0-9]{1,2})?")
_YEAR_2000, _YEAR_2100 = 946_684_800, 4_102_444_800


def text_of(row: Row, name: str, key: str | None = None) -> str:
    value = row.get(key or name)
    if type(value) is not str or not value:
        raise RecordRefused(name, f"{name} is {shown(value)}; a billing row names it as text.")
    return value


def optional_text(row: Row, name: str, key: str) -> str | None:
    return None if row.get(key) is None else text_of(row, name, key)


def record_of(row: Row, name: str) -> Row:
    """A nested column; an empty one where the row has null."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RecordRefused(name, f"{name} is {shown(value)}, not a record with fields of its own.")
    return value


def list_of(value: object, name: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordRefused(name, f"{name} is {shown(value)}, not a list.")
    return value


def label_value(label: Row, name: str) -> str:
    """A label may have an empty value."""
    value = label.get("value") or ""
    if not isinstance(value, str):
        raise RecordRefused(name, f"{name} has the value {shown(value)}, not text.")
    return value


def credit_of(credits: object) -> Decimal:
    """What the credits add up to: negative, as Google states them."""
    total = Decimal(0)
    for credit in list_of(credits, "credits"):
        if not isinstance(credit, dict):
            raise RecordRefused("credits", f"credits holds {shown(credit)}, not a credit with its amount.")
        total = EXACT.add(total, exact_amount(credit.get("amount"), "credits.amount"))
    return total


def month_of(invoice: Row) -> str:
    month = text_of(invoice, "invoice.month", "month")
    if not _MONTH.fullmatch(month):
        raise RecordRefused("invoice.month", f"invoice.month is {shown(month)}, not a month like 202611.")
    return month


def other_currency(row: Row) -> RecordRefused | None:
    if row.get("currency") == "USD":
        return None
    currency = shown(row.get("currency"))
    return RecordRefused("currency", f"currency is {currency}; only US dollars (USD) are recorded, never converted.")


def description_of(row: Row, name: str) -> str:
    return str(record_of(row, name).get("description") or "")


def utc_day(stamp: object) -> date:
    text = str(stamp) if isinstance(stamp, int | Decimal) and not isinstance(stamp, bool) else stamp
    if not isinstance(text, str):
        raise no_stamp(stamp)
    try:
        if _EPOCH.fullmatch(text):
            return _epoch(Decimal(text)).date()
        moment = datetime.fromisoformat(text[:-4] + "+00:00" if text.endswith(" UTC") else text)
        if moment.tzinfo is None:
            raise RecordRefused(
                "usage_start_time",
                f"usage_start_time is {shown(text)}, without a zone, which is never guessed.",
            )
        return moment.astimezone(UTC).date()
    except (ValueError, OverflowError):
        raise no_stamp(stamp) from None


def _epoch(number: Decimal) -> datetime:
    """Seconds or microseconds since 1970, BigQuery's two ways, told apart by their size."""
    seconds = number if number < _YEAR_2100 else number / 1_000_000
    if not _YEAR_2000 <= seconds < _YEAR_2100:
        raise ValueError
    return datetime.fromtimestamp(int(seconds), UTC)


def no_stamp(value: object) -> RecordRefused:
    return RecordRefused(
        "usage_start_time", f"usage_start_time is {shown(value)}, not a moment like 2026-11-20T08:00:00Z."
    )
