"""As many calls as wanted, made while they are asked for: each from its number, its account and a seed, none kept."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from json import loads
from typing import Any

from capdesk.services.providers.local.twilio_books import Rows, UnknownToken, Wanted, as_json
from capdesk.services.providers.local.twilio_records import (
    call_record,
    day_rfc2822,
    formatted,
    made_sid,
    negative,
    recording_record,
)

_DAY_S = 86_400
_OPENS_S, _OPEN_S = 13 * 3600, 10 * 3600  # a calling day in UTC: nothing lasts past midnight
_MINUTE_COST = 1400  # in hundred-thousandths of a dollar
_PRICES = tuple(f'"{negative(f"{minutes * _MINUTE_COST}e-5")}"' for minutes in range(20))
_AREAS = ("270", "304", "423", "502", "513", "606", "615", "812", "859", "931")
_STATUSES = ("completed",) * 62 + ("no-answer",) * 23 + ("busy",) * 8 + ("failed",) * 5 + ("canceled",) * 2
_LONG_S = 150
_TEMPLATED = ("start_time", "end_time", "duration", "status", "to", "to_formatted", "date_created", "date_updated")
_NULLABLE = ("price", "answered_by")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a call's number decides."""

    number: int
    sid: str
    dice: int
    status: str
    seconds: int

    @property
    def recorded(self) -> bool:
        """Every long call, and some short ones."""
        return self.status == "completed" and (self.seconds >= _LONG_S or self.dice >> 48 & 31 == 0)

    @property
    def unrated(self) -> bool:
        return self.dice >> 40 & 63 == 0


