from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import CampaignStatus
from capdesk.services import campaigns, products
from tests.support import builders


@pytest.fixture(autouse=True)
def shop(desk: Desk) -> None:
    desk.write(lambda session: products.add_product(session, "Shop"))


def test_that_a_new_campaign_is_planned(desk: Desk) -> None:
    made = desk.write(lambda session: campaigns.add_campaign(session, "Shop", "Spring", desk.owner_id))
    assert (made.name, made.product, made.status, made.running) == ("Spring", "Shop", CampaignStatus.PLANNED, None)


def test_that_a_campaign_keeps_all_it_was_given(desk: Desk) -> None:
    given = campaigns.CampaignFields(
        description="Cold calls sell.",
        status=CampaignStatus.ACTIVE,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 12, 31),
        capital_budget_usd=Decimal("5000"),
    )
    desk.write(lambda session: campaigns.add_campaign(session, "Shop", "Spring", desk.owner_id, **given))
    details = desk.read(lambda session: campaigns.show_campaign(session, "Spring"))
    row = details.campaign
    assert (details.description, row.status, row.start_date, row.end_date, row.capital_budget_usd) == (
        *("Cold calls sell.", CampaignStatus.ACTIVE, date(2026, 10, 1), date(2026, 12, 31)),
        Decimal("5000.000000"),
    )
    assert (details.spent_usd, details.leads, details.experiments) == (Decimal("0.000000"), 0, [])


def test_that_a_status_is_set_by_hand_in_any_order_and_its_history_is_kept(desk: Desk) -> None:
    builders.campaign(desk, status=CampaignStatus.PLANNED)
    for status in (CampaignStatus.COMPLETED, CampaignStatus.ACTIVE, CampaignStatus.ACTIVE, CampaignStatus.PAUSED):
        desk.write(partial(campaigns.edit_campaign, ref="Spring", status=status))
    history = desk.read(lambda session: campaigns.show_campaign(session, "Spring")).history
    assert [change.status for change in history] == ["planned", "completed", "active", "paused"]


def test_that_pausing_a_campaign_pauses_no_experiment(desk: Desk) -> None:
    builders.running_experiment(desk, name="Scripts")
    row = desk.write(lambda session: campaigns.edit_campaign(session, "Spring", status=CampaignStatus.PAUSED))
    assert (row.status, row.running) == (CampaignStatus.PAUSED, "Scripts")


def test_that_dates_and_budget_can_be_taken_away_again(desk: Desk) -> None:
    builders.campaign(desk)
    day, budget = date(2026, 10, 1), Decimal(1)
    desk.write(lambda s: campaigns.edit_campaign(s, "Spring", start_date=day, end_date=day, capital_budget_usd=budget))
    row = desk.write(lambda s: campaigns.edit_campaign(s, "Spring", end_date=None, capital_budget_usd=None))
    assert (row.start_date, row.end_date, row.capital_budget_usd) == (day, None, None)


def test_that_a_campaign_does_not_end_before_it_starts(desk: Desk) -> None:
    builders.campaign(desk)
    desk.write(lambda session: campaigns.edit_campaign(session, "Spring", start_date=date(2026, 10, 2)))
    with pytest.raises(UsageRefused, match="would end on 2026-10-01, before it starts on 2026-10-02"):
        desk.write(lambda session: campaigns.edit_campaign(session, "Spring", end_date=date(2026, 10, 1)))


@pytest.mark.parametrize("budget", ["0", "-1", "0.0000004"])
def test_that_a_budget_is_more_than_nothing(desk: Desk, budget: str) -> None:
    builders.campaign(desk)
    with pytest.raises(UsageRefused, match="budget of a campaign is more than \\$0"):
        desk.write(lambda session: campaigns.edit_campaign(session, "Spring", capital_budget_usd=Decimal(budget)))


def test_that_a_campaign_name_is_used_once(desk: Desk) -> None:
    builders.campaign(desk, "Spring")
    builders.campaign(desk, "Autumn")
    with pytest.raises(RuleRefused, match='There is a campaign "Spring" already'):
        desk.write(lambda session: campaigns.add_campaign(session, "Shop", "Spring", desk.owner_id))
    with pytest.raises(RuleRefused, match='There is a campaign "Spring" already'):
        desk.write(lambda session: campaigns.edit_campaign(session, "Autumn", name="Spring"))


def test_that_a_campaign_can_be_renamed_and_moved_to_another_product(desk: Desk) -> None:
    builders.campaign(desk)
    desk.write(lambda session: products.add_product(session, "App"))
    row = desk.write(lambda session: campaigns.edit_campaign(session, "Spring", name="Summer", product="App"))
    assert (row.name, row.product) == ("Summer", "App")


def test_that_a_campaign_needs_a_product_that_exists(desk: Desk) -> None:
    with pytest.raises(NotFound, match='There is no product "Shopp": did you mean "Shop"'):
        desk.write(lambda session: campaigns.add_campaign(session, "Shopp", "Spring", desk.owner_id))
    assert desk.read(campaigns.list_campaigns) == []
