"""Campaigns, people and leads in the window: made, changed, assigned, and refused where a rule says so."""

from datetime import date
from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models.base import CampaignStatus, LeadStatusName
from capdesk.services.campaigns import CampaignRow, list_campaigns
from capdesk.services.leads import LeadRow, list_leads
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Row
from capdesk.services.products import list_products
from capdesk.services.team import MemberRow, list_members, member_history
from capdesk.views.page import Command, Page
from capdesk.views.pages.campaign import CampaignPage
from capdesk.views.pages.campaigns import CampaignsPage
from capdesk.views.pages.leads import LeadsPage
from capdesk.views.pages.team import TeamPage
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.views.conftest import Settle
from tests.views.pages.filling import error_of, fill, is_gone

TODAY = date(2100, 1, 1)
"""Later than everything: what holds in the end."""


def shown(qtbot: QtBot, page: Page, settle: Settle, place: Place | None = None) -> None:
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.open(place or Place(page.key))
    settle()


def command(commands: "list[Command] | tuple[Command, ...]", title: str) -> Command:
    return next(one for one in commands if one.title == title)


def campaigns(desk: Desk) -> list[CampaignRow]:
    return desk.read(list_campaigns)


def members(desk: Desk) -> list[MemberRow]:
    return desk.read(lambda session: list_members(session, TODAY))


def row_of(desk: Desk, listing: str, number: int) -> Row:
    def find(session: Session) -> Row:
        found = read.page(session, LISTINGS[listing], Ask(), 0, 100)
        return next(one for one in found if one.id == number)

    return desk.read(find)


def test_that_a_new_campaign_brings_its_product_and_is_shown(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    page = CampaignsPage(workspace)
    shown(qtbot, page, settle)
    went: list[Place] = []
    workspace.went.connect(went.append)
    page.commands()[0].run()
    dialog = fill(qtbot, settle, name="Roofers Q4", product="Calculator", capital_budget_usd=Decimal(9000))
    assert is_gone(dialog)
    (made,) = campaigns(desk)
    assert (made.name, made.product, made.status) == ("Roofers Q4", "Calculator", CampaignStatus.ACTIVE)
    assert went == [Place("campaign", made.id)]


def test_that_a_product_in_another_case_is_the_same_product(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    page = CampaignsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    fill(qtbot, settle, name="Autumn", product="sHOP")
    assert [one.name for one in desk.read(list_products)] == ["Shop"]


def test_that_a_taken_name_is_refused_in_the_form_and_nothing_typed_is_lost(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    page = CampaignsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    dialog = fill(qtbot, settle, name="Spring", product="Shop", description="Again")
    assert dialog.isVisible()
    assert error_of(dialog) == 'There is a campaign "Spring" already: choose another name.'
    assert dialog.form.values()["description"] == "Again"
    dialog.reject()


def test_that_a_field_says_below_it_what_is_wrong(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    page = CampaignsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    dialog = fill(qtbot, settle, name="", product="Shop")
    assert dialog.form.fields["name"].editor.accessibleDescription() == "Name is needed."
    assert campaigns(desk) == []
    dialog.reject()


def test_that_a_campaigns_page_shows_its_money_and_assigns_its_people(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Autumn")
    home = builders.campaign(desk, "Spring")
    member = builders.member(desk, "ana@example.com", rate="20", campaign="Autumn")
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", home))
    assert page.heading.text() == "Spring"
    command(tuple(page.commands()), "Assign a member…").run()
    fill(qtbot, settle, member=member)
    assert members(desk)[0].campaign == "Spring"


def test_that_a_campaign_is_edited_and_its_status_set_by_hand(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", home))
    command(tuple(page.commands()), "Edit…").run()
    fill(qtbot, settle, name="Summer", status=CampaignStatus.PAUSED, start_date=date(2026, 6, 1))
    (after,) = campaigns(desk)
    assert (after.name, after.status, after.start_date) == ("Summer", CampaignStatus.PAUSED, date(2026, 6, 1))


def test_that_a_new_member_has_a_rate_and_a_campaign(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = TeamPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.commands()), "New member").run()
    fill(qtbot, settle, name="Ana", email="ANA@example.com", rate=Decimal("22.50"), campaign=home)
    (ana,) = members(desk)
    assert (ana.email, ana.hourly_rate_usd, ana.campaign) == ("ana@example.com", Decimal("22.50"), "Spring")


def test_that_a_later_rate_keeps_the_earlier_one_on_record(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    member = builders.member(desk, "ana@example.com", rate="20")
    page = TeamPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.row_commands(row_of(desk, "team", member))), "New rate…").run()
    fill(qtbot, settle, rate=Decimal(25))
    history = desk.read(lambda session: member_history(session, member))
    assert [one.value for one in history.rates] == [Decimal(20), Decimal(25)]


@pytest.mark.parametrize("active", [True, False])
def test_that_a_member_is_deactivated_and_activated(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, active: bool
) -> None:
    builders.campaign(desk, "Spring")
    member = builders.member(desk, "ana@example.com", rate="20")
    page = TeamPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.row_commands(row_of(desk, "team", member))), "Deactivate").run()
    settle()
    if active:
        command(tuple(page.row_commands(row_of(desk, "team", member))), "Activate").run()
        settle()
    assert members(desk)[0].active is active


def leads(desk: Desk) -> list[LeadRow]:
    return desk.read(list_leads).leads


def test_that_a_lead_is_added_once_and_its_contact_edited(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = LeadsPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.commands()), "New lead").run()
    fill(qtbot, settle, campaign=home, phone="(201) 958-4410", name="Jo")
    (jo,) = leads(desk)
    command(tuple(page.row_commands(row_of(desk, "leads", jo.id))), "Edit contact…").run()
    fill(qtbot, settle, name="Jo Park", email="jo@example.com")
    (jo,) = leads(desk)
    assert (jo.name, jo.email, jo.phone) == ("Jo Park", "jo@example.com", "+12019584410")


def test_that_a_terminal_status_is_final(qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle) -> None:
    builders.campaign(desk, "Spring")
    lead = builders.lead(desk, "Spring", "+12019584410")
    page = LeadsPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.row_commands(row_of(desk, "leads", lead))), "Set status…").run()
    fill(qtbot, settle, status=LeadStatusName.DO_NOT_CONTACT)
    assert leads(desk)[0].status is LeadStatusName.DO_NOT_CONTACT
    assert not command(tuple(page.row_commands(row_of(desk, "leads", lead))), "Set status…").enabled