class GeneratedCalls:
    """A CallBook of `days` × `calls_per_day` calls for each account, the same for the same arguments.

    About 62 in 100 are completed and cost something, one in 64 of those is not rated until `rate_all`; the others are
    unanswered, busy, failed or cancelled and never get a price. `recordings` is the book of their recordings.
    """

    def __init__(self, seed: int, account: str | Sequence[str], first_day: date, days: int, calls_per_day: int) -> None:
        self.accounts = (account,) if isinstance(account, str) else tuple(account)
        self.recordings = GeneratedRecordings(self)
        self._key = str(seed).encode()
        self._per_day = calls_per_day
        self._count = days * calls_per_day
        self._first_s = int((datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC) - _EPOCH) / _SECOND)
        self._day_texts = tuple(day_rfc2822(first_day + timedelta(days=offset)) for offset in range(days))
        self._templates = {account: _template(account, place) for place, account in enumerate(self.accounts)}
        self._changed: dict[str, dict[str, Any]] = {}
        self._all_rated = False

    def __len__(self) -> int:
        return self._count * len(self.accounts)

    def rate_all(self) -> None:
        """Every completed call has its price from now on."""
        self._all_rated = True

    def change(self, sid: str, **fields: Any) -> None:
        if self._place(sid) is None:
            raise KeyError(sid)
        self._changed[sid] = self._changed.get(sid, {}) | fields

    def page(self, account: str, wanted: Wanted, after: str | None, size: int) -> Rows:
        template = self._templates.get(account, "")
        rows = ((call.sid, self._render(template, call)) for call in self.calls(account, wanted, after))
        return _first(size, rows, wanted)

    def calls(
        self, account: str, wanted: Wanted, after: str | None = None, call_sid: str | None = None
    ) -> Iterator[_Call]:
        """An account's calls of a time, newest first; those after one SID, or only the one with `call_sid`."""
        if account not in self._templates:
            return
        base = self.accounts.index(account) * self._count
        numbers = range(self._count)
        low = 0 if wanted.since is None else bisect_left(numbers, _seconds(wanted.since), key=self.starts_s)
        high = (
            self._count if wanted.before is None else bisect_left(numbers, _seconds(wanted.before), key=self.starts_s)
        )
        if after is not None:
            if (place := self._place(after)) is None:
                raise UnknownToken(after)
            high = min(high, place - base)
        if call_sid is not None:
            only = self._place(call_sid)
            low, high = (0, 0) if only is None else (max(low, only - base), min(high, only - base + 1))
        for number in range(high - 1, low - 1, -1):
            yield self._call(base + number, number)

    def starts_s(self, number: int) -> int:
        """When the account's n-th call starts, in seconds since 1970."""
        day, nth = divmod(number, self._per_day)
        return self._first_s + day * _DAY_S + _OPENS_S + nth * _OPEN_S // self._per_day

    def _call(self, place: int, number: int) -> _Call:
        digest = blake2b(b"%d" % place, digest_size=20, key=self._key).hexdigest()
        dice = int(digest[24:], 16)
        status = _STATUSES[dice % 100]
        return _Call(
            number, f"CA{digest[:24]}{place:08x}", dice, status, _seconds_of(dice) if status == "completed" else 0
        )

    def _place(self, sid: str) -> int | None:
        """The inverse of a SID: its last digits are the place, all others must be what that place makes."""
        try:
            place = int(sid[-8:], 16)
        except ValueError:
            return None
        return place if place < len(self) and self._call(place, 0).sid == sid else None

    def _render(self, template: str, call: _Call) -> str:
        day, second = divmod(self.starts_s(call.number) - self._first_s, _DAY_S)
        date_text, dice = self._day_texts[day], call.dice >> 7
        start, end = _stamp(date_text, second), _stamp(date_text, second + call.seconds)
        to = f"+1{_AREAS[dice % 10]}555{dice // 10 % 10_000:04}"
        completed = call.status == "completed"
        row = template % {
            "sid": call.sid,
            "start_time": start,
            "end_time": end,
            "date_created": start,
            "date_updated": end,
            "duration": call.seconds,
            "status": call.status,
            "to": to,
            "to_formatted": formatted(to),
            "price": _PRICES[-(-call.seconds // 60)] if completed and (self._all_rated or not call.unrated) else "null",
            "answered_by": ('"human"' if dice & 1 else '"machine_start"') if completed else "null",
        }
        if self._changed and call.sid in self._changed:
            return as_json(loads(row) | self._changed[call.sid])
        return row


class GeneratedRecordings:
    """The recordings of generated calls, a CallBook of its own."""

    def __init__(self, calls: GeneratedCalls) -> None:
        self._calls = calls
        self._changed: dict[str, dict[str, Any]] = {}

    def change(self, sid: str, **fields: Any) -> None:
        self._changed[sid] = self._changed.get(sid, {}) | fields

    def page(self, account: str, wanted: Wanted, after: str | None, size: int) -> Rows:
        of_call = wanted.equal.get("call_sid")
        after_call = None if after is None else f"CA{after[2:]}"
        rows = (
            (record["sid"], as_json(record | self._changed.get(record["sid"], {})))
            for call in self._calls.calls(account, wanted, after_call, of_call)
            if call.recorded
            for record in [self._record(account, call)]
        )
        return _first(size, rows, wanted)

    def _record(self, account: str, call: _Call) -> dict[str, Any]:
        created = _EPOCH + timedelta(seconds=self._calls.starts_s(call.number))
        return recording_record(account, f"RE{call.sid[2:]}", call.sid, created, duration=call.seconds)


def _first(size: int, rows: Iterable[tuple[str, str]], wanted: Wanted) -> Rows:
    """The first rows that have the values wanted; every row has each name once, before what it holds."""
    marks = [f'"{name}":"{value}"' for name, value in wanted.equal.items()]
    found: list[str] = []
    last = ""
    for sid, row in rows:
        if marks and not all(mark in row for mark in marks):
            continue
        if len(found) == size:
            return Rows(found, last, more=True)
        found.append(row)
        last = sid
    return Rows(found, last)


def _template(account: str, place: int) -> str:
    """A call with gaps, in the one shape that `call_record` gives."""
    number = f"+1502555{place:04}"
    gaps = {name: f"%({name})s" for name in (*_TEMPLATED, *_NULLABLE)}
    record = call_record(account, "%(sid)s", _EPOCH, from_=number, phone_number_sid=made_sid("PN", account, place))
    text = as_json(record | gaps)
    for name in _NULLABLE:
        text = text.replace(f'"%({name})s"', f"%({name})s")
    return text


def _seconds(moment: datetime) -> int:
    """The first whole second at or after a moment, since 1970."""
    return -((_EPOCH - moment) // _SECOND)


def _seconds_of(dice: int) -> int:
    """How long a completed call lasts: most are short."""
    kind, more = dice >> 8 & 127, dice >> 16 & 1023
    if kind < 102:
        return 4 + more % 56
    if kind < 121:
        return 60 + more % 90
    return _LONG_S + more % 600


def _stamp(date_text: str, second: int) -> str:
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{date_text} {hours:02}:{minutes:02}:{seconds:02} +0000"
