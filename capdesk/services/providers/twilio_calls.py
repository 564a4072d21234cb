"""Twilio's calls as metadata: who was called when, for how long, at what price, and where its recording is."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from capdesk.errors import ProviderRefused, UsageRefused
from capdesk.services.clock import Clock
from capdesk.services.money import money
from capdesk.services.providers import twilio_recordings
from capdesk.services.providers.base_url import checked_url
from capdesk.services.providers.charges import RecordRefused, exact_amount, shown
from capdesk.services.providers.pull import Account, Progress, Question, Span, TwilioCallState
from capdesk.services.providers.twilio_accounts import alone_account, list_accounts
from capdesk.services.providers.twilio_faults import drifted
from capdesk.services.providers.twilio_http import (
    PAGE_SIZE,
    PERMISSIONS,
    Listing,
    Patience,
    Record,
    TwilioCredentials,
    TwilioHttp,
    is_sid,
)

PhoneKey = Callable[[str], tuple[str, UUID] | None]
"""(E.164, key) of a number; None, or UsageRefused, for one that is not valid."""

_RECORDED_FROM_S = 150
_NEVER_NULL = ("sid", "account_sid", "status", "direction")
_TEXTS = (*_NEVER_NULL, "parent_call_sid", "to", "from", "start_time", "end_time", "duration", "answered_by")
_NAMES = (*_TEXTS, "price", "price_unit")
_FIELDS = itemgetter(*_NAMES)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_INBOUND = frozenset({"inbound", "trunking-originating"})
_OUTBOUND = frozenset({"outbound-api", "outbound-dial", "trunking-terminating"})
_UTC_STAMP = re.compile(r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) \+0000")
_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip


class TwilioCalls:
    """A CallSource over the Twilio API.

    `alone`: the account without its subaccounts, which Standard and Restricted API keys may not list.

    Raises UsageRefused for a base URL that a token must not be sent to.
    """

    def __init__(
        self,
        credentials: TwilioCredentials,
        *,
        clock: Clock,
        phone_key: PhoneKey,
        base_url: str | None = None,
        patience: Patience | None = None,
        alone: bool = False,
    ) -> None:
        self._credentials, self._clock, self._phone_key = credentials, clock, phone_key
        self._base_url = base_url and checked_url(base_url)
        self._patience = patience or Patience()
        self._alone = alone

    def accounts(self) -> Sequence[Account]:
        """The account itself, then its subaccounts unless it is asked alone."""
        if self._alone:
            return [alone_account(self._credentials)]
        with self._open() as http:
            return list_accounts(http, self._credentials)

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        """What `calls` would ask."""
        days = f"from {span.first} to {span.last} (UTC), {PAGE_SIZE} a page"
        return [
            Question(f"The {kind} of Twilio account {account.id} {days}: GET {asked.url(self._base_url)}")
            for kind, asked in (
                ("recordings", twilio_recordings.listing(account, span)),
                ("calls", _listing(account, span)),
            )
        ]

    def calls(self, account: Account, span: Span, progress: Progress) -> Iterator[list[TwilioCallState]]:
        """Every call of the span that has started, page by page; recordings are read before.

        Raises ProviderRefused and ProviderUnavailable, possibly after pages were yielded.
        """
        asked = _listing(account, span)
        with self._open() as http:
            recordings = twilio_recordings.read_recordings(http, account, span, lambda _read: progress(0))
            reading = _Reading(account, span, asked.what, recordings, self._phone_key)
            read = 0
            for page in http.pages_ahead(asked):
                states = [state for record in page if (state := reading.state(record))]
                read += len(page)
                progress(read)
                yield states

    def _open(self) -> TwilioHttp:
        return TwilioHttp(self._credentials, clock=self._clock, base_url=self._base_url, patience=self._patience)


def _listing(account: Account, span: Span) -> Listing:
    first, end = _window(span)
    return Listing(
        what=f"the calls of {account.id}",
        path=f"/2010-04-01/Accounts/{account.id}/Calls.json",
        key="calls",
        permission=PERMISSIONS["calls"],
        # '>' is on or after, '<' is before.
        filters={"StartTime>": f"{first:%Y-%m-%dT%H:%M:%SZ}", "StartTime<": f"{end:%Y-%m-%dT%H:%M:%SZ}"},
    )


def _window(span: Span) -> tuple[datetime, datetime]:
    return (
        datetime.combine(span.first, time(), UTC),
        datetime.combine(span.last, time(), UTC) + timedelta(days=1),
    )


class _Reading:
    """Records of one account made into calls. Raises ProviderRefused for what has another shape."""

    def __init__(
        self, account: Account, span: Span, what: str, recordings: twilio_recordings.Recordings, phone_key: PhoneKey
    ) -> None:
        self._account, self._what, self._recordings, self._phone_key = account.id, what, recordings, phone_key
        self._first, self._end = _window(span)
        self._good_kinds: set[tuple[type, ...]] = set()

    def state(self, record: Record) -> TwilioCallState | None:
        """None for a call that has not started."""
        (sid, account, status, direction, parent, to, from_, start, end, duration, answered, price, unit) = (
            self._checked(record)
        )
        if not is_sid(sid, "CA"):
            raise drifted(self._what, "sid", f"is {shown(sid)}, not CA and 32 characters")
        if account != self._account:
            raise drifted(self._what, "account_sid", f"is {shown(account)}, another account's")
        if start is None:
            return None
        started_at = self._moment("start_time", start)
        if not self._first <= started_at < self._end:
            raise drifted(self._what, "start_time", f"is {shown(start)}, which was not asked for")
        seconds = self._seconds(duration, status)
        other, own = self._sides(direction, to, from_)
        phone, key = self._phone(other)
        return TwilioCallState(
            sid=sid,
            parent_sid=parent or None,
            account=account,
            direction=direction,
            status=status,
            started_at=started_at,
            ended_at=None if end is None else self._moment("end_time", end),
            duration_s=seconds,
            price_usd=None if price is None else self._cost(price, unit, sid),
            answered_by=answered or None,
            own_number=own or None,
            phone=phone,
            phone_key=key,
            recording_sid=self._recordings.of(sid) if seconds >= _RECORDED_FROM_S else None,
        )

    def _checked(self, record: Record) -> tuple[Any, ...]:
        try:
            values: tuple[Any, ...] = _FIELDS(record)
        except KeyError as absent:
            raise drifted(self._what, str(absent.args[0]), "is missing") from None
        kinds = tuple(map(type, values[: len(_TEXTS)]))
        if kinds not in self._good_kinds:
            for name, value in zip(_TEXTS, values, strict=False):
                if type(value) is not str and (value is not None or name in _NEVER_NULL):
                    # Not quoted: it may be somebody's number.
                    raise drifted(self._what, name, "is missing" if value is None else "is no text")
            self._good_kinds.add(kinds)
        return values

    def _moment(self, name: str, text: str) -> datetime:
        if stamp := _UTC_STAMP.fullmatch(text):
            day, month, year, hour, minute, second = stamp.groups()
            try:
                return datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            except (KeyError, ValueError):
                pass
        try:
            moment = parsedate_to_datetime(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            pass
        raise drifted(self._what, name, f"is {shown(text)}, not a moment like 'Fri, 20 Nov 2026 17:02:00 +0000'")

    def _seconds(self, text: str | None, status: str) -> int:
        """0 while a call goes on: Twilio states its length at its end."""
        if text is None and status != "completed":
            return 0
        if text is None or not (text.isascii() and text.isdigit() and len(text) < 8):
            raise drifted(self._what, "duration", f"is {shown(text)}, not a number of seconds")
        return int(text)

    def _sides(self, direction: str, to: str | None, from_: str | None) -> tuple[str | None, str | None]:
        """The other side and ours."""
        if direction in _OUTBOUND:
            return to, from_
        if direction in _INBOUND:
            return from_, to
        raise drifted(self._what, "direction", f"is {shown(direction)}, neither in nor out")

    def _phone(self, text: str | None) -> tuple[str | None, UUID | None]:
        """A number with its key. What is none, as client:ana or sip:ana@example.com, stays as it is without a key."""
        if text and _E164.fullmatch(text):
            try:
                if found := self._phone_key(text):
                    return found
            except UsageRefused:
                pass
        return text or None, None

    def _cost(self, price: object, unit: object, sid: str) -> Decimal:
        """What a call cost, positive: Twilio states its price negative."""
        if not isinstance(unit, str) or unit.upper() != "USD":
            raise ProviderRefused(
                f"Twilio states the price of call {sid} of {self._account} in {shown(unit)}; only US dollars are "
                "recorded, so nothing of it was taken."
            )
        try:
            return money(exact_amount(price, "price").copy_negate())
        except (RecordRefused, UsageRefused):
            raise drifted(self._what, "price", f"is {shown(str(price))}, not an amount") from None
