"""Events, time logs, leads and team: the kinds of modest size."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from capdesk.services.imports.parse_events import EventRow, parse_events
from capdesk.services.imports.parse_leads import LeadRow, parse_leads
from capdesk.services.imports.parse_team import TeamRow, parse_team
from capdesk.services.imports.parse_time_logs import TimeRow, parse_time_logs
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import choose_profile
from capdesk.services.imports.record import Reject

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOOK = PhoneBook(b"k" * 32)
MEMBERS = {"ana@example.com": 7}
PHONE = "+13055550123"
KEY = BOOK.key_of(PHONE)
EVENTS = ["event_id", "event_type", "event_timestamp", "member_email", "lead_phone", "metadata", "booth"]


def events(*rows: list[str]) -> list[EventRow | Reject]:
    profile = choose_profile("events", EVENTS, None)
    records = list(enumerate(rows, start=2))
    return list(parse_events(records, profile, members=MEMBERS, phones=BOOK, now=NOW))


def times(*rows: list[str]) -> list[TimeRow | Reject]:
    profile = choose_profile("timelogs", ["email", "date", "hours", "entry_id"], None)
    records = list(enumerate(rows, start=2))
    return list(parse_time_logs(records, profile, members=MEMBERS, today=date(2026, 11, 21)))


def leads(header: list[str], *rows: list[str]) -> list[LeadRow | Reject]:
    records = list(enumerate(rows, start=2))
    return list(parse_leads(records, choose_profile("leads", header, None), phones=BOOK))


def team(*rows: list[str]) -> list[TeamRow | Reject]:
    profile = choose_profile("team", ["name", "email", "role", "rate"], None)
    return list(parse_team(list(enumerate(rows, start=2)), profile))


def fault(
    found: list[EventRow | Reject] | list[TimeRow | Reject] | list[LeadRow | Reject] | list[TeamRow | Reject],
) -> tuple[str | None, str]:
    (reject,) = found
    assert isinstance(reject, Reject)
    return reject.field, reject.reason


def test_that_an_event_is_read_into_what_is_stored() -> None:
    row = ["e1", "Paid_Conversion", "2026-11-20 14:30:00 -05:00", "ANA@example.com", PHONE, '{"n": 1.10}', "A3"]
    (found,) = events(row)
    assert found == (
        2,
        "e1",
        "paid_conversion",
        datetime(2026, 11, 20, 19, 30, tzinfo=UTC),
        KEY,
        PHONE,
        7,
        '{"n":1.10,"booth":"A3"}',
    )


def test_that_an_event_needs_neither_id_member_phone_nor_metadata() -> None:
    row = ["", "install_attended", "2026-11-20T19:30:00Z", "", "", "", ""]
    (found,) = events(row)
    assert found == (2, None, "install_attended", datetime(2026, 11, 20, 19, 30, tzinfo=UTC), None, None, None, None)


def test_that_each_bad_event_is_rejected_with_its_column_and_in_its_own_words() -> None:
    good = ["", "install_attended", "2026-11-20T19:30:00Z", "ana@example.com", PHONE, "", ""]

    def bad(name: str, text: str) -> tuple[str | None, str]:
        return fault(events([text if column == name else cell for column, cell in zip(EVENTS, good, strict=True)]))

    assert bad("event_type", "qpc") == (
        "event_type",
        "'qpc' events come only from dialer calls; import the calls instead.",
    )
    assert bad("event_timestamp", "2026-12-01T00:00:00Z") == (
        "event_timestamp",
        "'2026-12-01T00:00:00Z' lies in the future; correct it or import it once it has happened.",
    )
    assert bad("member_email", "bob@example.com") == (
        "member_email",
        "'bob@example.com' is the e-mail of no team member; add the member or correct it.",
    )
    assert bad("lead_phone", "12") == ("lead_phone", "'12' is no valid phone number; check its digits.")
    assert bad("metadata", "{") == ("metadata", "it is no valid JSON at character 2; correct it.")


def test_that_metadata_and_a_column_of_the_same_name_are_not_merged() -> None:
    row = ["", "install_attended", "2026-11-20T19:30:00Z", "", "", '{"booth": 1}', "A3"]
    assert fault(events(row)) == ("metadata", "metadata and a column are both named 'booth'; rename one.")


def test_that_a_time_log_is_read_into_what_is_stored() -> None:
    assert times(["Ana@example.com", "2026-11-21", "7.5", "t1"]) == [(2, "t1", 7, date(2026, 11, 21), Decimal("7.5"))]


def test_that_each_bad_time_log_is_rejected_with_its_column_and_in_its_own_words() -> None:
    assert fault(times(["", "2026-11-20", "8", ""])) == ("email", "the e-mail is empty; say whose hours they are.")
    assert fault(times(["bob@example.com", "2026-11-20", "8", ""])) == (
        "email",
        "'bob@example.com' is the e-mail of no team member; add the member or correct it.",
    )
    assert fault(times(["ana@example.com", "2026-11-22", "8", ""])) == (
        "date",
        "2026-11-22 lies in the future; log hours once they have been worked.",
    )
    assert fault(times(["ana@example.com", "2026-11-20", "25", ""])) == (
        "hours",
        "'25' hours cannot be worked in a day; write more than 0 and at most 24.",
    )


def test_that_a_lead_is_its_number_and_what_else_is_known() -> None:
    header = ["name", "phone", "email", "city", "note"]
    (found,) = leads(header, ["Zoë", "305 555 0123", "Zoe@Example.com", "Miami", ""])
    assert not isinstance(found, Reject)
    assert found[:5] == (2, "Zoë", KEY, PHONE, "zoe@example.com")
    assert json.loads(str(found[5])) == {"city": "Miami"}
    assert leads(["name", "phone"], ["", PHONE]) == [(2, "", KEY, PHONE, None, None)]


def test_that_each_bad_lead_is_rejected_with_its_column_and_in_its_own_words() -> None:
    header = ["name", "phone", "email"]
    assert fault(leads(header, ["Zoë", " ", ""])) == ("phone", "the phone number is empty; a lead needs one.")
    assert fault(leads(header, ["Zoë", "12", ""])) == ("phone", "'12' is no valid phone number; check its digits.")
    assert fault(leads(header, ["Zoë", PHONE, "zoe"])) == (
        "email",
        "'zoe' is no e-mail address; write it like ana@example.com.",
    )


def test_that_a_team_member_is_read_into_what_is_stored() -> None:
    assert team(["Ana", "ANA@example.com", "closer", "$25"]) == [
        (2, "Ana", "ana@example.com", "closer", Decimal("25.000000"))
    ]


def test_that_each_bad_team_row_is_rejected_with_its_column_and_in_its_own_words() -> None:
    assert fault(team([" ", "a@b.co", "", "1"])) == ("name", "the name is empty; say who it is.")
    assert fault(team(["Ana", "", "", "1"])) == (
        "email",
        "an empty cell is no e-mail address; write it like ana@example.com.",
    )
    assert fault(team(["Ana", "a@b.co", "", ""])) == (
        "rate",
        "an empty cell is no hourly rate; write dollars like 25.00, 0 for none.",
    )


def test_that_lines_that_could_not_be_split_pass_through_every_kind() -> None:
    broken = Reject(3, None, "a quote opened", 'x,"')
    found: list[object] = [
        *parse_events([broken], choose_profile("events", EVENTS, None), members=MEMBERS, phones=BOOK, now=NOW),
        *parse_time_logs(
            [broken],
            choose_profile("timelogs", ["email", "date", "hours"], None),
            members=MEMBERS,
            today=NOW.date(),
        ),
        *parse_leads([broken], choose_profile("leads", ["name", "phone"], None), phones=BOOK),
        *parse_team([broken], choose_profile("team", ["name", "email", "role", "rate"], None)),
    ]
    assert found == [broken] * 4
