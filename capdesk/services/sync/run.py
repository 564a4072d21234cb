"""`sync`: every wanted source of every connection, each on its own: what fails is said and stops no other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services.connections import ConnectionInfo, list_connections
from capdesk.services.providers.charges import shown
from capdesk.services.providers.pull import CallSource, CostSource
from capdesk.services.sync.accounts import pull_accounts
from capdesk.services.sync.report import SOURCES, SOURCES_OF, AccountPull, SourcePull, SyncReport
from capdesk.services.sync.runs import close_run, open_run, sole_puller
from capdesk.services.sync.task import Progress, Providers, Question, Task, ask, unwatched
from capdesk.services.sync.watermark import MOST_TRIES

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_STOPPED = "Stopped by hand before it was complete."


def sync(  # noqa: PLR0913 - each is a choice of its own
    desk: "Desk",
    *,
    sources: Sequence[str] | None = None,
    since: date | None = None,
    dry_run: bool = False,
    only_due: bool = False,
    open_source: Callable[[ConnectionInfo], CostSource],
    open_calls: Callable[[ConnectionInfo], CallSource],
    progress: Progress = unwatched,
) -> SyncReport:
    """Pulls and records the wanted sources (None: all) of all connections; with `only_due` those not done today.

    Raises UsageRefused for a source that is none or a day that has not ended, RuleRefused for a source nobody is
    connected to. What goes wrong with a source is in its report. A dry run takes back all it did.
    """
    question = ask(desk, since=since, only_due=only_due, dry_run=dry_run)
    tasks = planned(desk, sources, question, Providers(open_source, open_calls), progress)
    return SyncReport(dry_run, tuple(_pulled(task) for task in tasks), question.notes)


def planned(
    desk: "Desk",
    sources: Sequence[str] | None,
    question: Question,
    providers: Providers,
    progress: Progress = unwatched,
) -> list[Task]:
    """A task for each wanted source (None: all) of each active connection."""
    wanted = set(SOURCES if sources is None else sources)
    if unknown := sorted(wanted - set(SOURCES)):
        raise UsageRefused(f"{shown(unknown[0])} is no source; there are {', '.join(SOURCES)}.")
    connections = desk.read(lambda session: list_connections(session, active_only=True))
    tasks = [
        Task(desk, connection, source, question, providers, progress)
        for connection in connections
        for source in SOURCES_OF[connection.provider]
        if source in wanted
    ]
    missing = wanted - {task.source for task in tasks}
    if sources is not None and missing:
        provider = next(name for name, its in SOURCES_OF.items() if missing & set(its))
        raise RuleRefused(f"No {provider} account is connected: connect one with `capdesk connect {provider}`.")
    return tasks


def _pulled(task: Task) -> SourcePull:
    if task.question.dry_run:
        return _rests(task) or _reported(task, None, list(pull_accounts(task, None)))
    with sole_puller(task.desk.engine, task.connection.id, task.source) as mine:
        if not mine:
            busy = "Another capdesk process is pulling it just now."
            return SourcePull(task.source, task.connection.account, "busy", detail=busy)
        return _rests(task) or _run(task)


def _rests(task: Task) -> SourcePull | None:
    """Why nothing is asked; None where it is to be."""
    standing = task.standing() if task.question.only_due else "due"
    rests = SourcePull(task.source, task.connection.account, "up to date")
    if standing == "given up":
        why = (
            f"It has failed {MOST_TRIES} times today and is asked again tomorrow: put right what `capdesk sync --log` "
            f"says, then run `capdesk sync --source {task.source}`."
        )
        return replace(rests, state="failed", detail=why)
    return None if standing == "due" else rests


def _run(task: Task) -> SourcePull:
    """One run: recorded before the first request, ended whatever happens but a kill."""
    desk = task.desk
    run_id = desk.write(lambda session: open_run(session, task.connection.id, task.source))
    pulled: list[AccountPull] = []
    try:
        pulled.extend(pull_accounts(task, run_id))
    except BaseException:
        billed = sum(account.bytes_billed for account in pulled)
        desk.write(lambda session: close_run(session, run_id, _STOPPED, billed))
        raise
    report = _reported(task, run_id, pulled)
    error = report.detail if report.state == "failed" else None
    desk.write(lambda session: close_run(session, run_id, error, report.bytes_billed))
    return report


def _reported(task: Task, run_id: int | None, pulled: list[AccountPull]) -> SourcePull:
    whole = SourcePull(task.source, task.connection.account, "done", run_id)
    failed = [account for account in pulled if account.error]
    if not failed:
        return replace(whole, accounts=tuple(pulled))
    first = failed[0]
    whose = f"{first.name or first.account}: " if first.account else ""
    more = f" {len(failed) - 1} more of {len(pulled)} accounts failed too." if len(failed) > 1 else ""
    known = tuple(account for account in pulled if account.account)
    return replace(whole, state="failed", accounts=known, detail=f"{whose}{first.error}{more}")
