"""What is asked for next, and when: pure answers."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.dates import last_daily_moment
from capdesk.services.providers.pull import Span
from capdesk.services.sync.watermark import Watermark, next_span

DAY = timedelta(days=1)
LAST = date(2026, 11, 20)
PULLED = datetime(2026, 11, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
days = st.dates(date(2026, 1, 1), LAST)


@given(through=days, origin=days, look_back=days, since=st.none() | days)
def test_that_a_later_pull_leaves_no_day_out_and_reaches_back_no_further_than_it_should(
    through: date, origin: date, look_back: date, since: date | None
) -> None:
    mark = Watermark(min(origin, through), through, PULLED)
    span = next_span(mark, last=LAST, look_back=look_back, since=since, begin=date(2025, 1, 1))
    if span is None:
        assert through == LAST
        assert look_back > LAST
        return
    assert span.changed_since == PULLED
    assert span.first <= max(through + DAY, mark.origin)
    assert since is None or span.first <= since
    assert span.first >= min(mark.origin, since or mark.origin)
    if since is None:
        assert span.first == max(min(through + DAY, look_back), mark.origin)


@given(since=st.none() | st.dates(date(2026, 1, 1), LAST + 3 * DAY))
def test_that_a_first_pull_begins_where_the_owner_says_or_at_the_beginning(since: date | None) -> None:
    begin = date(2026, 3, 1)
    span = next_span(None, last=LAST, look_back=LAST, since=since, begin=begin)
    first = since or begin
    assert span == (Span(first, LAST) if first <= LAST else None)


@given(
    minutes=st.integers(0, 6 * 366 * 24 * 60),
    zone=st.sampled_from(["America/New_York", "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "UTC"]),
    at=st.times(),
)
def test_that_the_last_daily_moment_is_at_most_a_day_and_a_clock_change_old(minutes: int, zone: str, at: time) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = last_daily_moment(moment, ZoneInfo(zone), at)
    assert timedelta(0) <= moment - found < timedelta(hours=26)
    assert found.utcoffset() == timedelta(0)
    assert last_daily_moment(found, ZoneInfo(zone), at) == found
    assert last_daily_moment(found - timedelta(microseconds=1), ZoneInfo(zone), at) < found


@pytest.mark.parametrize(
    ("now", "at", "moment"),
    [
        ("2026-11-20T10:59:59", time(6), "2026-11-19T11:00:00"),
        ("2026-11-20T11:00:00", time(6), "2026-11-20T11:00:00"),
        # 8 March 2026, 02:30 is skipped: an hour later; 1 November 2026, 01:30 comes twice: the first
        ("2026-03-08T12:00:00", time(2, 30), "2026-03-08T07:30:00"),
        ("2026-11-01T05:30:00", time(1, 30), "2026-11-01T05:30:00"),
        ("2026-11-01T06:30:00", time(1, 30), "2026-11-01T05:30:00"),
    ],
)
def test_that_a_day_has_one_daily_moment_also_where_clocks_change(now: str, at: time, moment: str) -> None:
    asked = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert last_daily_moment(asked, NEW_YORK, at) == datetime.fromisoformat(moment).replace(tzinfo=UTC)
