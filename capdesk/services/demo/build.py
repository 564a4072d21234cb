"""Builds the demo desk through the same services the owner's own commands use."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from capdesk.errors import RuleRefused
from capdesk.models import Campaign
from capdesk.models import Experiment as ExperimentTable
from capdesk.models.base import CampaignStatus, EventType, Provider, Verdict
from capdesk.services.campaigns import add_campaign
from capdesk.services.dates import business_date
from capdesk.services.demo.files import DemoFiles, DemoTold, SourceFile, told, write_sources
from capdesk.services.demo.mornings import Pull, Tell, mornings, post
from capdesk.services.demo.plan import DemoStory, Experiment
from capdesk.services.demo.providers import DemoProviders
from capdesk.services.evaluations import Decision, evaluate, override
from capdesk.services.experiments import ExperimentPlan, add_experiment, move_experiment
from capdesk.services.imports.load import import_file
from capdesk.services.mapping import Source, map_source
from capdesk.services.products import add_product
from capdesk.services.team import assign_member

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

ZONE = "America/New_York"
PULLED = ("twilio-usage", "gcp-billing")
"""Kinds of files that a connected desk does not need: they are pulled."""
_MARK = "demo.json"


def is_built(folder: Path) -> bool:
    return (folder / _MARK).exists()


def build(desk: "Desk", sources: Path, *, day: date | None, seed: int, pull: Pull, tell: Tell) -> None:
    """Writes the source files and builds the desk from them and from the demo's own providers, up to yesterday.

    `day` is taken for today; `pull` syncs the desk with what it is connected to.

    Raises RuleRefused for a day in the future, a desk in another zone, or one that is in use already.
    """
    today = _today(desk)
    if day is not None and day > today:
        raise RuleRefused(f"The demo cannot be told up to {day}: today is {today}.")
    if desk.zone.key != ZONE or desk.read(lambda session: session.scalar(select(func.count()).select_from(Campaign))):
        raise RuleRefused("There is a desk in that folder already: choose an empty folder for the demo.")
    tell("Writing the source files of twelve weeks and of this one so far ...")
    tale = told(today=day or today, seed=seed, zone=ZONE)
    files = write_sources(sources, tale)
    _recorded(desk, files, today, tell)
    with DemoProviders(tale) as providers:
        providers.connect(desk)
        desk.write(lambda session: _map(session, files.story, desk.owner_id))
        mornings(desk, providers, pull, tell)
        _decide(desk, files.story)
        post(desk, providers, tell)
    mark = {"today": (day or today).isoformat(), "seed": seed}
    (sources.parent / _MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")


def retold(folder: Path) -> DemoTold:
    """The story of a built demo."""
    mark = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    return told(today=date.fromisoformat(mark["today"]), seed=int(mark["seed"]), zone=ZONE)


def _recorded(desk: "Desk", files: DemoFiles, today: date, tell: Tell) -> None:
    """What the owner's team wrote: people, leads, calls, events, hours."""
    own = [file for file in files.imports if file.kind not in PULLED]
    desk.write(lambda session: _campaigns(session, files.story, desk.owner_id))
    for file in (file for file in own if file.kind == "team"):
        _import(desk, file, files.story, tell)
    desk.write(lambda session: _history(session, files.story, desk.owner_id, today))
    for file in (file for file in own if file.kind != "team"):
        _import(desk, file, files.story, tell)


def _today(desk: "Desk") -> date:
    """The database's day in UTC or the demo's zone, whichever is earlier."""
    now: datetime = desk.read(lambda session: session.scalar(select(func.clock_timestamp()))) or desk.clock.now()
    return min(business_date(now, ZoneInfo(ZONE)), business_date(now, ZoneInfo("UTC")))


def _campaigns(session: Session, story: DemoStory, owner: int) -> None:
    for product in story.products:
        add_product(session, product)
    for campaign in story.campaigns:
        add_campaign(
            session,
            campaign.product,
            campaign.name,
            owner,
            description=campaign.description,
            status=CampaignStatus.ACTIVE,
            start_date=campaign.start_date,
            capital_budget_usd=campaign.capital_budget_usd,
        )
    for experiment in story.experiments:
        plan = ExperimentPlan(
            name=experiment.name,
            hypothesis=experiment.hypothesis,
            capital_cap_usd=experiment.capital_cap_usd,
            time_cap_days=experiment.time_cap_days,
            tranche_size_usd=experiment.tranche_size_usd,
            primary_success_event=EventType(experiment.primary_success_event),
            secondary_events=tuple(EventType(word) for word in experiment.secondary_events),
            bonus_rules={EventType(word): amount for word, amount in experiment.bonuses},
        )
        add_experiment(session, _name(story, experiment.campaign), plan)


def _history(session: Session, story: DemoStory, owner: int, today: date) -> None:
    """Who worked for whom, and every start and end, back-dated before anything is recorded."""
    for member in story.members:
        for assignment in member.assignments:
            name = _name(story, assignment.campaign)
            assign_member(session, member.email, name, from_date=assignment.from_date or today, today=today)
    for moment, action, experiment in sorted(_steps(story), key=lambda step: (step[0], step[1] in ("start", "resume"))):
        campaign = _name(story, experiment.campaign)
        move_experiment(session, experiment.name, action, owner, at=moment, campaign=campaign)


def _steps(story: DemoStory) -> Iterator[tuple[datetime, str, Experiment]]:
    for experiment in story.experiments:
        for index, run in enumerate(experiment.runs):
            yield run.started_at, "resume" if index else "start", experiment
            if run.ended_at is not None and run.ended_by is not None:
                yield run.ended_at, run.ended_by, experiment


def _import(desk: "Desk", file: SourceFile, story: DemoStory, tell: Tell) -> None:
    tell(f"Importing {file.path.name} ({file.rows:,} rows) ...")
    campaign = None if file.campaign is None else _name(story, file.campaign)
    import_file(desk, file.kind, file.path, campaign=campaign, profile=file.profile)
    desk.seal()


def _map(session: Session, story: DemoStory, owner: int) -> None:
    for mapping in story.mappings:
        source = Source(Provider(mapping.provider).value, **{mapping.kind: mapping.value})
        campaign = _name(story, mapping.campaign)
        map_source(session, source, session.scalar(select(Campaign.id).where(Campaign.name == campaign)), owner)


def _decide(desk: "Desk", story: DemoStory) -> None:
    names = {experiment.key: experiment.name for experiment in story.experiments}
    for verdict in story.verdicts:
        query = select(ExperimentTable.id).where(ExperimentTable.name == names[verdict.experiment])
        number = desk.read(lambda session, query=query: session.scalars(query).one())  # type: ignore[misc]
        recorded = evaluate(
            desk,
            number,
            Decision(Verdict(verdict.verdict), verdict.reason, verdict.recommended_next_action, verdict.admin_notes),
        )
        rationale = verdict.override_rationale
        if rationale is not None:
            desk.write(lambda session, id_=recorded.id, why=rationale: override(session, id_, why, desk.owner_id))  # type: ignore[misc]


def _name(story: DemoStory, key: str) -> str:
    return next(campaign.name for campaign in story.campaigns if campaign.key == key)
