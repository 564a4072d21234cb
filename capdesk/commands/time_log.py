"""`capdesk time`: hours by hand."""

from decimal import Decimal

import click

from capdesk.commands.base import App, printing, table
from capdesk.commands.listing import NUMBER, REASON, listing, more_line, reversed_mark, span
from capdesk.services import time_logs
from capdesk.services.imports.fields import parse_date, parse_hours
from capdesk.services.money import dollars
from capdesk.services.reports.wording import clipped
from capdesk.services.time_logs import TimeLogRow

NONE_YET = (
    "There is no time log here. Start with: capdesk import timelogs FILE, "
    "or capdesk time add --member E-MAIL --date D --hours H"
)


@click.group()
def time() -> None:
    """Hours worked; each costs the member's rate of its date."""


@time.command("add")
@click.option("--member", required=True, help="Who worked: e-mail or id.")
@click.option("--date", "day", required=True, metavar="DATE", help="On which date, as 2026-11-20.")
@click.option("--hours", required=True, help="How long, as 7.5.")
@printing
def add(app: App, member: str, day: str, hours: str) -> None:
    """Log hours for the campaign the member worked for on that date; always a new entry."""
    worked, long = parse_date(day), parse_hours(hours)
    row = app.desk.write(lambda session: time_logs.add_time_log(session, member, worked, long, app.desk.owner_id))
    app.show(row, f"Recorded time log {row.id}: {_said(row)}.")


@time.command("reverse")
@NUMBER
@REASON
@printing
def reverse(app: App, number: int, reason: str) -> None:
    """Take a wrong time log back; it stays on record, and its hours and cost no longer count."""
    row = app.desk.write(lambda session: time_logs.reverse_time_log(session, number, reason, app.desk.owner_id))
    app.show(row, f"Reversed time log {row.id}, taken back on its date: {_said(row)}.")


@time.command("list")
@click.option("--member", help="Only those of one member, by e-mail or id.")
@click.option("--campaign", help="Only those of one campaign.")
@listing
@printing
def list_(app: App, member: str | None, campaign: str | None, first: str | None, last: str | None, limit: int) -> None:
    """Time logs, the newest dates first, and their sum net of reversals."""
    asked = span(app.desk.zone, first, last)
    page = app.desk.read(
        lambda session: time_logs.list_time_logs(session, asked, member=member, campaign=campaign, limit=limit)
    )
    headers = ["id", "date", "member", "campaign", "experiment", "hours", "rate", "cost", ""]
    cells = [
        [
            *(row.id, row.date, clipped(row.member, 40), row.campaign, row.experiment or "overhead"),
            *(_hours(row.hours), dollars(row.hourly_rate_usd), dollars(row.cost_usd), reversed_mark(row.reason)),
        ]
        for row in page.logs
    ]
    total = f"\n{_hours(page.hours)} hours, {dollars(page.cost_usd)} in all, net of reversals." if cells else ""
    more = more_line(page.more, "--from, --to, --member and --campaign")
    app.show(page, table(headers, cells, empty=NONE_YET) + more + total)


def _said(row: TimeLogRow) -> str:
    home = f'campaign "{row.campaign}"'
    whose = f'experiment "{row.experiment}" of {home}' if row.experiment else f"{home}, as its overhead"
    rate = f"at {dollars(row.hourly_rate_usd)} an hour"
    unit = "hour" if row.hours == 1 else "hours"
    return f"{_hours(row.hours)} {unit} of {row.member} on {row.date} {rate}, {dollars(row.cost_usd)} for {whose}"


def _hours(hours: Decimal) -> str:
    return format(hours.normalize(), ",f")
