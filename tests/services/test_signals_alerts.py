"""Interrupt alerts, and until when a provider's figure is provisional."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.signals import (
    Alert,
    AlertKey,
    Caps,
    alerts_due,
    gcp_final_on,
    is_provisional,
    twilio_final_on,
)


def caps(capital: int = 1000, days: int = 10) -> Caps:
    return Caps(Decimal(capital), days)


def due(spent: str | int, used: int | None = 0, *already: AlertKey, at: Caps | None = None) -> list[tuple[str, int]]:
    return [(one.kind, one.threshold) for one in alerts_due(at or caps(), Decimal(spent), used, already)]


def capital(threshold: int, cap: int = 1000) -> AlertKey:
    return AlertKey("capital", threshold, Decimal(cap))


def test_that_eighty_percent_of_the_capital_raises_an_alert_with_its_figures() -> None:
    assert alerts_due(caps(), Decimal(820), 0, ()) == (
        Alert("capital", 80, Decimal(1000), "82 % of the capital cap is spent ($820.00 of $1,000.00)."),
    )


def test_that_an_alert_is_due_from_its_threshold_on_and_not_before() -> None:
    assert due("799.999999") == []
    assert due(800) == due(899) == [("capital", 80)]
    assert due(900) == [("capital", 90)]
    assert due(1000) == due(5000) == [("capital", 100)]


def test_that_time_raises_alerts_at_eighty_and_a_hundred_percent() -> None:
    assert due(0, 7) == []
    assert due(0, 8) == due(0, 9) == [("time", 80)]
    assert due(0, 10) == due(0, 30) == [("time", 100)]
    assert alerts_due(caps(), Decimal(0), 8, ())[0].text == "2 of 10 days are left."


def test_that_an_experiment_that_has_not_started_uses_no_time() -> None:
    assert due(0, None) == []


def test_that_capital_and_time_are_raised_side_by_side() -> None:
    assert due(950, 9) == [("capital", 90), ("time", 80)]
    assert due(950, 9, capital(90)) == [("time", 80)]


def test_that_a_capital_cap_in_dollars_is_not_taken_for_a_time_cap_in_days() -> None:
    assert due(0, 8, capital(100, cap=10)) == [("time", 80)]


def test_that_an_alert_raised_is_not_raised_again() -> None:
    assert due(820, 0, capital(80)) == []
    assert due(930, 0, capital(80)) == [("capital", 90)]


def test_that_what_a_jump_passed_over_is_never_sent_later() -> None:
    assert due(950) == [("capital", 90)]
    assert due(850, 0, capital(90)) == []


def test_that_a_new_cap_starts_anew() -> None:
    raised = (capital(80),)
    assert due(1599, 0, *raised, at=caps(2000)) == []
    assert due(1600, 0, *raised, at=caps(2000)) == [("capital", 80)]


def test_that_a_cap_is_its_amount_however_many_decimals_it_is_stored_with() -> None:
    stored = AlertKey("capital", 80, Decimal("1000.000000"))
    assert due(820, 0, stored) == []
    assert alerts_due(caps(), Decimal(820), 0, ())[0].key == stored


def test_that_the_same_cap_in_force_again_does_not_repeat_its_alerts() -> None:
    assert due(820, 0, capital(80), capital(80, 2000)) == []


moves = st.lists(
    st.tuples(st.integers(-100, 4500), st.integers(0, 40), st.sampled_from([caps(), caps(2000), caps(2000, 30)])),
    max_size=30,
)


@given(moves)
def test_that_no_alert_repeats_and_thresholds_of_a_cap_only_rise(history: list[tuple[int, int, Caps]]) -> None:
    raised: list[AlertKey] = []
    for spent, used, in_force in history:
        alerts = alerts_due(in_force, Decimal(spent), used, raised)
        assert len({one.kind for one in alerts}) == len(alerts)
        for alert in alerts:
            earlier = [key.threshold for key in raised if (key.kind, key.cap) == (alert.kind, alert.cap)]
            assert all(alert.threshold > threshold for threshold in earlier)
        raised.extend(one.key for one in alerts)
        assert alerts_due(in_force, Decimal(spent), used, raised) == ()


@given(moves)
def test_that_no_threshold_that_is_reached_stays_silent(history: list[tuple[int, int, Caps]]) -> None:
    raised: set[AlertKey] = set()
    for spent, used, in_force in history:
        raised |= {one.key for one in alerts_due(in_force, Decimal(spent), used, raised)}
        for kind, share, cap in (
            ("capital", Decimal(spent) / in_force.capital_usd, in_force.capital_usd),
            ("time", Decimal(used) / in_force.time_days, Decimal(in_force.time_days)),
        ):
            told = max((key.threshold for key in raised if (key.kind, key.cap) == (kind, cap)), default=0)
            assert share < Decimal("0.8") or told >= 80
            assert share < 1 or told == 100


def test_that_a_twilio_day_is_provisional_until_ten_days_after_it() -> None:
    final_on = twilio_final_on(date(2026, 10, 26))
    assert final_on == date(2026, 11, 5)
    assert is_provisional(final_on, datetime(2026, 11, 4, 23, 59, 59, tzinfo=UTC))
    assert not is_provisional(final_on, datetime(2026, 11, 5, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("month", "final_on"),
    [("202610", date(2026, 11, 5)), ("202612", date(2027, 1, 5)), ("202602", date(2026, 3, 5))],
)
def test_that_a_google_day_is_provisional_until_the_fifth_day_after_its_invoice_month(
    month: str, final_on: date
) -> None:
    assert gcp_final_on(month) == final_on


def test_that_the_provisional_days_turn_in_utc_wherever_the_desk_is() -> None:
    final_on = gcp_final_on("202610")
    evening = datetime(2026, 11, 4, 20, tzinfo=timezone(timedelta(hours=-5)))
    morning = datetime(2026, 11, 5, 9, tzinfo=timezone(timedelta(hours=10)))
    assert not is_provisional(final_on, evening)
    assert is_provisional(final_on, morning)


@pytest.mark.parametrize("text", ["", "2026", "20261", "202613", "202600", "2026-10", "2026 1", "٢٠٢٦١٠"])
def test_that_what_is_no_invoice_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        gcp_final_on(text)
