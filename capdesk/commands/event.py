"""`capdesk event`: installs and paid conversions by hand; all events as a list."""

from typing import Any

import click

from capdesk.commands.base import App, printing, table
from capdesk.commands.listing import NUMBER, REASON, listing, minute, more_line, reversed_mark, span
from capdesk.errors import UsageRefused
from capdesk.models.base import Attribution, EventType
from capdesk.services import events
from capdesk.services.dates import parse_moment
from capdesk.services.events import EventRow, NewEvent
from capdesk.services.imports.fields import parse_event_type, parse_metadata
from capdesk.services.money import dollars
from capdesk.services.reports.wording import clipped, local_moment

NONE_YET = (
    "There is no event here. Start with: capdesk import calls FILE --campaign C, "
    "or capdesk event add TYPE --at MOMENT --campaign C"
)
_TYPES = click.Choice([kind.value for kind in EventType])


@click.group()
def event() -> None:
    """Performance events: what happened with leads."""


@event.command("add")
@click.argument("event_type", metavar="TYPE")
@click.option("--at", required=True, metavar="MOMENT", help="When it happened, as 2026-11-20T14:30:00-05:00.")
@click.option("--campaign", required=True, help="In which campaign.")
@click.option("--member", help="Whose it is, by e-mail or id; a bonus is theirs.")
@click.option("--phone", help="The lead's number.")
@click.option("--metadata", default="", metavar="JSON", help='Anything else, as {"source": "booth"}.')
@click.option("--allow-unattributed", is_flag=True, help="Even before the campaign's first run.")
@printing
def add(app: App, event_type: str, at: str, metadata: str, allow_unattributed: bool, **who: Any) -> None:
    """Record an install_scheduled, install_attended, calculator_installed or paid_conversion; always a new event."""
    kind = parse_event_type(event_type)
    new = NewEvent(kind, parse_moment(at, app.desk.zone), metadata=_metadata(metadata), **who)
    made = app.desk.write(
        lambda session: events.add_event(session, new, app.desk.owner_id, allow_unattributed=allow_unattributed)
    )
    row = made.event
    bonus = "" if made.bonus_usd is None else f" It earned {row.member} a bonus of {dollars(made.bonus_usd)}."
    lines = [f"Recorded event {row.id}: {_said(app, row)}. {_counts(row)}{bonus}", *made.warnings]
    app.show(made, "\n".join(lines))


@event.command("reverse")
@NUMBER
@REASON
@printing
def reverse(app: App, number: int, reason: str) -> None:
    """Take a wrong event back, by its id in `capdesk event list`; it stays on record."""
    done = app.desk.write(lambda session: events.reverse_event(session, number, reason, app.desk.owner_id))
    bonus = "" if done.bonus_usd is None else f" Its bonus of {dollars(done.bonus_usd)} is taken back."
    app.show(done, f"Reversed event {done.event.id}: {_said(app, done.event)}.{bonus}")


@event.command("list")
@click.option("--campaign", help="Only those of one campaign; with --experiment, the campaign it is in.")
@click.option("--experiment", help="Only those that count for one experiment.")
@click.option("--type", "event_type", type=_TYPES, help="Only those of one type.")
@click.option("--member", help="Only those of one member, by e-mail or id.")
@listing
@printing
def list_(app: App, event_type: str | None, first: str | None, last: str | None, limit: int, **whose: Any) -> None:
    """Events, the newest first; those of a call are reversed with `capdesk call reverse`."""
    asked, zone = span(app.desk.zone, first, last), app.desk.zone
    kind = None if event_type is None else EventType(event_type)
    page = app.desk.read(lambda session: events.list_events(session, asked, event_type=kind, limit=limit, **whose))
    headers = ["id", f"at ({zone.key})", "event", "member", "phone", "campaign", "counts for", "call", ""]
    cells = [
        [
            *(row.id, minute(row.event_timestamp, zone), row.event_type, row.member and clipped(row.member, 40)),
            *(row.phone, row.campaign, row.experiment or row.attribution, row.call_id, reversed_mark(row.reason)),
        ]
        for row in page.events
    ]
    more = more_line(page.more, "--from, --to, --campaign, --experiment, --type and --member")
    app.show(page, table(headers, cells, empty=NONE_YET) + more)


def _metadata(text: str) -> dict[str, object]:
    try:
        return parse_metadata(text)
    except UsageRefused as refusal:
        raise UsageRefused(f"--metadata: {refusal}") from None


def _said(app: App, row: EventRow) -> str:
    return f'{row.event_type} in campaign "{row.campaign}" on {local_moment(row.event_timestamp, app.desk.zone.key)}'


def _counts(row: EventRow) -> str:
    match row.attribution:
        case Attribution.RUN:
            return f'It counts for experiment "{row.experiment}".'
        case Attribution.NO_RUN:
            return "It does not count (no_run): no experiment of the campaign was running then."
        case Attribution.LEAD_EXITED:
            return "It does not count (lead_exited): the lead had left by then, or had paid already."
