"""Providers that say what they were told to say: fakes of the ports of `pull.py`, which may change their mind.

They hold to what the ports promise: days have ended, a span is kept to, a statement is a whole grain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from capdesk.services.money import money
from capdesk.services.providers.charges import Provider, Statement
from capdesk.services.providers.pull import Account, Progress, Pull, Question, Span, TwilioCallState

_DAY = timedelta(days=1)
Meanwhile = Callable[[str, Span], None]
"""Told that an account is being asked; may do what happens at the same time elsewhere, or raise."""


def _nothing(_account: str, _span: Span) -> None:
    return None


@dataclass
class FakeCosts:
    """A CostSource. `state` scripts and restates a day, `failures` are raised for their account, `asked` is what was.

    `faulty` holds (account, day) that cannot be taken, with the sentence why.
    """

    provider: Provider = "twilio"
    known: list[Account] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    faulty: dict[tuple[str, date], str] = field(default_factory=dict)
    asked: list[tuple[str, Span]] = field(default_factory=list)
    bytes_billed: int = 0
    look_back_days: int = 10
    meanwhile: Meanwhile = _nothing
    _days: dict[tuple[str, date], dict[tuple[object, ...], Statement]] = field(default_factory=dict)

    def account(self, account: str, name: str = "", *, closed: bool = False) -> Account:
        """Makes it known, or closes it."""
        self.known = [one for one in self.known if one.id != account]
        self.known.append(Account(account, name or account, closed))
        return self.known[-1]

    def state(self, account: str, day: date, usd: str | Decimal, **grain: Any) -> Statement:
        """What one grain of one day costs now; `grain` names the fields of a Statement, as project and service."""
        if all(one.id != account for one in self.known):
            self.account(account)
        made = Statement(self.provider, account, day, money(usd), **grain)
        self._days.setdefault((account, day), {})[_grain(made)] = made
        return made

    def forget(self, account: str, day: date) -> None:
        """Nothing is stated of the day any more: it costs nothing now."""
        self._days.pop((account, day), None)

    def accounts(self) -> Sequence[Account]:
        return list(self.known)

    def look_back(self, today_utc: date) -> date:
        return today_utc - self.look_back_days * _DAY

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        return [Question(f"The cost of {account.id} from {span.first} to {span.last}.", self.bytes_billed or None)]

    def pull(self, account: Account, span: Span, progress: Progress) -> Pull:
        self.asked.append((account.id, span))
        self.meanwhile(account.id, span)
        if account.id in self.failures:
            raise self.failures[account.id]
        faulty = {
            day: why
            for (name, day), why in sorted(self.faulty.items())
            if name == account.id and span.first <= day <= span.last
        }
        stated = tuple(
            one
            for (name, day), grains in sorted(self._days.items())
            if name == account.id and span.first <= day <= span.last and day not in faulty
            for one in grains.values()
        )
        progress(len(stated))
        return Pull(
            accounts=(account.id,),
            first=span.first,
            last=span.last,
            statements=stated,
            rows=len(stated),
            faulty=frozenset(faulty),
            warnings=tuple(faulty.values()),
            bytes_billed=self.bytes_billed,
        )


def _grain(one: Statement) -> tuple[object, ...]:
    return (one.project, one.service, one.sku, one.label, one.invoice_month, one.cost_type)


@dataclass
class FakeCalls:
    """A CallSource. `state` scripts a call or states it anew; `failures` are raised after `pages_before_failure`."""

    known: list[Account] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    asked: list[tuple[str, Span]] = field(default_factory=list)
    page_size: int = 1000
    pages_before_failure: int = 0
    meanwhile: Meanwhile = _nothing
    states: dict[str, TwilioCallState] = field(default_factory=dict)

    def account(self, account: str, name: str = "", *, closed: bool = False) -> Account:
        """Makes it known, or closes it."""
        self.known = [one for one in self.known if one.id != account]
        self.known.append(Account(account, name or account, closed))
        return self.known[-1]

    def state(self, call: TwilioCallState, **changes: Any) -> TwilioCallState:
        """What is stated of a call from now on."""
        call = replace(call, **changes)
        if all(one.id != call.account for one in self.known):
            self.account(call.account)
        self.states[call.sid] = call
        return call

    def accounts(self) -> Sequence[Account]:
        return list(self.known)

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        return [Question(f"The calls of {account.id} from {span.first} to {span.last}.")]

    def calls(self, account: Account, span: Span, progress: Progress) -> Iterator[list[TwilioCallState]]:
        self.asked.append((account.id, span))
        self.meanwhile(account.id, span)
        first = datetime.combine(span.first, time(), UTC)
        end = datetime.combine(span.last + _DAY, time(), UTC)
        found = [one for one in self.states.values() if one.account == account.id and first <= one.started_at < end]
        found.sort(key=lambda one: (one.started_at, one.sid), reverse=True)
        pages = [found[at : at + self.page_size] for at in range(0, len(found), self.page_size)]
        if account.id in self.failures:
            pages = pages[: self.pages_before_failure]
        read = 0
        for page in pages:
            read += len(page)
            progress(read)
            yield page
        if account.id in self.failures:
            raise self.failures[account.id]


def call_state(sid: str, account: str, started_at: datetime, **changes: Any) -> TwilioCallState:
    """A completed outbound call of one minute that is not rated yet; `changes` name the fields that differ."""
    plain = TwilioCallState(
        sid=sid,
        parent_sid=None,
        account=account,
        direction="outbound-api",
        status="completed",
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=1),
        duration_s=60,
        price_usd=None,
        answered_by=None,
        own_number=None,
        phone=None,
        phone_key=None,
        recording_sid=None,
    )
    return replace(plain, **changes)
