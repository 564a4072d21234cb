"""What lists of facts share: from which date to which, how many, and how a fact is reversed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from capdesk.services.by_hand import Span
from capdesk.services.imports.fields import parse_date
from capdesk.services.reports.wording import clipped

F = TypeVar("F", bound=Callable[..., Any])
_LARGEST_ID = 2**63 - 1

REASON = click.option("--reason", required=True, help="Why it is wrong; kept for good.")
NUMBER = click.argument("number", metavar="ID", type=click.IntRange(1, _LARGEST_ID))


def listing(function: F) -> F:
    """Adds `--from`, `--to` and `--limit`."""
    for option in (
        click.option(
            "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
        ),
        click.option("--to", "last", metavar="DATE", help="The last date, in the desk zone."),
        click.option("--from", "first", metavar="DATE", help="The first date, in the desk zone."),
    ):
        function = option(function)
    return function


def span(zone: ZoneInfo, first: str | None, last: str | None) -> Span:
    """Raises UsageRefused for what is no date, or the wrong way round."""
    return Span(zone, *(None if text is None else parse_date(text) for text in (first, last)))


def minute(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-11-23 07:00` in the zone, for tables; their header names the zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def reversed_mark(reason: str | None) -> str:
    """The last cell of a list: why a fact was taken back, or nothing."""
    return "" if reason is None else f"reversed: {clipped(reason, 40)}"


def more_line(more: int | bool, narrow: str) -> str:
    """Says that a list was cut; a count where it is known."""
    count = f"{more:,} " if more is not True else ""
    return f"\n… and {count}more; see them with --limit, or narrow the list with {narrow}." if more else ""
