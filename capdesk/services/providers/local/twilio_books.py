"""Where the local Twilio keeps calls and recordings: a book gives them page by page, newest first.

A page continues after the last SID the client has seen, so that a row which appears meanwhile moves nothing.
"""

import json
import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol

from capdesk.services.providers.local.twilio_records import Record

_Key = tuple[datetime, str]
_NOT_BEGUN = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownToken(Exception):
    """A page was asked for after a row that never was."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: from `since` on, before `before`, and with these values of these fields."""

    since: datetime | None = None
    before: datetime | None = None
    equal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows as JSON objects, the mark to continue after, and whether anything follows."""

    rows: list[str]
    last: str = ""
    more: bool = False


class CallBook(Protocol):
    """Calls, or recordings. Both methods may be called from several threads at once."""

    def page(self, account: str, wanted: Wanted, after: str | None, size: int) -> Rows:
        """At most `size` rows of one account, after the row with the SID `after`. Raises UnknownToken."""
        ...

    def change(self, sid: str, **fields: Any) -> None:
        """Other values from now on, in the wire's own form. Raises KeyError for a SID that is not here."""
        ...


def as_json(record: Record) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


class MemoryBook:
    """A book of given rows, to which more can be added; a row with a known SID replaces the old one."""

    def __init__(
        self, rows: Iterable[Record] = (), *, by: Literal["start_time", "date_created"] = "start_time"
    ) -> None:
        self._by = by
        self._lock = threading.Lock()
        self._rows: dict[str, Record] = {}
        self._order: dict[str, list[_Key]] = defaultdict(list)
        for row in rows:
            self.add(row)

    def add(self, row: Record) -> None:
        with self._lock:
            self._add(dict(row))

    def change(self, sid: str, **fields: Any) -> None:
        with self._lock:
            self._add(self._rows[sid] | fields)

    def page(self, account: str, wanted: Wanted, after: str | None, size: int) -> Rows:
        with self._lock:
            order = self._order[account]
            low = 0 if wanted.since is None else bisect_left(order, (wanted.since, ""))
            high = len(order) if wanted.before is None else bisect_left(order, (wanted.before, ""))
            if after is not None:
                if after not in self._rows:
                    raise UnknownToken(after)
                high = min(high, bisect_left(order, self._key(self._rows[after])))
            found: list[str] = []
            last = ""
            for _, sid in reversed(order[low:high]):
                if any(self._rows[sid].get(name) != value for name, value in wanted.equal.items()):
                    continue
                if len(found) == size:
                    return Rows(found, last, more=True)
                found.append(as_json(self._rows[sid]))
                last = sid
            return Rows(found, last)

    def _add(self, row: Record) -> None:
        sid = row["sid"]
        if (old := self._rows.get(sid)) is not None:
            self._order[old["account_sid"]].remove(self._key(old))
        self._rows[sid] = row
        insort(self._order[row["account_sid"]], self._key(row))

    def _key(self, row: Record) -> _Key:
        moment = row[self._by] or row["date_created"]
        return (parsedate_to_datetime(moment) if moment else _NOT_BEGUN, row["sid"])
