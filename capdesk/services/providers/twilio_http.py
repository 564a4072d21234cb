"""Reading Twilio's lists page by page with its own client: bounded, patient, and suspicious of what comes back."""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import stamina
from twilio.rest import Client

from capdesk.errors import CapdeskError, ProviderRefused, UsageRefused
from capdesk.services.clock import Clock
from capdesk.services.providers.base_url import checked_url, is_local
from capdesk.services.providers.bounded_http import Answer, AnswerTooLarge, BoundedHttp, Limits
from capdesk.services.providers.twilio_faults import Later, cut, drifted, network_fault, require_good

TWILIO = "https://api.twilio.com"
PAGE_SIZE = 1000
PERMISSIONS = {
    "usage": "/twilio/billing/usage/read",
    "calls": "/twilio/voice/calls/list",
    "recordings": "/twilio/voice/recordings/list",
}
"""What a Restricted API key must be granted, in Twilio's words."""
Record = Mapping[str, Any]
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
# No list has so many pages: a provider that never ends is stopped.
_MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True)
class TwilioCredentials:
    """An account SID with its auth token, or with an API key and its secret. Raises UsageRefused for anything else."""

    account_sid: str
    secret: str = field(repr=False)
    key_sid: str | None = None

    def __post_init__(self) -> None:
        # What was typed is not repeated: it may be the token, in the wrong place.
        if not is_sid(self.account_sid, "AC"):
            raise UsageRefused(
                "That is no Twilio account SID; it is AC and 32 more characters, shown first in Twilio's console."
            )
        if self.key_sid is not None and not is_sid(self.key_sid, "SK"):
            raise UsageRefused("That is no SID of a Twilio API key; it is SK and 32 more characters.")
        if not re.fullmatch(r"[!-~]+", self.secret):
            raise UsageRefused(
                f"The secret of {self.key_sid or self.account_sid} is empty or holds a space or a special letter; "
                "copy it again from Twilio's console."
            )


def is_sid(value: object, prefix: str) -> bool:
    return isinstance(value, str) and value.startswith(prefix) and _SID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often one page is asked for. `longest_wait_s` caps what Twilio may ask us to wait."""

    limits: Limits = field(default_factory=Limits)
    attempts: int = 5
    total_s: float = 180.0
    longest_wait_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read: `what` names it in sentences, `key` its array in an answer.

    `permission` is the one that Twilio wants a Restricted API key to have for it.
    """

    what: str
    path: str
    key: str
    filters: Mapping[str, str] = field(default_factory=dict)
    permission: str = ""

    def url(self, base_url: str | None) -> str:
        """As it is asked, for people: no secret is in it."""
        query = urlencode({**self.filters, "PageSize": PAGE_SIZE}, safe=":<>")
        return f"{(base_url or TWILIO).rstrip('/')}{self.path}?{query}"


