from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, literal, select, true

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.by_hand import Span, why
from capdesk.services.dates import business_date

# Apia skipped 30 December 2011; the clocks of Havana change at midnight.
ZONES = [ZoneInfo(name) for name in ("America/New_York", "Pacific/Apia", "Asia/Kolkata", "America/Havana")]
days = st.dates(date(2011, 1, 1), date(2030, 12, 31))
moments = st.datetimes(datetime(2011, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def holds(desk: Desk, span: Span, moment: datetime) -> bool | None:
    query = select(and_(true(), *span.moments(literal(moment))))
    return desk.read(lambda session: session.scalar(query))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments, st.none() | days, st.integers(0, 3), st.sampled_from(ZONES))
def test_that_a_span_holds_the_moments_whose_business_date_lies_in_it(
    desk: Desk, moment: datetime, first: date | None, more: int, zone: ZoneInfo
) -> None:
    near = business_date(moment, zone)
    for start in (first, near, near + timedelta(days=1), near - timedelta(days=more)):
        span = Span(zone, start, None if start is None else start + timedelta(days=more))
        wanted = start is None or start <= near <= start + timedelta(days=more)
        assert holds(desk, span, moment) is wanted


@pytest.mark.parametrize("zone", ZONES)
def test_that_a_span_may_reach_to_the_ends_of_the_calendar(desk: Desk, zone: ZoneInfo) -> None:
    assert holds(desk, Span(zone, date.min, date.max), datetime(2026, 11, 20, tzinfo=UTC))


def test_that_a_span_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(UsageRefused, match="--from 2026-11-21 lies after --to 2026-11-20: exchange them"):
        Span(ZONES[0], date(2026, 11, 21), date(2026, 11, 20))


def test_that_a_reversal_says_why() -> None:
    assert why(" typed twice ") == "typed twice"
    with pytest.raises(UsageRefused, match="A reversal says why"):
        why(" \n")
