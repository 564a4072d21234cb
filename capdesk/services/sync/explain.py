"""`sync --explain`: what would be asked of whom, before anything is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from capdesk.services.connections import ConnectionInfo
from capdesk.services.providers.pull import CallSource, CostSource
from capdesk.services.sync.accounts import calls_span, costs_span, listed, windows
from capdesk.services.sync.report import SourceName
from capdesk.services.sync.run import planned
from capdesk.services.sync.task import Providers, Task, ask, tried

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk


@dataclass(frozen=True)
class Asked:
    """What would be asked about one account: usage days in UTC, sentences, and the bytes Google would read for it.

    Days are None where nothing would be asked. Without an account, `error` says why nothing can be asked.
    """

    source: SourceName
    connection: str
    due: bool
    account: str = ""
    name: str = ""
    first: date | None = None
    last: date | None = None
    queries: tuple[str, ...] = ()
    bytes: int | None = None
    error: str | None = None


def explain(
    desk: "Desk",
    *,
    sources: Sequence[str] | None = None,
    since: date | None = None,
    open_source: Callable[[ConnectionInfo], CostSource],
    open_calls: Callable[[ConnectionInfo], CallSource],
) -> list[Asked]:
    """Of every wanted source, due or not. Providers are asked for their accounts, and Google for a free estimate."""
    question = ask(desk, since=since)
    tasks = planned(desk, sources, question, Providers(open_source, open_calls))
    return [one for task in tasks for one in _asked(task)]


def _asked(task: Task) -> list[Asked]:
    nothing = Asked(task.source, task.connection.account, task.standing() == "due")
    found = tried(lambda: list(_calls(task, nothing) if task.source == "twilio-calls" else _costs(task, nothing)))
    return [replace(nothing, error=found)] if isinstance(found, str) else found


def _costs(task: Task, plain: Asked) -> Iterator[Asked]:
    source = task.providers.open_source(task.connection)
    marks = task.marks()
    for account in listed(source):
        named = replace(plain, account=account.id, name=account.name)
        if (span := costs_span(task, source, marks.get(account.id))) is None:
            yield named
            continue
        questions = source.explain(account, span)
        known = [one.bytes for one in questions if one.bytes is not None]
        queries = tuple(one.asked for one in questions)
        total = sum(known) if known else None
        yield replace(named, first=span.first, last=span.last, queries=queries, bytes=total)


def _calls(task: Task, plain: Asked) -> Iterator[Asked]:
    source = task.providers.open_calls(task.connection)
    marks = task.marks()
    for account in listed(source):
        named = replace(plain, account=account.id, name=account.name)
        if (span := calls_span(task, account, marks.get(account.id))) is None:
            yield named
            continue
        queries = tuple(one.asked for part in windows(span) for one in source.explain(account, part))
        yield replace(named, first=span.first, last=span.last, queries=queries)
