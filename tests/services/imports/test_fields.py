from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import (
    OUTCOMES,
    parse_date,
    parse_duration,
    parse_email,
    parse_event_type,
    parse_hours,
    parse_metadata,
    parse_outcome,
    parse_rate,
    parse_timestamp,
)
from capdesk.services.imports.jsontext import dump_json, load_json

MOMENT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
US = {"EST": "-05:00"}


def sentence(read: Callable[[str], object], text: str) -> str:
    with pytest.raises(UsageRefused) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T14:30:00-05:00",
        "2026-11-20T19:30:00Z",
        " 2026-11-20 19:30Z ",
        "20261120T193000Z",
        "2026-11-20T14:30:00-0500",
        "2026-11-20 19:30:00 UTC",
        "2026-11-20 19:30:00 GMT",
        "2026-11-20 14:30:00 -05:00",
        "2026-11-21T01:00:00.000000+05:30",
        "Fri, 20 Nov 2026 19:30:00 +0000",
        "20 Nov 2026 14:30 -0500",
        "19:30:00 UTC 2026-11-20",
    ],
)
def test_that_a_timestamp_is_read_in_every_form_that_carries_its_zone(text: str) -> None:
    assert parse_timestamp(text) == MOMENT
    assert parse_timestamp(text).tzinfo is UTC


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-23 * 60, 23 * 60),
)
def test_that_a_written_moment_reads_as_itself_from_any_offset(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    whole = moment.replace(microsecond=0)
    offset = f"{whole:%z}"
    assert parse_timestamp(moment.isoformat()) == moment
    assert parse_timestamp(f"{naive:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}") == whole
    assert parse_timestamp(f"{naive:%H:%M:%S} {offset} {naive:%Y-%m-%d}") == whole


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T14:30:00",
        "2026-11-20 14:30",
        "2026-11-20",
        "Fri, 20 Nov 2026 14:30:00",
        "Fri, 20 Nov 2026 14:30:00 -0000",
        "11/20/2026 2:30 PM",
    ],
)
def test_that_a_stamp_without_a_zone_is_refused(text: str) -> None:
    expected = f"'{text}' has no time zone; add its offset, like 2026-11-20T14:30:00-05:00."
    assert sentence(parse_timestamp, text) == expected


@pytest.mark.parametrize("text", ["2026-11-20 14:30:00 EST", "14:30:00 IST 2026-11-20", "20 Nov 2026 14:30 PDT"])
def test_that_a_zone_abbreviation_is_refused_as_ambiguous(text: str) -> None:
    zone = next(word for word in text.split() if word in {"EST", "IST", "PDT"})
    expected = f"'{text}' names its time zone '{zone}', which several zones share; write its offset, like -05:00."
    assert sentence(parse_timestamp, text) == expected


def test_that_a_source_may_say_what_its_abbreviations_mean() -> None:
    assert parse_timestamp("14:30:00 EST 2026-11-20", US) == MOMENT
    with pytest.raises(UsageRefused):
        parse_timestamp("14:30:00 PST 2026-11-20", US)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-02-30 10:00:00 UTC",
        "0001-01-01T00:00:00+05:00",
        "32 Nov 2026 10:00 +0000",
        "20 Foo 2026 10:00 +0000",
        "2026-11-20 10:00:00 +99:00",
        "1763649000",
    ],
)
def test_that_what_is_no_timestamp_is_refused(text: str) -> None:
    expected = f"'{text}' is no date and time; write it like 2026-11-20T14:30:00-05:00."
    assert sentence(parse_timestamp, text) == expected


@given(st.text(max_size=30))
def test_that_any_text_is_either_a_moment_in_utc_or_refused(text: str) -> None:
    try:
        zone = parse_timestamp(text).tzinfo
    except UsageRefused:
        return
    assert zone is UTC


def test_that_a_date_is_iso() -> None:
    assert parse_date(" 2026-11-20 ") == date(2026, 11, 20)
    assert sentence(parse_date, "20.11.2026") == "'20.11.2026' is no date; write it like 2026-11-20."
    assert sentence(parse_date, "2026-02-30") == "'2026-02-30' is no date; write it like 2026-11-20."
    assert sentence(parse_date, "") == "an empty cell is no date; write it like 2026-11-20."
    assert sentence(parse_date, "0026-11-20") == "'0026-11-20' lies before 1970; check its year."


