"""Calls and events: what each is, which experiment it belongs to, and what it earns."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.ledger import Call, Event, Ledger, moment, phone, refused, statuses

CONVERSATIONS = ("Not Interested", "Callback", "Info", "Schedule")
INTERESTED = ("Callback", "Info", "Schedule")
OUTCOMES = ("No Answer", "Busy", "Wrong #", *CONVERSATIONS)
EXPLICIT = ("install_scheduled", "install_attended", "calculator_installed", "paid_conversion")


@pytest.mark.parametrize(("outcome", "seconds"), list(itertools.product(OUTCOMES, (0, 149, 150, 151, 3600))))
def test_that_a_call_makes_the_events_of_the_locked_definition(ledger: Ledger, outcome: str, seconds: int) -> None:
    campaign = ledger.campaign()
    ledger.calls(campaign, Call(moment(9), seconds, outcome))
    wanted = {"dial_attempt": 1}
    if outcome in CONVERSATIONS:
        wanted["conversation"] = 1
    if outcome in INTERESTED and seconds >= 150:
        wanted["qpc"] = 1
    counted = {kind: count for (_, kind, _), count in ledger.counts(campaign).items()}
    read = "SELECT event_type::text, count(*)::int, min(event_timestamp), max(event_timestamp)"
    assert counted == wanted
    found = ledger.rows(read + " FROM performance_event GROUP BY event_type")
    assert sorted(found) == [(kind, 1, moment(9), moment(9)) for kind in sorted(wanted)]


@pytest.mark.parametrize("kind", ["dial_attempt", "conversation", "qpc"])
def test_that_what_comes_from_calls_is_never_recorded_by_hand(ledger: Ledger, kind: str) -> None:
    answers = ledger.events(ledger.campaign(), Event(moment(9), kind), by_hand=True)
    assert answers == [(1, "rejected", "event_type", f"{kind} comes only from dialer calls")]


def test_that_a_call_known_to_twilio_only_makes_no_event(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.running(campaign, moment(8))
    ledger.calls(campaign, Call(moment(9), 200, None, id="CA1"), source="twilio")
    assert ledger.counts(campaign) == {}
    assert ledger.rows("SELECT * FROM performance_event") == []
    assert ledger.rows("SELECT experiment_id, attribution FROM call") == [(None, None)]


@pytest.mark.parametrize(
    ("hour", "wanted"),
    [(8.999, None), (9, "first"), (11.999, "first"), (12, None), (12.5, None), (13, "second"), (20, "second")],
)
def test_that_an_event_belongs_to_the_run_that_contains_it_start_included_end_not(
    ledger: Ledger, hour: float, wanted: str | None
) -> None:
    campaign = ledger.campaign()
    ids = {"first": ledger.running(campaign, moment(9), "first")}
    ledger.move(ids["first"], "pause", moment(12))
    ids["second"] = ledger.running(campaign, moment(13), "second")
    ledger.calls(campaign, Call(moment(hour)))
    ledger.events(campaign, Event(moment(hour)))
    why = "run" if wanted else "no_run"
    experiment = ids[wanted] if wanted else None
    assert ledger.counts(campaign) == {
        (experiment, "dial_attempt", why): 1,
        (experiment, "calculator_installed", why): 1,
    }


def test_that_a_run_of_another_campaign_claims_nothing(ledger: Ledger) -> None:
    ledger.running(ledger.campaign("Other"), moment(8))
    campaign = ledger.campaign()
    ledger.calls(campaign, Call(moment(9)))
    assert ledger.counts(campaign) == {(None, "dial_attempt", "no_run"): 1}


def test_that_attribution_is_decided_when_recorded_and_stays(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    now = ledger.value("SELECT clock_timestamp()")
    ledger.calls(campaign, Call(now, id="before"))
    experiment = ledger.running(campaign, None)
    ledger.calls(campaign, Call(now + timedelta(microseconds=1), id="late but before the start"))
    assert ledger.counts(campaign) == {(None, "dial_attempt", "no_run"): 2}
    ledger.calls(campaign, Call(ledger.value("SELECT clock_timestamp()"), id="after"))
    assert ledger.counts(campaign)[(experiment, "dial_attempt", "run")] == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.integers(0, 1000), min_size=1, max_size=8, unique=True).map(sorted),
    times=st.lists(st.integers(0, 1000), min_size=1, max_size=20),
)
def test_that_stored_attribution_equals_the_derived_one(ledger: Ledger, steps: list[int], times: list[int]) -> None:
    with ledger.connection.transaction(force_rollback=True):
        campaign = ledger.campaign()
        experiment = ledger.experiment(campaign)
        actions = itertools.chain(["start"], itertools.cycle(["pause", "resume"]))
        for at, action in zip(steps, actions, strict=False):
            ledger.move(experiment, action, moment(at / 100))
        ledger.calls(campaign, *(Call(moment(at / 100), id=f"c{n}") for n, at in enumerate(times)))
        ledger.events(campaign, *(Event(moment(at / 100), id=f"e{n}") for n, at in enumerate(times)))
        inside = sum(sum(step <= at for step in steps) % 2 for at in times)
        counts = ledger.counts(campaign)
        for kind in ("dial_attempt", "calculator_installed"):
            assert counts.get((experiment, kind, "run"), 0) == inside
            assert counts.get((None, kind, "no_run"), 0) == len(times) - inside


def test_that_events_after_a_terminal_status_was_recorded_do_not_count(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8))
    lead = ledger.lead(campaign)
    ledger.rows("SELECT set_lead_status(%s, 'do_not_contact')", lead)
    exited = ledger.value("SELECT exited_at FROM lead")
    after = ledger.value("SELECT clock_timestamp()")
    ledger.calls(campaign, *(Call(at, phone=1, id=str(at)) for at in (moment(9), exited, after)))
    ledger.events(campaign, *(Event(at, phone=1, id=str(at)) for at in (moment(9), exited, after)))
    for kind in ("dial_attempt", "calculator_installed"):
        assert ledger.counts(campaign)[(experiment, kind, "run")] == 2
        assert ledger.counts(campaign)[(None, kind, "lead_exited")] == 1


@pytest.mark.parametrize("status", ["paid_customer", "do_not_contact", "permanently_not_interested"])
def test_that_a_terminal_status_is_final(ledger: Ledger, status: str) -> None:
    lead = ledger.lead(ledger.campaign())
    ledger.rows("SELECT set_lead_status(%s, %s)", lead, status)
    for other in ("active", "paid_customer", "do_not_contact"):
        with refused(f"Lead {lead} is {status}: that is final"):
            ledger.rows("SELECT set_lead_status(%s, %s)", lead, other)
    history = ledger.rows("SELECT status::text FROM lead_status ORDER BY id")
    assert history == [("active",), (status,)]


def test_that_the_status_of_an_unknown_lead_is_not_found(ledger: Ledger) -> None:
    with refused("There is no lead 99", "CD002"):
        ledger.rows("SELECT set_lead_status(99, 'do_not_contact')")


def test_that_an_outcome_sets_no_status(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.lead(campaign)
    ledger.calls(campaign, Call(moment(9), 200, "Not Interested", phone=1), Call(moment(9), 200, "Wrong #", phone=1))
    assert ledger.rows("SELECT status::text, exited_at FROM lead") == [("active", None)]


def test_that_a_paid_conversion_makes_a_customer_and_a_second_one_never_counts(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8), paid_conversion="10")
    member = ledger.member()
    ledger.lead(campaign)
    for hour in (11, 10, 12):
        ledger.events(campaign, Event(moment(hour), "paid_conversion", 1, member))
    assert ledger.rows("SELECT status::text FROM lead") == [("paid_customer",)]
    assert ledger.counts(campaign) == {
        (experiment, "paid_conversion", "run"): 1,
        (None, "paid_conversion", "lead_exited"): 2,
    }
    assert ledger.spent(campaign) == {(experiment, "bonus"): 10}


def test_that_of_two_paid_conversions_in_one_file_the_earlier_counts(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.running(campaign, moment(8))
    ledger.lead(campaign)
    ledger.events(campaign, Event(moment(11), "paid_conversion", 1), Event(moment(10), "paid_conversion", 1))
    found = "SELECT event_timestamp, attribution::text FROM explicit_event ORDER BY 1"
    assert ledger.rows(found) == [(moment(10), "run"), (moment(11), "lead_exited")]


def test_that_conversions_of_different_or_unknown_leads_all_count(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8))
    for number in (1, 2):
        ledger.lead(campaign, number)
    ledger.events(campaign, *(Event(moment(9), "paid_conversion", number) for number in (1, 2, 3, None)))
    ledger.events(campaign, Event(moment(10), "paid_conversion", 3))
    assert ledger.counts(campaign) == {(experiment, "paid_conversion", "run"): 5}


def test_that_after_a_wrong_paid_conversion_is_reversed_the_right_one_counts(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8))
    ledger.lead(campaign)
    ledger.events(campaign, Event(moment(11), "paid_conversion", 1))
    ledger.reverse("event", ledger.value("SELECT max(id) FROM performance_event"))
    ledger.events(campaign, Event(moment(10), "paid_conversion", 1))
    assert ledger.counts(campaign) == {(experiment, "paid_conversion", "run"): 1}
    assert ledger.rows("SELECT status::text FROM lead") == [("paid_customer",)]


def test_that_an_unknown_number_lands_without_a_lead_and_is_told(ledger: Ledger) -> None:
    campaign, other = ledger.campaign(), ledger.campaign("Other")
    ledger.lead(campaign, 1)
    ledger.lead(other, 2)
    calls = (Call(moment(9), phone=1), Call(moment(9), phone=2), Call(moment(9), phone=3), Call(moment(9)))
    assert ledger.calls(campaign, *calls) == [(None, "unknown_lead", "lead_phone", "2")]
    found = ledger.rows("SELECT phone_key, lead_id IS NOT NULL FROM call ORDER BY line")
    assert found == [(phone(1), True), (phone(2), False), (phone(3), False), (None, False)]


@pytest.mark.parametrize("what", ["calls", "events"])
def test_that_the_future_is_rejected(ledger: Ledger, what: str) -> None:
    campaign = ledger.campaign()
    ahead = ledger.value("SELECT clock_timestamp() + interval '1 minute'")
    fact = Call if what == "calls" else Event
    answers = getattr(ledger, what)(campaign, fact(ahead, id="a"), fact(ahead, id="a"), fact(ahead))
    assert [(row[0], row[1], row[3]) for row in answers] == [(n, "rejected", "lies in the future") for n in (1, 2, 3)]


@pytest.mark.parametrize("what", ["calls", "events"])
def test_that_an_id_is_recorded_once_and_other_content_under_it_is_rejected(ledger: Ledger, what: str) -> None:
    campaign, other = ledger.campaign(), ledger.campaign("Other")
    fact = Call if what == "calls" else Event
    record = getattr(ledger, what)
    assert record(campaign, fact(moment(9), id="a")) == []
    again = record(campaign, fact(moment(9), id="a"), fact(moment(10), id="a"), fact(moment(9), id="b"))
    assert statuses(again) == [(1, "duplicate"), (2, "rejected")]
    assert again[1][3] == "differs from what is recorded under this id"
    assert statuses(record(other, fact(moment(9), id="a"))) == [(1, "rejected")]
    in_file = record(campaign, fact(moment(9), id="c"), fact(moment(9), id="c"), fact(moment(10), id="c"))
    assert statuses(in_file) == [(2, "duplicate"), (3, "rejected")]
    assert in_file[1][3] == "differs from line 1, which has the same id"


@pytest.mark.parametrize("what", ["calls", "events"])
def test_that_without_an_id_a_file_lands_what_it_has_more_of(ledger: Ledger, what: str) -> None:
    campaign = ledger.campaign()
    fact = Call if what == "calls" else Event
    record = getattr(ledger, what)
    assert record(campaign, fact(moment(9)), fact(moment(9)), fact(moment(10))) == []
    assert statuses(record(campaign, fact(moment(9)), fact(moment(9)), fact(moment(10)))) == [
        (1, "duplicate"),
        (2, "duplicate"),
        (3, "duplicate"),
    ]
    assert statuses(record(campaign, *[fact(moment(9))] * 3)) == [(1, "duplicate"), (2, "duplicate")]
    assert sum(ledger.counts(campaign).values()) == 4


def test_that_an_event_entered_by_hand_again_is_another_one(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    for _ in range(3):
        assert ledger.events(campaign, Event(moment(9)), by_hand=True) == []
    assert statuses(ledger.events(campaign, *[Event(moment(9))] * 4)) == [(n, "duplicate") for n in (1, 2, 3)]


@pytest.mark.parametrize("what", ["calls", "events"])
def test_that_an_unknown_campaign_or_member_is_refused(ledger: Ledger, what: str) -> None:
    campaign = ledger.campaign()
    fact = Call if what == "calls" else Event
    with refused("There is no campaign 99", "CD002"):
        getattr(ledger, what)(99, fact(moment(9)))
    with refused("There is no team member 99", "CD002"):
        getattr(ledger, what)(campaign, fact(moment(9), member=99))


@pytest.mark.parametrize("what", ["calls", "events"])
def test_that_a_moment_without_end_is_refused(ledger: Ledger, what: str) -> None:
    campaign = ledger.campaign()
    column = "occurred_at" if what == "calls" else "event_timestamp"
    table, extra = ("staged_call", ", duration_s, outcome") if what == "calls" else ("staged_event", ", event_type")
    values = ", 1, 'Busy'" if what == "calls" else ", 'calculator_installed'"
    batch = ledger.value("SELECT next_batch()")
    ledger.rows(f"INSERT INTO {table} (batch_id, line, {column}{extra}) VALUES (%s, 1, '-infinity'{values})", batch)
    record = "record_calls(%s, %s, 'dialer', true)" if what == "calls" else "record_events(%s, %s, true)"
    with refused("not_ahead", "23514"):
        ledger.rows(f"SELECT * FROM {record}", batch, campaign)


def test_that_facts_enter_only_with_the_batch_opened_here(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.calls(campaign, Call(moment(9)))
    closed = ledger.value("SELECT max(id) FROM import_batch")
    for batch in (closed, closed + 1, None):
        for function in ("record_calls(%s, 1, 'dialer', true)", "record_events(%s, 1, true)", "record_leads(%s, 1)"):
            with refused("is not open here"):
                ledger.rows(f"SELECT * FROM {function}", batch)
        for function in ("record_time_logs(%s, NULL, true)", "record_charges(%s)"):
            with refused("is not open here"):
                ledger.rows(f"SELECT * FROM {function}", batch)


def test_that_a_receipt_adds_up(ledger: Ledger) -> None:
    batch = ledger.value("SELECT next_batch()")
    receipt = "SELECT record_batch(%s, 'calls', NULL, NULL, NULL, NULL, %s, %s, %s, %s, '[]', 1)"
    for counts in ((3, 1, 1, 0), (0, 1, -1, 0)):
        with refused("ck_import_batch", "23514"):
            ledger.rows(receipt, batch, *counts)
    ledger.rows(receipt, batch, 3, 1, 1, 1)


def test_that_an_event_earns_its_bonus_once_with_member_experiment_and_rule(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8), qpc="5", conversation="0.25", calculator_installed="12.5")
    ledger.move(experiment, "pause", moment(20))
    member = ledger.member()
    earning = (Call(moment(9), 150, "Info", member=member, id="1"), Event(moment(9), member=member, id="1"))
    ledger.calls(
        campaign,
        earning[0],
        earning[0],
        Call(moment(9), 149, "Busy", member=member),
        Call(moment(9), 150, "Info"),
        Call(moment(21), 150, "Info", member=member),
    )
    ledger.calls(campaign, earning[0])
    ledger.events(
        campaign,
        earning[1],
        earning[1],
        Event(moment(9), "install_attended", member=member),
        Event(moment(9)),
        Event(moment(21), member=member),
    )
    earned = "SELECT event_type::text, bonus_amount_usd, team_member_id, experiment_id FROM bonus_event ORDER BY 2"
    assert ledger.rows(earned) == [
        ("conversation", Decimal("0.25"), member, experiment),
        ("qpc", Decimal(5), member, experiment),
        ("calculator_installed", Decimal("12.5"), member, experiment),
    ]
    assert ledger.spent(campaign) == {(experiment, "bonus"): Decimal("17.75")}


@pytest.mark.parametrize("kind", EXPLICIT)
def test_that_every_explicit_type_can_earn_a_bonus(ledger: Ledger, kind: str) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8), **{kind: "3"})
    ledger.events(campaign, Event(moment(2, day=1), kind, member=ledger.member()))
    assert ledger.rows("SELECT date::text, experiment_id, cost_usd FROM cost_rollup") == [
        ("2025-03-03", experiment, Decimal(3))  # 22:00 on the third, in New York
    ]


def test_that_reversing_takes_back_counts_and_cost_and_leaves_the_bonus_row(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    experiment = ledger.running(campaign, moment(8), qpc="5", conversation="1", calculator_installed="12")
    member = ledger.member()
    ledger.calls(campaign, Call(moment(9), 150, "Info", member=member))
    ledger.events(campaign, Event(moment(9), member=member))
    before = ledger.rows("SELECT * FROM bonus_event ORDER BY id")
    ledger.move(experiment, "complete")  # facts about an ended experiment may still be answered
    ledger.reverse("call", ledger.value("SELECT id FROM call"))
    assert ledger.counts(campaign) == {(experiment, "calculator_installed", "run"): 1}
    assert ledger.spent(campaign) == {(experiment, "bonus"): 12}
    ledger.reverse("event", ledger.value("SELECT id * 4 FROM explicit_event"))
    assert ledger.counts(campaign) == {}
    assert ledger.spent(campaign) == {}
    assert ledger.rows("SELECT * FROM bonus_event ORDER BY id") == before
    assert ledger.rows("SELECT DISTINCT date::text FROM cost_rollup") == [("2025-03-03",)]
    assert ledger.value("SELECT count(*) FROM performance_event WHERE reversed_at IS NULL") == 0


def test_that_a_fact_is_reversed_once_and_with_a_reason(ledger: Ledger) -> None:
    campaign = ledger.campaign()
    ledger.calls(campaign, Call(moment(9), 150, "Info"))
    ledger.events(campaign, Event(moment(9)))
    call, event = ledger.value("SELECT id FROM call"), ledger.value("SELECT id * 4 FROM explicit_event")
    with refused(f"Event {call * 4 + 2} is read from call {call}: reverse the call"):
        ledger.reverse("event", call * 4 + 2)
    for what, number in (("call", call), ("event", event)):
        with refused("ck_reversal_reason", "23514"):
            ledger.reverse(what, number, "  ")
        ledger.reverse(what, number)
        with refused("is reversed already"):
            ledger.reverse(what, number)
        with refused("There is no", "CD002"):
            ledger.reverse(what, number + 400)
