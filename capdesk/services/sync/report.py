"""What became of a sync, and which sources there are."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from capdesk.services.money import ZERO
from capdesk.services.providers.charges import Provider

SourceName = Literal["twilio", "twilio-calls", "gcp"]
State = Literal["done", "failed", "up to date", "busy"]

SOURCES: tuple[SourceName, ...] = ("twilio", "twilio-calls", "gcp")
SOURCES_OF: dict[Provider, tuple[SourceName, ...]] = {"twilio": ("twilio", "twilio-calls"), "gcp": ("gcp",)}
"""What can be pulled over a connection."""


@dataclass(frozen=True)
class DayDifference:
    """What a pull changes of one usage day of one account, in dollars."""

    account: str
    day: date
    difference_usd: Decimal


@dataclass(frozen=True)
class AccountPull:
    """One account of a source. Days are UTC, both included, None where there was nothing to ask.

    `rows` were read at the provider, `landed` were new here, `difference_usd` is what they change; `through` is the
    day up to which nothing is missing. `days` is filled by a dry run alone.
    """

    account: str
    name: str
    first: date | None = None
    last: date | None = None
    through: date | None = None
    rows: int = 0
    landed: int = 0
    difference_usd: Decimal = ZERO
    bytes_billed: int = 0
    days: tuple[DayDifference, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class SourcePull:
    """One source of one connection. `detail` says what failed, or why nothing was asked."""

    source: SourceName
    connection: str
    state: State
    run_id: int | None = None
    accounts: tuple[AccountPull, ...] = ()
    detail: str = ""

    @property
    def bytes_billed(self) -> int:
        return sum(account.bytes_billed for account in self.accounts)


@dataclass(frozen=True)
class SyncReport:
    """Every source that was wanted. A dry run recorded nothing. `notes` are sentences about the whole."""

    dry_run: bool
    pulls: tuple[SourcePull, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return any(pull.state == "failed" for pull in self.pulls)

    @property
    def difference_usd(self) -> Decimal:
        return sum((account.difference_usd for pull in self.pulls for account in pull.accounts), ZERO)
