"""`capdesk report`: one experiment's standing, or the week's, as text, HTML or JSON; the week's also by email."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from capdesk.commands.base import App, printing
from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.dates import Week, parse_moment

_AS_OF = click.option(
    "--as-of", metavar="MOMENT", help="From facts recorded up to then, as 2026-11-23T12:00:00Z or 2026-11-23."
)
_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "html", "json"]), help="How to write it; text unless --json."
)
_OUT = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file instead of printing it."
)


@click.group()
def report() -> None:
    """What was spent, what that bought, and whether a verdict is due."""


@report.command("experiment")
@click.argument("ref", metavar="EXPERIMENT")
@click.option("--campaign", help="Its campaign, where several have an experiment of that name.")
@_AS_OF
@_FORMAT
@_OUT
@printing
def experiment(app: App, ref: str, campaign: str | None, as_of: str | None, form: str | None, out: Path | None) -> None:
    """One experiment: capital, time, events, tranches, and why a verdict is due."""
    from capdesk.services import find  # noqa: PLC0415 - the weekly report starts faster without it
    from capdesk.services.reports.experiment_report import experiment_report  # noqa: PLC0415

    number = app.desk.read(lambda session: find.experiment(session, ref, campaign).id)
    _deliver(app, experiment_report(app.desk, number, moment_of(app, as_of)), form, out)


@report.command("weekly")
@click.option("--week", metavar="WEEK", help="ISO week as 2026-W47; the last complete one unless named.")
@_AS_OF
@_FORMAT
@_OUT
@click.option("--send", is_flag=True, help="Email it to the recipients in the settings, once per week and recipient.")
@click.option("--again", is_flag=True, help="With --send: also where nobody can tell whether it arrived.")
@printing
def weekly(app: App, week: str | None, send: bool, again: bool, **form: Any) -> int:
    """Every experiment under way in a week, what arrived late, and what no campaign pays for."""
    chosen = None if week is None else Week.parse(week)
    if send:
        if any(form.values()):
            raise UsageRefused("--send mails the week as it is known now: leave out --as-of, --format and --out.")
        return _send(app, chosen, again)
    if again:
        raise UsageRefused("--again goes with --send: it sends an email again that may have arrived.")
    from capdesk.services.reports.weekly_report import weekly_report  # noqa: PLC0415

    _deliver(app, weekly_report(app.desk, chosen, moment_of(app, form["as_of"])), form["form"], form["out"])
    return 0


def moment_of(app: App, as_of: str | None) -> datetime | None:
    """What `--as-of` names. Raises UsageRefused."""
    return None if as_of is None else parse_moment(as_of, app.desk.zone)


def _deliver(app: App, value: Any, form: str | None, out: Path | None) -> None:
    if app.as_json and out is None and form not in (None, "json"):
        raise UsageRefused(
            f"--json and --format {form} contradict each other: leave one out, or name a file with --out."
        )
    text = _written(value, form or ("json" if app.as_json else "text"))
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileRefused(f"{out} cannot be written ({error.strerror}); choose another place with --out.") from None
    app.show({"written": out}, f"Written to {out}.")


def _written(value: Any, form: str) -> str:
    from capdesk.services.reports.model import WeeklyReport  # noqa: PLC0415

    weekly = isinstance(value, WeeklyReport)
    if form == "html":
        from capdesk.services.reports import render_html  # noqa: PLC0415

        return render_html.weekly_html(value) if weekly else render_html.experiment_html(value)
    if form == "json":
        from capdesk.services.reports import render_json  # noqa: PLC0415

        found = render_json.weekly_json(value) if weekly else render_json.experiment_json(value)
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    from capdesk.services.reports import render_text  # noqa: PLC0415

    return render_text.weekly_text(value) if weekly else render_text.experiment_text(value)


def _send(app: App, week: Week | None, again: bool) -> int:
    from capdesk.services.notifications import last_complete_week, send_weekly, sending_text  # noqa: PLC0415

    chosen = week or last_complete_week(app.desk.clock.now(), app.desk.zone)
    sending = send_weekly(app.desk, chosen, again=again)
    app.show(sending, sending_text(sending))
    return sending.exit_code
