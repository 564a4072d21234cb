"""What the plan and its files must come to: each cost of the demo with its experiment, told without a database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from capdesk.services.demo.calling import Event
from capdesk.services.demo.plan import DemoStory, Member, dice
from capdesk.services.money import money
from capdesk.services.providers.charges import Statement

CostSource = Literal["labor", "bonus", "twilio", "gcp"]
_WEEK_OF_HOURS = (Decimal("7"), Decimal("7.25"), Decimal("7.5"), Decimal("7.75"), Decimal("8"))
_UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Spend:
    """Cost of one day: `experiment` None is overhead, `campaign` None unassigned."""

    campaign: str | None
    experiment: str | None
    source: CostSource
    day: date
    cost_usd: Decimal


@dataclass(frozen=True)
class TimeEntry:
    member: Member
    day: date
    hours: Decimal


def time_entries(story: DemoStory, seed: int) -> list[TimeEntry]:
    """The time sheets: full days while an experiment of the member's campaign runs, and the odd hours between."""
    zone = ZoneInfo(story.zone)
    by_email = {member.email: member for member in story.members}
    entries = [TimeEntry(by_email[odd.email], odd.day, odd.hours) for odd in story.odd_hours]
    for member in story.members:
        for monday in (day for day in story.days() if day.weekday() == 0):
            # each week adds up to the same, so that labor is the same for any seed
            hours = dice(seed, member.email, (monday - story.first_day).days).sample(_WEEK_OF_HOURS, 5)
            for weekday, worked in enumerate(hours):
                day = monday + timedelta(days=weekday)
                campaign = member.campaign_on(day)
                works = day <= story.last_day and member in story.at_work(campaign, day)
                if works and story.first_on(campaign, day, zone):
                    entries.append(TimeEntry(member, day, worked))
    return sorted(entries, key=lambda entry: (entry.day, entry.member.email))


def expected_spend(
    story: DemoStory, entries: Iterable[TimeEntry], events: dict[str, list[Event]], stated: Iterable[Statement]
) -> tuple[Spend, ...]:
    """Every cost, once each; a provider's last word about a day is what counts."""
    latest = {_grain(statement): statement for statement in stated}
    parts = (*_labor(story, entries), *_bonuses(story, events), *_charges(story, latest.values()))
    return tuple(sorted(parts, key=lambda spend: (spend.day, spend.source, str(spend.campaign), str(spend.experiment))))


def _labor(story: DemoStory, entries: Iterable[TimeEntry]) -> Iterator[Spend]:
    zone = ZoneInfo(story.zone)
    for entry in entries:
        campaign = entry.member.campaign_on(entry.day)
        cost = money(entry.hours * entry.member.rate_usd)
        yield _dated(story, campaign, entry.day, zone, "labor", cost)


def _bonuses(story: DemoStory, events: dict[str, list[Event]]) -> Iterator[Spend]:
    for campaign, happened in events.items():
        for event in happened:
            experiment = story.running_at(campaign, event.at.astimezone(UTC))
            rules = dict(experiment.bonuses) if experiment else {}
            if experiment and event.event_type in rules:
                yield Spend(campaign, experiment.key, "bonus", event.at.date(), money(rules[event.event_type]))


def _charges(story: DemoStory, statements: Iterable[Statement]) -> Iterator[Spend]:
    for statement in statements:
        campaign = _payer(story, statement)
        if campaign is None:
            yield Spend(None, None, statement.provider, statement.usage_date, statement.amount_usd)
        else:
            yield _dated(story, campaign, statement.usage_date, _UTC_ZONE, statement.provider, statement.amount_usd)


def _payer(story: DemoStory, statement: Statement) -> str | None:
    known = {(mapping.provider, mapping.value): mapping.campaign for mapping in story.mappings}
    names = (statement.label, statement.project, statement.account)
    return next((known[statement.provider, n] for n in names if n and (statement.provider, n) in known), None)


def _grain(statement: Statement) -> tuple[object, ...]:
    s = statement
    return (s.account, s.usage_date, s.project, s.service, s.sku, s.label, s.invoice_month, s.cost_type)


def _dated(story: DemoStory, campaign: str, day: date, zone: ZoneInfo, source: CostSource, cost: Decimal) -> Spend:
    experiment = story.first_on(campaign, day, zone)
    return Spend(campaign, experiment.key if experiment else None, source, day, cost)
