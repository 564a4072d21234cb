import json
from typing import Any

import pytest

from capdesk.errors import CapdeskError, FileRefused, NotFound, UsageRefused
from capdesk.services.imports.profiles import BUILT_IN, Kind, Profile, choose_profile

OWN_HEADERS: dict[Kind, list[str]] = {
    "calls": ["call_id", "started_at", "duration_s", "outcome", "lead_phone", "agent_email"],
    "events": ["event_type", "event_timestamp", "member_email", "lead_phone", "metadata"],
    "timelogs": ["email", "date", "hours"],
    "leads": ["name", "phone", "email"],
    "team": ["name", "email", "role", "rate"],
}
TWILIO = ["Call Sid", "From", "To", "Direction", "Type", "Status", "Duration", "Date Created", "Price", "Called Via"]
DIALER = ["Agent Email", "Phone", "Disposition", "Duration (s)", "Start Time", "List"]


def plain(**changes: Any) -> dict[str, Any]:
    profile = {
        "name": "ours",
        "kind": "leads",
        "source": "file",
        "columns": {"name": "Contact", "phone": ["Mobile", "Landline"]},
    }
    return profile | changes


def sentence(kind: Kind, header: list[str], wanted: str | None = None) -> tuple[type[CapdeskError], str]:
    with pytest.raises(CapdeskError) as caught:
        choose_profile(kind, header, wanted)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize("kind", OWN_HEADERS)
def test_that_our_own_format_is_known_by_its_header(kind: Kind) -> None:
    chosen = choose_profile(kind, [name.upper() + " " for name in OWN_HEADERS[kind]], None)
    assert chosen.name == "capdesk"
    assert [chosen.position(name) for name in OWN_HEADERS[kind]] == list(range(len(OWN_HEADERS[kind])))
    assert chosen.extras() == ()


def test_that_a_twilio_console_export_is_known_by_its_header() -> None:
    chosen = choose_profile("calls", TWILIO, None)
    assert (chosen.name, chosen.source) == ("twilio-console", "twilio")
    assert chosen.position("started_at") == TWILIO.index("Date Created")
    assert chosen.position("outcome") is None


def test_that_a_generic_dialer_export_is_known_by_its_header() -> None:
    chosen = choose_profile("calls", DIALER, None)
    assert (chosen.name, chosen.source) == ("dialer", "dialer")
    assert chosen.position("agent_email") == 0
    assert chosen.extras() == ((5, "List"),)


def test_that_the_columns_of_a_reject_file_are_no_extras() -> None:
    header = [*OWN_HEADERS["leads"], "Source", "_line", "_reason", "_raw"]
    assert choose_profile("leads", header, None).extras() == ((3, "Source"),)


def test_that_the_first_of_several_names_counts() -> None:
    profile = Profile.from_dict(plain())
    chosen = choose_profile("leads", ["Landline", "MOBILE", "contact"], None, [profile])
    assert (chosen.name, chosen.position("phone")) == ("ours", 1)
    assert chosen.extras() == ((0, "Landline"),)


def test_that_a_saved_profile_goes_before_a_built_in_one_and_a_wanted_one_before_both() -> None:
    header = ["name", "phone", "Mobile", "Contact"]
    saved = [Profile.from_dict(plain())]
    assert choose_profile("leads", header, None, saved).name == "ours"
    assert choose_profile("leads", header, "capdesk", saved).name == "capdesk"


def test_that_an_unknown_profile_is_refused_with_those_that_exist() -> None:
    assert sentence("calls", DIALER, "five9") == (
        NotFound,
        "There is no profile 'five9' for calls; there are capdesk, twilio-console, dialer.",
    )


def test_that_missing_columns_are_named_with_those_found() -> None:
    assert sentence("timelogs", ["email", "day", "hours"]) == (
        FileRefused,
        "The file has no column for date (profile 'capdesk'); it has email, day, hours; "
        "rename its columns or name another profile.",
    )
    refused = sentence("calls", DIALER[1:], "dialer")
    assert refused[1].startswith("The file has no column for agent_email (profile 'dialer'); it has Phone, ")


@pytest.mark.parametrize("profile", BUILT_IN, ids=lambda profile: f"{profile.name}-{profile.kind}")
def test_that_a_profile_survives_being_stored_as_json(profile: Profile) -> None:
    assert Profile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_that_a_chosen_profile_can_be_saved_for_the_next_file() -> None:
    chosen = choose_profile("calls", DIALER, None)
    again = choose_profile("calls", DIALER, None, [Profile.from_dict(chosen.to_dict())])
    assert again.columns == chosen.columns


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"columns": 3}, "A profile needs name, kind, source and columns; see docs/formats.md."),
        (
            {"kind": "mail"},
            "Profile 'ours' has kind 'mail' and source 'file'; use a kind of calls, events, timelogs, leads, team "
            "and a source of dialer, twilio, file.",
        ),
        ({"columns": {"name": "Contact"}}, "Profile 'ours' says no column for phone; add them."),
        (
            {"columns": {"name": "a", "phone": "b", "size": "c"}},
            "Profile 'ours' names unknown fields size; leads have name, phone, email.",
        ),
        (
            {"outcomes": {"VM": "Voicemail"}},
            "Profile 'ours' maps to outcomes that do not exist (Voicemail); use No Answer, Busy, Wrong #, "
            "Not Interested, Callback, Info, Schedule.",
        ),
        ({"zones": {"EST": "-5"}}, "Profile 'ours' gives no offset for EST; write it like -05:00."),
    ],
)
def test_that_an_unusable_profile_is_refused_in_its_own_words(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageRefused) as caught:
        Profile.from_dict(plain(**changes))
    assert str(caught.value) == expected
