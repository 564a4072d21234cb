"""A moment typed where its zone is named beside the field."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import UsageRefused
from capdesk.services.dates import parse_moment_in

NEW_YORK = ZoneInfo("America/New_York")
minutes = st.integers(0, 20 * 366 * 24 * 60).map(lambda n: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def test_that_a_time_alone_is_one_of_the_named_zone() -> None:
    assert parse_moment_in("2026-11-21 09:00", NEW_YORK) == datetime(2026, 11, 21, 14, tzinfo=UTC)
    assert parse_moment_in("2026-11-21", NEW_YORK) == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert parse_moment_in("2026-11-21T09:00:00+00:00", NEW_YORK) == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_that_a_time_shown_twice_or_never_is_refused() -> None:
    with pytest.raises(UsageRefused, match="2026-11-01 01:30 comes twice on the clocks of America/New_York"):
        parse_moment_in("2026-11-01 01:30", NEW_YORK)
    with pytest.raises(UsageRefused, match="2026-03-08 02:30 is skipped by the clocks"):
        parse_moment_in("2026-03-08 02:30", NEW_YORK)
    with pytest.raises(UsageRefused, match="is no moment"):
        parse_moment_in("yesterday", NEW_YORK)


@given(minutes, st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]))
def test_that_what_a_clock_shows_is_that_moment_or_refused(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    shown = f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
    twice = zone.utcoffset(moment.astimezone(zone).replace(fold=0)) != zone.utcoffset(
        moment.astimezone(zone).replace(fold=1)
    )
    if twice:
        with pytest.raises(UsageRefused, match="comes twice"):
            parse_moment_in(shown, zone)
        shown = moment.astimezone(zone).isoformat()
    assert parse_moment_in(shown, zone) == moment
