"""`capdesk experiment`: plan one, then start, pause, resume and end it. Nothing but the owner's word does that."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import click

from capdesk.commands.base import App, printing, table
from capdesk.commands.experiment_text import details_page, moved_sentence, rules_line
from capdesk.errors import UsageRefused
from capdesk.models.base import EventType
from capdesk.services import campaigns, experiments, products
from capdesk.services.dates import parse_moment
from capdesk.services.experiments import ExperimentFields, ExperimentPlan
from capdesk.services.money import dollars, parse_dollars

_EVENTS = click.Choice([event.value for event in EventType])
_OF_CAMPAIGN = click.option("--campaign", help="Its campaign, where several have an experiment of that name.")


@click.group()
def experiment() -> None:
    """Experiments: conversion hypotheses with capital rules."""


@experiment.command("add")
@click.argument("name", required=False)
@click.option("--name", "named", help="Its name, instead of the argument.")
@click.option("--campaign", required=True, help="Name or id of the campaign it belongs to.")
@click.option("--hypothesis", required=True, help="What it is to prove.")
@click.option("--cap", required=True, help="Capital cap in dollars.")
@click.option("--tranche", required=True, help="Tranche size in dollars, at most the cap.")
@click.option("--days", type=int, required=True, help="Time cap in days.")
@click.option("--primary", type=_EVENTS, required=True, help="The primary success event.")
@click.option("--secondary", type=_EVENTS, multiple=True, help="A secondary success event; may be repeated.")
@click.option("--bonus", multiple=True, help="What one event earns its member, as qpc=5.00; may be repeated.")
@printing
def add(app: App, name: str | None, named: str | None, campaign: str, bonus: tuple[str, ...], **given: Any) -> None:
    """Plan an experiment; its rules may change until its first start."""
    if (name is None) == (named is None):
        raise UsageRefused('Name the experiment once: capdesk experiment add "NAME" --campaign C ...')
    plan = ExperimentPlan(
        name=name or named or "",
        hypothesis=given["hypothesis"],
        capital_cap_usd=parse_dollars(given["cap"]),
        time_cap_days=given["days"],
        tranche_size_usd=parse_dollars(given["tranche"]),
        primary_success_event=EventType(given["primary"]),
        secondary_events=tuple(map(EventType, given["secondary"])),
        bonus_rules={event: amount for event, amount in _bonuses(bonus).items() if amount is not None},
    )
    made = app.desk.write(lambda session: experiments.add_experiment(session, campaign, plan))
    app.show(made, f'Planned experiment {made.id}, "{made.name}", in campaign "{made.campaign}": {rules_line(made)}.')


@experiment.command("edit")
@click.argument("ref", metavar="EXPERIMENT")
@_OF_CAMPAIGN
@click.option("--name", help="Its new name.")
@click.option("--hypothesis", help="What it is to prove.")
@click.option("--cap", help="Capital cap in dollars.")
@click.option("--tranche", help="Tranche size in dollars, at most the cap.")
@click.option("--days", type=int, help="Time cap in days.")
@click.option("--primary", type=_EVENTS, help="The primary success event.")
@click.option("--secondary", type=_EVENTS, multiple=True, help="The secondary success events, all anew.")
@click.option("--no-secondary", is_flag=True, help="No secondary success events any more.")
@click.option("--bonus", multiple=True, help="A bonus rule, as qpc=5.00; qpc=none takes it away. May be repeated.")
@printing
def edit(app: App, ref: str, campaign: str | None, bonus: tuple[str, ...], **given: Any) -> None:
    """Change a planned experiment; from its first start its rules are locked."""
    fields, bonuses = _changes(given), _bonuses(bonus)
    row = app.desk.write(lambda session: experiments.edit_experiment(session, ref, campaign, bonuses, **fields))
    app.show(row, f'Experiment {row.id}, "{row.name}", in campaign "{row.campaign}": {rules_line(row)}.')


@experiment.command("list")
@click.option("--campaign", help="Only those of one campaign.")
@printing
def list_(app: App, campaign: str | None) -> None:
    """All experiments."""
    rows, empty = app.desk.read(
        lambda session: (
            experiments.list_experiments(session, campaign),
            _first_step(bool(products.list_products(session)), [r.name for r in campaigns.list_campaigns(session)]),
        )
    )
    headers = ["id", "campaign", "experiment", "status", "cap", "tranche", "days", "start", "end"]
    cells = [
        [
            *(r.id, r.campaign, r.name, r.status, dollars(r.capital_cap_usd), dollars(r.tranche_size_usd)),
            *(r.time_cap_days, r.start_date, r.end_date),
        ]
        for r in rows
    ]
    app.show(rows, table(headers, cells, empty=empty))


@experiment.command("show")
@click.argument("ref", metavar="EXPERIMENT")
@_OF_CAMPAIGN
@printing
def show(app: App, ref: str, campaign: str | None) -> None:
    """Everything about one experiment; what it spent and bought is in `capdesk report experiment`."""
    details = app.desk.read(lambda session: experiments.show_experiment(session, ref, campaign))
    app.show(details, details_page(details, app.desk.zone))


def _step(action: str, summary: str) -> None:
    """Adds the command of one step of an experiment's life."""

    @experiment.command(action, help=summary)
    @click.argument("ref", metavar="EXPERIMENT")
    @_OF_CAMPAIGN
    @click.option("--at", help="An earlier moment, as 2026-10-26T09:00:00-04:00 or 2026-10-26 (that day's start).")
    @printing
    def step(app: App, ref: str, campaign: str | None, at: str | None) -> None:
        moment = None if at is None else parse_moment(at, app.desk.zone)
        moved = app.desk.write(
            lambda session: experiments.move_experiment(
                session, ref, action, app.desk.owner_id, at=moment, campaign=campaign
            )
        )
        app.show(moved, moved_sentence(moved, app.desk.zone))


