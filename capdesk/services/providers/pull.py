"""Asking a provider what its use cost: the ports, and what a pull brings. Nothing here knows the database or a network.

A source raises ProviderRefused where the provider's answer is no or cannot be used (wrong token, missing role, vanished
table, another currency than US dollars), ProviderUnavailable where a later try may succeed. A pull is read completely
before anything of it is recorded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from capdesk.services.providers.charges import Provider, Statement

Progress = Callable[[int], None]
"""Told how many source rows have been read so far; raises to stop the pull."""


USD_PER_TIB = Decimal("6.25")
"""Google's list price of what queries read; what is billed (a free tier, another region) stands in the export."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account whose cost a connection can tell. `closed` ones are asked too: their last days may be restated."""

    id: str
    name: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What to ask for: usage days in UTC, both included, all of them ended.

    `changed_since` is when the account was last pulled, None at first: a source that can tell which older days changed
    since then goes back to them.
    """

    first: date
    last: date
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """What a provider states for one account, in full.

    `accounts` × each day from `first` (may lie before the span's) to `last` is covered but for `faulty` days, which
    could not be taken (`warnings` says why): a grain of a covered day that no statement names costs nothing now.
    `rows` were read at the source; `bytes_billed` is what Google bills its queries by.
    """

    accounts: tuple[str, ...]
    first: date
    last: date
    statements: tuple[Statement, ...]
    rows: int
    faulty: frozenset[date] = frozenset()
    warnings: tuple[str, ...] = ()
    bytes_billed: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that would be asked of a provider: a sentence for people, and its bytes where that is known."""

    asked: str
    bytes: int | None = None


class CostSource(Protocol):
    """A connected provider of costs."""

    provider: Provider

    def accounts(self) -> Sequence[Account]:
        """The accounts the connection can tell the cost of."""
        ...

    def look_back(self, today_utc: date) -> date:
        """The first usage day that the provider may still restate today."""
        ...

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        """What `pull` would ask, without asking for figures (Google: its own free dry run)."""
        ...

    def pull(self, account: Account, span: Span, progress: Progress) -> Pull: ...


@dataclass(frozen=True, slots=True)
class TwilioCallState:
    """A call as Twilio states it now. `price_usd` is positive (what it cost), None until rated."""

    sid: str
    parent_sid: str | None
    account: str
    direction: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: int
    price_usd: Decimal | None
    answered_by: str | None
    own_number: str | None
    phone: str | None
    phone_key: UUID | None
    recording_sid: str | None


class CallSource(Protocol):
    """A connected provider of calls."""

    def accounts(self) -> Sequence[Account]: ...

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        """What `calls` would ask."""
        ...

    def calls(self, account: Account, span: Span, progress: Progress) -> Iterator[list[TwilioCallState]]:
        """Every call of the span that has started, page by page."""
        ...
