"""The demo's source files: believable, free of faults, and telling the same story for every today."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.services.demo.files import DemoFiles, SourceFile, told, write_sources
from capdesk.services.demo.story import story
from capdesk.services.imports.parse_calls import parse_calls
from capdesk.services.imports.parse_events import parse_events
from capdesk.services.imports.parse_leads import parse_leads
from capdesk.services.imports.parse_team import parse_team
from capdesk.services.imports.parse_time_logs import parse_time_logs
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import Kind, Profile, choose_profile
from capdesk.services.imports.reading import open_source
from capdesk.services.imports.record import Reject
from capdesk.services.providers import gcp_billing, twilio_usage
from capdesk.services.providers.charges import ChargeFile

TODAY = date(2026, 11, 19)  # a Thursday
MONDAY = date(2026, 11, 23)
SUNDAY = date(2026, 11, 22)
KINDS: dict[str, Kind] = {
    "team": "team",
    "leads": "leads",
    "calls": "calls",
    "events": "events",
    "timelogs": "timelogs",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_sources(tmp_path_factory.mktemp("demo"), told(today=TODAY, seed=7))


def rows(file: SourceFile) -> list[dict[str, str]]:
    with file.path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def of_kind(demo: DemoFiles, kind: str) -> list[SourceFile]:
    return [file for file in demo.imports if file.kind == kind]


def charged(file: SourceFile) -> ChargeFile:
    parse = twilio_usage.parse if file.kind == "twilio-usage" else gcp_billing.parse
    return parse(file.path, today_utc=TODAY)


def totals(demo: DemoFiles, through: date = date.max) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for spend in demo.spend:
        if spend.day <= through:
            sums[spend.experiment] += spend.cost_usd
    return sums


def moments(demo: DemoFiles) -> Iterator[datetime]:
    for file in demo.imports:
        for row in rows(file) if file.kind in {"calls", "events"} else []:
            stamp = row.get("started_at") or row.get("Start Time") or row["event_timestamp"]
            yield datetime.fromisoformat(stamp)


def test_that_the_story_has_five_experiments_in_three_campaigns_and_six_people() -> None:
    plan = story(TODAY)
    assert len(plan.campaigns) == 3
    assert len(plan.members) == 6
    statuses = Counter(experiment.status for experiment in plan.experiments)
    assert statuses == {"running": 2, "paused": 1, "completed": 1, "terminated": 1}
    assert {c.product for c in plan.campaigns} == set(plan.products)
    assert sum(v.override_rationale is not None for v in plan.verdicts) == 1
    assert (plan.week.sunday - plan.first_day).days == 12 * 7 - 1
    assert str(plan.week) == "2026-W46"


def test_that_the_runs_of_a_campaign_never_overlap_and_only_running_ones_are_open() -> None:
    plan = story(TODAY)
    for campaign in plan.campaigns:
        runs = sorted(
            (run for e in plan.experiments_of(campaign.key) for run in e.runs), key=lambda run: run.started_at
        )
        assert all(one.ended_at and one.ended_at <= other.started_at for one, other in pairwise(runs))
        assert all(run.ended_at is None or run.started_at < run.ended_at for run in runs)
    for experiment in plan.experiments:
        ends = [run.ended_by for run in experiment.runs]
        assert set(ends[:-1]) <= {"pause"}
        assert (ends[-1] is None) == (experiment.status == "running")
        assert 0 < experiment.tranche_size_usd <= experiment.capital_cap_usd


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 12 * 365 * 24 * 60).map(
        lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(("America/New_York", "Pacific/Honolulu", "Europe/Madrid", "Pacific/Auckland")),
)
def test_that_the_story_ends_with_yesterday_which_is_over_whatever_the_time_and_the_zone(
    now: datetime, zone: str
) -> None:
    today = min(now.date(), now.astimezone(ZoneInfo(zone)).date())
    plan = story(today, zone)
    assert plan.last_day == today - timedelta(days=1)
    assert plan.over_at <= now
    assert plan.week.sunday < today <= plan.week.sunday + timedelta(days=7)
    for experiment in plan.experiments:
        assert all((run.ended_at or run.started_at) < plan.over_at for run in experiment.runs)
    assert all((a.from_date or plan.first_day) < today for m in plan.members for a in m.assignments)


@pytest.mark.parametrize("today", [TODAY, MONDAY, SUNDAY])
def test_that_what_is_written_reaches_yesterday_and_nothing_is_later(tmp_path: Path, today: date) -> None:
    demo = write_sources(tmp_path, told(today=today, seed=1))
    yesterday = today - timedelta(days=1)
    assert max(moments(demo)).date() == yesterday - timedelta(days=max(0, yesterday.weekday() - 4))
    assert max(spend.day for spend in demo.spend) == yesterday
    for file in of_kind(demo, "twilio-usage"):
        stamps = [r["as_of"] for answer in json.loads(file.path.read_text()) for r in answer["usage_records"]]
        assert max(map(datetime.fromisoformat, stamps)) <= demo.story.over_at
    for file in of_kind(demo, "gcp-billing"):
        stamps = [json.loads(line)["export_time"] for line in file.path.read_text().splitlines()]
        assert max(stamps) <= f"{demo.story.over_at:%Y-%m-%d %H:%M:%S} UTC"


def test_that_a_day_later_the_story_has_only_gone_on(demo: DemoFiles, tmp_path: Path) -> None:
    later = write_sources(tmp_path, told(today=TODAY + timedelta(days=1), seed=7))
    for kind in ("calls", "events", "timelogs"):
        for one, more in zip(of_kind(demo, kind), of_kind(later, kind), strict=True):
            assert rows(more)[: one.rows] == rows(one)
    assert of_kind(later, "timelogs")[0].rows > of_kind(demo, "timelogs")[0].rows


@pytest.mark.parametrize(
    ("today", "seed"), [(TODAY, 7), (MONDAY, 1), (SUNDAY, 1), (SUNDAY, 12), (date(2027, 1, 2), 20261121)]
)
def test_that_one_experiment_crosses_a_tranche_boundary_in_the_last_week_one_nears_its_cap_and_one_is_calm(
    tmp_path: Path, today: date, seed: int
) -> None:
    demo = write_sources(tmp_path, told(today=today, seed=seed))
    plan = demo.story
    before, after = totals(demo, plan.week.monday - timedelta(days=1)), totals(demo, plan.week.sunday)
    crossed = [
        e.key for e in plan.experiments if before[e.key] // e.tranche_size_usd < after[e.key] // e.tranche_size_usd
    ]
    assert crossed == ["referral-opener"]
    now = totals(demo)
    used = {e.key: now[e.key] / e.capital_cap_usd for e in plan.experiments}
    assert all(share < 1 for share in used.values())
    [near] = [e for e in plan.experiments if e.status in {"running", "paused"} and used[e.key] >= Decimal("0.8")]
    assert near.key == "two-call-close"
    assert Decimal("0.8") < after[near.key] / near.capital_cap_usd <= used[near.key] < Decimal("0.9")
    [calm] = [e for e in plan.experiments if e.status == "paused"]
    assert now[calm.key] < calm.tranche_size_usd
    assert used[calm.key] < Decimal("0.5")


@pytest.mark.parametrize("seed", [1, 7])
def test_that_the_running_week_is_not_the_week_before_once_more(tmp_path: Path, seed: int) -> None:
    demo = write_sources(tmp_path, told(today=SUNDAY, seed=seed))
    week = demo.story.week
    before, after, now = totals(demo, week.monday - timedelta(days=1)), totals(demo, week.sunday), totals(demo)
    change = {e: (now[e] - after[e]) / (after[e] - before[e]) - 1 for e in ("referral-opener", "two-call-close")}
    assert Decimal("0.1") < change["referral-opener"] < Decimal("0.4")
    assert Decimal("-0.4") < change["two-call-close"] < Decimal("-0.1")


def test_that_labor_is_the_largest_cost_and_each_source_is_there(demo: DemoFiles) -> None:
    by_source: dict[str, Decimal] = defaultdict(Decimal)
    for spend in demo.spend:
        by_source[spend.source] += spend.cost_usd
    assert by_source["labor"] > 4 * by_source["bonus"] > 4 * by_source["twilio"] > 4 * by_source["gcp"] > 0


def test_that_one_charge_is_unassigned_and_little_is_overhead(demo: DemoFiles) -> None:
    assert [(s.source, s.cost_usd) for s in demo.spend if s.campaign is None] == [("gcp", Decimal("48.600000"))]
    overhead = sum(s.cost_usd for s in demo.spend if s.campaign and s.experiment is None)
    assert 0 < overhead < 1000


def test_that_a_day_of_two_experiments_costs_the_first_of_them() -> None:
    plan = story(TODAY)
    change = plan.first_day + timedelta(days=16)
    zone = ZoneInfo(plan.zone)
    firsts = [plan.first_on("solar", change + timedelta(days=n), zone) for n in (0, 1)]
    assert [e.key for e in firsts if e] == ["tax-credit", "two-call-close"]


def test_that_labor_belongs_to_the_campaign_a_member_is_in_that_day(demo: DemoFiles) -> None:
    finn = next(m for m in demo.story.members if m.name == "Finn Walsh")
    moved = finn.assignments[1].from_date
    assert moved is not None
    assert finn.campaign_on(moved - timedelta(days=1)) == "comfort"
    assert finn.campaign_on(moved) == "roofers"
    called = [row for row in rows(of_kind(demo, "calls")[2]) if row["agent_email"] == finn.email]
    assert max(row["started_at"] for row in called) < moved.isoformat()


def test_that_about_forty_thousand_calls_fall_on_weekdays_in_working_hours(demo: DemoFiles) -> None:
    assert 38_000 < sum(file.rows for file in of_kind(demo, "calls")) < 42_000
    for moment in moments(demo):
        assert moment.weekday() < 5
        assert 9 <= moment.hour < 17
        assert moment.utcoffset() == moment.astimezone(ZoneInfo(demo.story.zone)).utcoffset()


def test_that_calls_are_made_only_while_an_experiment_runs(demo: DemoFiles) -> None:
    for file in of_kind(demo, "calls"):
        assert file.campaign is not None
        column = "Start Time" if file.profile == "dialer" else "started_at"
        starts = [datetime.fromisoformat(row[column]).astimezone(UTC) for row in rows(file)]
        assert all(demo.story.running_at(file.campaign, start) for start in starts)


def test_that_no_caller_talks_twice_at_once(demo: DemoFiles) -> None:
    by_caller = defaultdict(list)
    for row in rows(of_kind(demo, "calls")[0]):
        by_caller[row["agent_email"]].append((datetime.fromisoformat(row["started_at"]), int(row["duration_s"])))
    for calls in by_caller.values():
        assert all(start + timedelta(seconds=seconds) < after for (start, seconds), (after, _) in pairwise(calls))


def test_that_each_number_is_a_valid_lead_of_one_campaign_and_every_call_goes_to_one(demo: DemoFiles) -> None:
    seen: set[str] = set()
    for leads, calls in zip(of_kind(demo, "leads"), of_kind(demo, "calls"), strict=True):
        numbers = [phonenumbers.parse(row["phone"], None) for row in rows(leads)]
        assert all(map(phonenumbers.is_valid_number, numbers[::20]))
        assert all(str(number.national_number)[3:6] in {"958", "959"} for number in numbers)
        known = {f"+1{number.national_number}" for number in numbers}
        assert len(known) == leads.rows
        assert not known & seen
        seen |= known
        called = {row.get("lead_phone") or row["Phone"] for row in rows(calls)}
        assert {"+" + "".join(filter(str.isdigit, phone)) for phone in called} <= known


def test_that_appointments_become_installs_and_sales_in_that_order_and_never_more_of_them(demo: DemoFiles) -> None:
    steps = ("install_scheduled", "install_attended", "calculator_installed", "paid_conversion")
    for file in of_kind(demo, "events"):
        counts = Counter(row["event_type"] for row in rows(file))
        assert all(counts[more] > counts[fewer] > 0 for more, fewer in pairwise(steps))
        by_lead = defaultdict(list)
        for row in rows(file):
            by_lead[row["lead_phone"]].append((datetime.fromisoformat(row["event_timestamp"]), row["event_type"]))
        assert all(tuple(kind for _, kind in sorted(found)) == steps[: len(found)] for found in by_lead.values())


def test_that_the_later_provider_files_restate_some_days_and_only_some(demo: DemoFiles) -> None:
    for kind in ("twilio-usage", "gcp-billing"):
        first, later = map(charged, of_kind(demo, kind))
        assert not first.rejects + later.rejects
        assert not first.warnings + later.warnings

        def grains(file: ChargeFile) -> dict[object, Decimal]:
            return {
                (s.account, s.usage_date, s.label, s.project, s.sku, s.cost_type): s.amount_usd for s in file.statements
            }

        old, new = grains(first), grains(later)
        changed = {key for key in new if key in old and new[key] != old[key]}
        assert 0 < len(changed) < len(new) < len(old)
        assert max(s.usage_date for s in first.statements) < demo.story.last_day
        assert max(s.usage_date for s in later.statements) == demo.story.last_day


def test_that_the_last_day_of_the_completed_experiment_turns_out_to_have_cost_more(demo: DemoFiles) -> None:
    ended = next(e for e in demo.story.experiments if e.status == "completed").runs[-1].ended_at
    assert ended is not None
    first, later = map(charged, of_kind(demo, "twilio-usage"))
    [restated] = [s for s in later.statements if s.usage_date == ended.date()]
    [stated] = [s for s in first.statements if (s.account, s.usage_date) == (restated.account, restated.usage_date)]
    assert restated.amount_usd - stated.amount_usd == Decimal("3.10")


def test_that_the_importers_take_every_row(demo: DemoFiles) -> None:
    phones = PhoneBook(b"k" * 32)
    members = {row["email"]: number for number, row in enumerate(rows(of_kind(demo, "team")[0]))}
    now = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    for file in demo.imports[:-4]:
        taken = list(_imported(file.path, KINDS[file.kind], file.profile, members, phones, now))
        assert len(taken) == file.rows
        assert [item for item in taken if isinstance(item, Reject)] == []


def test_that_the_tour_file_holds_three_good_rows_and_one_of_each_common_mistake(demo: DemoFiles) -> None:
    members = {m.email: number for number, m in enumerate(demo.story.members)}
    now = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    taken = list(_imported(demo.mistakes, "calls", None, members, PhoneBook(b"k" * 32), now))
    rejected = [item for item in taken if isinstance(item, Reject)]
    assert len(taken) - len(rejected) == 3
    fields = [reject.field for reject in rejected]
    assert fields == ["started_at", "duration_s", "outcome", "lead_phone", "agent_email", None]
    assert demo.mistakes not in {file.path for file in demo.imports}


def _imported(
    path: Path, kind: Kind, wanted: str | None, members: dict[str, int], phones: PhoneBook, now: datetime
) -> Iterator[object]:
    source = open_source(path)
    profile: Profile = choose_profile(kind, source.header, wanted)
    match kind:
        case "calls":
            yield from parse_calls(source.records(), profile, members=members, phones=phones, now=now)
        case "events":
            yield from parse_events(source.records(), profile, members=members, phones=phones, now=now)
        case "leads":
            yield from parse_leads(source.records(), profile, phones=phones)
        case "team":
            yield from parse_team(source.records(), profile)
        case "timelogs":
            yield from parse_time_logs(source.records(), profile, members=members, today=now.date())


def test_that_the_same_seed_and_today_write_the_same_bytes_and_another_seed_does_not(
    demo: DemoFiles, tmp_path: Path
) -> None:
    again = write_sources(tmp_path / "again", told(today=TODAY, seed=7))
    other = write_sources(tmp_path / "other", told(today=TODAY, seed=8))
    assert [f.path.read_bytes() for f in again.imports] == [f.path.read_bytes() for f in demo.imports]
    assert again.spend == demo.spend
    assert of_kind(other, "calls")[0].path.read_bytes() != of_kind(demo, "calls")[0].path.read_bytes()


def test_that_the_files_come_in_the_order_in_which_they_can_be_imported(demo: DemoFiles) -> None:
    many = len(demo.story.campaigns)
    facts = ["team", *["leads"] * many, *["calls"] * many, *["events"] * many, "timelogs"]
    assert [file.kind for file in demo.imports] == facts + ["twilio-usage", "gcp-billing"] * 2
