"""`capdesk map`: which campaign a provider's account, project or label pays for."""

import click

from capdesk.commands.base import App, printing, table
from capdesk.services import find, mapping
from capdesk.services.mapping import Mapped, Mappings, Source
from capdesk.services.money import dollars
from capdesk.services.reports.wording import counted

_ACCOUNT = click.option("--account", help="Twilio's account SID, or Google's billing account.")
_PROJECT = click.option("--project", help="Google project id.")
_LABEL = click.option("--label", metavar="KEY=VALUE", help="Google label.")
_FIRST = (
    "Nothing is mapped and no charge is unassigned. Charges come with capdesk sync, once an account is connected, or "
    "with capdesk import twilio-usage or gcp-billing."
)


@click.group("map")
def map_() -> None:
    """Which campaign a provider's charges belong to; the most specific mapping wins."""


@map_.command("twilio")
@click.argument("campaign")
@_ACCOUNT
@printing
def twilio(app: App, campaign: str, account: str | None) -> None:
    """Map a Twilio account or subaccount to a campaign, with all its past days."""
    _map(app, Source("twilio", account), campaign)


@map_.command("gcp")
@click.argument("campaign")
@_ACCOUNT
@_PROJECT
@_LABEL
@printing
def gcp(app: App, campaign: str, account: str | None, project: str | None, label: str | None) -> None:
    """Map a Google project, label or billing account to a campaign, with all its past days."""
    _map(app, Source("gcp", account, project, label), campaign)


@map_.command("remove")
@click.argument("provider", type=click.Choice(["twilio", "gcp"]))
@_ACCOUNT
@_PROJECT
@_LABEL
@printing
def remove(
    app: App, provider: mapping.ProviderName, account: str | None, project: str | None, label: str | None
) -> None:
    """Take a mapping back: its charges go where a less specific one says, or are unassigned again."""
    _map(app, Source(provider, account, project, label), None)


@map_.command("list")
@printing
def list_(app: App) -> None:
    """What is mapped, and what is unassigned."""
    found = app.desk.read(mapping.mappings)
    app.show(found, _text(found))


def _map(app: App, source: Source, campaign: str | None) -> None:
    number = None if campaign is None else app.desk.read(lambda session: find.campaign(session, campaign).id)
    made = app.desk.write(lambda session: mapping.map_source(session, source, number, app.desk.owner_id))
    app.show(made, _sentence(made))


def _sentence(made: Mapped) -> str:
    head = (
        f"{made.source} is mapped no more."
        if made.campaign is None
        else f'{made.source} is mapped to campaign "{made.campaign}".'
    )
    lines = [f"  {name}  {dollars(amount)}" for name, amount in made.moved_usd.items()]
    moved = f" {counted(made.rows, 'ledger row')} appended:" if lines else " No recorded charge moved."
    return "\n".join([head + moved, *lines])


def _text(found: Mappings) -> str:
    if not found.mapped and not found.unassigned:
        return _FIRST
    mapped = [
        [one.provider, one.account, one.project, one.label, one.campaign, dollars(one.charged_usd)]
        for one in found.mapped
    ]
    unassigned = [
        [one.provider, one.account, one.project, one.label, one.first_day, one.last_day, dollars(one.charged_usd)]
        for one in found.unassigned
    ]
    head = ["provider", "account", "project", "label"]
    return "\n".join(
        [
            "MAPPED",
            table([*head, "campaign", "charged"], mapped, empty="Nothing is mapped yet."),
            "",
            "UNASSIGNED",
            table([*head, "first day", "last day", "charged"], unassigned, empty="Nothing is unassigned."),
        ]
    )
