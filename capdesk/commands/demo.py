"""`capdesk demo`: a believable desk to look around in."""

import contextlib
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capdesk.commands.base import App, printing
from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services.clock import SystemClock

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk
    from capdesk.services.sync import SyncReport


_OLDEST = timedelta(days=3653)
"""Its providers are pulled up to now: further back that takes too long for a demo."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--today", help="The day to take for today, at most today: the story ends the day before (2026-11-20).")
@click.option("--seed", default=1, show_default=True, help="Another seed tells another twelve weeks.")
@click.option("--serve", is_flag=True, help="Keep its Twilio, Google Cloud and mail server running until Ctrl-C.")
@printing
def demo(app: App, folder: Path, today: str | None, seed: int, serve: bool) -> None:
    """Build a desk in FOLDER from files and providers in the sources' own formats, and print its weekly report.

    Three campaigns, five experiments, twelve weeks and this one so far, about 40,000 calls; costs pulled from a Twilio
    and a Google Cloud of its own on this computer and restated by them, one charge nobody mapped, one verdict with an
    override; an alert and the weekly email received by a mail server. The same seed and day build the same figures.
    """
    from capdesk.bootstrap import open_desk  # noqa: PLC0415
    from capdesk.services.demo.build import ZONE, build, is_built  # noqa: PLC0415
    from capdesk.services.reports.render_json import weekly_json  # noqa: PLC0415
    from capdesk.services.reports.render_text import weekly_text  # noqa: PLC0415
    from capdesk.services.reports.weekly_report import weekly_report  # noqa: PLC0415

    folder, day = folder.absolute(), _day(today)
    if not is_built(folder):
        _require_empty(folder)
    with contextlib.ExitStack() as held:
        if serve and is_built(folder):
            held.enter_context(_alone(folder))
        desk = held.enter_context(open_desk(folder, database_url=app.database_url, zone=ZONE))
        if not is_built(folder):
            build(desk, folder / "sources", day=day, seed=seed, pull=partial(_pull, desk), tell=_say)
            if serve:
                held.enter_context(_alone(folder))
        elif today is not None:
            raise UsageRefused(f"The demo in {folder} is built already: choose another folder to tell it anew.")
        desk.seal()
        report = weekly_report(desk, None, None)
        after = "" if serve else f"\nIts Twilio, Google Cloud and mail server have stopped. Again: {_again(folder)}"
        app.show(weekly_json(report), f"{weekly_text(report)}\n\n{_where(folder)}{after}")
        if serve:
            _serve(desk, folder)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _pull(desk: "Desk", since: date | None) -> "SyncReport":
    from capdesk.bootstrap import call_source, cost_source  # noqa: PLC0415
    from capdesk.services.sync import sync  # noqa: PLC0415

    return sync(desk, since=since, open_source=partial(cost_source, desk), open_calls=partial(call_source, desk))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The desk is connected to the last providers that started: those of another terminal would be asked no more."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 30 ms

    try:
        with FileLock(folder / "serving.lock", timeout=0):
            yield
    except Timeout:
        raise RuleRefused(
            f"The providers of the demo in {folder} run already, in another terminal: use those, or stop them there "
            "with Ctrl-C."
        ) from None


def _serve(desk: "Desk", folder: Path) -> None:
    """Until somebody stops it."""
    from capdesk.services.demo.build import retold  # noqa: PLC0415
    from capdesk.services.demo.providers import DemoProviders  # noqa: PLC0415

    with DemoProviders(retold(folder), restated=True) as providers:
        providers.connect(desk)
        desk.seal()
        _say(
            f"\nTwilio on {providers.twilio.url}, Google Cloud on {providers.bigquery.url}, mail on 127.0.0.1:"
            f"{providers.mail.port}. In another terminal:\n  {_program(folder)} sync --source twilio\n"
            f"  {_program(folder)} mail test\nCtrl-C stops them."
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _say("Stopped.")


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageRefused(f"'{text}' is no date; write it like 2026-11-20.") from None
    if day is not None:
        _require_tellable(day)
    return day


def _require_tellable(day: date) -> None:
    """Before anything is made; `build` looks once more, at the database's clock."""
    today = SystemClock().now().date()
    if day > today:
        raise RuleRefused(f"The demo cannot be told up to {day}: today is {today}.")
    if day < today - _OLDEST:
        raise RuleRefused(f"The demo cannot be told up to {day}: choose a day of the last ten years.")


def _require_empty(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if {"postgres", "sources"} <= {one.name for one in folder.iterdir()}:
        raise RuleRefused(f"The demo in {folder} was not built to its end: remove that folder, or choose a new one.")
    raise RuleRefused(f"{folder} is not empty: choose a new folder for the demo.")


def _program(folder: Path) -> str:
    program = "capdesk" if shutil.which("capdesk") else shlex.quote(sys.argv[0])
    return f"{program} --desk {shlex.quote(str(folder))}"


def _where(folder: Path) -> str:
    """What to do next, ready to paste."""
    desk = _program(folder)
    sources = shlex.quote(str(folder / "sources"))
    return "\n".join(
        (
            f"The desk is in {folder}, the files it was built from in {folder / 'sources'}.",
            "",
            "Look around:",
            f"  {desk} experiment list",
            f'  {desk} report experiment "Two-call close"',
            f"  {desk} costs --by campaign",
            f"  {desk} map list",
            f"  {desk} sync --log",
            f"  {desk} call twilio --limit 10",
            f"  {desk} import calls {sources}/calls-with-mistakes.csv --campaign 'Roofers Northeast' --dry-run",
            f'  {desk} db psql -c "TRUNCATE cost_rollup"     (refused)',
            f"  {desk} verify",
        )
    )


def _again(folder: Path) -> str:
    program = "capdesk" if shutil.which("capdesk") else shlex.quote(sys.argv[0])
    return f"{program} demo {shlex.quote(str(folder))} --serve"
