"""Try before keep: what an account says of its last days, asked without recording anything."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from capdesk.errors import ProviderRefused
from capdesk.services.clock import Clock
from capdesk.services.money import ZERO
from capdesk.services.providers.charges import Provider, Statement
from capdesk.services.providers.pull import Account, CostSource, Progress, Pull, Question, Span

DAYS = 7
"""How many ended days the first figures show."""


@dataclass(frozen=True)
class Trial:
    """An account that answered. `questions` is what its first figures would ask; nothing was asked for yet.

    `accounts` are empty where to name them may already cost something.
    """

    provider: Provider
    accounts: tuple[Account, ...]
    span: Span
    questions: tuple[Question, ...]
    source: CostSource = field(repr=False)

    @property
    def bytes(self) -> int:
        """What the questions would read, where that is known."""
        return sum(question.bytes or 0 for question in self.questions)

    def first_figures(self, progress: Progress) -> "FirstFigures":
        """Asks for the days and adds them up; nothing is recorded.

        An account that refuses while another answers is a warning. Raises ProviderRefused or ProviderUnavailable where
        none does.
        """
        pulls: list[tuple[Account, Pull]] = []
        refused: list[ProviderRefused] = []
        accounts = self.accounts or _known(self.source)
        for account in accounts:
            before = sum(pull.rows for _, pull in pulls)
            try:
                pulls.append((account, self.source.pull(account, self.span, _after(before, progress))))
            except ProviderRefused as error:
                refused.append(error)
        if refused and not pulls:
            raise refused[0]
        return _figures(replace(self, accounts=accounts), pulls, [str(error) for error in refused])


@dataclass(frozen=True)
class AccountDays:
    """What one account stated of each day; a day that could not be taken is None. US dollars."""

    account: str
    name: str
    closed: bool
    days: dict[date, Decimal | None]
    total_usd: Decimal


@dataclass(frozen=True)
class Owner:
    """What a mapping can tell apart, and what it cost in the days shown: the fields of `Statement`. US dollars."""

    account: str
    project: str | None
    label: str | None
    service: str | None
    usd: Decimal


@dataclass(frozen=True)
class FirstFigures:
    """The last days of a tried account. `rows` were read at the source; `bytes_billed` is what Google bills."""

    provider: Provider
    first_day: date
    last_day: date
    accounts: tuple[AccountDays, ...]
    owners: tuple[Owner, ...]
    """The dearest first."""
    total_usd: Decimal
    rows: int
    bytes_billed: int
    warnings: tuple[str, ...]


def try_costs(source: CostSource, clock: Clock, named: Account | None = None) -> Trial:
    """Asks which accounts there are, and what asking for their last ended days would take.

    Where an account is `named`, its questions alone are asked for, and the accounts only with the first figures. Raises
    ProviderRefused or ProviderUnavailable with the sentence of what is wrong.
    """
    today = clock.now().date()
    span = Span(today - timedelta(days=DAYS), today - timedelta(days=1))
    accounts = () if named else _known(source)
    asked = (named,) if named else accounts
    questions = tuple(question for account in asked for question in source.explain(account, span))
    return Trial(source.provider, accounts, span, questions, source)


def _known(source: CostSource) -> tuple[Account, ...]:
    accounts = tuple(source.accounts())
    if not accounts:
        raise ProviderRefused(
            "The connection tells of no account at all: check what it may read, then connect it again."
        )
    return accounts


def _after(before: int, progress: Progress) -> Progress:
    return lambda rows: progress(before + rows)


def _figures(trial: Trial, pulls: list[tuple[Account, Pull]], refused: list[str]) -> FirstFigures:
    stated = [
        one for _, pull in pulls for one in pull.statements if trial.span.first <= one.usage_date <= trial.span.last
    ]
    warnings = [*refused, *(warning for _, pull in pulls for warning in pull.warnings)]
    return FirstFigures(
        provider=trial.provider,
        first_day=trial.span.first,
        last_day=trial.span.last,
        accounts=tuple(_accounts(trial, pulls, stated)),
        owners=tuple(_owners(stated)),
        total_usd=sum((one.amount_usd for one in stated), ZERO),
        rows=sum(pull.rows for _, pull in pulls),
        bytes_billed=sum(pull.bytes_billed for _, pull in pulls),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _accounts(trial: Trial, pulls: list[tuple[Account, Pull]], stated: list[Statement]) -> Iterable[AccountDays]:
    """An account of the provider may state the cost of several: Google's table those of its billing accounts."""
    known = {account.id: account for account in trial.accounts}
    by_day: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for one in stated:
        by_day[one.account][one.usage_date] += one.amount_usd
    for _, pull in pulls:
        for name in pull.accounts:
            account = known.get(name, Account(name, name))
            days: dict[date, Decimal | None] = {
                day: None if day in pull.faulty else by_day[name][day] for day in _days(trial.span)
            }
            total = sum((usd for usd in days.values() if usd is not None), ZERO)
            yield AccountDays(account.id, account.name, account.closed, days, total)


def _owners(stated: Iterable[Statement]) -> list[Owner]:
    sums: dict[tuple[str, str | None, str | None, str | None], Decimal] = defaultdict(lambda: ZERO)
    for one in stated:
        named = one.breakdown.get("service")
        service = str(named) if named else one.service
        sums[one.account, one.project, one.label, service] += one.amount_usd
    owners = [Owner(account, project, label, service, usd) for (account, project, label, service), usd in sums.items()]
    return sorted(
        owners, key=lambda one: (-one.usd, one.account, one.project or "", one.label or "", one.service or "")
    )


def _days(span: Span) -> list[date]:
    return [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
