"""What campaigns consume: labor, provider charges, their mapping, and the ledger they end up in."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.ledger import Charge, Event, Hours, Ledger, moment, refused, statuses

MONDAY = date(2025, 3, 3)
ADMIN_NORA = 2


def ledger_rows(ledger: Ledger) -> list[tuple[str, int, int | None, Decimal]]:
    """Date, campaign, experiment and dollars of each ledger row, in the order they were appended."""
    found = ledger.rows("SELECT date::text, campaign_id, experiment_id, cost_usd FROM cost_rollup ORDER BY id")
    return [(row[0], row[1], row[2], row[3]) for row in found]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.decimals(Decimal(-1_000_000), Decimal(1_000_000), allow_nan=False, allow_infinity=False, places=8))
def test_that_money_is_rounded_half_even_as_python_does(ledger: Ledger, amount: Decimal) -> None:
    assert ledger.value("SELECT round_half_even(%s::numeric)", amount) == amount.quantize(
        Decimal("0.000001"), ROUND_HALF_EVEN
    )


@pytest.mark.parametrize("micros", ["0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "3.49", "3.51"])
def test_that_a_tie_goes_to_the_even_side(ledger: Ledger, micros: str) -> None:
    amount = Decimal(micros) / 1_000_000
    wanted = amount.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
    assert ledger.value("SELECT round_half_even(%s::numeric)", amount) == wanted


def test_that_labor_is_hours_at_the_rate_of_the_date_rounded_once(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    member = ledger.member(rate="0.000003", campaign=campaign)
    ledger.hours(Hours(member, MONDAY, "0.5"), Hours(member, MONDAY, "1.5"))
    assert ledger.rows("SELECT hourly_rate_usd, cost_usd FROM time_log ORDER BY line") == [
        (Decimal("0.000003"), Decimal("0.000002")),
        (Decimal("0.000003"), Decimal("0.000004")),
    ]
    assert ledger.value("SELECT sum(cost_usd) FROM cost_rollup") == Decimal("0.000006")


@pytest.mark.parametrize("hours", ["0", "-1", "24.000001", "NaN"])
def test_that_a_day_has_hours_up_to_24(ledger: Ledger, hours: str) -> None:
    member = ledger.member(campaign=ledger.campaign())
    with refused("ck_time_log_hours", "23514"):
        ledger.hours(Hours(member, MONDAY, hours))


@pytest.mark.parametrize("rate", ["-0.000001", "NaN"])
def test_that_a_rate_is_an_amount(ledger: Ledger, rate: str) -> None:
    with refused("ck_member_rate_rate", "23514"):
        ledger.member(rate=rate)


def test_that_the_first_rate_and_assignment_hold_from_the_beginning(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    member = ledger.member(rate="20", campaign=campaign)  # both given for 1 January
    assert ledger.hours(Hours(member, date(2020, 1, 1))) == []
    assert ledger_rows(ledger) == [("2020-01-01", campaign, None, Decimal(80))]


def test_that_a_later_rate_and_assignment_hold_from_their_date(ledger: Ledger) -> None:
    spring, autumn = ledger.campaign(), ledger.campaign("Autumn")
    member = ledger.member(rate="20", campaign=spring)
    ledger.rows("SELECT set_member_rate(%s, 30, %s)", member, MONDAY)
    ledger.rows("SELECT assign_member(%s, %s, %s)", member, autumn, MONDAY)
    ledger.hours(Hours(member, MONDAY - timedelta(days=1), "1"), Hours(member, MONDAY, "1"))
    assert ledger_rows(ledger) == [("2025-03-02", spring, None, Decimal(20)), ("2025-03-03", autumn, None, Decimal(30))]


@pytest.mark.parametrize("change", ["set_member_rate(%s, 30, %s)", "assign_member(%s, 1, %s)"])
def test_that_a_change_holds_after_every_date_already_logged(ledger: Ledger, change: str) -> None:
    campaign = ledger.campaign()
    member, other = ledger.member(campaign=campaign), ledger.member("bo@example.com", campaign=campaign)
    change = change.replace("1,", f"{campaign},")
    ledger.hours(Hours(member, MONDAY))
    for day in (MONDAY - timedelta(days=1), MONDAY):
        with refused("Hours are logged up to 2025-03-03: a change must hold from a later date"):
            ledger.rows(f"SELECT {change}", member, day)
    ledger.rows(f"SELECT {change}", other, MONDAY)
    ledger.rows(f"SELECT {change}", member, MONDAY + timedelta(days=1))
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        with refused("already holds from that date or a later one|Hours are logged"):
            ledger.rows(f"SELECT {change}", member, day)
    for never in ("infinity", "-infinity", None):
        with refused("A change holds from a date"):
            ledger.rows(f"SELECT {change}", member, never)
    with refused("There is no team member 99", "CD002"):
        ledger.rows(f"SELECT {change}", 99, MONDAY)


def test_that_hours_need_a_rate_an_assignment_a_past_date_and_the_right_campaign(ledger: Ledger) -> None:
    spring, autumn = ledger.campaign(), ledger.campaign("Autumn")
    good = ledger.member(campaign=spring)
    unpaid = ledger.member("unpaid@example.com", rate=None, campaign=spring)
    unassigned = ledger.member("unassigned@example.com")
    elsewhere = ledger.member("elsewhere@example.com", campaign=autumn)
    tomorrow = ledger.value("SELECT (clock_timestamp() AT TIME ZONE desk_zone())::date + 1")
    answers = ledger.hours(
        Hours(good, MONDAY),
        Hours(unpaid, MONDAY),
        Hours(unassigned, MONDAY),
        Hours(elsewhere, MONDAY),
        Hours(good, tomorrow),
        campaign=spring,
    )
    assert [(row[0], row[1], row[3]) for row in answers] == [
        (2, "rejected", "unpaid@example.com has no hourly rate"),
        (3, "rejected", "unassigned@example.com was assigned to no campaign on 2025-03-03"),
        (4, "rejected", 'elsewhere@example.com worked for another campaign ("Autumn") on 2025-03-03'),
        (5, "rejected", "lies in the future"),
    ]
    assert ledger.spent(spring) == {(None, "labor"): 80}


def test_that_recorded_hours_are_no_duplicate_for_another_campaign(ledger: Ledger) -> None:
    spring, autumn = ledger.campaign(), ledger.campaign("Autumn")
    member = ledger.member(campaign=spring)
    logs = Hours(member, MONDAY), Hours(member, MONDAY, id="a")
    ledger.hours(*logs, campaign=spring)
    reason = 'ana@example.com worked for another campaign ("Spring") on 2025-03-03'
    assert ledger.hours(*logs, campaign=autumn) == [
        (1, "rejected", "email", reason),
        (2, "rejected", "email", reason),
    ]
    assert [row[1] for row in ledger.hours(*logs)] == ["duplicate", "duplicate"]
    assert ledger.spent(spring) == {(None, "labor"): 160}


def test_that_what_repeats_a_refused_row_is_refused_for_the_same_reason(ledger: Ledger) -> None:
    unassigned = ledger.member()
    answers = ledger.hours(Hours(unassigned, MONDAY, id="a"), Hours(unassigned, MONDAY, id="a"))
    reason = "ana@example.com was assigned to no campaign on 2025-03-03"
    assert answers == [(1, "rejected", "email", reason), (2, "rejected", "email", reason)]


def test_that_hours_are_identified_by_id_or_by_content_and_count(ledger: Ledger) -> None:
    member = ledger.member(campaign=ledger.campaign())
    assert ledger.hours(Hours(member, MONDAY), Hours(member, MONDAY), Hours(member, MONDAY, id="a")) == []
    again = ledger.hours(*[Hours(member, MONDAY)] * 3, Hours(member, MONDAY, id="a"), Hours(member, MONDAY, "5", "a"))
    assert statuses(again) == [(1, "duplicate"), (2, "duplicate"), (4, "duplicate"), (5, "rejected")]
    in_file = ledger.hours(
        Hours(member, MONDAY, id="b"), Hours(member, MONDAY, id="b"), Hours(member, MONDAY, "5", "b")
    )
    assert in_file[1:] == [(3, "rejected", "entry_id", "differs from line 1, which has the same id")]
    assert statuses(in_file) == [(2, "duplicate"), (3, "rejected")]
    assert ledger.hours(Hours(member, MONDAY), by_hand=True) == []
    assert ledger.value("SELECT count(*) FROM time_log") == 6


def test_that_worked_example_1_holds(ledger: Ledger) -> None:
    """One day, E1 ran 09:00-12:00, E2 13:00-; labor and a Twilio day belong to E1, a bonus at 14:00 to E2."""
    campaign = ledger.campaign()
    first, second = ledger.experiment(campaign, "E1"), ledger.experiment(campaign, "E2", calculator_installed="10")
    ledger.move(first, "start", moment(14))  # 09:00 in New York
    ledger.move(first, "complete", moment(17))
    ledger.move(second, "start", moment(18))
    member = ledger.member(campaign=campaign)
    ledger.hours(Hours(member, MONDAY), Hours(member, MONDAY))
    ledger.map_charges(campaign)
    ledger.charges(Charge(MONDAY, "30"))
    ledger.events(campaign, Event(moment(19), member=member))
    assert ledger.spent(campaign) == {(first, "labor"): 160, (first, "twilio"): 30, (second, "bonus"): 10}


def test_that_worked_example_2_holds(ledger: Ledger) -> None:
    """Labor logged before the first start of that day is overhead, for good."""
    campaign = ledger.campaign()
    today = ledger.value("SELECT (clock_timestamp() AT TIME ZONE desk_zone())::date")
    member = ledger.member(campaign=campaign)
    ledger.hours(Hours(member, today, "1"))
    experiment = ledger.running(campaign, None)
    ledger.hours(Hours(member, today, "2"))
    assert ledger.spent(campaign) == {(None, "labor"): 20, (experiment, "labor"): 40}


def test_that_a_restated_day_appends_the_difference(ledger: Ledger) -> None:
    """Worked example 3: restated after the experiment ended, the difference lands on it, on that day."""
    campaign = ledger.campaign()
    ledger.map_charges(campaign)
    experiment = ledger.running(campaign, moment(9))
    ledger.charges(Charge(MONDAY, "40.00"))
    ledger.move(experiment, "complete")
    ledger.running(campaign, None, "Next")
    ledger.charges(Charge(MONDAY, "43.10"))
    assert ledger_rows(ledger) == [
        ("2025-03-03", campaign, experiment, Decimal("40")),
        ("2025-03-03", campaign, experiment, Decimal("3.10")),
    ]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        # New York: 9 March 2025 has 23 hours, 2 November 2024 ends with a day of 25 hours after it
        (datetime(2025, 3, 9, 5, tzinfo=UTC), datetime(2025, 3, 10, 4, tzinfo=UTC), {date(2025, 3, 9)}),
        (datetime(2024, 11, 3, 4, tzinfo=UTC), datetime(2024, 11, 4, 5, tzinfo=UTC), {date(2024, 11, 3)}),
        (datetime(2024, 11, 4, 4, 59, tzinfo=UTC), datetime(2024, 11, 4, 5, 1, tzinfo=UTC),
         {date(2024, 11, 3), date(2024, 11, 4)}),
    ],
)  # fmt: skip
def test_that_labor_follows_the_day_of_the_desk_zone_across_clock_changes(
    ledger: Ledger, start: datetime, end: datetime, days: set[date]
) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, start)
    ledger.move(experiment, "complete", end)
    candidates = [min(days) + timedelta(days=n) for n in (-1, 0, 1, 2)]
    found = {day for day in candidates if ledger.value("SELECT dated_experiment(%s, %s, desk_zone())", campaign, day)}
    assert found == days


@pytest.mark.parametrize("zone", ["America/Havana", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "UTC"])
def test_that_a_date_is_the_stretch_of_the_moments_that_carry_it(ledger: Ledger, zone: str) -> None:
    """Also where clocks go back at midnight, and a date starts twice (Havana)."""
    campaign = ledger.campaign()
    for start in (datetime(2024, 11, 3, 4, 30, tzinfo=UTC), datetime(2011, 12, 30, 9, tzinfo=UTC)):
        experiment = ledger.running(campaign, start, f"{start}")
        ledger.move(experiment, "complete", start + timedelta(minutes=1))
        day = ledger.value("SELECT (%s AT TIME ZONE %s)::date", start, zone)
        assert ledger.value("SELECT dated_experiment(%s, %s, %s)", campaign, day, zone) == experiment
        ledger.rows("UPDATE campaign SET name = name || ' old'")
        campaign = ledger.campaign()


def test_that_a_provider_day_is_a_utc_day_that_has_ended(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.map_charges(campaign)
    experiment = ledger.running(campaign, moment(2))  # 3 March in UTC, 2 March in New York
    ledger.move(experiment, "complete", moment(3))
    ledger.charges(Charge(MONDAY, "1"), Charge(MONDAY - timedelta(days=1), "2"))
    assert ledger.spent(campaign) == {(experiment, "twilio"): 1, (None, "twilio"): 2}
    today = ledger.value("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
    with refused("A provider day is recorded only once it has ended"):
        ledger.charges(Charge(today, "1"))
    ledger.charges(Charge(today - timedelta(days=1), "1"))


def test_that_the_sum_of_a_charge_is_its_newest_stated_figure(ledger: Ledger) -> None:
    for stated in ("40", "43.10", "-2.5", "0", "7"):
        ledger.charges(Charge(MONDAY, stated))
        assert ledger.value("SELECT sum(amount_usd) FROM provider_charge") == Decimal(stated)
    assert statuses(ledger.charges(Charge(MONDAY, "7"))) == [(1, "duplicate")]
    assert ledger.value("SELECT count(*) FROM provider_charge") == 5


def test_that_a_statement_names_each_charge_once(ledger: Ledger) -> None:
    with refused("One charge is stated twice"):
        ledger.charges(Charge(MONDAY, "40"), Charge(MONDAY, "40"))
    with refused("ck_provider_charge_stated", "23514"):
        ledger.charges(Charge(MONDAY, "NaN"))


def test_that_only_a_statement_of_whole_days_takes_back_what_it_no_longer_names(ledger: Ledger) -> None:
    google = [Charge(MONDAY, "5", "B1", project, month="202503") for project in ("a", "b")]
    ledger.charges(*google)
    ledger.charges(google[0])
    assert ledger.value("SELECT sum(amount_usd) FROM provider_charge") == 10
    ledger.charges(google[0], whole_days=True)
    assert ledger.value("SELECT sum(amount_usd) FROM provider_charge") == 5
    ledger.charges(*google, whole_days=True)
    assert ledger.value("SELECT sum(amount_usd) FROM provider_charge") == 10


def test_that_an_unmapped_charge_is_no_campaigns_cost_until_it_is_mapped(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.charges(Charge(MONDAY, "40"), Charge(MONDAY, "1", "AC2"))
    assert ledger_rows(ledger) == []
    experiment = ledger.running(campaign, moment(9))  # no cost of the campaign is in the way
    ledger.map_charges(campaign)
    assert ledger_rows(ledger) == [("2025-03-03", campaign, experiment, Decimal(40))]


def test_that_remapping_appends_minus_and_plus_rows(ledger: Ledger) -> None:
    spring, autumn = ledger.campaign(), ledger.campaign("Autumn")
    first, second = ledger.running(spring, moment(9)), ledger.running(autumn, moment(9))
    ledger.map_charges(spring)
    ledger.charges(Charge(MONDAY, "40"))
    ledger.charges(Charge(MONDAY, "43"))
    ledger.map_charges(autumn)
    ledger.charges(Charge(MONDAY, "44"))
    assert [(row[1], row[2], int(row[3])) for row in ledger_rows(ledger)] == [
        (spring, first, 40),
        (spring, first, 3),
        (spring, first, -43),
        (autumn, second, 43),
        (autumn, second, 1),
    ]
    ledger.map_charges(None)
    assert ledger.spent(autumn) == {}
    assert ledger.value("SELECT sum(cost_usd) FROM cost_rollup") == 0


def test_that_the_most_specific_mapping_wins(ledger: Ledger) -> None:
    by_account, by_project, by_label = (ledger.campaign(name) for name in ("Account", "Project", "Label"))
    for campaign, account, project, label in (
        (by_label, None, None, "L"),
        (by_project, None, "P", None),
        (by_account, "B1", None, None),
    ):
        ledger.map_charges(campaign, account, project, label, "gcp")
    charges = [("P", "L", 1), ("P", None, 2), (None, None, 4), ("Q", "L", 8)]
    ledger.charges(*(Charge(MONDAY, str(usd), "B1", project, label, "202503") for project, label, usd in charges))
    spent = [ledger.spent(campaign)[(None, "gcp")] for campaign in (by_label, by_project, by_account)]
    assert spent == [9, 2, 4]
    ledger.map_charges(None, None, None, "L", "gcp")  # what it covered falls to the next
    spent = [ledger.spent(campaign).get((None, "gcp"), Decimal(0)) for campaign in (by_label, by_project, by_account)]
    assert spent == [0, 3, 12]


def test_that_a_mapping_changes_nothing_where_a_more_specific_one_holds(ledger: Ledger) -> None:
    label, account = ledger.campaign("Label"), ledger.campaign("Account")
    ledger.map_charges(label, None, None, "L", "gcp")
    ledger.charges(Charge(MONDAY, "5", "B1", None, "L", "202503"))
    ledger.map_charges(account, "B1", None, None, "gcp")
    assert ledger.spent(account) == {}
    assert len(ledger_rows(ledger)) == 1


def test_that_a_charge_restated_to_nothing_keeps_its_experiment(ledger: Ledger) -> None:
    campaign, other = ledger.campaign(), ledger.campaign("Other")
    ledger.map_charges(campaign, provider="gcp", account="B1")
    charge = Charge(MONDAY, "40", "B1", "P", None, "202503")
    ledger.charges(charge)  # overhead: nothing ran
    ledger.charges(Charge(MONDAY, "0", "B1", "P", None, "202503"))
    ledger.map_charges(other, None, "Q", None, "gcp")
    ledger.map_charges(campaign, None, "P", None, "gcp")
    assert len(ledger_rows(ledger)) == 2
    ledger.charges(charge)
    assert ledger.spent(campaign) == {(None, "gcp"): 40}


def test_that_only_an_admin_maps(ledger: Ledger) -> None:
    with refused("Only an admin may map charges"):
        ledger.map_charges(ledger.campaign(), admin=ADMIN_NORA)


def test_that_a_reversed_time_log_is_taken_back_where_it_was(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(9))
    ledger.hours(Hours(ledger.member(campaign=campaign), MONDAY))
    log = ledger.value("SELECT id FROM time_log")
    ledger.move(experiment, "complete")
    ledger.reverse("time_log", log)
    assert ledger_rows(ledger) == [
        ("2025-03-03", campaign, experiment, Decimal(80)),
        ("2025-03-03", campaign, experiment, Decimal(-80)),
    ]
    with refused("is reversed already"):
        ledger.reverse("time_log", log)
    with refused("There is no time log", "CD002"):
        ledger.reverse("time_log", log + 1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.decimals(Decimal(-500), Decimal(500), places=6)), min_size=1, max_size=12)
)
def test_that_money_sums_exactly_whatever_is_restated_and_remapped(
    ledger: Ledger, steps: list[tuple[int, Decimal]]
) -> None:
    with ledger.connection.transaction(force_rollback=True):
        campaigns = [ledger.campaign(name) for name in ("One", "Two")]
        stated, mapped = Decimal(0), None
        for target, amount in steps:
            wanted = [None, *campaigns][target]
            if wanted != mapped:
                ledger.map_charges(wanted)
                mapped = wanted
            ledger.charges(Charge(MONDAY, str(amount)))
            stated = amount
            held = ledger.rows(
                "SELECT campaign_id, sum(cost_usd) FROM cost_rollup GROUP BY 1 HAVING sum(cost_usd) <> 0"
            )
            assert held == ([(mapped, stated)] if mapped and stated else [])
            assert ledger.value("SELECT sum(amount_usd) FROM provider_charge") == stated


def test_that_no_column_of_money_is_a_float(ledger: Ledger) -> None:
    floats = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'capdesk'"
    assert ledger.rows(floats + " AND data_type IN ('real', 'double precision', 'money')") == []
    money = ledger.rows(
        "SELECT DISTINCT numeric_precision, numeric_scale FROM information_schema.columns"
        " WHERE table_schema = 'capdesk' AND data_type = 'numeric' ORDER BY 1"
    )
    assert money == [(14, 6), (20, 6)]  # the wider one holds the difference of a whole pull


def test_that_everything_named_as_dollars_is_numeric(ledger: Ledger) -> None:
    kinds = ledger.rows(
        "SELECT DISTINCT data_type FROM information_schema.columns"
        " WHERE table_schema = 'capdesk' AND column_name LIKE '%%usd%%'"
    )
    assert kinds == [("numeric",)]
