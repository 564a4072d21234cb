"""`capdesk evaluate` and `capdesk override`: the owner's verdicts, and what the owner does against them."""

from zoneinfo import ZoneInfo

import click

from capdesk.commands.base import App, printing
from capdesk.errors import UsageRefused
from capdesk.models.base import Verdict
from capdesk.services import evaluations, find
from capdesk.services.evaluations import Arrived, Decision, EvaluationRecord
from capdesk.services.money import dollars, money, parse_dollars
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.render_json import experiment_json
from capdesk.services.reports.render_text import experiment_text
from capdesk.services.reports.wording import counted, local_moment


@click.command()
@click.argument("ref", metavar="EXPERIMENT")
@click.option("--campaign", help="Its campaign, where several have an experiment of that name.")
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), help="Your decision.")
@click.option("--reason", help="What the verdict rests on.")
@click.option("--next-action", help="What you recommend to do next; capdesk does nothing of it.")
@click.option("--notes", help="Anything else to remember.")
@click.option("--cap", metavar="USD", help="A new capital cap from now on; only with continue.")
@click.option("--days", type=int, help="A new time cap from now on; only with continue.")
@printing
def evaluate(
    app: App,
    ref: str,
    campaign: str | None,
    verdict: str | None,
    **given: str | int | None,
) -> None:
    """Record a verdict with the figures it rests on; without --verdict, show them and the verdicts so far."""
    number = app.desk.read(lambda session: find.experiment(session, ref, campaign).id)
    if verdict is None:
        without = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
        if without:
            raise UsageRefused(f"{without[0]} belongs to a verdict: add --verdict pass, fail, continue or stop.")
        _show(app, number)
        return
    made = evaluations.evaluate(app.desk, number, _decision(verdict, given))
    app.show(made, evaluation_text(made, app.desk.zone))


@click.command()
@click.argument("evaluation", type=int)
@click.option("--rationale", required=True, help="Why you act against the evaluation.")
@printing
def override(app: App, evaluation: int, rationale: str) -> None:
    """Record that you act against an evaluation, and why. Nothing follows from it."""
    made = app.desk.write(lambda session: evaluations.override(session, evaluation, rationale, app.desk.owner_id))
    app.show(made, f"Override {made.id} of evaluation {evaluation} is recorded: {made.rationale}")


def evaluation_text(record: EvaluationRecord, zone: ZoneInfo) -> str:
    """One evaluation for a terminal, with what arrived since."""
    before = record.snapshot["caps_before"]
    capital, days = money(before["capital_cap_usd"]), before["time_cap_days"]
    when = local_moment(record.created_at, zone.key)
    lines = [
        f"Evaluation {record.id}: {record.verdict.upper()}, {when}, {record.admin}",
        f"  reason       {record.reason}",
    ]
    lines += [f"  next action  {record.recommended_next_action}"] if record.recommended_next_action else []
    lines += [f"  notes        {record.admin_notes}"] if record.admin_notes else []
    spent = money(record.snapshot["capital"]["spent_usd"])
    lines.append(f"  rests on     {dollars(spent)} spent of {dollars(capital)}, time cap {counted(days, 'day')}")
    if (record.capital_cap_usd, record.time_cap_days) != (capital, days):
        lines.append(f"  from then on cap {dollars(record.capital_cap_usd)}, {counted(record.time_cap_days, 'day')}")
    lines.append(f"  since then   {_arrived(record.since)}")
    lines.append(f"  late         {_arrived(record.late)}")
    lines += [
        f"  override {one.id}: {one.rationale} ({local_moment(one.created_at, zone.key)}, {one.admin})"
        for one in record.overrides
    ]
    return "\n".join(lines)


def _show(app: App, number: int) -> None:
    report = experiment_report(app.desk, number)
    past = app.desk.read(lambda session: evaluations.evaluations_of(session, number))
    texts = [evaluation_text(one, app.desk.zone) for one in past] or ["No verdict yet."]
    value = {"report": experiment_json(report), "evaluations": past}
    app.show(value, "\n\n".join([experiment_text(report).rstrip(), *texts]))


def _decision(verdict: str, given: dict[str, str | int | None]) -> Decision:
    cap, days = given["cap"], given["days"]
    return Decision(
        Verdict(verdict),
        str(given["reason"] or ""),
        str(given["next_action"] or ""),
        str(given["notes"] or ""),
        None if cap is None else parse_dollars(str(cap)),
        None if days is None else int(days),
    )


def _arrived(what: Arrived) -> str:
    """`$43.10 and 1,000 events`; a call counts once for each event it is."""
    return f"{dollars(what.spent_usd)} and {counted(sum(what.events.values()), 'event')}"
