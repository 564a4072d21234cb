"""Experiments: the rules they are planned with, and the steps of their life. Only an admin takes those."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from sqlalchemy import DateTime, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.errors import RuleRefused, UsageRefused
from capdesk.models import BonusRule, Campaign, Experiment, ExperimentRun, ExperimentTransition
from capdesk.models.base import EventType, ExperimentStatus
from capdesk.services import find
from capdesk.services.money import dollars, money
from capdesk.services.seen import Seen, require_unchanged

MOST_TRANCHES = 10_000
LONGEST_DAYS = 36_500


class ExperimentFields(TypedDict, total=False):
    """What may be changed while an experiment is planned."""

    name: str
    hypothesis: str
    capital_cap_usd: Decimal
    time_cap_days: int
    tranche_size_usd: Decimal
    primary_success_event: EventType
    secondary_events: Sequence[EventType]


@dataclass(frozen=True)
class ExperimentPlan:
    """The rules of a new experiment; money in dollars, `bonus_rules` what one event of the type earns."""

    name: str
    hypothesis: str
    capital_cap_usd: Decimal
    time_cap_days: int
    tranche_size_usd: Decimal
    primary_success_event: EventType
    secondary_events: tuple[EventType, ...] = ()
    bonus_rules: Mapping[EventType, Decimal] | None = None


@dataclass(frozen=True)
class ExperimentRow:
    id: int
    name: str
    campaign_id: int
    campaign: str
    status: ExperimentStatus
    start_date: date | None
    end_date: date | None
    capital_cap_usd: Decimal
    tranche_size_usd: Decimal
    time_cap_days: int
    hypothesis: str
    primary_success_event: EventType
    secondary_events: list[EventType]
    bonus_rules: dict[EventType, Decimal]


@dataclass(frozen=True)
class Run:
    started_at: datetime
    start_recorded_at: datetime
    ended_at: datetime | None
    end_recorded_at: datetime | None


@dataclass(frozen=True)
class Transition:
    action: str
    status: ExperimentStatus
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Caps:
    """The caps in force: those of the newest `continue` that sets any, else the experiment's own."""

    capital_cap_usd: Decimal
    time_cap_days: int


@dataclass(frozen=True)
class ExperimentDetails:
    experiment: ExperimentRow
    in_force: Caps
    runs: list[Run]
    transitions: list[Transition]


@dataclass(frozen=True)
class Moved:
    """A step of an experiment's life, at the moment it holds from."""

    experiment: ExperimentRow
    action: str
    occurred_at: datetime


def add_experiment(session: Session, campaign: find.Ref, plan: ExperimentPlan) -> ExperimentRow:
    """A planned experiment with its bonus rules. Raises NotFound, UsageRefused, RuleRefused."""
    home = find.campaign(session, campaign)
    values = _checked(
        {
            "name": plan.name,
            "hypothesis": plan.hypothesis,
            "capital_cap_usd": plan.capital_cap_usd,
            "time_cap_days": plan.time_cap_days,
            "tranche_size_usd": plan.tranche_size_usd,
            "primary_success_event": plan.primary_success_event,
            "secondary_events": plan.secondary_events,
        }
    )
    _check_rules(values)
    try:
        made = session.scalar(insert(Experiment).values(campaign_id=home.id, **values).returning(Experiment.id))
    except IntegrityError as error:
        raise find.refused(error, _taken(values["name"], home.name)) from error
    _set_bonuses(session, made or 0, plan.bonus_rules or {})
    return _rows(session, Experiment.id == made)[0]


def edit_experiment(
    session: Session,
    ref: find.Ref,
    campaign: find.Ref | None = None,
    bonus_rules: Mapping[EventType, Decimal | None] | None = None,
    seen: Seen | None = None,
    **fields: Unpack[ExperimentFields],
) -> ExperimentRow:
    """Changes what is given, while planned; a bonus of None takes its rule away. `seen` is what it was when one began.

    Raises NotFound, UsageRefused, RuleRefused.
    """
    experiment = find.experiment(session, ref, campaign)
    session.refresh(experiment, with_for_update=True)  # a start at the same time waits, or is seen
    if seen is not None:
        row = _rows(session, Experiment.id == experiment.id)[0]
        require_unchanged(f'Experiment "{row.name}"', seen, vars(row))
    if experiment.status is not ExperimentStatus.PLANNED:
        raise RuleRefused(f"{_locked(experiment)}; plan another experiment instead.")
    for name, value in _checked(fields).items():
        setattr(experiment, name, value)
    _check_rules({name: getattr(experiment, name) for name in ExperimentFields.__annotations__})
    home = session.get_one(Campaign, experiment.campaign_id)
    find.flush(session, _taken(experiment.name, home.name))
    _set_bonuses(session, experiment.id, bonus_rules or {})
    return _rows(session, Experiment.id == experiment.id)[0]


def list_experiments(session: Session, campaign: find.Ref | None = None) -> list[ExperimentRow]:
    """By campaign, oldest first."""
    if campaign is None:
        return _rows(session)
    return _rows(session, Experiment.campaign_id == find.campaign(session, campaign).id)


def show_experiment(session: Session, ref: find.Ref, campaign: find.Ref | None = None) -> ExperimentDetails:
    """Everything about one experiment but its figures, which a report has. Raises NotFound, UsageRefused."""
    experiment = find.experiment(session, ref, campaign)
    runs = session.execute(
        select(
            ExperimentRun.started_at,
            ExperimentRun.start_recorded_at,
            ExperimentRun.ended_at,
            ExperimentRun.end_recorded_at,
        )
        .where(ExperimentRun.experiment_id == experiment.id)
        .order_by(ExperimentRun.id)
    )
    steps = session.execute(
        select(
            ExperimentTransition.action,
            ExperimentTransition.status,
            ExperimentTransition.occurred_at,
            ExperimentTransition.recorded_at,
        )
        .where(ExperimentTransition.experiment_id == experiment.id)
        .order_by(ExperimentTransition.id)
    )
    caps = func.caps_in_force(experiment.id).table_valued("capital_cap_usd", "time_cap_days")
    return ExperimentDetails(
        experiment=_rows(session, Experiment.id == experiment.id)[0],
        in_force=Caps(*session.execute(select(caps)).one()),
        runs=[Run(*row) for row in runs],
        transitions=[Transition(*row) for row in steps],
    )


