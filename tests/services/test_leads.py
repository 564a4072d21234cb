from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import LeadStatusName
from capdesk.services import leads
from tests.support import builders

PHONE = "+13055550123"


@pytest.fixture(autouse=True)
def spring(desk: Desk) -> None:
    builders.campaign(desk)


def add(desk: Desk, phone: str = PHONE, *, name: str = "", email: str = "") -> leads.AddedLead:
    return desk.write(lambda s: leads.add_lead(s, "Spring", phone, desk.owner_id, name=name, email=email))


def batches(desk: Desk) -> list[tuple[object, ...]]:
    query = "SELECT read, landed, duplicate, rejected, file_name FROM import_batch ORDER BY id"
    return [tuple(row) for row in desk.read(lambda session: session.execute(text(query)).all())]


def test_that_a_lead_is_active_with_its_number_in_one_form(desk: Desk) -> None:
    lead = add(desk, "(305) 555-0123", name=" Bob ", email="Bob@Example.com").lead
    assert (lead.campaign, lead.status, lead.exited_at) == ("Spring", LeadStatusName.ACTIVE, None)
    assert (lead.phone, lead.name, lead.email, lead.extra) == (PHONE, "Bob", "bob@example.com", {})


def test_that_a_lead_by_hand_is_a_batch_of_one_that_adds_up(desk: Desk) -> None:
    assert (add(desk).landed, add(desk).landed) == (True, False)
    assert batches(desk) == [(1, 1, 0, 0, None), (1, 0, 1, 0, None)]


def test_that_a_known_number_with_another_name_is_refused_and_leaves_nothing(desk: Desk) -> None:
    add(desk, name="Bob")
    with pytest.raises(RuleRefused, match=r'is a lead of campaign "Spring" already, but differs .* capdesk lead edit'):
        add(desk, name="Rob")
    assert len(batches(desk)) == 1


def test_that_the_same_number_is_another_lead_in_another_campaign(desk: Desk) -> None:
    builders.campaign(desk, "Autumn")
    assert builders.lead(desk, "Spring") != builders.lead(desk, "Autumn")


@pytest.mark.parametrize("phone", ["12345", "call me", "", "+1 305 555 0123 ext. 4"])
def test_that_what_is_no_number_is_no_lead(desk: Desk, phone: str) -> None:
    with pytest.raises(UsageRefused):
        add(desk, phone)
    assert batches(desk) == []


@pytest.mark.parametrize("status", [status for status in LeadStatusName if status != "active"])
def test_that_a_terminal_status_is_final(desk: Desk, status: LeadStatusName) -> None:
    add(desk)
    row = desk.write(lambda session: leads.set_lead_status(session, PHONE, status))
    assert (row.status, row.exited_at is None) == (status, False)
    for other in LeadStatusName:
        with pytest.raises(RuleRefused, match=f"Lead 1 is {status}: that is final"):
            desk.write(partial(leads.set_lead_status, ref="1", status=other))


def test_that_setting_active_again_adds_no_history(desk: Desk) -> None:
    add(desk)
    desk.write(lambda session: leads.set_lead_status(session, "1", LeadStatusName.ACTIVE))
    assert desk.read(lambda session: session.scalar(text("SELECT count(*) FROM lead_status"))) == 1


def test_that_contact_data_can_be_edited_and_cleared(desk: Desk) -> None:
    add(desk, name="Bob", email="bob@example.com")
    edited = desk.write(lambda s: leads.edit_lead(s, PHONE, name="Rob", extra={"city": "Miami", "age": "40"}))
    assert (edited.name, edited.email, edited.extra) == ("Rob", "bob@example.com", {"city": "Miami", "age": "40"})
    cleared = desk.write(lambda s: leads.edit_lead(s, "Rob", name="", email="", extra={"age": ""}))
    assert (cleared.name, cleared.email, cleared.extra) == (None, None, {"city": "Miami"})


def test_that_after_its_last_extra_is_cleared_a_lead_equals_one_that_never_had_any(desk: Desk) -> None:
    lead = desk.write(lambda s: leads.add_lead(s, "Spring", PHONE, desk.owner_id, extra={"city": "Miami"})).lead
    desk.write(lambda s: leads.edit_lead(s, str(lead.id), extra={"city": ""}))
    assert add(desk).landed is False


def test_that_editing_who_a_lead_is_touches_no_fact(desk: Desk) -> None:
    add(desk)
    facts = "SELECT xmin::text FROM lead"
    before = desk.read(lambda session: session.scalar(text(facts)))
    desk.write(lambda session: leads.edit_lead(session, PHONE, name="Rob"))
    assert desk.read(lambda session: session.scalar(text(facts))) == before


def test_that_a_list_shows_the_newest_first_and_says_how_many_more(desk: Desk) -> None:
    numbers = [f"+1305555012{digit}" for digit in range(5)]
    for number in numbers:
        add(desk, number)
    desk.write(lambda session: leads.set_lead_status(session, numbers[0], LeadStatusName.DO_NOT_CONTACT))
    page = desk.read(lambda session: leads.list_leads(session, limit=2))
    assert ([row.phone for row in page.leads], page.more) == ([numbers[4], numbers[3]], 3)
    exited = desk.read(lambda s: leads.list_leads(s, campaign="Spring", status=LeadStatusName.DO_NOT_CONTACT))
    assert ([row.phone for row in exited.leads], exited.more) == ([numbers[0]], 0)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 4), max_size=8), st.integers(1, 4))
def test_that_every_number_is_one_lead_however_often_it_is_added(desk: Desk, picks: list[int], limit: int) -> None:
    for pick in picks:
        add(desk, f"+1305555019{pick}")
    page = desk.read(lambda session: leads.list_leads(session, limit=limit))
    everyone = desk.read(lambda session: leads.list_leads(session, limit=1000)).leads
    assert {f"+1305555019{pick}" for pick in picks} <= {row.phone for row in everyone}
    assert len({row.phone for row in everyone}) == len(everyone) == len(page.leads) + page.more


def test_that_an_unknown_campaign_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match='There is no campaign "Sprig": did you mean "Spring"'):
        desk.read(lambda session: leads.list_leads(session, campaign="Sprig"))
