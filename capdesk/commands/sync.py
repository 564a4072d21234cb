"""`capdesk sync`: what the connected accounts charged, pulled and recorded."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from capdesk.commands.base import App, printing, table
from capdesk.errors import UsageRefused
from capdesk.services.money import dollars
from capdesk.services.plain import size_text, utc_stamp

if TYPE_CHECKING:
    from rich.progress import Progress

    from capdesk.services.sync import AccountPull, Asked, SourcePull, SyncReport, SyncRunRow

_SOURCES = ("twilio", "twilio-calls", "gcp")
_SHOWN = 40
_NOBODY = "Nothing is connected yet: connect an account with `capdesk connect twilio` or `capdesk connect gcp`."


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--log", is_flag=True, help="What was pulled when; asks nobody."),
        click.option("--explain", is_flag=True, help="What would be asked of whom; records nothing."),
        click.option("--dry-run", is_flag=True, help="Pull now and show what would change; record nothing."),
        click.option("--since", metavar="DATE", help="Pull now, also the days from DATE on (UTC)."),
        click.option(
            "--source", "sources", multiple=True, type=click.Choice(_SOURCES), help="Pull this source now; repeatable."
        ),
    ):
        function = option(function)
    return function


@click.command()
@_options
@printing
def sync(app: App, sources: tuple[str, ...], since: str | None, dry_run: bool, explain: bool, log: bool) -> int:
    """Pull costs and calls from the connected accounts: without options, what is due today.

    Each source is pulled on its own: what fails is said, and the others go on. Exit code 1 if a source failed.
    """
    if log:
        if sources or since or dry_run or explain:
            raise UsageRefused("--log shows what was pulled: leave out the other options.")
        return _log(app)
    first, wanted = _date(since), sources or None
    if explain:
        if dry_run:
            raise UsageRefused("--explain asks for nothing that --dry-run could show: leave out one of them.")
        return _explain(app, wanted, first)
    return _sync(app, wanted, first, dry_run)


def _sync(app: App, sources: Sequence[str] | None, since: date | None, dry_run: bool) -> int:
    from capdesk.bootstrap import call_source, cost_source  # noqa: PLC0415 - SQLAlchemy loads only where it is used
    from capdesk.services.sync import sync as pull  # noqa: PLC0415

    with _Bar() as bar:
        report = pull(
            app.desk,
            sources=sources,
            since=since,
            dry_run=dry_run,
            only_due=not (sources or since or dry_run),
            open_source=lambda connection: cost_source(app.desk, connection),
            open_calls=lambda connection: call_source(app.desk, connection),
            progress=bar.moved,
        )
    app.show(report, _told(report))
    return 1 if report.failed else 0


def _explain(app: App, sources: Sequence[str] | None, since: date | None) -> int:
    from capdesk.bootstrap import call_source, cost_source  # noqa: PLC0415
    from capdesk.services.sync import explain  # noqa: PLC0415

    found = explain(
        app.desk,
        sources=sources,
        since=since,
        open_source=lambda connection: cost_source(app.desk, connection),
        open_calls=lambda connection: call_source(app.desk, connection),
    )
    app.show(found, _explained(found))
    return 1 if any(one.error for one in found) else 0


def _log(app: App) -> int:
    from capdesk.services.sync import sync_log  # noqa: PLC0415

    runs = app.desk.read(sync_log)
    app.show(runs, _logged(runs))
    return 0


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageRefused(f"'{text}' after --since is no date; write it like 2026-10-26.") from None


def _told(report: "SyncReport") -> str:
    if not report.pulls:
        return _NOBODY
    pulled = [(pull, account) for pull in report.pulls for account in pull.accounts]
    blocks = []
    if pulled:
        headers = ("Source", "Account", "Days (UTC)", "Read", "New", "Difference")
        blocks.append(table(headers, (_line(*pair) for pair in pulled), empty=""))
    if report.dry_run:
        blocks += [_days(report), "Dry run: nothing was recorded."]
    blocks.append("\n".join(_remarks(report)))
    return "\n\n".join(block for block in blocks if block)


def _line(pull: "SourcePull", account: "AccountPull") -> tuple[str, ...]:
    days = _span(account.first, account.last)
    if account.through is None:
        return pull.source, account.name or account.account, days, "—", "—", "—"
    difference = "—" if pull.source == "twilio-calls" else dollars(account.difference_usd)
    return pull.source, account.name or account.account, days, f"{account.rows:,}", f"{account.landed:,}", difference


def _days(report: "SyncReport") -> str:
    changes = [day for pull in report.pulls for account in pull.accounts for day in account.days]
    if not changes:
        return ""
    rows = [(change.day, change.account, dollars(change.difference_usd)) for change in changes[:_SHOWN]]
    more = f"\n… and {len(changes) - _SHOWN:,} more days" if len(changes) > _SHOWN else ""
    return table(("Day (UTC)", "Account", "Difference"), rows, empty="") + more


def _remarks(report: "SyncReport") -> Iterable[str]:
    from capdesk.services.sync import query_price  # noqa: PLC0415

    yield from report.notes
    for pull in report.pulls:
        what = f"{pull.source} of {pull.connection}"
        if pull.state == "failed":
            yield f"Failed: {what}: {pull.detail}"
        elif pull.state == "busy":
            yield f"Skipped: {what}: {pull.detail}"
        elif pull.state == "up to date":
            yield f"Up to date: {what} was pulled since its daily time; name it with --source to pull it again."
        for account in pull.accounts:
            yield from (f"Note: {warning}" for warning in account.warnings)
        if pull.bytes_billed:
            price = dollars(query_price(pull.bytes_billed))
            yield f"Google bills {size_text(pull.bytes_billed)} for the queries, about {price} (estimate)."


def _explained(found: "list[Asked]") -> str:
    if not found:
        return _NOBODY
    lines = []
    for one in found:
        due = "due" if one.due else "not due"
        lines.append(f"{one.source} of {one.connection} ({due})" + (f", {one.name}" if one.name else ""))
        if one.error:
            lines.append(f"  cannot be asked: {one.error}")
        elif one.first is None:
            lines.append("  nothing: everything that may still change is known")
        else:
            lines.append(f"  {_span(one.first, one.last)} (UTC), {len(one.queries)} to ask:")
            lines += [f"  - {query}" for query in one.queries]
        if one.bytes is not None:
            from capdesk.services.sync import query_price  # noqa: PLC0415

            lines.append(
                f"  Google would read {size_text(one.bytes)}, about {dollars(query_price(one.bytes))} (estimate)."
            )
    return "\n".join(lines)


def _logged(runs: "list[SyncRunRow]") -> str:
    headers = ("Began (UTC)", "Source", "Accounts", "Days (UTC)", "Read", "New", "Difference", "Billed", "", "State")
    rows = [
        (
            utc_stamp(run.began_at.replace(microsecond=0)),
            run.source,
            run.accounts,
            _span(run.first_day, run.through),
            f"{run.rows:,}",
            f"{run.landed:,}",
            "—" if run.source == "twilio-calls" else dollars(run.difference_usd),
            size_text(run.bytes_billed) if run.bytes_billed else "—",
            f"≈ {dollars(run.estimated_usd)} (estimate)" if run.bytes_billed else "",
            run.state,
        )
        for run in runs
    ]
    errors = [
        f"{utc_stamp(run.began_at.replace(microsecond=0))} {run.source}: {run.detail}" for run in runs if run.detail
    ]
    text = table(headers, rows, empty="Nothing was pulled yet: `capdesk sync` pulls what is connected.")
    return "\n\n".join([text, "\n".join(errors)]) if errors else text


def _span(first: date | None, last: date | None) -> str:
    return "—" if first is None or last is None else f"{first} … {last}"


class _Bar:
    """What is being pulled, on a terminal."""

    def __init__(self) -> None:
        self._shown: Progress | None = None

    def moved(self, account: str, rows: int) -> None:
        if self._shown is None:
            if not sys.stderr.isatty():
                return
            self._shown = _spinner()
        self._shown.update(self._shown.task_ids[0], description=f"{account}: {rows:,} read")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown.stop()


def _spinner() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - 60 ms, for those who wait anyway
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    shown.add_task("", total=None)
    shown.start()
    return shown
