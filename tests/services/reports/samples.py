"""Reports as an owner would get them, for the tests of every rendering."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from capdesk.services.reports.model import (
    EVENT_TYPES,
    ExperimentReport,
    Figures,
    Late,
    Pace,
    Reason,
    SourceStanding,
    Tranche,
    Unassigned,
    WeeklyReport,
    WeeklyRow,
)

AS_OF = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ZONE = "America/New_York"
SEAL = "9f2c61d0b7e84a53c1ffab0e6d3b0a8c4475d1d08e3c2a9b7c60fe1122334455"
TRANCHE_DONE = Reason("tranche_completed", "Tranche 2 is complete ($1,240.55 spent, $500.00 each).")
CAPITAL_80 = Reason("capital_threshold", "82.7 % of the capital cap is spent ($1,240.55 of $1,500.00).")
TIME_80 = Reason("time_threshold", "3 of 30 days are left.")
HOSTILE = "<script>alert('x')</script>\r\nBcc: all@example.org\u202e gnp.exe " + "W" * 300


def figures(spend: str, qpc: int, installs: int, paid: int) -> Figures:
    return Figures(Decimal(spend), qpc, installs, paid)


WEEK = figures("310.250000", 12, 1, 1)
TOTAL = figures("1240.550000", 112, 33, 11)


def row(
    campaign: str = "Roofers Q4",
    experiment: str = "Long script",
    status: str = "running",
    week: Figures = WEEK,
    total: Figures = TOTAL,
    reasons: tuple[Reason, ...] = (TRANCHE_DONE, CAPITAL_80),
) -> WeeklyRow:
    return WeeklyRow(
        campaign=campaign,
        experiment=experiment,
        experiment_id=7,
        status=status,
        week=week,
        total=total,
        cap_usd=Decimal("1500.000000"),
        tranches_consumed=Decimal("2.4811"),
        tranches_in_cap=Decimal("3.0000"),
        time_used_days=18,
        time_cap_days=30,
        evaluation_recommended=bool(reasons),
        reasons=reasons,
    )


def _planned() -> WeeklyRow:
    return replace(
        row("Dentists", "Referral opener", "planned", figures("0", 0, 0, 0), figures("0", 0, 0, 0), ()),
        time_used_days=None,
        tranches_consumed=Decimal("0.0000"),
    )


LATE = (
    Late("cost", date(2026, 11, 12), "Long script", "twilio", amount_usd=Decimal("3.100000")),
    Late("cost", date(2026, 11, 11), None, "gcp", amount_usd=Decimal("-0.420000")),
    Late("event", date(2026, 11, 14), "Long script", "paid_conversion", count=2),
)


BEHIND = SourceStanding(
    "gcp",
    "my-project.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01",
    date(2026, 11, 19),
    (date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)),
    "The service account may not read the dataset billing: grant it BigQuery Data Viewer.",
    connected=True,
)
UP_TO_DATE = SourceStanding("twilio", "AC" + "0123456789abcdef" * 2, date(2026, 11, 22), (), None, connected=True)


def weekly() -> WeeklyReport:
    return WeeklyReport(
        week="2026-W47",
        first_day=date(2026, 11, 16),
        last_day=date(2026, 11, 22),
        as_of=AS_OF,
        zone=ZONE,
        rows=(
            row(),
            row("Roofers Q4", "Short script", "completed", figures("0", 0, 0, 0), reasons=()),
            row("Solar spring", "Morning calls", "paused", figures("42.000000", 3, 0, 0), reasons=(TIME_80,)),
            _planned(),
        ),
        unassigned=Unassigned(Decimal("12.500000"), Decimal("44.000000")),
        overhead=Unassigned(Decimal("80.000000"), Decimal("960.000000")),
        provisional_usd=Decimal("61.200000"),
        sources=(BEHIND, UP_TO_DATE),
        late=LATE,
        skipped_weeks=("2026-W45", "2026-W46"),
        seal=SEAL,
    )


def quiet() -> WeeklyReport:
    """A week in which nothing happened on an empty desk."""
    nothing = Unassigned(Decimal("0.000000"), Decimal("0.000000"))
    return replace(
        weekly(), sources=(), rows=(), unassigned=nothing, overhead=nothing, provisional_usd=Decimal(0), late=(),
        skipped_weeks=(), seal=None,
    )  # fmt: skip


def hostile() -> WeeklyReport:
    late = (Late("cost", date(2026, 11, 12), HOSTILE, HOSTILE, amount_usd=Decimal("3.100000")),)
    return replace(
        weekly(),
        rows=(row(HOSTILE, HOSTILE, reasons=(Reason("ended", HOSTILE),)),),
        late=late,
        sources=(replace(BEHIND, account=HOSTILE, error=HOSTILE),),
    )


def many_late(count: int) -> WeeklyReport:
    return replace(weekly(), late=tuple(LATE[at % len(LATE)] for at in range(count)))


def experiment() -> ExperimentReport:
    return ExperimentReport(
        experiment_id=7,
        experiment="Long script",
        campaign="Roofers Q4",
        status="running",
        hypothesis="A longer opening earns more qualified calls per dollar than the short one.",
        as_of=AS_OF,
        zone=ZONE,
        spent_usd=Decimal("1240.550000"),
        cap_usd=Decimal("1500.000000"),
        by_source={
            "labor": Decimal("960.000000"),
            "bonus": Decimal("110.000000"),
            "twilio": Decimal("170.550000"),
            "gcp": Decimal("0.000000"),
        },
        provisional_usd=Decimal("61.200000"),
        used_days=18,
        cap_days=30,
        events=dict(zip(EVENT_TYPES, (2340, 640, 112, 51, 40, 33, 11), strict=True)),
        primary_success_event="paid_conversion",
        secondary_events=("calculator_installed", "install_attended"),
        tranche_size_usd=Decimal("500.000000"),
        tranches_consumed=Decimal("2.4811"),
        tranches=(
            Tranche(1, date(2026, 11, 4), date(2026, 11, 9), Decimal("1020.000000"), 80, 20, 7),
            Tranche(2, None, None, Decimal("0.000000"), 0, 0, 0),
            Tranche(3, date(2026, 11, 10), date(2026, 11, 22), Decimal("220.550000"), 32, 13, 4),
        ),
        pace=Pace(Decimal("44.321429"), date(2026, 11, 28)),
        evaluation_recommended=True,
        reasons=(TRANCHE_DONE, CAPITAL_80),
    )
