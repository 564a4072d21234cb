from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.services import team
from capdesk.services.money import money
from tests.support import builders

TODAY = date(2026, 11, 20)
BEGINNING = date(1990, 1, 1)


def log_hours(desk: Desk, member: int, day: date) -> None:
    """As the application records them."""
    desk.write(
        lambda session: (
            session.execute(
                text(
                    "INSERT INTO staged_time_log (batch_id, line, team_member_id, date, hours_logged)"
                    " VALUES (next_batch(), 1, :member, :day, 8)"
                ),
                {"member": member, "day": day},
            )
            and session.execute(
                text("SELECT record_time_logs((SELECT max(batch_id) FROM staged_time_log), NULL, true)")
            )
        )
    )


@pytest.fixture
def ana(desk: Desk) -> int:
    builders.campaign(desk, "Spring")
    builders.campaign(desk, "Autumn")
    return builders.member(desk, "ana@example.com", rate="20", campaign="Spring")


def row(desk: Desk, day: date = TODAY) -> team.MemberRow:
    return desk.read(lambda session: team.list_members(session, day))[0]


def test_that_the_first_rate_and_assignment_hold_from_the_beginning(desk: Desk, ana: int) -> None:
    assert (row(desk, BEGINNING).hourly_rate_usd, row(desk, BEGINNING).campaign) == (money(20), "Spring")


def test_that_a_later_rate_holds_from_its_date(desk: Desk, ana: int) -> None:
    later = TODAY + timedelta(days=3)
    desk.write(lambda s: team.set_rate(s, "ana@example.com", Decimal(25), from_date=later, today=TODAY))
    rates = [row(desk, day).hourly_rate_usd for day in (TODAY, later - timedelta(days=1), later)]
    assert rates == [money(20), money(20), money(25)]


def test_that_one_works_for_one_campaign_at_a_time(desk: Desk, ana: int) -> None:
    later = TODAY + timedelta(days=3)
    desk.write(lambda s: team.assign_member(s, str(ana), "Autumn", from_date=later, today=TODAY))
    assert [row(desk, day).campaign for day in (TODAY, later)] == ["Spring", "Autumn"]


def test_that_a_change_never_reaches_hours_already_logged(desk: Desk, ana: int) -> None:
    log_hours(desk, ana, TODAY)
    for first in (TODAY, TODAY - timedelta(days=9)):
        with pytest.raises(RuleRefused, match="Hours are logged up to 2026-11-20: a change must hold from a later"):
            desk.write(partial(team.set_rate, ref=str(ana), rate=Decimal(25), from_date=first, today=TODAY))
        with pytest.raises(RuleRefused, match="Hours are logged up to 2026-11-20"):
            desk.write(partial(team.assign_member, ref=str(ana), campaign="Autumn", from_date=first, today=TODAY))
    tomorrow = TODAY + timedelta(days=1)
    desk.write(lambda s: team.set_rate(s, str(ana), Decimal(25), from_date=tomorrow, today=TODAY))


def test_that_changes_are_made_in_the_order_of_their_dates(desk: Desk, ana: int) -> None:
    desk.write(lambda s: team.set_rate(s, str(ana), Decimal(25), from_date=TODAY, today=TODAY))
    with pytest.raises(RuleRefused, match="A rate already holds from that date or a later one"):
        desk.write(lambda s: team.set_rate(s, str(ana), Decimal(30), from_date=TODAY, today=TODAY))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(0, 100)), max_size=6))
def test_that_the_rate_of_a_day_is_the_newest_that_began_by_then(desk: Desk, changes: list[tuple[int, int]]) -> None:
    builders.campaign(desk)
    email = f"m{builders.database_now(desk).timestamp()}@example.com"
    member = builders.member(desk, email, rate="7", campaign=None)
    expected = {-10_000: 7}
    for offset, rate in changes:
        first = TODAY + timedelta(days=offset)
        try:
            desk.write(partial(team.set_rate, ref=str(member), rate=Decimal(rate), from_date=first, today=TODAY))
            assert offset > max(expected)
            expected[offset] = rate
        except RuleRefused:
            assert offset <= max(expected)
    for offset in range(-31, 32, 4):
        rows = desk.read(partial(team.list_members, today=TODAY + timedelta(days=offset)))
        found = next(r.hourly_rate_usd for r in rows if r.id == member)
        assert found == money(expected[max(day for day in expected if day <= offset)])


def test_that_an_address_belongs_to_one_member(desk: Desk, ana: int) -> None:
    taken = "There is a team member with the e-mail ana@example.com already"
    with pytest.raises(RuleRefused, match=taken):
        builders.member(desk, "ANA@example.com")
    bob = builders.member(desk, "bob@example.com", name="Bob")
    with pytest.raises(RuleRefused, match=taken):
        desk.write(lambda s: team.edit_member(s, str(bob), email="Ana@Example.com", today=TODAY))


def test_that_a_refused_member_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no campaign at all yet"):
        builders.member(desk, "ana@example.com", campaign="Spring")
    assert desk.read(lambda session: team.list_members(session, TODAY)) == []


@pytest.mark.parametrize(
    ("email", "rate", "name", "sentence"),
    [
        ("ana", "20", "Ana", "'ana' is no e-mail address"),
        ("ana@example.com", "-1", "Ana", r"hourly rate is -\$1.00; it must be \$0 or more"),
        ("ana@example.com", "20", " ", "The team member needs a name"),
    ],
)
def test_that_a_bad_member_is_refused(desk: Desk, email: str, rate: str, name: str, sentence: str) -> None:
    with pytest.raises(UsageRefused, match=sentence):
        builders.member(desk, email, rate=rate, campaign=None, name=name)


def test_that_an_edit_changes_what_is_given_and_nothing_else(desk: Desk, ana: int) -> None:
    desk.write(lambda s: team.edit_member(s, "ana@example.com", role=" Closer ", active=False, today=TODAY))
    found = desk.write(lambda s: team.edit_member(s, str(ana), name="Anna", email="Anna@x.org", today=TODAY))
    assert (found.name, found.email, found.role, found.active, found.campaign) == (
        *("Anna", "anna@x.org", "Closer", False),
        "Spring",
    )


def test_that_every_rate_and_assignment_of_a_member_is_told(desk: Desk, ana: int) -> None:
    later = TODAY + timedelta(days=3)
    desk.write(lambda s: team.set_rate(s, ana, Decimal(25), from_date=later, today=TODAY))
    desk.write(lambda s: team.assign_member(s, ana, "Autumn", from_date=later, today=TODAY))
    told = desk.read(lambda s: team.member_history(s, ana))
    assert told.rates == [team.Since(None, money(20)), team.Since(later, money(25))]
    assert told.assignments == [team.Since(None, "Spring"), team.Since(later, "Autumn")]
