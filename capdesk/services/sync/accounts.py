"""One account of a source, pulled and recorded."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, timedelta

import psycopg
from sqlalchemy.orm import Session

from capdesk.errors import ProviderFailed
from capdesk.services.imports.staging import connection_of
from capdesk.services.money import dollars
from capdesk.services.providers.pull import Account, CallSource, CostSource, Pull, Span, TwilioCallState
from capdesk.services.sync.ahead import written_ahead
from capdesk.services.sync.record import Recorded, Step, record_calls, record_costs, record_known
from capdesk.services.sync.report import AccountPull
from capdesk.services.sync.task import Task, printable, tried
from capdesk.services.sync.watermark import Watermark, calls_look_back

_DAY = timedelta(days=1)
_WINDOW = 31 * _DAY
"""Calls are recorded a month at a time: what is recorded stays, whatever happens to the next."""
_LONGEST_NAME = 60

Puller = Callable[[int | None], AccountPull]
"""Given its run, None in a dry run. Raises what the provider or the database refuses."""


def pull_accounts(task: Task, run_id: int | None) -> Iterator[AccountPull]:
    """Each account in its turn; a failure is in its report. Without an id: the source could not be asked at all."""
    opened = tried(lambda: _opened(task))
    if isinstance(opened, str):
        yield AccountPull("", "", error=opened)
        return
    for account, puller in opened:
        yield _one(account, puller, run_id)


def windows(span: Span) -> Iterator[Span]:
    """The span in stretches of a month."""
    first = span.first
    while first <= span.last:
        yield Span(first, min(first + _WINDOW - _DAY, span.last), span.changed_since)
        first += _WINDOW


def calls_span(task: Task, account: Account, mark: Watermark | None) -> Span | None:
    look_back = task.desk.read(lambda session: calls_look_back(session, account.id, _pulled_on(task, mark)))
    return task.span(mark, look_back)


def costs_span(task: Task, source: CostSource, mark: Watermark | None) -> Span | None:
    return task.span(mark, source.look_back(_pulled_on(task, mark)))


def _pulled_on(task: Task, mark: Watermark | None) -> date:
    """The day of the last pull: whatever could change since then is asked for, however long ago that was."""
    today = task.question.last + _DAY
    return today if mark is None else min(mark.through + _DAY, today)


def listed(source: CostSource | CallSource) -> list[Account]:
    """The accounts of a source, their names fit to be shown."""
    return [replace(one, name=printable(one.name)[:_LONGEST_NAME] or one.id) for one in source.accounts()]


def _one(account: Account, puller: Puller, run_id: int | None) -> AccountPull:
    billed = 0

    def pull() -> AccountPull:
        nonlocal billed
        try:
            return puller(run_id)
        except ProviderFailed as error:
            billed = error.bytes_billed
            raise

    found = tried(pull)
    if isinstance(found, str):
        return AccountPull(account.id, account.name, bytes_billed=billed, error=found)
    return found


def _opened(task: Task) -> list[tuple[Account, Puller]]:
    """The accounts of the source, each with what pulls and records it."""
    marks = task.marks()
    if task.source == "twilio-calls":
        calls = task.providers.open_calls(task.connection)
        return [(one, _calls_puller(task, calls, one, marks.get(one.id))) for one in listed(calls)]
    costs = task.providers.open_source(task.connection)
    return [(one, _costs_puller(task, costs, one, marks.get(one.id))) for one in listed(costs)]


def _costs_puller(task: Task, source: CostSource, account: Account, mark: Watermark | None) -> Puller:
    def pull(run_id: int | None) -> AccountPull:
        plain = AccountPull(account.id, account.name)
        if (span := costs_span(task, source, mark)) is None:
            return plain
        if mark is None and run_id is not None:
            task.written(lambda session: record_known(session, Step(run_id, account.id), span.first))
        found = _kept(source.pull(account, span, task.watch(account)), span, mark)
        plain = replace(plain, bytes_billed=found.bytes_billed)

        def record(session: Session) -> Recorded:
            return record_costs(session, Step(run_id, account.id), source.provider, found, task.desk.owner_id)

        recorded = tried(lambda: task.written(record))
        return replace(plain, error=recorded) if isinstance(recorded, str) else _told(plain, found, recorded)

    return pull


def _told(plain: AccountPull, pull: Pull, recorded: Recorded) -> AccountPull:
    return replace(
        plain,
        first=pull.first,
        last=pull.last,
        through=recorded.through,
        rows=pull.rows,
        landed=recorded.landed,
        difference_usd=recorded.difference_usd,
        days=recorded.days,
        warnings=(*pull.warnings, *_taken_back(pull, recorded)),
        error=_faulty(pull) if pull.faulty else None,
    )


def _taken_back(pull: Pull, recorded: Recorded) -> tuple[str, ...]:
    """That a provider suddenly says nothing at all is believed, for it may be so, but never in silence."""
    if pull.rows or not recorded.landed:
        return ()
    back = dollars(-recorded.difference_usd)
    return (f"Nothing at all is stated of {pull.first} to {pull.last} any more, so {back} was taken back; look why.",)


def _faulty(pull: Pull) -> str:
    """What could not be taken counts as failed: the owner should see it, and it is asked for again."""
    more = len(pull.faulty) - 1
    which = f"{min(pull.faulty)}" + (f" and {more} more day{'s' * (more > 1)}" if more else "")
    why = f" ({pull.warnings[0].rstrip('.')})" if pull.warnings else ""
    return f"{which} could not be taken{why}; it is asked for again next time."


def _kept(pull: Pull, span: Span, mark: Watermark | None) -> Pull:
    """What is recorded of a pull: not what lies before the account's history, whose beginning the owner chose.

    Raises ValueError for a pull that leaves days out at its beginning: a gap nobody would see.
    """
    if pull.first > span.first:
        raise ValueError(f"a pull from {span.first} on begins on {pull.first}")
    pull = replace(pull, warnings=tuple(map(printable, pull.warnings)))
    origin = span.first if mark is None else min(span.first, mark.origin)
    if pull.first >= origin:
        return pull
    kept = tuple(one for one in pull.statements if one.usage_date >= origin)
    return replace(pull, first=origin, statements=kept, faulty=frozenset(d for d in pull.faulty if d >= origin))


def _calls_puller(task: Task, source: CallSource, account: Account, mark: Watermark | None) -> Puller:
    def pull(run_id: int | None) -> AccountPull:
        found = AccountPull(account.id, account.name)
        if (whole := calls_span(task, account, mark)) is None:
            return found
        found = replace(found, first=whole.first, last=whole.last)
        months = _Months(task, source, account, Step(run_id, account.id))
        with closing(written_ahead(windows(whole), months.read, months.write, months.cancel)) as results:
            while recorded := tried(lambda: next(results, None)):
                if isinstance(recorded, str):
                    return replace(found, error=recorded)
                rows, landed = found.rows + recorded.rows, found.landed + recorded.landed
                found = replace(found, through=recorded.through, rows=rows, landed=landed)
        return found

    return pull


class _Months:
    """The calls of one account: a month is read in one thread and recorded in another, in a transaction of its own."""

    def __init__(self, task: Task, source: CallSource, account: Account, step: Step) -> None:
        self._task, self._source, self._account, self._step = task, source, account, step
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._read: dict[Span, int] = {}

    def read(self, span: Span) -> Generator[list[TwilioCallState], None, None]:
        watch = self._task.watch(self._account)
        before = sum(rows for earlier, rows in self._read.items() if earlier.first < span.first)

        def told(rows: int) -> None:
            self._read[span] = rows
            watch(before + rows)

        yield from self._source.calls(self._account, span, told)

    def write(self, span: Span, pages: Callable[[], Iterator[list[TwilioCallState]]]) -> Recorded:
        def record(session: Session) -> Recorded:
            self._connection = connection_of(session)
            return record_calls(session, self._step, span, pages())

        return self._task.written(record)

    def cancel(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.cancel_safe()
