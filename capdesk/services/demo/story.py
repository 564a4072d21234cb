"""The demo's plan: three campaigns, five experiments, six people, twelve complete weeks and the running one so far.

All figures hang on the shape of these weeks, so the story is the same for every `today`: one running experiment crosses
a tranche boundary in the last complete week, the other nears its cap (82 % at that week's end, below 90 % on the next
Sunday), and of the paused one no verdict is due. In the running week, week 13, a caller changes sides and two have days
off, so that it is not the week before once more.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from capdesk.services.dates import Week
from capdesk.services.demo.plan import (
    Assignment,
    Campaign,
    DemoStory,
    Experiment,
    Mapping,
    Member,
    OddHours,
    Run,
    RunEnd,
    Verdict,
)

WEEKS = 12
MON, TUE, WED, THU, FRI = range(5)

TWILIO_MAIN = "AC3f0d5c1b7a9e42668d10c4b25e7f9a31"
TWILIO_ROOFERS = "AC81b6e2047d3c4f5fa9e06b1d58c27f40"
TWILIO_SOLAR = "ACd24a90c7e15b48d3b7f63a0e9c1185f2"
BILLING_ACCOUNT = "01A7C3-5E90BD-2F4681"

_BONUS = (("calculator_installed", Decimal(20)), ("paid_conversion", Decimal(75)))
_SECONDARY = ("qpc", "install_attended", "calculator_installed")


def story(today: date, zone: str = "America/New_York") -> DemoStory:
    """The plan for a desk opened on `today`, which is not later than the date in UTC or in the zone."""
    week, last_day = Week.of(today).previous(), today - timedelta(days=1)
    calendar = _Calendar(week.monday - timedelta(weeks=WEEKS - 1), ZoneInfo(zone))
    return DemoStory(
        zone=zone,
        first_day=calendar.day(1, MON),
        last_day=last_day,
        week=week,
        products=("Roof Quote Calculator", "Solar Savings Calculator", "Comfort Plan Calculator"),
        campaigns=_campaigns(calendar),
        experiments=(*_roofers(calendar), *_solar(calendar), *_comfort(calendar)),
        members=_members(calendar, last_day),
        mappings=_MAPPINGS,
        verdicts=_VERDICTS,
        odd_hours=tuple(odd for odd in _odd_hours(calendar) if odd.day <= last_day),
        days_off=_days_off(calendar),
    )


class _Calendar:
    """Weeks 1 to 13 as dates and moments."""

    def __init__(self, first_monday: date, zone: ZoneInfo) -> None:
        self.first_monday = first_monday
        self.zone = zone

    def day(self, week: int, weekday: int) -> date:
        return self.first_monday + timedelta(weeks=week - 1, days=weekday)

    def at(self, week: int, weekday: int, hour: int) -> datetime:
        return datetime.combine(self.day(week, weekday), time(hour), self.zone).astimezone(UTC)

    def run(self, start: tuple[int, int, int], end: tuple[int, int, int] | None, ended_by: RunEnd | None) -> Run:
        return Run(self.at(*start), self.at(*end) if end else None, ended_by)


def _campaigns(calendar: _Calendar) -> tuple[Campaign, ...]:
    return (
        Campaign(
            key="roofers",
            name="Roofers Northeast",
            product="Roof Quote Calculator",
            description="Independent roofers in New Jersey and New York who quote by hand.",
            capital_budget_usd=Decimal(60000),
            start_date=calendar.day(1, MON),
        ),
        Campaign(
            key="solar",
            name="Solar Florida",
            product="Solar Savings Calculator",
            description="Residential solar installers in Florida who buy their leads.",
            capital_budget_usd=Decimal(45000),
            start_date=calendar.day(1, MON),
        ),
        Campaign(
            key="comfort",
            name="Comfort Ohio",
            product="Comfort Plan Calculator",
            description="Heating and cooling companies in Ohio that sell maintenance plans.",
            capital_budget_usd=Decimal(40000),
            start_date=calendar.day(3, MON),
        ),
    )


def _roofers(calendar: _Calendar) -> tuple[Experiment, Experiment]:
    return (
        Experiment(
            key="morning-calls",
            campaign="roofers",
            name="Morning calls to owners",
            hypothesis="Owners called before the crews leave agree to an install at under $250 of capital each.",
            capital_cap_usd=Decimal(12000),
            time_cap_days=45,
            tranche_size_usd=Decimal(2000),
            primary_success_event="calculator_installed",
            secondary_events=("qpc", "install_attended"),
            bonuses=_BONUS,
            runs=(calendar.run((1, MON, 9), (5, FRI, 17), "complete"),),
            schedules=3,
            sales=3,
        ),
        Experiment(
            key="referral-opener",
            campaign="roofers",
            name="Referral opener",
            hypothesis="Opening with a roofer nearby who uses the calculator doubles paid conversions per tranche.",
            capital_cap_usd=Decimal(35000),
            time_cap_days=90,
            tranche_size_usd=Decimal(3500),
            primary_success_event="paid_conversion",
            secondary_events=_SECONDARY,
            bonuses=_BONUS,
            runs=(calendar.run((6, WED, 9), None, None),),
            schedules=5,
            sales=4,
        ),
    )


def _solar(calendar: _Calendar) -> tuple[Experiment, Experiment]:
    return (
        Experiment(
            key="tax-credit",
            campaign="solar",
            name="Tax-credit script",
            hypothesis="Leading with the tax credit brings 4 installs per $1,000.",
            capital_cap_usd=Decimal(8000),
            time_cap_days=30,
            tranche_size_usd=Decimal(2000),
            primary_success_event="calculator_installed",
            secondary_events=("qpc",),
            bonuses=_BONUS,
            runs=(calendar.run((1, MON, 9), (3, WED, 12), "terminate"),),
            schedules=1,
            sales=2,
        ),
        Experiment(
            key="two-call-close",
            campaign="solar",
            name="Two-call close",
            hypothesis="A short first call and a booked second one sell at under $1,200 of capital each.",
            capital_cap_usd=Decimal(25000),
            time_cap_days=120,
            tranche_size_usd=Decimal(12500),
            primary_success_event="paid_conversion",
            secondary_events=_SECONDARY,
            bonuses=_BONUS,
            runs=(calendar.run((3, WED, 13), None, None),),
            schedules=4,
            sales=4,
        ),
    )


def _comfort(calendar: _Calendar) -> tuple[Experiment]:
    paused_twice = (
        calendar.run((3, MON, 9), (7, FRI, 17), "pause"),
        calendar.run((9, MON, 9), (12, WED, 17), "pause"),
    )
    return (
        Experiment(
            key="plan-bundle",
            campaign="comfort",
            name="Maintenance-plan bundle",
            hypothesis="Owners who see yearly plan income in the calculator install it on the first call.",
            capital_cap_usd=Decimal(30000),
            time_cap_days=120,
            tranche_size_usd=Decimal(15000),
            primary_success_event="calculator_installed",
            secondary_events=("qpc", "install_scheduled", "paid_conversion"),
            bonuses=_BONUS,
            runs=paused_twice,
            schedules=3,
            sales=3,
        ),
    )


def _members(calendar: _Calendar, last_day: date) -> tuple[Member, ...]:
    def member(name: str, role: str, rate: str, campaign: str, *later: tuple[str, date]) -> Member:
        email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
        moves = (Assignment(to, day) for to, day in later if day <= last_day)
        return Member(name, email, role, Decimal(rate), (Assignment(campaign, None), *moves))

    return (
        member("Ava Brooks", "Team lead", "30.00", "roofers"),
        member("Ben Ortiz", "Caller", "21.00", "roofers"),
        member("Chloe Kim", "Senior caller", "25.00", "solar"),
        member("Dev Patel", "Caller", "23.50", "solar"),
        member("Ella Novak", "Senior caller", "23.00", "comfort", ("roofers", calendar.day(13, TUE))),
        member("Finn Walsh", "Caller", "19.00", "comfort", ("roofers", calendar.day(9, MON))),
    )


def _odd_hours(calendar: _Calendar) -> tuple[OddHours, ...]:
    training, cleaning = Decimal(4), Decimal(3)
    return (
        OddHours("ava@example.com", calendar.day(6, MON), training),
        OddHours("ben@example.com", calendar.day(6, MON), training),
        OddHours("ella@example.com", calendar.day(8, TUE), cleaning),
        OddHours("finn@example.com", calendar.day(8, TUE), cleaning),
        OddHours("ella@example.com", calendar.day(12, THU), training),
        OddHours("ella@example.com", calendar.day(13, MON), cleaning),
    )


def _days_off(calendar: _Calendar) -> frozenset[tuple[str, date]]:
    away = (("chloe", WED), ("dev", THU), ("dev", FRI))
    return frozenset((f"{name}@example.com", calendar.day(13, weekday)) for name, weekday in away)


_MAPPINGS = (
    Mapping("twilio", "account", TWILIO_ROOFERS, "roofers"),
    Mapping("twilio", "account", TWILIO_SOLAR, "solar"),
    Mapping("twilio", "account", TWILIO_MAIN, "comfort"),
    Mapping("gcp", "label", "campaign=roofers", "roofers"),
    Mapping("gcp", "label", "campaign=comfort", "comfort"),
    Mapping("gcp", "project", "solar-scoring", "solar"),
)

_VERDICTS = (
    Verdict(
        experiment="morning-calls",
        verdict="fail",
        reason="Installs came, but each cost more than the $250 the hypothesis allows.",
        recommended_next_action="Stop calling this list and try another trade.",
        admin_notes="Callbacks were strongest before 10:00.",
        override_rationale=(
            "The list stays in use: the callers were new to the trade in the first two weeks, and opening with a "
            "referral was not part of what was tested."
        ),
    ),
    Verdict(
        experiment="tax-credit",
        verdict="stop",
        reason="Hardly an appointment in twelve days of calling; owners wanted to talk about permits, not credits.",
        recommended_next_action="Do not reuse the script; test a short first call instead.",
        admin_notes="",
        override_rationale=None,
    ),
)
