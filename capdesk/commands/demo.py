"""`capdesk demo`: a believable desk to look around in."""

import shlex
import shutil
import sys
from datetime import date
from pathlib import Path

import click

from capdesk.commands.base import App, printing
from capdesk.errors import RuleRefused, UsageRefused


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--today", help="The day to tell the story up to, at most today (2026-11-20).")
@click.option("--seed", default=1, show_default=True, help="Another seed tells another twelve weeks.")
@printing
def demo(app: App, folder: Path, today: str | None, seed: int) -> None:
    """Build a desk in FOLDER from files in the sources' own formats, and print its weekly report.

    Three campaigns, five experiments, twelve weeks, about 40,000 calls; costs that get restated, one charge nobody
    mapped, one verdict with an override. The same seed and day build the same figures.
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
            build(desk, folder / "sources", day=day, seed=seed, tell=lambda text: click.echo(text, err=True))
        elif today is not None:
            raise UsageRefused(f"The demo in {folder} is built already: choose another folder to tell it anew.")
        desk.seal()
        report = weekly_report(desk, None, None)
    app.show(
        weekly_json(report),
        f"{weekly_text(report)}\n\n{_where(folder)}",
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageRefused(f"'{text}' is no date; write it like 2026-11-20.") from None


def _where(folder: Path) -> str:
    """What to do next, ready to paste."""
    program = "capdesk" if shutil.which("capdesk") else shlex.quote(sys.argv[0])
    desk = f"{program} --desk {shlex.quote(str(folder))}"
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
            f"  {desk} import calls {sources}/calls-with-mistakes.csv --campaign 'Roofers Northeast' --dry-run",
            f'  {desk} db psql -c "TRUNCATE cost_rollup"     (refused)',
            f"  {desk} verify",
        )
    )
