"""`capdesk campaign`: long-lived theses that own leads."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import click

from capdesk.commands.base import App, printing, table
from capdesk.models.base import CampaignStatus
from capdesk.services import campaigns, products
from capdesk.services.campaigns import CampaignDetails, CampaignFields, CampaignRow
from capdesk.services.imports.fields import parse_date
from capdesk.services.money import dollars, parse_dollars
from capdesk.services.reports.wording import local_moment

NONE_YET = 'There is no campaign yet. Start with: capdesk campaign add "NAME" --product PRODUCT'
NO_PRODUCT = 'There is no campaign yet. Start with what is sold: capdesk product add "NAME"'
NOTHING = "none"


@click.group()
def campaign() -> None:
    """Campaigns, which own leads and hold experiments."""


def _fields(function: Any) -> Any:
    for option in (
        click.option("--budget", help="Capital budget in dollars, shown beside what is spent; 'none' takes it away."),
        click.option("--end", help="Its last day, as 2026-12-31; 'none' takes it away."),
        click.option("--start", help="Its first day, as 2026-10-26; 'none' takes it away."),
        click.option("--status", type=click.Choice([status.value for status in CampaignStatus]), help="Set by hand."),
        click.option("--description", help="The thesis, in a sentence or two."),
    ):
        function = option(function)
    return function


@campaign.command("add")
@click.argument("name")
@click.option("--product", required=True, help="Name or id of its product.")
@_fields
@printing
def add(app: App, name: str, product: str, **given: str | None) -> None:
    """Add a campaign; it is planned unless --status says otherwise."""
    fields = _read(given)
    made = app.desk.write(
        lambda session: campaigns.add_campaign(session, product, name, app.desk.owner_id, **fields),
    )
    app.show(made, f'Added campaign {made.id}, "{made.name}": {made.status}.')


@campaign.command("edit")
@click.argument("ref", metavar="CAMPAIGN")
@click.option("--name", help="Its new name.")
@click.option("--product", help="Name or id of its product.")
@_fields
@printing
def edit(app: App, ref: str, name: str | None, product: str | None, **given: str | None) -> None:
    """Change a campaign; experiments start and resume only while it is active."""
    fields = _read(given)
    changed = app.desk.write(
        lambda session: campaigns.edit_campaign(session, ref, name=name, product=product, **fields),
    )
    app.show(changed, f'Campaign {changed.id} is "{changed.name}", {changed.status}.{_still_running(changed)}')


@campaign.command("list")
@printing
def list_(app: App) -> None:
    """All campaigns."""
    rows, any_product = app.desk.read(
        lambda session: (campaigns.list_campaigns(session), bool(products.list_products(session)))
    )
    empty = NONE_YET if any_product else NO_PRODUCT
    headers = ["id", "campaign", "product", "status", "start", "end", "budget", "running"]
    cells = [[r.id, r.name, r.product, r.status, r.start_date, r.end_date, _budget(r), r.running] for r in rows]
    app.show(rows, table(headers, cells, empty=empty))


@campaign.command("show")
@click.argument("ref", metavar="CAMPAIGN")
@printing
def show(app: App, ref: str) -> None:
    """Everything about one campaign."""
    details = app.desk.read(lambda session: campaigns.show_campaign(session, ref))
    app.show(details, _page(details, app.desk.zone))


def _page(details: CampaignDetails, zone: ZoneInfo) -> str:
    row = details.campaign
    lines = [
        f"{row.name} (campaign {row.id})",
        f"  product      {row.product}",
        f"  status       {row.status}",
        f"  dates        {row.start_date or '—'} to {row.end_date or '—'}",
        f"  spent        {dollars(details.spent_usd)} of a budget of {_budget(row) or '—'}",
        f"  leads        {details.leads:,}",
    ]
    if details.description:
        lines.append(f"  thesis       {details.description}")
    for line in details.experiments:
        lines.append(f"  experiment   {line.name}: {line.status}")
    for change in details.history:
        lines.append(f"  {change.status:<12} since {local_moment(change.recorded_at, zone.key)}")
    return "\n".join(lines)


def _budget(row: CampaignRow) -> str | None:
    return None if row.capital_budget_usd is None else dollars(row.capital_budget_usd)


def _still_running(row: CampaignRow) -> str:
    if row.running is None or row.status is CampaignStatus.ACTIVE:
        return ""
    return f' Experiment "{row.running}" still runs in it; only you pause or end that.'


def _read(given: dict[str, str | None]) -> CampaignFields:
    fields: CampaignFields = {}
    description, status, budget = given["description"], given["status"], given["budget"]
    if description is not None:
        fields["description"] = description.strip()
    if status is not None:
        fields["status"] = CampaignStatus(status)
    if given["start"] is not None:
        fields["start_date"] = _day(given["start"])
    if given["end"] is not None:
        fields["end_date"] = _day(given["end"])
    if budget is not None:
        fields["capital_budget_usd"] = None if budget == NOTHING else parse_dollars(budget)
    return fields


def _day(text: str) -> date | None:
    return None if text == NOTHING else parse_date(text)
