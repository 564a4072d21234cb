"""Records are found by a few letters, by number, and leads by any way of writing their number."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from capdesk.bootstrap import Desk
from capdesk.services.leads import add_lead
from capdesk.services.search import Found, search
from tests.conftest import TestDatabase
from tests.support import builders


def found(desk: Desk, words: str, limit: int = 20) -> list[Found]:
    return desk.read(lambda session: search(session, words, limit))


def as_admin(database: TestDatabase, statement: str) -> None:
    """What services never do: erasing, and many rows at once."""
    engine = create_engine(database.admin)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def filled(desk: Desk) -> Desk:
    builders.planned_experiment(desk, campaign="Roofers Northeast", name="Two-call close")
    builders.planned_experiment(desk, campaign="Solar Florida", name="Close at noon")
    desk.write(
        lambda session: add_lead(session, "Solar Florida", "+14155550100", desk.owner_id, name="Ada Byron_Close")
    )
    return desk


def test_that_a_name_is_found_by_its_letters_the_best_first(filled: Desk) -> None:
    assert [one.title for one in found(filled, "close")] == ["Close at noon", "Two-call close", "Ada Byron_Close"]
    assert found(filled, "ROOFERS")[0] == Found("campaign", 1, "Roofers Northeast", "active · Shop", "campaign")


def test_that_every_word_must_stand_in_it_in_any_order(filled: Desk) -> None:
    assert [one.title for one in found(filled, "close two")] == ["Two-call close"]
    assert found(filled, "close three") == []


@pytest.mark.parametrize("written", ["+14155550100", "(415) 555-0100", "415.555.0100", "1 415 555 0100", "5550100"])
def test_that_a_lead_is_found_by_any_way_of_writing_its_number(filled: Desk, written: str) -> None:
    one = found(filled, written)[0]
    assert (one.kind, one.title, one.page, one.filter) == ("lead", "Ada Byron_Close", "leads", "id:1")
    assert one.subtitle == "+14155550100 · Solar Florida"


def test_that_a_lead_whose_contact_was_erased_is_found_by_its_number_alone(
    filled: Desk, database: TestDatabase
) -> None:
    as_admin(database, "DELETE FROM lead_contact")
    assert [one.title for one in found(filled, "+14155550100")] == ["Lead 1"]
    assert found(filled, "Byron") == []


def test_that_a_number_finds_what_has_it(filled: Desk) -> None:
    assert {(one.kind, one.id) for one in found(filled, "#2")} == {("experiment", 2), ("campaign", 2)}


def test_that_wildcards_are_letters(filled: Desk) -> None:
    assert [one.title for one in found(filled, "n_c")] == ["Ada Byron_Close"]
    assert found(filled, "100%") == []


def test_that_no_more_come_than_are_wanted(filled: Desk) -> None:
    assert len(found(filled, "o", limit=2)) == 2


def test_that_nothing_finds_nothing(filled: Desk) -> None:
    assert found(filled, "   ") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.text(max_size=30))
def test_that_any_text_is_answered(filled: Desk, words: str) -> None:
    assert len(found(filled, words, 5)) <= 5


def test_that_a_hundred_thousand_leads_are_searched_in_a_moment(filled: Desk, database: TestDatabase) -> None:
    as_admin(
        database,
        "WITH made AS (INSERT INTO lead (campaign_id, phone_key, created_at)"
        " SELECT 1, gen_random_uuid(), now() FROM generate_series(1, 100000) RETURNING id)"
        " INSERT INTO lead_contact (lead_id, phone, name, email)"
        " SELECT id, '+1' || (2000000000 + id), 'Person ' || md5(id::text), md5(id::text) || '@example.net' FROM made",
    )
    for words in ("Ada", "person f", "+1 415 555 0100", "zz"):
        began = time.monotonic()
        found(filled, words)
        assert time.monotonic() - began < 2.0, words
