"""What Twilio use cost, asked of Twilio itself: its daily usage records, account by account."""

from collections.abc import Sequence
from datetime import date, timedelta

from capdesk.errors import ProviderRefused
from capdesk.services.clock import Clock
from capdesk.services.providers.base_url import checked_url
from capdesk.services.providers.charges import Provider, RecordRefused, shown
from capdesk.services.providers.pull import Account, Progress, Pull, Question, Span
from capdesk.services.providers.twilio_accounts import alone_account, list_accounts
from capdesk.services.providers.twilio_book import TOTAL, Book, usage_day
from capdesk.services.providers.twilio_calls import TwilioCalls
from capdesk.services.providers.twilio_faults import drifted
from capdesk.services.providers.twilio_http import (
    PAGE_SIZE,
    PERMISSIONS,
    Listing,
    Patience,
    Record,
    TwilioCredentials,
    TwilioHttp,
)

__all__ = ["Patience", "TwilioCalls", "TwilioCosts", "TwilioCredentials"]

_LOOK_BACK = timedelta(days=10)
_MONTH_IS_SETTLED_AFTER = 5
_NEEDED = ("account_sid", "category", "start_date", "end_date", "price", "price_unit")


class TwilioCosts:
    """A CostSource over the Twilio API. `base_url` replaces Twilio's own address.

    `alone`: the account without its subaccounts, which Standard and Restricted API keys may not list.

    Raises UsageRefused for a base URL that a token must not be sent to.
    """

    provider: Provider = "twilio"

    def __init__(
        self,
        credentials: TwilioCredentials,
        *,
        clock: Clock,
        base_url: str | None = None,
        patience: Patience | None = None,
        alone: bool = False,
    ) -> None:
        self._credentials, self._clock = credentials, clock
        self._base_url = base_url and checked_url(base_url)
        self._patience = patience or Patience()
        self._alone = alone

    def accounts(self) -> Sequence[Account]:
        """The account itself, then its subaccounts unless it is asked alone."""
        if self._alone:
            return [alone_account(self._credentials)]
        with self._open() as http:
            return list_accounts(http, self._credentials)

    def look_back(self, today_utc: date) -> date:
        """Ten days; early in a month all of the month before, which Twilio still settles."""
        if today_utc.day > _MONTH_IS_SETTLED_AFTER:
            return today_utc - _LOOK_BACK
        return (today_utc.replace(day=1) - timedelta(days=1)).replace(day=1)

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        asked = _listing(account, span).url(self._base_url)
        return [
            Question(
                f"The daily cost of Twilio account {account.id} from {span.first} to {span.last} (UTC), without its "
                f"subaccounts, {PAGE_SIZE} records a page: GET {asked}"
            )
        ]

    def pull(self, account: Account, span: Span, progress: Progress) -> Pull:
        """The daily totals of exactly that account; days for which Twilio returns nothing cost nothing.

        A day without a total that can be read is faulty. Raises ProviderRefused for another currency than US dollars
        and for an answer of another shape.
        """
        listing = _listing(account, span)
        reading = _Reading(account, span, listing.what, Book(self._clock.now().date()))
        with self._open() as http:
            for page in http.pages(listing):
                for record in page:
                    reading.take(record)
                progress(reading.rows)
        return reading.pulled()

    def _open(self) -> TwilioHttp:
        return TwilioHttp(self._credentials, clock=self._clock, base_url=self._base_url, patience=self._patience)


def _listing(account: Account, span: Span) -> Listing:
    return Listing(
        what=f"the usage of {account.id}",
        path=f"/2010-04-01/Accounts/{account.id}/Usage/Records/Daily.json",
        key="usage_records",
        permission=PERMISSIONS["usage"],
        filters={
            "StartDate": span.first.isoformat(),
            "EndDate": span.last.isoformat(),
            "IncludeSubaccounts": "false",
        },
    )


class _Reading:
    """The records of one pull: those of another shape or day refuse it, those that cannot be read fault their day."""

    def __init__(self, account: Account, span: Span, what: str, book: Book) -> None:
        self._account, self._span, self._what, self._book = account.id, span, what, book
        self._unread: list[tuple[date, str, RecordRefused]] = []
        self._unrated: set[date] = set()
        self.rows = 0

    def take(self, record: Record) -> None:
        self.rows += 1
        day = self._day(record)
        category, price, unit = record["category"], record["price"], record["price_unit"]
        if isinstance(unit, str) and unit.lower() != "usd":
            raise ProviderRefused(
                f"Twilio states {category} of {self._account} on {day} in {shown(unit.upper())}; only US dollars are "
                "recorded, so nothing of it was taken."
            )
        if category == TOTAL and price is None:
            self._unrated.add(day)
        try:
            self._book.add(self.rows, record)
        except RecordRefused as refused:
            self._unread.append((day, category, refused))

    def _day(self, record: Record) -> date:
        for name in _NEEDED:
            if name not in record:
                raise drifted(self._what, name, "is missing")
        for name in ("account_sid", "category"):
            if not isinstance(record[name], str):
                raise drifted(self._what, name, f"is {shown(record[name])}, not text")
        if record["account_sid"] != self._account:
            raise drifted(self._what, "account_sid", f"is {shown(record['account_sid'])}, another account's")
        try:
            day = usage_day(record)
        except RecordRefused as refused:
            raise drifted(self._what, refused.field, "is not the one day it was asked for") from None
        if not self._span.first <= day <= self._span.last:
            raise drifted(self._what, "start_date", f"is {day}, which was not asked for")
        return day

    def pulled(self) -> Pull:
        statements = tuple(self._book.statements())
        faults = {day: fault.reason for (_, day), fault in self._book.faults.items()}
        faults |= {day: str(refused) for day, category, refused in self._unread if category == TOTAL}
        faults |= {day: f"{TOTAL} is not rated yet." for day in self._unrated if day in faults}
        return Pull(
            accounts=(self._account,),
            first=self._span.first,
            last=self._span.last,
            statements=tuple(one for one in statements if one.usage_date not in faults),
            rows=self.rows,
            faulty=frozenset(faults),
            warnings=tuple(self._warnings(faults)),
        )

    def _warnings(self, faults: dict[date, str]) -> list[str]:
        days = [
            f"{self._account} on {day} was not taken, what was known of it stays: {reason}"
            for day, reason in sorted(faults.items())
        ]
        parts = [
            f"{category} of {self._account} on {day} cannot be read and is left out of that day's breakdown: {refused}"
            for day, category, refused in self._unread
            if day not in faults
        ]
        return days + parts
