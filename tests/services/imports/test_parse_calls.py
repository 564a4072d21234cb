import json
from datetime import UTC, datetime

from capdesk.services.imports.parse_calls import CallRow, parse_calls
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import Profile, choose_profile
from capdesk.services.imports.record import Reject

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOOK = PhoneBook(b"k" * 32)
MEMBERS = {"ana@example.com": 7}
PHONE = "+13055550123"
KEY = BOOK.key_of(PHONE)
START = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
OWN = ["call_id", "started_at", "duration_s", "outcome", "lead_phone", "agent_email"]
GOOD = ["c1", "2026-11-20T19:30:00Z", "185", "Info", "(305) 555-0123", "Ana@Example.com"]


def parse(header: list[str], *rows: list[str], saved: Profile | None = None) -> list[CallRow | Reject]:
    profile = choose_profile("calls", header, None, [saved] if saved else [])
    records = list(enumerate(rows, start=2))
    return list(parse_calls(records, profile, members=MEMBERS, phones=BOOK, now=NOW))


def extra(row: CallRow | Reject) -> object:
    assert not isinstance(row, Reject)
    return None if row[8] is None else json.loads(row[8])


def with_cell(name: str, text: str) -> list[str]:
    return [text if column == name else cell for column, cell in zip(OWN, GOOD, strict=True)]


def rejected(name: str, text: str) -> str:
    row = with_cell(name, text)
    (found,) = parse(OWN, row)
    assert isinstance(found, Reject)
    assert (found.line, found.field, found.raw) == (2, name, row)
    return found.reason


def test_that_a_call_is_read_into_what_is_stored() -> None:
    expected = (2, "c1", START, 185, "Info", KEY, PHONE, 7, None)
    assert parse(OWN, GOOD) == [expected]


def test_that_a_start_leaves_in_utc_however_it_was_written() -> None:
    for text in ("2026-11-20T14:30:00-05:00", "20 Nov 2026 14:30 -0500", "2026-11-20T14:30-05 ", "2026-11-20 19:30Z"):
        (row,) = parse(OWN, with_cell("started_at", text))
        assert repr(row[2]) == repr(START)
    (row,) = parse(OWN, with_cell("started_at", "2026-W47-5T19:30:00Z"))
    assert repr(row[2]) == repr(START)


def test_that_call_id_phone_and_agent_may_be_empty() -> None:
    row = ["", GOOD[1], "0", "busy", "", " "]
    assert parse(OWN, row) == [(2, None, START, 0, "Busy", None, None, None, None)]


def test_that_two_identical_rows_are_both_read() -> None:
    first, second = parse(OWN, GOOD, GOOD)
    assert first[1:] == second[1:]


def test_that_a_call_at_this_moment_is_taken_and_one_after_it_is_not() -> None:
    (row,) = parse(OWN, with_cell("started_at", "2026-11-21T12:00:00Z"))
    assert row[2] == NOW
    assert rejected("started_at", "2026-11-21T12:00:01Z") == (
        "'2026-11-21T12:00:01Z' lies in the future; correct it or import it once it has happened."
    )


def test_that_each_bad_cell_is_rejected_with_its_column_and_in_its_own_words() -> None:
    assert rejected("started_at", "2026-11-20T14:30:00").startswith("'2026-11-20T14:30:00' has no time zone")
    assert rejected("duration_s", "3:05") == "'3:05' is no duration; write whole seconds, like 185."
    assert rejected("outcome", "Voicemail").startswith("'Voicemail' is no outcome; use one of No Answer, Busy")
    assert rejected("outcome", "").startswith("an empty cell is no outcome")
    assert rejected("lead_phone", "555") == "'555' is no valid phone number; check its digits."
    assert rejected("agent_email", "bob@example.com") == (
        "'bob@example.com' is the e-mail of no team member; add the member or correct it."
    )


def test_that_a_line_that_could_not_be_split_passes_through() -> None:
    broken = Reject(3, None, "a quote opened", 'x,"')
    profile = choose_profile("calls", OWN, None)
    found = list(parse_calls([broken, (4, GOOD)], profile, members=MEMBERS, phones=BOOK, now=NOW))
    assert found[0] is broken
    assert found[1][0] == 4


def test_that_other_columns_are_metadata_and_recordings_only_of_long_calls() -> None:
    header = [*OWN, "list", "Recording URL"]
    long = [*GOOD[:2], "150", *GOOD[3:], "north", "https://r/1"]
    short = [*GOOD[:2], "149", *GOOD[3:], "", "https://r/2"]
    first, second = parse(header, long, short)
    assert extra(first) == {"list": "north", "Recording URL": "https://r/1"}
    assert extra(second) is None


def test_that_a_dialer_export_may_use_its_own_words_and_clock_time() -> None:
    header = ["Agent Email", "Phone", "Disposition", "Duration (s)", "Start Time"]
    row = ["ana@example.com", "305-555-0123", "Wrong Number", "3:05", "2026-11-20 14:30:00 -05:00"]
    assert parse(header, row) == [(2, None, START, 185, "Wrong #", KEY, PHONE, 7, None)]


TWILIO = ["Call Sid", "From", "To", "Direction", "Status", "Duration", "Date Created", "Price"]


def test_that_a_twilio_call_has_no_outcome_and_keeps_both_numbers() -> None:
    row = ["CA1", "+13055550199", PHONE, "Outgoing API", "Completed", "21", "14:30:00 EST 2026-11-20", "-0.013"]
    (found,) = parse(TWILIO, row)
    assert not isinstance(found, Reject)
    assert found[:8] == (2, "CA1", START, 21, None, KEY, PHONE, None)
    assert extra(found) == {
        "From": "+13055550199",
        "To": PHONE,
        "Direction": "Outgoing API",
        "Status": "Completed",
        "Price": "-0.013",
    }


def test_that_the_lead_of_an_inbound_twilio_call_is_its_caller() -> None:
    row = ["CA1", PHONE, "+13055550199", "Incoming", "Completed", "21", "2026-11-20T19:30:00Z", ""]
    (found,) = parse(TWILIO, row)
    assert not isinstance(found, Reject)
    assert found[6] == PHONE


def test_that_a_twilio_call_without_number_or_answer_is_still_a_call() -> None:
    rows = [
        ["CA1", "x", "sip:ana@example.com", "Outgoing Dial", "Failed", "", "2026-11-20T19:30:00Z", ""],
        ["CA2", "x", "client:ana", "Outgoing Dial", "No Answer", "0", "2026-11-20T19:30:00Z", ""],
        ["CA3", "+266696687", "x", "Incoming", "Completed", "9", "2026-11-20T19:30:00Z", ""],
    ]
    found = parse(TWILIO, *rows)
    assert [(row[3], row[5], row[6]) for row in found if not isinstance(row, Reject)] == [
        (0, None, None),
        (0, None, None),
        (9, None, None),
    ]
