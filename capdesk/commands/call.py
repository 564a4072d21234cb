"""`capdesk call`: the calls that were imported."""

import click

from capdesk.commands.base import App, printing, table
from capdesk.commands.call_twilio import twilio
from capdesk.commands.listing import NUMBER, REASON, listing, minute, more_line, reversed_mark, span
from capdesk.models.base import Outcome
from capdesk.services import calls
from capdesk.services.imports.fields import parse_outcome
from capdesk.services.money import dollars
from capdesk.services.reports.wording import clipped, counted

NONE_YET = "There is no call here. Start with: capdesk import calls FILE --campaign C"


@click.group()
def call() -> None:
    """Calls; their dial attempts, conversations and QPCs are read from them."""


call.add_command(twilio)


@call.command("list")
@click.option("--campaign", help="Only those of one campaign.")
@click.option("--member", help="Only those of one member, by e-mail or id.")
@click.option("--outcome", help="Only those with this outcome, as Schedule.")
@listing
@printing
def list_(
    app: App,
    campaign: str | None,
    member: str | None,
    outcome: str | None,
    first: str | None,
    last: str | None,
    limit: int,
) -> None:
    """Calls, the newest first."""
    asked = span(app.desk.zone, first, last)
    wanted = None if outcome is None else Outcome(parse_outcome(outcome))
    page = app.desk.read(
        lambda session: calls.list_calls(session, asked, campaign=campaign, member=member, outcome=wanted, limit=limit)
    )
    zone = app.desk.zone
    headers = ["id", f"started ({zone.key})", "seconds", "outcome", "member", "phone", "campaign", "counts for", ""]
    cells = [
        [
            *(row.id, minute(row.occurred_at, zone), f"{row.duration_s:,}", row.outcome),
            *(row.member and clipped(row.member, 40), row.phone, row.campaign, row.experiment or row.attribution),
            reversed_mark(row.reason),
        ]
        for row in page.calls
    ]
    more = more_line(page.more, "--from, --to, --campaign, --member and --outcome")
    app.show(page, table(headers, cells, empty=NONE_YET) + more)


@call.command("reverse")
@NUMBER
@REASON
@printing
def reverse(app: App, number: int, reason: str) -> None:
    """Take a wrong call back, and with it its events; it stays on record."""
    done = app.desk.write(lambda session: calls.reverse_call(session, number, reason, app.desk.owner_id))
    row = done.call
    what = f"{row.outcome or 'known only to Twilio'}, {counted(row.duration_s, 'second')}"
    when = f"{minute(row.occurred_at, app.desk.zone)} ({app.desk.zone.key})"
    events = " and its events" if row.outcome else ""
    bonus = f" The bonuses of {dollars(done.bonus_usd)} it earned are taken back." if done.bonus_usd else ""
    app.show(done, f'Reversed call {row.id} ({what}) of {when} in campaign "{row.campaign}"{events}.{bonus}')
