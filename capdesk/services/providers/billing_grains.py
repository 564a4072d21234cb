"""What the grain query of a billing export answered, as statements: nothing lost, nothing twice, no null unseen."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from capdesk.errors import ProviderRefused, UsageRefused
from capdesk.services.money import money
from capdesk.services.providers.charges import EXACT, Statement, shown

_MONTH = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])")
_TEXTS = (
    (0, "billing_account_id", "no text"),
    (3, "service.id", "no text"),
    (4, "sku.id", "no text"),
    (6, "invoice.month", "no month like 202611"),
    (7, "cost_type", "no text"),
)
_KEPT_AS_THEY_ARE = (
    *((0, "billing_account_id"), (2, "project.id"), (3, "service.id"), (4, "sku.id"), (5, "the label")),
    *((6, "invoice.month"), (7, "cost_type")),
)
_LONGEST = 1000
Key = tuple[object, ...]
Found = tuple[date, Key, Decimal, Mapping[str, object], int]


class IllShaped(ProviderRefused):
    """The answer is not what the query asks for; part of it may be missing."""

    def __init__(self, table: str, what: str) -> None:
        super().__init__(
            f"BigQuery's answer about {table} cannot be used ({what}), so nothing was recorded; try again later, and "
            "update capdesk if it stays."
        )


@dataclass(frozen=True, slots=True)
class GrainsRead:
    """The statements of the days that could be taken whole, in a fixed order, and why others could not."""

    accounts: tuple[str, ...]
    statements: tuple[Statement, ...]
    rows: int
    faulty: frozenset[date]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Refused:
    rows: int = 0
    days: set[date] = field(default_factory=set)


class Grains:
    """Rows of the grain query as they come, in its columns' order. Each method raises ProviderRefused."""

    def __init__(self, table: str, first: date, last: date) -> None:
        self._table, self._first, self._last = table, first, last
        self._found: list[Found] = []
        self._keys: set[Key] = set()
        self._totals: set[tuple[object, object]] = set()
        self._refused: defaultdict[str, _Refused] = defaultdict(_Refused)
        self._dayless = 0
        self._accounts: set[str] = set()
        self.grains = self.rows = 0

    def add(self, row: Sequence[object]) -> None:
        """Takes one row. A currency other than US dollars refuses the whole pull."""
        *key, currency, service, sku, cost, credit, records, unpriced, all_grains, all_records = row
        day = key[1]
        if not (type(cost) is type(credit) is Decimal and type(records) is int and records > 0):
            raise IllShaped(self._table, "a sum or a count is missing")
        if day is not None and not (type(day) is date and self._first <= day <= self._last):
            raise IllShaped(self._table, f"it holds the day {shown(day)}, which was not asked for")
        if currency != "USD":
            raise self._currency(currency, key[0])
        grain = tuple(key)
        if grain in self._keys:
            raise IllShaped(self._table, "it holds a grain twice")
        self._keys.add(grain)
        self._totals.add((all_grains, all_records))
        self.grains += 1
        self.rows += records
        names = {"service": _name(service), "sku": _name(sku)}
        amounts = {"cost": f"{cost:f}", "credits": f"{credit:f}"}
        reason = _fault(grain, unpriced)
        if day is None:
            self._dayless += records
        elif reason is not None:
            self._refuse(day, reason, records)
        else:
            self._accounts.add(str(grain[0]))
            try:
                self._found.append((day, grain, money(EXACT.add(cost, credit)), names | amounts, records))
            except UsageRefused:
                self._refuse(day, "the cost is out of the range of an amount", records)

    def _refuse(self, day: date, reason: str, records: int) -> None:
        refused = self._refused[reason]
        refused.rows += records
        refused.days.add(day)

    def _currency(self, currency: object, account: object) -> ProviderRefused:
        return ProviderRefused(
            f"The billing account {account} in {self._table} has costs in the currency {shown(currency)}; only US "
            "dollars are recorded, never converted or summed with another, so nothing was recorded: connect an account "
            "billed in US dollars."
        )

    def closed(self, account: str) -> GrainsRead:
        """Everything, once all pages are read; `account` is covered also where it has no row."""
        if self._totals not in (set(), {(self.grains, self.rows)}):
            raise IllShaped(self._table, f"{self.grains} grains of {self.rows} rows came, but it counts others")
        faulty = frozenset(day for refused in self._refused.values() for day in refused.days)
        taken = sorted((one for one in self._found if one[0] not in faulty), key=_order)
        return GrainsRead(
            accounts=tuple(sorted(self._accounts | {account})),
            statements=tuple(_statement(place, one) for place, one in enumerate(taken, 1)),
            rows=self.rows,
            faulty=faulty,
            warnings=tuple(self._warnings()),
        )

    def _warnings(self) -> list[str]:
        told = [
            f"{refused.rows} rows of {self._table} cannot be taken: {reason}. They lie on {_days(refused.days)}, "
            "which stays as recorded until Google corrects them."
            for reason, refused in sorted(self._refused.items())
        ]
        if self._dayless:
            told.append(
                f"{self._dayless} rows of {self._table} name no usage_start_time and are counted on no day; "
                "ask Google's billing support about them."
            )
        return told


def _fault(grain: Key, unpriced: object) -> str | None:
    """Why a grain cannot be taken, in the words its rows are told in."""
    for place, name in _KEPT_AS_THEY_ARE:
        text = grain[place]
        if isinstance(text, str) and not (text.isprintable() and len(text) <= _LONGEST):
            return f"{name} holds what cannot be kept: a control character, or more than {_LONGEST} letters"
    for place, name, wanted in _TEXTS:
        value = grain[place]
        if type(value) is not str or not value:
            return f"{name} is {shown(value)}, {wanted}"
    if not _MONTH.fullmatch(str(grain[6])):
        return f"invoice.month is {shown(grain[6])}, no month like 202611"
    if grain[2] == "":
        return "project.id is empty"
    return "cost or credits.amount is missing" if unpriced != 0 else None


def _name(value: object) -> str:
    """For people, so without what a terminal or the database would not take."""
    return "".join(char for char in str(value or "") if char.isprintable())[:_LONGEST]


def _days(days: set[date]) -> str:
    first, *others = sorted(days)
    return f"{first}" if not others else f"{first} and {len(others)} other day{'s' * (len(others) > 1)}"


def _order(one: Found) -> tuple[str, ...]:
    return tuple("" if part is None else str(part) for part in one[1])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _statement(place: int, one: Found) -> Statement:
    day, (account, _, project, service, sku, label, month, cost_type), amount, breakdown, records = one
    return Statement(
        provider="gcp",
        account=str(account),
        usage_date=day,
        amount_usd=amount,
        project=_text(project),
        service=str(service),
        sku=str(sku),
        label=_text(label),
        invoice_month=str(month),
        cost_type=str(cost_type),
        breakdown=breakdown,
        first_line=place,
        records=records,
    )