class TwilioHttp:
    """One sitting with Twilio; close it, or use it in a `with`. Raises UsageRefused for a base URL that is not safe."""

    def __init__(
        self, credentials: TwilioCredentials, *, clock: Clock, base_url: str | None, patience: Patience
    ) -> None:
        self._base = checked_url(base_url or TWILIO)
        self._credentials, self._clock, self._patience = credentials, clock, patience
        self._stopped = False
        self._http = BoundedHttp(patience.limits, direct=is_local(self._base))
        self._client = Client(
            credentials.key_sid or credentials.account_sid,
            credentials.secret,
            credentials.account_sid,
            http_client=self._http,
            # Not the computer's: TWILIO_REGION or TWILIO_EDGE would send the token to another host.
            environment={"TWILIO_ACCOUNT_SID": credentials.account_sid},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def pages_ahead(self, listing: Listing) -> Iterator[list[Record]]:
        """The same as `pages`, each next page asked for while the one before is worked on; then the sitting is over."""
        pages = self.pages(listing)
        with ThreadPoolExecutor(1, "twilio") as reader:
            try:
                coming = reader.submit(next, pages, None)
                while (page := coming.result()) is not None:
                    coming = reader.submit(next, pages, None)
                    yield page
            finally:
                # Whoever stops reading does not wait for the page under way.
                self._stopped = True
                self._http.abort()

    def pages(self, listing: Listing) -> Iterator[list[Record]]:
        """The records of a list, page by page; their numbers are text, int or Decimal.

        Raises ProviderRefused, and ProviderUnavailable after so many attempts.
        """
        url, query = self._base + listing.path, {**listing.filters, "PageSize": str(PAGE_SIZE)}
        seen: set[object] = set()
        for _ in range(_MOST_PAGES):
            page = self._page(url, query, listing)
            records = _records(page, listing)
            mark = hash((str(records[0]), str(records[-1]), len(records))) if records else None
            if url in seen or mark in seen:
                raise ProviderRefused(
                    f"Twilio repeats itself: a page of {listing.what} came twice, so nothing of it was taken; try "
                    "again later."
                )
            seen |= {url, mark}
            yield records
            following = _following(page, listing)
            if following is None:
                return
            url, query = self._on_the_same_host(following, listing), {}
        raise ProviderRefused(f"Twilio's list of {listing.what} has no end, so nothing of it was taken.")

    def _on_the_same_host(self, following: str, listing: Listing) -> str:
        """Where the next page is. The token goes to the host it was meant for, whatever an answer says."""
        try:
            url = urljoin(self._base + "/", following)
            safe = urlsplit(url)[:2] == urlsplit(self._base)[:2]
        except ValueError:
            safe = False
        if not safe:
            raise ProviderRefused(
                f"Twilio's answer for {listing.what} says that its next page lies on another server; it was not "
                "followed there, and nothing was taken."
            )
        return url

    def _page(self, url: str, query: Mapping[str, str], listing: Listing) -> dict[str, Any]:
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._wait_before_again,
            attempts=patience.attempts,
            timeout=patience.total_s,
            wait_initial=0.5,
            wait_max=patience.longest_wait_s,
        ):
            with attempt:
                answer = self._answer(url, query, listing)
                require_good(answer, listing.what, self._credentials, self._clock.now(), listing.permission)
                return self._decoded(answer, listing)
        raise AssertionError("a retry either returns or raises")

    def _answer(self, url: str, query: Mapping[str, str], listing: Listing) -> Answer:
        fault: CapdeskError
        try:
            answer: Answer = self._client.request("GET", url, params=query)
            return answer
        except AnswerTooLarge:
            most = self._patience.limits.most_bytes // 2**20
            fault = ProviderRefused(f"Twilio's answer for {listing.what} is larger than {most} MB; it was not taken.")
        except requests.RequestException as error:
            fault = network_fault(error, self._place, listing.what)
        # Raised out here, where the request and its header do not hang on it.
        raise fault

    def _decoded(self, answer: Answer, listing: Listing) -> dict[str, Any]:
        try:
            text = answer.body.decode("utf-8")
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
            if "\\u" in text:
                _require_storable(text, value)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        page = answer.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))
        if not (page or answer.framed):
            raise cut(self._place, listing.what)
        kind = "a web page" if page else "something that is no JSON object"
        raise ProviderRefused(
            f"Twilio's answer for {listing.what} is {kind}, not data; a proxy or a sign-in page may stand in between."
        )

    @property
    def _place(self) -> str:
        return "Twilio" if self._base == TWILIO else f"Twilio at {self._base}"

    def _wait_before_again(self, error: Exception) -> bool | float:
        """Whether to ask once more, or after how many seconds where Twilio said so."""
        if not isinstance(error, Later) or self._stopped:
            return False
        return True if error.wait_s is None else min(error.wait_s, self._patience.longest_wait_s)


def _no_number(text: str) -> Decimal:
    raise ValueError(text)


def _require_storable(text: str, value: object) -> None:
    """Raises ValueError for what JSON can escape and no database takes: NUL, and half a character."""
    if "\\u0000" in text:
        raise ValueError
    json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")


def _records(page: dict[str, Any], listing: Listing) -> list[Record]:
    records = page.get(listing.key)
    if not isinstance(records, list):
        raise drifted(listing.what, listing.key, "is missing" if records is None else "is no list")
    if not all(isinstance(record, dict) for record in records):
        raise drifted(listing.what, listing.key, "holds something else than records")
    return records


def _following(page: dict[str, Any], listing: Listing) -> str | None:
    """The address of the next page. Its field must be there: a list cut short would look complete."""
    if "next_page_uri" not in page:
        raise drifted(listing.what, "next_page_uri", "is missing")
    following = page["next_page_uri"]
    if following is not None and not isinstance(following, str):
        raise drifted(listing.what, "next_page_uri", "is no text")
    return following or None
