"""The six worked examples of the definitions, end to end on the real database.

`recorded_at` is never faked, so every fact is recorded now; the days are counted back from today, and the runs are
back-dated to the hours the examples name.
"""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import Verdict
from capdesk.services.alerts import list_alerts
from capdesk.services.dates import Week, business_date
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.imports.load import import_file
from capdesk.services.mapping import Source, map_source
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.services.reports.model import Late, Unassigned
from capdesk.services.reports.weekly_report import weekly_report
from capdesk.services.time_logs import add_time_log
from tests.support import builders

ANA, ACCOUNT = "ana@example.com", "AC" + "0" * 32


class Desktop:
    """The desk as its owner uses it; days are counted back from today."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.today = business_date(builders.database_now(desk), desk.zone)

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def at(self, days: int, hour: int) -> datetime:
        return datetime.combine(self.ago(days), time(hour), self.desk.zone)

    def hours(self, email: str, day: date, hours: int) -> None:
        self.desk.write(lambda session: add_time_log(session, email, day, Decimal(hours), self.desk.owner_id))

    def event(self, kind: str, at: datetime, email: str) -> None:
        file = self.folder / "events.csv"
        file.write_text(f"event_type,event_timestamp,member_email,lead_phone\n{kind},{at.isoformat()},{email},\n")
        assert import_file(self.desk, "events", file, campaign="Spring").landed == 1

    def twilio(self, day: date, usd: str) -> None:
        """What Twilio says now of the whole day."""
        record = {"account_sid": ACCOUNT, "category": "totalprice", "price": usd, "price_unit": "usd"}
        dates = {"start_date": day.isoformat(), "end_date": day.isoformat()}
        file = self.folder / "usage.json"
        file.write_text(json.dumps({"usage_records": [record | dates], "next_page_uri": None}))
        assert import_file(self.desk, "twilio-usage", file).landed == 1

    def map_account(self, campaign: int) -> None:
        self.desk.write(lambda session: map_source(session, Source("twilio", ACCOUNT), campaign, self.desk.owner_id))


@pytest.fixture
def days(desk: Desk, tmp_path: Path) -> Desktop:
    return Desktop(desk, tmp_path)


def rollups(desk: Desk) -> list[tuple[Any, ...]]:
    """Source, experiment and dollars of each ledger row, in the order they were appended."""
    query = (
        "SELECT r.source::text, e.name, r.cost_usd FROM cost_rollup r LEFT JOIN experiment e ON e.id = r.experiment_id"
    )
    return [tuple(row) for row in desk.read(lambda session: session.execute(text(f"{query} ORDER BY r.id")).all())]


def test_that_1_all_dated_costs_of_a_day_belong_to_the_first_experiment_that_ran_on_it(
    desk: Desk, days: Desktop
) -> None:
    first = builders.running_experiment(desk, name="E1", at=days.at(3, 9))
    builders.move(desk, first.experiment, "complete", at=days.at(3, 12))
    second = builders.running_experiment(desk, name="E2", at=days.at(3, 13), bonus={"paid_conversion": "10.00"})
    builders.member(desk, ANA, rate="20")
    days.map_account(first.campaign)
    days.hours(ANA, days.ago(3), 4)
    days.hours(ANA, days.ago(3), 4)
    days.twilio(days.ago(3), "30.00")
    days.event("paid_conversion", days.at(3, 14), ANA)
    e1, e2 = (experiment_report(desk, ids.experiment) for ids in (first, second))
    assert e1.by_source == {"labor": 160, "bonus": 0, "twilio": 30, "gcp": 0}
    assert e2.by_source == {"labor": 0, "bonus": 10, "twilio": 0, "gcp": 0}
    assert (e1.spent_usd, e1.events["paid_conversion"], e2.events["paid_conversion"]) == (Decimal(190), 0, 1)


def test_that_2_labor_logged_before_the_first_start_is_overhead_for_good(desk: Desk, days: Desktop) -> None:
    planned = builders.planned_experiment(desk, name="E1")
    builders.member(desk, ANA, rate="20")
    days.hours(ANA, days.today, 4)
    builders.move(desk, planned.experiment, "start")
    days.hours(ANA, days.today, 1)
    assert rollups(desk) == [("labor", None, Decimal("80.000000")), ("labor", "E1", Decimal("20.000000"))]
    assert weekly_report(desk, Week.of(days.today)).overhead == Unassigned(Decimal(80), Decimal(80))
    other = builders.planned_experiment(desk, campaign="Autumn", name="E2")
    builders.member(desk, "bob@example.com", "20", "Autumn", "Bob")
    days.hours("bob@example.com", days.ago(1), 4)
    with pytest.raises(RuleRefused, match="Costs of this campaign are recorded up to"):
        builders.move(desk, other.experiment, "start", at=days.at(1, 9))


def test_that_3_a_restated_day_moves_its_own_week_and_is_late_in_the_next_report(desk: Desk, days: Desktop) -> None:
    ids = builders.running_experiment(desk, name="E1", at=days.at(16, 9))
    day = days.ago(10)
    days.twilio(day, "40.00")
    days.map_account(ids.campaign)
    builders.move(desk, ids.experiment, "complete", at=days.at(3, 9))
    before = weekly_report(desk, Week.of(day))
    days.twilio(day, "43.10")
    after = weekly_report(desk, Week.of(day))
    assert [report.rows[0].week.spend_usd for report in (before, after)] == [Decimal("40.00"), Decimal("43.10")]
    assert rollups(desk)[-1] == ("twilio", "E1", Decimal("3.100000"))
    this_week = Week.of(days.today)
    late = [weekly_report(desk, this_week, as_of).late for as_of in (before.as_of, after.as_of)]
    assert late == [
        (Late("cost", day, "E1", "twilio", amount_usd=amount),) for amount in (Decimal(40), Decimal("43.1"))
    ]
    assert weekly_report(desk, Week.of(day), before.as_of) == before


def test_that_4_a_credit_never_moves_a_later_day_back_to_an_earlier_tranche(desk: Desk, days: Desktop) -> None:
    ids = builders.running_experiment(desk, at=days.at(9, 9), cap="5000", tranche="500", days=60)
    days.map_account(ids.campaign)
    for ago, usd in ((8, "520.00"), (7, "-50.00"), (6, "20.00")):
        days.twilio(days.ago(ago), usd)
    rows = experiment_report(desk, ids.experiment).tranches
    assert [(row.first_day, row.last_day, row.spent_usd) for row in rows] == [
        (days.ago(8), days.ago(8), Decimal(520)),
        (days.ago(7), days.ago(6), Decimal(-30)),
    ]


def test_that_4_a_skipped_tranche_has_no_days(desk: Desk, days: Desktop) -> None:
    ids = builders.running_experiment(desk, at=days.at(9, 9), cap="5000", tranche="500", days=60)
    days.map_account(ids.campaign)
    for ago, usd in ((8, "1200.00"), (7, "1.00")):
        days.twilio(days.ago(ago), usd)
    rows = experiment_report(desk, ids.experiment).tranches
    assert [(row.index, row.first_day, row.spent_usd) for row in rows] == [
        (1, days.ago(8), Decimal(1200)),
        (2, None, Decimal(0)),
        (3, days.ago(7), Decimal(1)),
    ]


def test_that_5_the_80_percent_alert_is_due_again_under_a_new_cap(desk: Desk, days: Desktop) -> None:
    ids = builders.running_experiment(desk, at=days.at(9, 9), cap="1000", tranche="500", days=60)
    days.map_account(ids.campaign)

    def spend(ago: int, usd: str) -> list[str]:
        days.twilio(days.ago(ago), usd)
        return [due.alert.sentence for due in list_alerts(desk).due]

    assert spend(8, "820.00") == ["82 % of the capital cap is spent ($820.00 of $1,000.00)."]
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "It sells.", capital_cap_usd=Decimal(2000)))
    assert spend(7, "779.99") == []
    assert spend(6, "0.01") == ["80 % of the capital cap is spent ($1,600.00 of $2,000.00)."]


def test_that_6_with_three_days_left_an_evaluation_is_recommended(desk: Desk, days: Desktop) -> None:
    ids = builders.running_experiment(desk, at=days.at(7, 9), days=10)
    report = experiment_report(desk, ids.experiment)
    assert (report.used_days, report.cap_days) == (7, 10)
    assert [reason.text for reason in report.reasons] == ["3 of 10 days are left."]
    a_day_earlier = builders.running_experiment(desk, campaign="Autumn", at=days.at(6, 9), days=10)
    assert not experiment_report(desk, a_day_earlier.experiment).evaluation_recommended