def move_experiment(
    session: Session,
    ref: find.Ref,
    action: str,
    admin_id: int,
    *,
    at: datetime | None = None,
    campaign: find.Ref | None = None,
) -> Moved:
    """`start`, `pause`, `resume`, `complete` or `terminate`, now or at an earlier moment.

    Raises NotFound, UsageRefused, and RuleRefused where the experiment, its campaign or a recorded fact forbids it.
    """
    experiment = find.experiment(session, ref, campaign)
    moment = literal(at, DateTime(timezone=True))
    occurred_at: datetime = session.scalars(
        select(func.transition_experiment(experiment.id, action, moment, admin_id))
    ).one()
    return Moved(_rows(session, Experiment.id == experiment.id)[0], action, occurred_at)


def _rows(session: Session, *criteria: Any) -> list[ExperimentRow]:
    query = (
        select(Experiment, Campaign.name)
        .join(Campaign)
        .where(*criteria)
        .order_by(Campaign.name, Experiment.id)
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).all()
    bonuses: dict[int, dict[EventType, Decimal]] = {experiment.id: {} for experiment, _ in found}
    rules = select(BonusRule).where(BonusRule.experiment_id.in_(bonuses)).order_by(BonusRule.event_type)
    for rule in session.scalars(rules.execution_options(populate_existing=True)):
        bonuses[rule.experiment_id][rule.event_type] = rule.bonus_amount_usd
    return [_row(experiment, campaign, bonuses[experiment.id]) for experiment, campaign in found]


def _row(experiment: Experiment, campaign: str, bonuses: dict[EventType, Decimal]) -> ExperimentRow:
    return ExperimentRow(
        id=experiment.id,
        name=experiment.name,
        campaign_id=experiment.campaign_id,
        campaign=campaign,
        status=experiment.status,
        start_date=experiment.start_date,
        end_date=experiment.end_date,
        capital_cap_usd=experiment.capital_cap_usd,
        tranche_size_usd=experiment.tranche_size_usd,
        time_cap_days=experiment.time_cap_days,
        hypothesis=experiment.hypothesis,
        primary_success_event=experiment.primary_success_event,
        secondary_events=list(experiment.secondary_events),
        bonus_rules=bonuses,
    )


def _checked(fields: ExperimentFields) -> dict[str, Any]:
    values: dict[str, Any] = dict(fields)
    if "name" in fields:
        values["name"] = find.new_name(fields["name"], "experiment")
    if "hypothesis" in fields:
        values["hypothesis"] = fields["hypothesis"].strip()
        if not values["hypothesis"]:
            raise UsageRefused("An experiment needs a hypothesis: say what it is to prove.")
    for name in ("capital_cap_usd", "tranche_size_usd"):
        if name in values:
            values[name] = money(values[name])
    if "secondary_events" in fields:
        values["secondary_events"] = list(fields["secondary_events"])
    return values


def _check_rules(rules: Mapping[str, Any]) -> None:
    """The rules as a whole. Raises UsageRefused."""
    cap, tranche, days = rules["capital_cap_usd"], rules["tranche_size_usd"], rules["time_cap_days"]
    if cap <= 0:
        raise UsageRefused(f"The capital cap is {dollars(cap)}; it must be more than $0.")
    if not 0 < tranche <= cap:
        raise UsageRefused(
            f"The tranche size is {dollars(tranche)}; it must be more than $0 and at most the cap, {dollars(cap)}."
        )
    if cap / tranche > MOST_TRANCHES:
        raise UsageRefused(
            f"A cap of {dollars(cap)} in tranches of {tranche.normalize():f} would be more than {MOST_TRANCHES:,} "
            "tranches; choose larger ones."
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageRefused(f"The time cap is {days} days; it must be from 1 to {LONGEST_DAYS:,}.")
    events = [rules["primary_success_event"], *rules["secondary_events"]]
    twice = next((event for event in events if events.count(event) > 1), None)
    if twice is not None:
        raise UsageRefused(f"{twice} is named twice among the success events; name each once.")


def _set_bonuses(session: Session, experiment_id: int, rules: Mapping[EventType, Decimal | None]) -> None:
    for event, amount in rules.items():
        if amount is None:
            session.execute(delete(BonusRule).filter_by(experiment_id=experiment_id, event_type=event))
            continue
        bonus = money(amount)
        if bonus <= 0:
            raise UsageRefused(f"The bonus for {event} is {dollars(bonus)}; it must be more than $0.")
        key = {"experiment_id": experiment_id, "event_type": event}
        statement = upsert(BonusRule).values(**key, bonus_amount_usd=bonus)
        session.execute(statement.on_conflict_do_update(index_elements=list(key), set_={"bonus_amount_usd": bonus}))


def _locked(experiment: Experiment) -> str:
    ended = experiment.status in (ExperimentStatus.COMPLETED, ExperimentStatus.TERMINATED)
    why = "it can never change" if ended else "its rules are locked since its first start"
    return f'Experiment "{experiment.name}" is {experiment.status}: {why}'


def _taken(name: str, campaign: str) -> str:
    return f'Campaign "{campaign}" has an experiment "{name}" already: choose another name.'
