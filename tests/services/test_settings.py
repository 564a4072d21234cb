import threading
from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused, UsageRefused
from capdesk.services import leads
from capdesk.services.settings import (
    WEEKDAYS,
    Settings,
    SettingsChanges,
    change_settings,
    get_settings,
    parse_time,
    parse_weekday,
    shown_address,
)
from tests.support import builders
from tests.support.clients import eventually


def change(desk: Desk, **changes: Any) -> Settings:
    given: SettingsChanges = changes  # type: ignore[assignment]
    return desk.write(lambda session: change_settings(session, desk.owner_id, **given))


def current(desk: Desk) -> Settings:
    return desk.read(lambda session: get_settings(session, desk.owner_id))


def test_that_a_new_desk_has_sensible_settings(desk: Desk) -> None:
    found = current(desk)
    assert (found.zone, found.owner_name, found.owner_email) == ("America/New_York", "Olga", None)
    assert (found.weekly_weekday, found.weekly_time, found.phone_region) == (1, "07:30", "US")
    assert found.daily_time == "06:00"
    assert (found.recipients, found.gcp_label_key, found.mail_security) == ([], "campaign", "starttls")


def test_that_what_is_set_is_shown_and_the_rest_stays(desk: Desk) -> None:
    change(desk, owner_name="Olga P.", owner_email="olga@example.com", weekly_weekday=5, weekly_time=time(18, 5))
    assert change(desk, daily_time=time(5, 10)).daily_time == "05:10"
    change(desk, mail_host="smtp.example.com", mail_port=465, mail_security="ssl", mail_from="desk@example.com")
    found = change(desk, phone_region="gb", gcp_label_key="team", mail_user="olga")
    assert found == current(desk)
    assert (found.owner_name, found.weekly_time, found.phone_region) == ("Olga P.", "18:05", "GB")
    assert (found.mail_host, found.mail_port, found.mail_user) == ("smtp.example.com", 465, "olga")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zone": "Mars/Olympus"}, "'Mars/Olympus' is no time zone; write an IANA name"),
        ({"recipients": ["Olga <olga@example.com>"]}, "is not an e-mail address capdesk can use"),
        ({"recipients": ["a@example.com", "nobody"]}, "'nobody' is not an e-mail address"),
        ({"recipients": [f"a{n}@example.com" for n in range(51)]}, "51 recipients are too many"),
        ({"owner_email": "olga"}, "'olga' is not an e-mail address"),
        ({"owner_name": " "}, "The owner needs a name"),
        ({"mail_from": "desk"}, "'desk' is not an e-mail address"),
        ({"phone_region": "XX"}, "'XX' is no region for phone numbers"),
        ({"gcp_label_key": "My Key"}, "'My Key' is no label key of Google Cloud"),
        ({"mail_host": "smtp example"}, "is no mail server"),
    ],
)
def test_that_a_bad_setting_is_refused_and_changes_nothing(desk: Desk, changes: dict[str, Any], sentence: str) -> None:
    before = current(desk)
    with pytest.raises(UsageRefused, match=sentence):
        change(desk, **{"weekly_weekday": 7, **changes})
    assert current(desk) == before


def test_that_plain_mail_is_for_localhost_only(desk: Desk) -> None:
    change(desk, mail_host="localhost", mail_security="plain")
    with pytest.raises(RuleRefused, match="must be encrypted"):
        change(desk, mail_host="smtp.example.com")


def test_that_a_recipient_named_twice_is_kept_once(desk: Desk) -> None:
    found = change(desk, recipients=["a@example.com", "b@example.com", "A@example.com"])
    assert found.recipients == ["a@example.com", "b@example.com"]


def test_that_the_zone_changes_before_the_first_fact_and_never_after(desk: Desk) -> None:
    assert change(desk, zone="Europe/Berlin").zone == "Europe/Berlin"
    builders.running_experiment(desk)
    with pytest.raises(RuleRefused, match="cannot change any more: facts are already dated in Europe/Berlin"):
        change(desk, zone="Asia/Tokyo")
    assert change(desk, zone="Europe/Berlin", weekly_weekday=2).weekly_weekday == 2


def test_that_a_zone_change_waits_for_a_first_fact_in_flight_and_is_then_refused(desk: Desk) -> None:
    builders.campaign(desk)
    refused: list[RuleRefused] = []

    def change_zone() -> None:
        try:
            change(desk, zone="Asia/Tokyo")
        except RuleRefused as error:
            refused.append(error)

    waiting = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with Session(desk.engine) as first:
        leads.add_lead(first, "Spring", "+13055550123", desk.owner_id)
        changer = threading.Thread(target=change_zone)
        changer.start()
        assert eventually(lambda: bool(first.scalar(text(waiting))))
        first.commit()
    changer.join()
    assert len(refused) == 1


@pytest.mark.parametrize(("number", "name"), list(enumerate(WEEKDAYS, 1)))
def test_that_a_weekday_is_understood_by_number_name_and_beginning(number: int, name: str) -> None:
    for word in (str(number), name, name.upper(), name[:3], name[:2]):
        assert parse_weekday(word) == number


@pytest.mark.parametrize("word", ["", "0", "8", "m", "noday", "t"])
def test_that_what_is_no_weekday_is_refused(word: str) -> None:
    with pytest.raises(UsageRefused, match="is no weekday"):
        parse_weekday(word)


@given(st.times())
def test_that_a_time_of_day_is_read_as_it_is_written(moment: time) -> None:
    assert parse_time(f"{moment:%H:%M}") == moment.replace(second=0, microsecond=0)


@pytest.mark.parametrize("word", ["", "24:00", "7:60", "7", "7.30", "07:30:00"])
def test_that_what_is_no_time_of_day_is_refused(word: str) -> None:
    with pytest.raises(UsageRefused, match="is no time of day; write it like 07:30"):
        parse_time(word)


@settings(max_examples=60)
@given(st.text("abcXYZ:/@%&?# é", min_size=8), st.booleans())
def test_that_an_address_is_never_shown_with_its_password(password: str, in_query: bool) -> None:
    query = {"password": password, "sslmode": "require"} if in_query else {"sslmode": "require"}
    url = URL.create("postgresql+psycopg", "capdesk_app", None if in_query else password, "host", 5432, "db", query)
    hidden = "" if in_query else ":***"
    assert shown_address(url) == f"postgresql://capdesk_app{hidden}@host:5432/db?sslmode=require"
