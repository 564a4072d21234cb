"""How experiments are told to people."""

from zoneinfo import ZoneInfo

from capdesk.services.experiments import ExperimentDetails, ExperimentRow, Moved
from capdesk.services.money import dollars
from capdesk.services.reports.wording import counted, local_moment

_NOW = {"start": "runs", "resume": "runs again", "pause": "is paused", "complete": "is completed"}
_NOW["terminate"] = "is terminated"


def rules_line(row: ExperimentRow) -> str:
    """The rules in half a sentence."""
    events = ", ".join(row.secondary_events)
    bonuses = ", ".join(f"{event} {dollars(amount)}" for event, amount in row.bonus_rules.items())
    parts = [
        f"cap {dollars(row.capital_cap_usd)} in tranches of {dollars(row.tranche_size_usd)}",
        counted(row.time_cap_days, "day"),
        f"primary event {row.primary_success_event}" + (f" (also {events})" if events else ""),
        f"bonus {bonuses}" if bonuses else "no bonuses",
    ]
    return ", ".join(parts)


def moved_sentence(moved: Moved, zone: ZoneInfo) -> str:
    """What a step did, and what it locked."""
    row = moved.experiment
    head = f'Experiment "{row.name}" {_NOW[moved.action]} since {local_moment(moved.occurred_at, zone.key)}.'
    if moved.action == "start":
        return f"{head}\nLocked from now on: {rules_line(row)}."
    if moved.action in ("complete", "terminate"):
        return f"{head}\nFrozen for good: the experiment, its rules and its runs."
    return head


def details_page(details: ExperimentDetails, zone: ZoneInfo) -> str:
    row, caps = details.experiment, details.in_force
    lines = [
        f"{row.name} (experiment {row.id} of campaign {row.campaign})",
        f"  status       {row.status}",
        f"  hypothesis   {row.hypothesis}",
        f"  dates        {row.start_date or '—'} to {row.end_date or '—'}",
        f"  cap          {dollars(row.capital_cap_usd)} in tranches of {dollars(row.tranche_size_usd)}",
        f"  time cap     {counted(row.time_cap_days, 'day')}",
    ]
    if (caps.capital_cap_usd, caps.time_cap_days) != (row.capital_cap_usd, row.time_cap_days):
        lines.append(f"  in force     {dollars(caps.capital_cap_usd)}, {counted(caps.time_cap_days, 'day')}")
    lines.append(f"  primary      {row.primary_success_event}")
    lines += [f"  secondary    {event}" for event in row.secondary_events]
    lines += [f"  bonus        {event} {dollars(amount)}" for event, amount in row.bonus_rules.items()]
    for number, run in enumerate(details.runs, 1):
        end = "still running" if run.ended_at is None else f"to {local_moment(run.ended_at, zone.key)}"
        lines.append(f"  run {number:<8} {local_moment(run.started_at, zone.key)} {end}")
    for step in details.transitions:
        recorded = f", recorded {local_moment(step.recorded_at, zone.key)}"
        late = recorded if step.recorded_at != step.occurred_at else ""
        lines.append(f"  {step.action:<12} {local_moment(step.occurred_at, zone.key)}{late}")
    return "\n".join(lines)
