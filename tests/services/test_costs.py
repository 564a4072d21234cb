"""The ledger summed four ways; each way comes to the same total, unassigned spend included."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services.costs import By, CostFilter, costs
from capdesk.services.database.embedded import Lease
from tests.services.reports.histories import HISTORIES, History, Step, usd
from tests.support import builders
from tests.support.facts import Facts, fresh_desk

WAYS: tuple[By, ...] = ("source", "day", "experiment", "campaign")


@pytest.fixture
def today(desk: Desk) -> date:
    return builders.database_now(desk).astimezone(UTC).date()


@pytest.fixture
def ids(desk: Desk, today: date) -> builders.Ids:
    """Overhead 3.50 and a mapped 40.00 in Spring, 7.25 unassigned, of which the newest day is provisional."""
    start = datetime.combine(today - timedelta(days=20), time(12), UTC)
    made = builders.running_experiment(desk, at=start)
    facts = Facts(desk)
    facts.charge(today - timedelta(days=30), "3.50")
    facts.charge(today - timedelta(days=3), "40.00")
    facts.charge(today - timedelta(days=15), "7.25", account="AC2")
    facts.map("twilio", made.campaign, account="AC1")
    return made


def rows(desk: Desk, by: By, wanted: CostFilter | None = None) -> list[tuple[object, ...]]:
    return [(row.campaign, row.key, row.spent_usd) for row in costs(desk, by, wanted).rows]


def test_that_each_way_has_a_line_for_each_of_its_kind(desk: Desk, ids: builders.Ids, today: date) -> None:
    assert rows(desk, "source") == [(None, "twilio", Decimal("43.50"))]
    assert rows(desk, "campaign") == [(None, "Spring", Decimal("43.50"))]
    assert rows(desk, "experiment") == [("Spring", "Scripts", Decimal("40.00")), ("Spring", None, Decimal("3.50"))]
    days = [str(today - timedelta(days=ago)) for ago in (30, 3)]
    assert rows(desk, "day") == [(None, days[0], Decimal("3.50")), (None, days[1], Decimal("40.00"))]


def test_that_unassigned_spend_and_what_is_provisional_are_in_the_total(desk: Desk, ids: builders.Ids) -> None:
    found = costs(desk, "source")
    assert (found.unassigned_usd, found.total_usd) == (Decimal("7.25"), Decimal("50.75"))
    assert found.provisional_usd == found.rows[0].provisional_usd == 40


def test_that_dates_hold_for_what_is_unassigned_too(desk: Desk, ids: builders.Ids, today: date) -> None:
    wanted = CostFilter(today - timedelta(days=15), today - timedelta(days=4))
    found = costs(desk, "campaign", wanted)
    assert (found.rows, found.unassigned_usd, found.total_usd) == ((), Decimal("7.25"), Decimal("7.25"))


def test_that_a_campaign_or_an_experiment_leaves_out_what_belongs_to_neither(desk: Desk, ids: builders.Ids) -> None:
    of_campaign = costs(desk, "source", CostFilter(campaign_id=ids.campaign))
    assert (of_campaign.unassigned_usd, of_campaign.total_usd) == (None, Decimal("43.50"))
    of_experiment = costs(desk, "source", CostFilter(experiment_id=ids.experiment))
    assert (of_experiment.unassigned_usd, of_experiment.total_usd) == (None, Decimal("40.00"))


def test_that_costs_as_of_a_moment_stay_what_they_were(desk: Desk, ids: builders.Ids, today: date) -> None:
    before = costs(desk, "day")
    Facts(desk).charge(today - timedelta(days=3), "41.00")
    assert costs(desk, "day", as_of=before.as_of) == before
    assert costs(desk, "day").total_usd == Decimal("51.75")


def test_that_dates_the_wrong_way_round_and_the_future_are_refused(desk: Desk) -> None:
    with pytest.raises(UsageRefused, match="--from 2026-02-02 lies after --to 2026-02-01: exchange them"):
        costs(desk, "day", CostFilter(date(2026, 2, 2), date(2026, 2, 1)))
    with pytest.raises(RuleRefused, match="at the latest"):
        costs(desk, "day", as_of=builders.database_now(desk) + timedelta(days=1))


@given(steps=HISTORIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_all_ways_come_to_the_plain_sum_of_the_facts(server: Lease, tmp_path: Path, steps: list[Step]) -> None:
    with fresh_desk(server, tmp_path) as desk:
        history = History(desk).begin()
        for step in steps:
            history.play(step)
        for by in WAYS:
            found = costs(desk, by)
            assert found.unassigned_usd == usd(history.unassigned())
            assert found.total_usd == usd(history.all_facts()) + usd(history.unassigned())
            assert sum(row.spent_usd for row in found.rows) == usd(history.all_facts())
