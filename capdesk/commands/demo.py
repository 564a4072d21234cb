"""`capdesk demo`: a believable desk to look around in."""

import shlex
import shutil
import sys
import threading
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capdesk.commands.base import App, printing
from capdesk.errors import RuleRefused, UsageRefused

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk
    from capdesk.services.sync import SyncReport


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--today", help="The day to tell the story up to, at most today (2026-11-20).")
@click.option("--seed", default=1, show_default=True, help="Another seed tells another twelve weeks.")
@click.option("--serve", is_flag=True, help="Keep its Twilio, Google Cloud and mail server running until Ctrl-C.")
@printing
def demo(app: App, folder: Path, today: str | None, seed: int, serve: bool) -> None:
    """Build a desk in FOLDER from files and providers in the sources' own formats, and print its weekly report.

    Three campaigns, five experiments, twelve weeks, about 40,000 calls; costs pulled from a Twilio and a Google Cloud
    of its own on this computer and restated by them, one charge nobody mapped, one verdict with an override; an alert
    and the weekly email received by a mail server. The same seed and day build the same figures.
    """
    from capdesk.bootstrap import open_desk  # noqa: PLC0415
    from capdesk.services.demo.build import ZONE, build, is_built  # noqa: PLC0415
    from capdesk.services.reports.render_json import weekly_json  # noqa: PLC0415
    from capdesk.services.reports.render_text import weekly_text  # noqa: PLC0415
    from capdesk.services.reports.weekly_report import weekly_report  # noqa: PLC0415

    folder, day = folder.absolute(), _day(today)
    if not is_built(folder) and folder.exists() and any(folder.iterdir()):
        raise RuleRefused(f"{folder} is not empty: choose a new folder for the demo.")
    with open_desk(folder, database_url=app.database_url, zone=ZONE) as desk:
        if not is_built(folder):
            build(desk, folder / "sources", day=day, seed=seed, pull=partial(_pull, desk), tell=_say)
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
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageRefused(f"'{text}' is no date; write it like 2026-11-20.") from None


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
