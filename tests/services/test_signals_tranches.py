"""Tranches: the table, what is consumed, and the pace at which capital goes."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.reports.model import Pace, Tranche
from capdesk.services.signals import DayFigures, pace, tranche_table, tranches_completed, tranches_consumed

MONDAY = date(2026, 10, 26)
ZERO = Decimal("0.000000")


def usd(amount: int | str) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.000001"))


def spending(*amounts: int | str, start: date = MONDAY) -> list[DayFigures]:
    """One day after the other from the start."""
    return [DayFigures(start + timedelta(days=i), usd(amount)) for i, amount in enumerate(amounts)]


def index_of_day(days: list[DayFigures], day: date, size: Decimal) -> int:
    """The definition, word for word: 1 + floor(highest cumulative spend of any earlier day, at least 0, ÷ size)."""
    earlier = [one for one in days if one.day < day]
    sums = [sum((one.spend_usd for one in earlier if one.day <= upto.day), Decimal(0)) for upto in earlier]
    micros = max([0, *(int(total * 1_000_000) for total in sums)])
    return 1 + micros // int(size * 1_000_000)


amounts = st.decimals(min_value=-400, max_value=1500, places=6)
sizes = st.sampled_from([usd("100"), usd("500"), usd("33.333333"), usd("1000")])


@st.composite
def histories(draw: st.DrawFn) -> list[DayFigures]:
    """Days in any order, with gaps, credits and days with events but no spend."""
    numbers = draw(st.lists(st.integers(0, 60), unique=True, max_size=20))
    count = st.integers(0, 9)
    spend = st.one_of(st.just(ZERO), amounts)
    return [DayFigures(MONDAY + timedelta(days=n), draw(spend), draw(count), draw(count), draw(count)) for n in numbers]


def test_that_a_credit_does_not_move_a_later_day_back_to_an_earlier_tranche() -> None:
    rows = tranche_table(spending(520, -50, 20), usd(500))
    assert rows == (
        Tranche(1, MONDAY, MONDAY, usd(520), 0, 0, 0),
        Tranche(2, date(2026, 10, 27), date(2026, 10, 28), usd(-30), 0, 0, 0),
    )


def test_that_a_skipped_tranche_is_a_row_without_dates_and_with_zeros() -> None:
    rows = tranche_table(spending(1200, 10), usd(500))
    assert rows == (
        Tranche(1, MONDAY, MONDAY, usd(1200), 0, 0, 0),
        Tranche(2, None, None, ZERO, 0, 0, 0),
        Tranche(3, date(2026, 10, 27), date(2026, 10, 27), usd(10), 0, 0, 0),
    )


def test_that_a_tranche_spent_to_the_cent_ends_with_that_day() -> None:
    assert [row.spent_usd for row in tranche_table(spending("499.999999", "0.000001", 5), usd(500))] == [500, 5]


def test_that_a_first_day_with_a_credit_leaves_the_next_in_the_first_tranche() -> None:
    assert [row.index for row in tranche_table(spending(-700, 100), usd(500))] == [1]


def test_that_a_day_with_events_but_no_spend_belongs_to_its_tranche() -> None:
    days = [*spending(600), DayFigures(date(2026, 10, 29), ZERO, qpc=4, installs=2, paid_conversions=1)]
    assert tranche_table(days, usd(500))[1] == Tranche(2, date(2026, 10, 29), date(2026, 10, 29), ZERO, 4, 2, 1)


def test_that_no_days_make_no_tranches() -> None:
    assert tranche_table([], usd(500)) == ()


@given(histories(), sizes)
def test_that_every_row_holds_exactly_the_days_the_definition_gives_it(days: list[DayFigures], size: Decimal) -> None:
    for row in tranche_table(days, size):
        own = [one for one in days if index_of_day(days, one.day, size) == row.index]
        assert row.first_day == min((one.day for one in own), default=None)
        assert row.last_day == max((one.day for one in own), default=None)
        assert row.spent_usd == sum(one.spend_usd for one in own)
        assert row.qpc == sum(one.qpc for one in own)
        assert row.installs == sum(one.installs for one in own)
        assert row.paid_conversions == sum(one.paid_conversions for one in own)


@given(histories(), sizes)
def test_that_the_rows_add_up_to_the_experiment(days: list[DayFigures], size: Decimal) -> None:
    rows = tranche_table(days, size)
    assert sum(row.spent_usd for row in rows) == sum(one.spend_usd for one in days)
    assert sum(row.qpc for row in rows) == sum(one.qpc for one in days)


@given(histories(), sizes)
def test_that_rows_are_numbered_without_a_gap_and_follow_time(days: list[DayFigures], size: Decimal) -> None:
    rows = tranche_table(days, size)
    dates = [day for row in rows for day in (row.first_day, row.last_day) if day is not None]
    assert [row.index for row in rows] == list(range(1, len(rows) + 1))
    assert dates == sorted(dates)
    assert not rows or rows[-1].last_day == max(one.day for one in days)


@given(histories(), sizes)
def test_that_the_order_in_which_days_are_given_changes_nothing(days: list[DayFigures], size: Decimal) -> None:
    assert tranche_table(sorted(days, key=lambda one: one.spend_usd), size) == tranche_table(days, size)


def test_that_consumed_is_spent_over_size_with_four_decimals() -> None:
    assert str(tranches_consumed(usd(1200), usd(500))) == "2.4000"
    assert str(tranches_consumed(usd(1), usd(3))) == "0.3333"


def test_that_consumed_shows_a_net_credit_but_never_a_minus_zero() -> None:
    assert str(tranches_consumed(usd(-50), usd(500))) == "-0.1000"
    assert str(tranches_consumed(usd("-0.01"), usd(500))) == "0.0000"


def test_that_a_tranche_is_completed_by_its_last_micro_dollar_and_not_before() -> None:
    assert tranches_completed(usd("999.999999"), usd(500)) == 1
    assert tranches_completed(usd(1000), usd(500)) == 2
    assert tranches_completed(usd(-600), usd(500)) == 0


@given(amounts, amounts, sizes)
def test_that_consumed_and_completed_never_fall_when_spend_rises(a: Decimal, b: Decimal, size: Decimal) -> None:
    low, high = sorted((a, b))
    assert tranches_consumed(low, size) <= tranches_consumed(high, size)
    assert tranches_completed(low, size) <= tranches_completed(high, size)


def at_pace(days: list[DayFigures], today: date, cap: int, *, started_on: date = MONDAY, ended: bool = False) -> Pace:
    return pace(days, started_on=started_on, today=today, cap_usd=usd(cap), ended=ended)


def test_that_pace_is_spend_per_complete_day_and_today_is_not_one() -> None:
    days = spending(100, 200, 999)
    assert at_pace(days, date(2026, 10, 28), 5000).usd_per_day == usd(150)


def test_that_days_without_spend_slow_the_pace() -> None:
    assert at_pace(spending(100), date(2026, 10, 30), 5000).usd_per_day == usd(25)


def test_that_pace_looks_at_the_last_seven_complete_days_only() -> None:
    days = spending(7000, 0, 10, 10, 10, 10, 10, 10, 10)
    assert at_pace(days, date(2026, 11, 4), 50000).usd_per_day == usd(10)


def test_that_a_provider_day_before_the_first_starts_date_is_no_part_of_the_pace() -> None:
    days = [DayFigures(date(2026, 10, 25), usd(500)), *spending(30)]
    assert at_pace(days, date(2026, 10, 27), 5000).usd_per_day == usd(30)


def test_that_there_is_no_pace_without_a_complete_day_a_start_or_after_the_end() -> None:
    days = spending(100, 100)
    nothing = Pace(None, None)
    assert at_pace(days, MONDAY, 5000) == nothing
    assert pace(days, started_on=None, today=date(2026, 10, 30), cap_usd=usd(5000), ended=False) == nothing
    assert at_pace(days, date(2026, 10, 30), 5000, ended=True) == nothing


def test_that_the_cap_is_reached_on_the_day_whose_spend_reaches_it() -> None:
    # 200 spent by Tuesday night at 100 a day; 300 more is Wednesday, Thursday, Friday
    assert at_pace(spending(100, 100), date(2026, 10, 28), 500).cap_reached_on == date(2026, 10, 30)
    assert at_pace(spending(100, 100), date(2026, 10, 28), 501).cap_reached_on == date(2026, 10, 31)
    assert at_pace(spending(100, 100), date(2026, 10, 28), 300).cap_reached_on == date(2026, 10, 28)


def test_that_today_counts_with_what_it_has_spent_where_that_is_more_than_the_pace() -> None:
    assert at_pace(spending(100, 100, 40), date(2026, 10, 28), 500).cap_reached_on == date(2026, 10, 30)
    assert at_pace(spending(100, 100, 250), date(2026, 10, 28), 500).cap_reached_on == date(2026, 10, 29)


def test_that_no_date_is_foretold_where_there_is_none() -> None:
    today = date(2026, 10, 28)
    assert at_pace(spending(100, 100, 300), today, 500) == Pace(usd(100), None)  # reached already
    assert at_pace(spending(50, -50), today, 500) == Pace(ZERO, None)  # never
    assert at_pace(spending(0, -50), today, 500) == Pace(usd(-25), None)
    assert at_pace(spending("0.000002", 0), today, 5000) == Pace(usd("0.000001"), None)  # beyond the calendar


@given(histories(), st.integers(1, 70), st.integers(1, 9000))
def test_that_going_on_at_the_pace_reaches_the_cap_on_the_foretold_date(
    days: list[DayFigures], after: int, cap: int
) -> None:
    today = MONDAY + timedelta(days=after)
    days = [one for one in days if one.day < today]
    estimate = at_pace(days, today, cap)
    if estimate.cap_reached_on is None:
        return
    assert estimate.usd_per_day is not None
    assert estimate.cap_reached_on >= today
    spent = sum((one.spend_usd for one in days), ZERO)
    nights = (estimate.cap_reached_on - today).days + 1
    assert spent + estimate.usd_per_day * nights >= cap
    assert spent + estimate.usd_per_day * (nights - 1) < cap
