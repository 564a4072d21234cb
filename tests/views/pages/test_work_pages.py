"""Campaigns, people and leads in the window: made, changed, assigned, and refused where a rule says so."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models.base import CampaignStatus, LeadStatusName
from capdesk.services.campaigns import CampaignRow, edit_campaign, list_campaigns
from capdesk.services.leads import LeadRow, add_lead, edit_lead, list_leads, set_lead_status
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Row
from capdesk.services.products import list_products
from capdesk.services.team import MemberRow, edit_member, list_members, member_history
from capdesk.views.page import Command, Page
from capdesk.views.pages.campaign import CampaignPage
from capdesk.views.pages.campaigns import CampaignsPage
from capdesk.views.pages.leads import LeadsPage
from capdesk.views.pages.team import TeamPage
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle
from tests.views.pages.filling import error_of, fill, is_gone, open_dialog

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


def test_that_a_campaigns_page_shows_what_was_spent_beside_its_budget(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    member = builders.member(desk, "ana@example.com", rate="20", campaign="Spring")
    Facts(desk).hours(member, (desk.clock.now() - timedelta(days=1)).astimezone(desk.zone).date(), "8")
    desk.write(lambda session: edit_campaign(session, ids.campaign, capital_budget_usd=Decimal(1000)))
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", ids.campaign))
    assert (page.figures.spent.figure.text(), page.figures.spent.note.text()) == (
        "$160.00",
        "16 % of a $1,000.00 budget",
    )
    assert page.figures.experiments.note.text() == "Scripts is running"
    assert page.figures.leads.note.text() == "1 team member"
    assert page.figures.legend.accessibleDescription() == "Labor $160.00"
    assert page.figures.bar.accessibleDescription().endswith("A budget is shown, never enforced.")


def test_that_a_campaigns_lists_are_made_when_looked_at_and_leave_out_the_campaign(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", home))
    assert set(page.tabs.tables) == {"experiments"}
    for at in range(page.tabs.count()):
        page.tabs.setCurrentIndex(at)
        settle()
    assert list(page.tabs.tables) == ["experiments", "team", "leads", "costs", "events", "time", "calls"]
    for table in page.tabs.tables.values():
        assert "campaign" not in {column.key for column in table.listing.columns}


def test_that_each_campaign_keeps_the_filter_of_its_lists(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    spring, autumn = builders.campaign(desk, "Spring"), builders.campaign(desk, "Autumn")
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", spring))
    table = page.tabs.tables["experiments"]
    table.set_filter("status:running")
    for campaign, typed in ((autumn, ""), (spring, "status:running")):
        page.open(Place("campaign", campaign))
        settle()
        assert (table.scope, table.filter()) == (("campaign", campaign), typed)


def test_that_a_campaigns_status_is_set_from_its_menu(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = CampaignPage(workspace)
    shown(qtbot, page, settle, Place("campaign", home))
    actions = {action.text(): action for action in page.status.menu.actions()}
    assert not actions["Active"].isEnabled()
    actions["Paused"].trigger()
    settle()
    page.reload()
    settle()
    assert campaigns(desk)[0].status is CampaignStatus.PAUSED
    assert page.status.status.text() == "paused"
    assert "paused since" in page.status.about.text()


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


@pytest.mark.parametrize("kind", ["campaign", "lead", "member"])
def test_that_an_edit_of_what_changed_meanwhile_is_refused(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, kind: str
) -> None:
    home = builders.campaign(desk, "Spring")
    lead, member = builders.lead(desk, "Spring", "+12019584410"), builders.member(desk, "ana@example.com")
    if kind == "campaign":
        page: Page = CampaignPage(workspace)
        shown(qtbot, page, settle, Place("campaign", home))
        command(tuple(page.commands()), "Edit…").run()
    elif kind == "lead":
        page = LeadsPage(workspace)
        shown(qtbot, page, settle)
        command(tuple(page.row_commands(row_of(desk, "leads", lead))), "Edit contact…").run()
    else:
        page = TeamPage(workspace)
        shown(qtbot, page, settle)
        command(tuple(page.row_commands(row_of(desk, "team", member))), "Edit…").run()
    open_dialog(qtbot)
    desk.write(lambda session: edit_campaign(session, home, description="Theirs"))
    desk.write(lambda session: edit_lead(session, lead, email="theirs@example.com"))
    desk.write(lambda session: edit_member(session, member, role="Theirs", today=date(2026, 3, 2)))
    dialog = fill(qtbot, settle, name="Mine")
    assert error_of(dialog).endswith("was changed meanwhile by another window; look at it again.")
    assert dialog.form.fields["name"].value() == "Mine"


@pytest.mark.parametrize("kind", ["lead", "member"])
def test_that_an_edit_begins_with_what_is_recorded_now_and_writes_only_what_was_changed(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, kind: str
) -> None:
    builders.campaign(desk, "Spring")
    lead, member = builders.lead(desk, "Spring", "+12019584410"), builders.member(desk, "ana@example.com")
    page: LeadsPage | TeamPage = LeadsPage(workspace) if kind == "lead" else TeamPage(workspace)
    shown(qtbot, page, settle)
    old = row_of(desk, "leads" if kind == "lead" else "team", lead if kind == "lead" else member)
    desk.write(lambda session: edit_lead(session, lead, email="theirs@example.com"))
    desk.write(lambda session: edit_member(session, member, email="theirs@example.com", today=date(2026, 3, 2)))
    page.row_commands(old)[0].run()
    assert open_dialog(qtbot).form.fields["email"].value() == "theirs@example.com"
    assert is_gone(fill(qtbot, settle, name="Mine"))
    (after,) = leads(desk) if kind == "lead" else members(desk)
    assert (after.name, after.email) == ("Mine", "theirs@example.com")


def test_that_a_new_member_has_a_rate_and_a_campaign(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = TeamPage(workspace)
    shown(qtbot, page, settle)
    command(tuple(page.commands()), "New member…").run()
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
    command(tuple(page.commands()), "New lead…").run()
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


def test_that_a_lead_shows_its_status_its_file_and_its_calls(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    made = desk.write(lambda session: add_lead(session, "Spring", "+12019584410", 1, extra={"city": "Newark"}))
    desk.write(lambda session: set_lead_status(session, made.lead.id, LeadStatusName.DO_NOT_CONTACT))
    page = LeadsPage(workspace)
    shown(qtbot, page, settle, Place("leads", made.lead.id))
    told = [label.text() for label in page.beside.pane.findChildren(QLabel)]
    assert any(words.startswith("do not contact, ") for words in told)
    assert "city: Newark" in told
    assert told.count("none yet") == 2
