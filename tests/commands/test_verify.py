"""`capdesk verify`: exit code 0 where all is as it was, 1 with each difference named."""

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.database import seals
from tests.conftest import Capdesk, TestDatabase
from tests.support import builders
from tests.support.ledgers import superuser, unguarded


@pytest.fixture
def head(desk: Desk) -> str:
    """The head after one sealed campaign."""
    builders.campaign(desk)
    desk.seal()
    found = seals.head(desk.engine)
    assert found is not None
    return found.hex()


def test_that_an_untouched_desk_has_no_difference(capdesk: Capdesk, head: str) -> None:
    ran = capdesk("verify")
    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith("1 row under 1 seal, ")
    assert ran.out.splitlines()[2:] == [f"head {head}", "No difference."]


def test_that_an_old_head_proves_what_lies_before_it(capdesk: Capdesk, desk: Desk, head: str) -> None:
    builders.running_experiment(desk)
    desk.seal()
    ran = capdesk("verify", "--head", head.upper())
    assert (ran.code, "The head given is in the chain" in ran.out) == (0, True)


def test_that_each_difference_is_named_and_the_exit_code_says_so(
    capdesk: Capdesk, database: TestDatabase, head: str
) -> None:
    with superuser(database.admin) as connection, unguarded(connection, "campaign_status"):
        connection.exec_driver_sql("UPDATE campaign_status SET recorded_at = 'epoch'")
    ran = capdesk("verify", "--json")
    assert (ran.code, ran.json["ok"], ran.json["head"], ran.json["head_found"]) == (1, False, head, None)
    assert ran.json["differences"] == [
        {"table": "campaign_status", "where": "ids 1-1", "what": "a row is not what was sealed"}
    ]
    assert "✗ campaign_status ids 1-1: a row is not what was sealed" in capdesk("verify").out


def test_that_a_head_that_was_cut_off_is_a_difference(capdesk: Capdesk) -> None:
    ran = capdesk("verify", "--head", "ab" * 32)
    assert (ran.code, "is not in the chain" in ran.out) == (1, True)


@pytest.mark.parametrize("head", ["abc", "x" * 64, ""])
def test_that_what_is_no_seal_is_refused(capdesk: Capdesk, head: str) -> None:
    ran = capdesk("verify", "--head", head)
    assert (ran.code, "copy all 64 digits from the last line of a weekly email" in ran.err) == (2, True)