_step("start", "Start a planned experiment: its rules are locked from then on.")
_step("pause", "Pause a running experiment; its time cap goes on counting.")
_step("resume", "Resume a paused experiment.")
_step("complete", "End a running or paused experiment as completed; it is frozen for good.")
_step("terminate", "End an experiment as terminated; it is frozen for good.")


def _changes(given: dict[str, Any]) -> ExperimentFields:
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "name": ("name", str),
        "hypothesis": ("hypothesis", str),
        "cap": ("capital_cap_usd", parse_dollars),
        "tranche": ("tranche_size_usd", parse_dollars),
        "days": ("time_cap_days", int),
        "primary": ("primary_success_event", EventType),
    }
    fields: Any = {field: read(given[option]) for option, (field, read) in readers.items() if given[option] is not None}
    if given["secondary"] or given["no_secondary"]:
        fields["secondary_events"] = () if given["no_secondary"] else tuple(map(EventType, given["secondary"]))
    changes: ExperimentFields = fields
    return changes


def _bonuses(rules: tuple[str, ...]) -> dict[EventType, Decimal | None]:
    """`qpc=5.00` as {qpc: 5}; `qpc=none` as {qpc: None}."""
    found: dict[EventType, Decimal | None] = {}
    for rule in rules:
        event, _, amount = rule.partition("=")
        if not amount or event not in set(EventType):
            raise UsageRefused(
                f"'{rule}' is no bonus rule; write it like qpc=5.00, with one of {', '.join(EventType)}."
            )
        if EventType(event) in found:
            raise UsageRefused(f"There are two bonus rules for {event}; an event type has one.")
        found[EventType(event)] = None if amount == "none" else parse_dollars(amount)
    return found


def _first_step(any_product: bool, names: list[str]) -> str:
    """What to do on a desk without experiments."""
    if not any_product:
        return 'There is no experiment yet. Start with what is sold: capdesk product add "NAME"'
    if not names:
        return 'There is no experiment yet. Start with a campaign: capdesk campaign add "NAME" --product PRODUCT'
    return (
        f'There is no experiment yet. Plan one: capdesk experiment add "NAME" --campaign "{names[0]}" --hypothesis ... '
        "--cap 1000 --tranche 250 --days 30 --primary calculator_installed"
    )