def test_that_hours_are_more_than_none_and_at_most_a_day() -> None:
    assert parse_hours("7.25") == Decimal("7.25")
    assert parse_hours("24") == 24
    assert parse_hours(".000001") == Decimal("0.000001")
    for text in ("0", "24.000001", "25"):
        expected = f"'{text}' hours cannot be worked in a day; write more than 0 and at most 24."
        assert sentence(parse_hours, text) == expected
    for text in ("7,5", "7:30", "-1", "1e1", "NaN", ".", "1.0000001", "٣"):
        assert sentence(parse_hours, text) == f"'{text}' is no number of hours; write it like 7.5."


def test_that_a_duration_is_whole_seconds_and_for_dialers_also_clock_time() -> None:
    assert parse_duration("0") == 0
    assert parse_duration(" 185 ") == 185
    assert parse_duration("3:05", clock=True) == 185
    assert parse_duration("1:03:05", clock=True) == 3785
    for text in ("-1", "1.5", "3:05", "", "9999999999"):
        shown = f"'{text}'" if text else "an empty cell"
        assert sentence(parse_duration, text) == f"{shown} is no duration; write whole seconds, like 185."
    for text in ("3:60", "1:60:00", "x"):
        with pytest.raises(UsageRefused) as caught:
            parse_duration(text, clock=True)
        assert str(caught.value) == f"'{text}' is no duration; write whole seconds or m:ss, like 185 or 3:05."


def test_that_a_rate_is_money_of_at_least_nothing() -> None:
    assert parse_rate("$22.5") == Decimal("22.500000")
    assert parse_rate("0") == 0
    for text in ("-1", "1,000", "1e3", "abc"):
        assert sentence(parse_rate, text) == f"'{text}' is no hourly rate; write dollars like 25.00, 0 for none."


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_that_an_outcome_is_canonical_whatever_its_case_and_spaces(outcome: str) -> None:
    assert parse_outcome(f"  {outcome.upper().replace(' ', '   ')} ") == outcome


def test_that_an_unknown_outcome_is_refused_with_those_that_exist() -> None:
    allowed = "No Answer, Busy, Wrong #, Not Interested, Callback, Info, Schedule"
    assert sentence(parse_outcome, "Voicemail") == f"'Voicemail' is no outcome; use one of {allowed}."
    assert sentence(parse_outcome, " ") == f"an empty cell is no outcome; use one of {allowed}."
    assert parse_outcome("voicemail", {"Voicemail": "No Answer"}) == "No Answer"


def test_that_events_of_dialer_calls_cannot_be_recorded_by_hand() -> None:
    for name in ("dial_attempt", "conversation", "qpc"):
        expected = f"'{name}' events come only from dialer calls; import the calls instead."
        assert sentence(parse_event_type, name) == expected
    assert parse_event_type(" Calculator_Installed ") == "calculator_installed"
    assert sentence(parse_event_type, "sale") == (
        "'sale' is no event type; use one of install_scheduled, install_attended, calculator_installed, "
        "paid_conversion."
    )


def test_that_an_email_is_kept_in_lower_case() -> None:
    assert parse_email(" Ana@Example.COM ") == "ana@example.com"
    for text in ("ana", "ana@", "@x.com", "a b@x.com", "a@b", "a@x.com,b@x.com", "<a@x.com>"):
        assert sentence(parse_email, text) == f"'{text}' is no e-mail address; write it like ana@example.com."


def test_that_a_sentence_quotes_a_long_value_in_part() -> None:
    assert sentence(parse_email, "x" * 300) == (f"'{'x' * 80}…' is no e-mail address; write it like ana@example.com.")


def test_that_metadata_is_a_json_object_or_nothing() -> None:
    assert parse_metadata(" ") == {}
    assert parse_metadata('{"a": 1.10}') == {"a": Decimal("1.10")}
    expected = 'metadata is no JSON object; write it like {"source": "booth"} or leave it empty.'
    assert sentence(parse_metadata, "[1]") == expected
    assert sentence(parse_metadata, "{a}") == "it is no valid JSON at character 2; correct it."


_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.integers()
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\é', max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
def test_that_json_comes_back_as_it_was_with_every_digit(value: object) -> None:
    assert load_json(dump_json(value)) == value
