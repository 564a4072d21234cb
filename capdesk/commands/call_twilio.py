"""`capdesk call twilio`: what Twilio tells of calls, beside those that were imported."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from capdesk.commands.base import App, printing, table
from capdesk.commands.listing import minute, more_line
from capdesk.errors import UsageRefused
from capdesk.services import twilio_calls
from capdesk.services.dates import day_start
from capdesk.services.imports.fields import parse_date
from capdesk.services.money import MICRO
from capdesk.services.reports.wording import clipped

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NONE_YET = "There is no Twilio call here. Start with: capdesk connect twilio, then capdesk sync"
ALL_MATCHED = "Every Twilio call {of}is beside an imported one; without --unmatched you see them."
NONE_FITS = "No Twilio call is of these dates: leave out --since and --until to see the others."


@click.command("twilio")
@click.option("--since", metavar="DATE", help="The first date, in the desk zone.")
@click.option("--until", metavar="DATE", help="The last date, in the desk zone.")
@click.option("--unmatched", is_flag=True, help="Only those beside no imported call.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@printing
def twilio(app: App, since: str | None, until: str | None, unmatched: bool, limit: int) -> None:
    """Calls Twilio tells of, the newest first; used for no figure.

    "joined" names the imported call with the same SID, "probable" one with the same number at the same time.
    """
    zone = app.desk.zone
    first, last = (None if text is None else parse_date(text) for text in (since, until))
    if first and last and first > last:
        raise UsageRefused(f"--since {first} lies after --until {last}: exchange them.")
    start = None if first is None else day_start(first, zone)
    try:
        end = None if last is None else day_start(last + timedelta(days=1), zone)
    except OverflowError:
        end = None
    page = app.desk.read(
        lambda session: twilio_calls.list_twilio_calls(session, start, end, limit, unmatched=unmatched)
    )
    empty = "" if page.calls else app.desk.read(lambda session: _why_none(session, start, end, unmatched))
    headers = [f"started ({zone.key})", "seconds", "direction", "status", "phone", "cost", "recording", "import", "sid"]
    cells = [
        [
            *(minute(row.started_at, zone), f"{row.duration_s:,}", row.direction, row.status),
            row.phone and clipped(row.phone, 30),
            None if row.price_usd is None else f"${row.price_usd.quantize(MICRO)}",
            row.recording_sid,
            None if row.match is None else f"{row.match}: call {row.call_id}",
            row.sid,
        ]
        for row in page.calls
    ]
    app.show(page, table(headers, cells, empty=empty) + more_line(page.more, "--since, --until and --unmatched"))


def _why_none(session: "Session", start: datetime | None, end: datetime | None, unmatched: bool) -> str:
    """What stands in the place of an empty list."""

    def any_of(start: datetime | None, end: datetime | None) -> bool:
        return bool(twilio_calls.list_twilio_calls(session, start, end, 1).calls)

    dated = start is not None or end is not None
    if unmatched and any_of(start, end):
        return ALL_MATCHED.format(of="of these dates " if dated else "")
    return NONE_FITS if dated and any_of(None, None) else NONE_YET
