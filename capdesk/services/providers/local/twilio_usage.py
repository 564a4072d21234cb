"""What the local Twilio says its accounts' days cost; days can be restated while it runs."""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from capdesk.services.providers.local.twilio_books import Rows, UnknownToken, as_json
from capdesk.services.providers.local.twilio_records import Record, usage_record

_Key = tuple[int, str]
_RESTATED_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class UsageWanted:
    """Which records: one category or all, from the first to the last day, both included."""

    category: str | None = None
    first: date = date.min
    last: date = date.max


class UsageBook:
    """Usage records by account, newest day first. Each account has its own; a main account's sum is made from them."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, dict[_Key, Record]] = {}
        self._summed: dict[tuple[str, ...], dict[_Key, Record]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Takes the place of the record of the same account, day and category."""
        with self._lock:
            self._records.setdefault(record["account_sid"], {})[_key(record)] = dict(record)
            self._summed.clear()

    def restate(
        self, account: str, day: date, price: Decimal, *, category: str = "totalprice", as_of: datetime | None = None
    ) -> None:
        """The day costs `price` from now on; `as_of` is six hours later than it was unless said."""
        key = (-day.toordinal(), category)
        with self._lock:
            old = self._records.get(account, {}).get(key)
        if old is not None and as_of is None:
            as_of = datetime.fromisoformat(old["as_of"]) + _RESTATED_AFTER
        new = usage_record(account, day, category, price, as_of=as_of)
        if old is not None:
            kept = (
                "count",
                "count_unit",
                "description",
                "usage_unit",
                *(() if category == "totalprice" else ("usage",)),
            )
            new |= {name: old[name] for name in kept}
        self.add(new)

    def forget(self, account: str, day: date) -> None:
        """Nothing is stated of the day any more."""
        with self._lock:
            known = self._records.get(account, {})
            for key in [key for key in known if key[0] == -day.toordinal()]:
                del known[key]
            self._summed.clear()

    def page(self, accounts: Sequence[str], wanted: UsageWanted, after: str | None, size: int) -> Rows:
        """Records of the first account, summed over all of `accounts`, after the mark `after`. Raises UnknownToken."""
        with self._lock:
            records = self._sum(tuple(accounts))
        newest, oldest = -wanted.last.toordinal(), -wanted.first.toordinal()
        keys = sorted(key for key in records if newest <= key[0] <= oldest and wanted.category in (None, key[1]))
        start = 0 if after is None else bisect_right(keys, _unmarked(after))
        chosen = keys[start : start + size]
        rows = [as_json(records[key]) for key in chosen]
        return Rows(rows, _mark(chosen[-1]) if chosen else "", more=start + size < len(keys))

    def _sum(self, accounts: tuple[str, ...]) -> dict[_Key, Record]:
        if len(accounts) == 1:
            return dict(self._records.get(accounts[0], {}))
        if accounts not in self._summed:
            total: dict[_Key, Record] = {}
            for account in accounts:
                for key, record in self._records.get(account, {}).items():
                    total[key] = _added(total[key], record) if key in total else _moved(record, accounts[0])
            self._summed[accounts] = total
        return self._summed[accounts]


def _key(record: Record) -> _Key:
    return (-date.fromisoformat(record["start_date"]).toordinal(), record["category"])


def _mark(key: _Key) -> str:
    return f"{-key[0]}-{key[1]}"


def _unmarked(mark: str) -> _Key:
    day, _, category = mark.partition("-")
    if not day.isdecimal():
        raise UnknownToken(mark)
    return (-int(day), category)


def _moved(record: Record, account: str) -> Record:
    """The record as the main account states it."""
    own = record["account_sid"]
    uris = {name: uri.replace(own, account) for name, uri in record.get("subresource_uris", {}).items()}
    return record | {
        "account_sid": account,
        "uri": record.get("uri", "").replace(own, account),
        "subresource_uris": uris,
    }


def _added(one: Record, other: Record) -> Record:
    counts = [record["count"] for record in (one, other) if record["count"] is not None]
    return one | {
        "as_of": max(one["as_of"], other["as_of"]),
        "count": str(sum(map(int, counts))) if counts else None,
        "price": f"{Decimal(one['price']) + Decimal(other['price']):f}",
        "usage": f"{Decimal(one['usage']) + Decimal(other['usage']):f}",
    }
