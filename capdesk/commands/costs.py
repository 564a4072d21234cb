"""`capdesk costs`: the ledger summed by source, day, experiment or campaign."""

from datetime import date

import click

from capdesk.commands.base import App, printing, table
from capdesk.errors import UsageRefused
from capdesk.services import find
from capdesk.services.costs import By, CostFilter, CostTable
from capdesk.services.costs import costs as sum_costs
from capdesk.services.dates import parse_moment
from capdesk.services.money import dollars
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.summary import provisional_line

_WAYS: tuple[By, ...] = ("source", "day", "experiment", "campaign")


@click.command()
@click.option("--by", type=click.Choice(_WAYS), default="source", show_default=True, help="What each line sums.")
@click.option("--from", "first", metavar="DATE", help="The first date.")
@click.option("--to", "last", metavar="DATE", help="The last date.")
@click.option("--campaign", help="Only of one campaign; with --experiment, the campaign it is in.")
@click.option("--experiment", help="Only of one experiment.")
@click.option(
    "--as-of", metavar="MOMENT", help="From facts recorded up to then, as 2026-11-23T12:00:00Z or 2026-11-23."
)
@printing
def costs(
    app: App,
    by: By,
    first: str | None,
    last: str | None,
    campaign: str | None,
    experiment: str | None,
    as_of: str | None,
) -> None:
    """What was spent; what no campaign pays for is a line of its own and in the total."""
    dates = (_date(first, "--from"), _date(last, "--to"))
    wanted = CostFilter(*dates, *_ids(app, campaign, experiment))
    moment = None if as_of is None else parse_moment(as_of, app.desk.zone)
    found = sum_costs(app.desk, by, wanted, moment)
    app.show(found, _text(found))


def _ids(app: App, campaign: str | None, experiment: str | None) -> tuple[int | None, int | None]:
    if experiment is not None:
        return None, app.desk.read(lambda session: find.experiment(session, experiment, campaign).id)
    if campaign is not None:
        return app.desk.read(lambda session: find.campaign(session, campaign).id), None
    return None, None


def _date(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageRefused(f"'{text}' after {option} is no date; write it like 2026-10-26.") from None


def _text(found: CostTable) -> str:
    rows = [[_name(row.key, row.campaign), dollars(row.spent_usd)] for row in found.rows]
    if found.unassigned_usd is not None:
        rows.append(["unassigned", dollars(found.unassigned_usd)])
    rows.append(["together", dollars(found.total_usd)])
    notes = [provisional_line(found.provisional_usd), f"As of {utc_stamp(found.as_of)}"]
    return "\n".join([table([found.by, "spent"], rows, empty=""), *notes])


def _name(key: str | None, campaign: str | None) -> str:
    name = "overhead" if key is None else key
    return name if campaign is None else f"{campaign} / {name}"
