from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, UsageRefused
from capdesk.services import find
from capdesk.services.find import Known
from capdesk.services.products import add_product
from tests.support import builders

NAMES = st.lists(st.text("aAbB12", min_size=1, max_size=3), min_size=1, max_size=6, unique=True)


@settings(max_examples=60)
@given(NAMES)
def test_that_an_exact_name_always_names_its_own_thing(names: list[str]) -> None:
    known = [Known(number, name) for number, name in enumerate(names, 1)]
    assert [find.one_of(known, name, "product", "") for name in names] == list(range(1, len(names) + 1))


def test_that_a_name_of_digits_goes_before_an_id() -> None:
    known = [Known(1, "2"), Known(2, "Shop")]
    assert find.one_of(known, "2", "product", "") == 1


def test_that_an_id_and_another_case_name_a_thing_too() -> None:
    known = [Known(7, "Shop")]
    assert (find.one_of(known, "7", "product", ""), find.one_of(known, "sHOP", "product", "")) == (7, 7)


def test_that_another_case_of_two_names_is_none_of_them() -> None:
    with pytest.raises(NotFound, match='did you mean "SHOP"'):
        find.one_of([Known(1, "Shop"), Known(2, "SHOP")], "shop", "product", "")


def test_that_a_near_name_is_offered() -> None:
    with pytest.raises(NotFound, match=r'There is no campaign "Sprng": did you mean "Spring"\?'):
        find.one_of([Known(1, "Spring"), Known(2, "Autumn")], "Sprng", "campaign", "")


def test_that_where_no_name_is_near_those_there_are_are_listed() -> None:
    with pytest.raises(NotFound, match='There is no campaign "xyz"; there is "Autumn", "Spring"'):
        find.one_of([Known(1, "Spring"), Known(2, "Autumn")], "xyz", "campaign", "")


def test_that_on_an_empty_desk_the_first_command_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no product at all yet: make one with `capdesk product add"):
        desk.read(lambda session: find.product(session, "Shop"))


def test_that_an_experiment_two_campaigns_have_needs_its_campaign(desk: Desk) -> None:
    first = builders.planned_experiment(desk, campaign="Spring", name="Scripts")
    second = builders.planned_experiment(desk, campaign="Autumn", name="Scripts")
    with pytest.raises(UsageRefused, match=r'\("Autumn", "Spring"\): say which with --campaign'):
        desk.read(lambda session: find.experiment(session, "Scripts"))
    found = [desk.read(partial(find.experiment, ref="Scripts", campaign=c)).id for c in ("Spring", "Autumn")]
    assert found == [first.experiment, second.experiment]


def test_that_a_member_is_found_by_address_in_any_case_and_by_id(desk: Desk) -> None:
    builders.campaign(desk)
    made = builders.member(desk, "ana@example.com")
    assert desk.read(lambda session: find.member(session, " Ana@Example.COM ").id) == made
    assert desk.read(lambda session: find.member(session, str(made)).id) == made


def test_that_a_lead_is_found_by_number_in_any_writing_by_id_and_by_name(desk: Desk) -> None:
    builders.campaign(desk)
    made = builders.lead(desk, phone="+13055550123", name="Bob Stone")
    for ref in ("+1 305 555 0123", "(305) 555-0123", str(made), "bob stone"):
        assert desk.read(partial(find.lead, ref=ref)).id == made


def test_that_leads_of_one_number_in_two_campaigns_are_told_apart_by_campaign_or_id(desk: Desk) -> None:
    builders.campaign(desk, "Spring")
    builders.campaign(desk, "Autumn")
    builders.lead(desk, "Spring")
    second = builders.lead(desk, "Autumn")
    with pytest.raises(UsageRefused, match=r"Several leads fit .* \(ids 1, 2\): name one by its id"):
        desk.read(lambda session: find.lead(session, "+13055550123"))
    assert desk.read(lambda session: find.lead(session, "+13055550123", "Autumn").id) == second


def test_that_an_unknown_lead_is_said_to_be_unknown(desk: Desk) -> None:
    with pytest.raises(NotFound, match='There is no lead "99999999999999999999"'):
        desk.read(lambda session: find.lead(session, "99999999999999999999"))


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "a\u2028b", "x" * 201])
def test_that_a_name_is_one_line_that_says_something(name: str) -> None:
    with pytest.raises(UsageRefused):
        find.new_name(name, "product")


def test_that_blanks_around_a_name_are_dropped() -> None:
    assert find.new_name("  Spring sale ", "campaign") == "Spring sale"


def test_that_an_id_given_as_a_number_means_nothing_else(desk: Desk) -> None:
    def named_like_an_id(session: Session) -> tuple[int, int]:
        first = add_product(session, "Calculator").id
        second = add_product(session, str(first)).id
        return first, second

    first, second = desk.write(named_like_an_id)
    assert desk.read(lambda session: find.product(session, str(first)).id) == second
    assert desk.read(lambda session: find.product(session, first).id) == first
    with pytest.raises(NotFound, match=r"There is no product 99\."):
        desk.read(lambda session: find.product(session, 99))
