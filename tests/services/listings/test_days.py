"""Long lists are counted and paged by their days; that gives the rows a plain reading gives."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import Lease
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Row
from tests.support import builders
from tests.support.facts import Facts, fresh_desk

EVENTS = LISTINGS["events"]
PLAIN = replace(EVENTS, days={})


def same_as_plain(desk: Desk, scope: tuple[str, int] | None = None) -> list[Row]:
    """Every page of every size, both ways, from either end; the rows, newest first."""

    def look(session: Session) -> list[Row]:
        total = read.count(session, EVENTS, Ask(scope=scope))
        assert total == read.count(session, PLAIN, Ask(scope=scope))
        for descending in (True, False):
            ask = Ask(order="when", descending=descending, scope=scope)
            rows = read.page(session, PLAIN, ask, 0, total + 10)
            assert len(rows) == total
            for size in (1, 3, total + 1):
                for known in (None, total):
                    for offset in range(0, total + 2, size):
                        assert read.page(session, EVENTS, ask, offset, size, known) == rows[offset : offset + size]
        return rows[::-1]

    return desk.read(look)


@pytest.mark.parametrize(
    "scope", [None, ("campaign", 1), ("campaign", 2), ("experiment", 1), ("batch", 9), ("lead", 1)]
)
def test_that_pages_found_by_their_days_are_those_of_a_plain_reading(
    crowded: Desk, scope: tuple[str, int] | None
) -> None:
    same_as_plain(crowded, scope)


def test_that_what_was_reversed_is_still_counted(crowded: Desk) -> None:
    assert any(row.values[[one.key for one in EVENTS.columns].index("reversed")] for row in same_as_plain(crowded))


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", datetime(2025, 11, 2, 5, tzinfo=UTC)),
        ("America/Havana", datetime(2025, 11, 2, 4, tzinfo=UTC)),  # the hour from midnight is there twice
        ("America/Havana", datetime(2025, 3, 9, 5, tzinfo=UTC)),  # and there not at all
        ("Asia/Beirut", datetime(2025, 10, 25, 21, tzinfo=UTC)),  # the hour before midnight is there twice
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a day that never was
    ],
)
def test_that_they_are_so_where_clocks_change_at_midnight(
    server: Lease, tmp_path: Path, zone: str, change: datetime
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        desk.write(lambda session: session.execute(text("UPDATE desk SET zone = :zone"), {"zone": zone}))
        campaign = builders.campaign(desk)
        moments = [change + timedelta(minutes=29 * step + 1) for step in range(-60, 61)]
        Facts(desk).events(campaign, "install_attended", [*moments, change, change - timedelta(microseconds=1)])
        assert len(same_as_plain_ends(desk)) == 123


def same_as_plain_ends(desk: Desk) -> list[Row]:
    """Pages of seven, both ways."""

    def look(session: Session) -> list[Row]:
        rows = read.page(session, PLAIN, Ask(), 0, 1000)
        assert read.count(session, EVENTS, Ask()) == len(rows)
        for offset in range(0, len(rows), 7):
            assert read.page(session, EVENTS, Ask(), offset, 7, len(rows)) == rows[offset : offset + 7]
            turned = Ask(order="when", descending=False)
            assert read.page(session, EVENTS, turned, offset, 7) == rows[::-1][offset : offset + 7]
        return rows

    return desk.read(look)
