"""Connected accounts: what may be connected, and that connecting twice is connecting once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, UsageRefused
from capdesk.services import connections
from capdesk.services.connections import ConnectionInfo
from capdesk.services.providers.base_url import checked_url

ACCOUNT = "AC" + "0123456789abcdef" * 2
KEY = "SK" + "0123456789abcdef" * 2
TABLE = "my-project.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01"


def connected(desk: Desk, active_only: bool = False) -> list[ConnectionInfo]:
    return desk.read(lambda session: connections.list_connections(session, active_only))


def named(desk: Desk, ref: str) -> ConnectionInfo:
    return desk.read(lambda session: connections.find_connection(session, ref))


def test_that_a_connection_is_kept_with_its_settings(desk: Desk) -> None:
    desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT, settings={"key_sid": KEY}))
    settings = {"query_project": "my-project", "location": "EU", "max_bytes": 10**9, "credentials": "key"}
    desk.write(
        lambda s: connections.save_connection(
            s, "gcp", f"`{TABLE}`", base_url="http://127.0.0.1:9050/", settings=settings
        )
    )
    google, twilio = connected(desk)[1], connected(desk)[0]
    assert (twilio.provider, twilio.account, twilio.settings, twilio.base_url) == (
        "twilio", ACCOUNT, {"key_sid": KEY}, None,
    )  # fmt: skip
    assert (google.account, google.settings, google.base_url) == (TABLE, settings, "http://127.0.0.1:9050")


def test_that_connecting_again_changes_the_settings_of_the_same_connection(desk: Desk) -> None:
    first = desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT, settings={"key_sid": KEY}))
    desk.write(lambda s: connections.remove_connection(s, ACCOUNT))
    again = desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT.replace("abcdef", "ABCDEF")))
    assert (again.id, again.settings, again.active) == (first.id, {}, True)
    assert connected(desk) == [again]


def test_that_a_removed_connection_stays_but_is_asked_no_more(desk: Desk) -> None:
    desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT))
    removed = desk.write(lambda s: connections.remove_connection(s, "twilio"))
    assert not removed.active
    assert connected(desk) == [removed]
    assert connected(desk, active_only=True) == []
    with pytest.raises(NotFound, match="no connection at all yet"):
        desk.write(lambda s: connections.remove_connection(s, ACCOUNT))


def test_that_a_connection_is_named_by_account_id_or_its_provider_where_it_is_the_only_one(desk: Desk) -> None:
    one = desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT))
    two = desk.write(lambda s: connections.save_connection(s, "gcp", TABLE))
    for ref, found in ((ACCOUNT, one), (str(two.id), two), ("gcp", two), (f"`{TABLE.upper()}`", two)):
        assert named(desk, ref) == found
    desk.write(lambda s: connections.save_connection(s, "twilio", "AC" + "f" * 32))
    with pytest.raises(NotFound, match=f'"{ACCOUNT}"'):
        desk.read(lambda s: connections.find_connection(s, "twilio"))


def test_that_two_who_connect_the_same_account_at_once_make_one_connection(desk: Desk) -> None:
    def connect(_number: int) -> int:
        return desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT)).id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(connect, range(8)))
    assert ids == {connected(desk)[0].id}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (TABLE, TABLE),
        ("my-project:billing.export", "my-project.billing.export"),
        (" `my-project.billing.export` ", "my-project.billing.export"),
        ("example.com:my-project.billing.export", "example.com:my-project.billing.export"),
    ],
)
def test_that_a_table_is_named_in_any_of_the_ways_google_shows(given: str, kept: str) -> None:
    assert connections.table_name(given) == kept


@given(st.text(max_size=60) | st.from_regex(r"[a-z-]{1,9}[.:][\w`'; ]{1,9}\.[\w`'; ]{1,9}", fullmatch=True))
def test_that_an_accepted_table_holds_no_character_that_could_end_its_name_in_a_query(text: str) -> None:
    try:
        kept = connections.table_name(text)
    except UsageRefused:
        return
    assert not set(kept) & set("`'\"\\;() \n")
    assert connections.table_name(kept) == kept


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("AC123", "A Twilio account SID is AC and 32 digits or letters a to f: the Account SID stands"),
        (KEY, "and this is an API key SID"),
        ("0123456789abcdef" * 2, "A Twilio account SID is AC and 32 digits"),
    ],
)
def test_that_what_is_no_account_sid_is_refused_and_not_repeated(text: str, sentence: str) -> None:
    with pytest.raises(UsageRefused, match=sentence) as refused:
        connections.account_sid(text)
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["https://api.example.com", "http://127.0.0.1:80", "http://localhost:1/x/"])
def test_that_a_base_url_is_https_or_of_this_computer(text: str) -> None:
    assert checked_url(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    ["http://api.example.com", "http://127.0.0.1.example.com", "ftp://localhost", "https://a:b@example.com", "https://",
     "https://example.com:port", "https://example.com?x=1", "https://exa mple.com", "api.example.com", ""],
)  # fmt: skip
def test_that_any_other_base_url_is_refused(text: str) -> None:
    with pytest.raises(UsageRefused, match="base URL"):
        checked_url(text)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"query_project": "Not A Project"}, "no project id of Google Cloud"),
        ({"location": "over there"}, "no location of BigQuery"),
        ({"max_bytes": 0}, "must be more than 0"),
    ],
)
def test_that_settings_that_cannot_be_used_are_refused(desk: Desk, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageRefused, match=sentence):
        desk.write(lambda s: connections.save_connection(s, "gcp", TABLE, settings=settings))
    assert connected(desk) == []


@pytest.mark.parametrize(("alone", "kept"), [(True, {"alone": True}), (False, {}), (None, {})])
def test_that_an_account_alone_is_kept_as_that_and_not_otherwise(
    desk: Desk, alone: bool | None, kept: dict[str, object]
) -> None:
    saved = desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT, settings={"alone": alone}))
    assert saved.settings == kept
    with pytest.raises(ValueError, match="true or false"):
        desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT, settings={"alone": "canary"}))


def test_that_nothing_else_can_be_put_into_the_settings(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no settings of a twilio connection: token"):
        desk.write(lambda s: connections.save_connection(s, "twilio", ACCOUNT, settings={"token": "hush"}))
