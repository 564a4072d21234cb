import hmac
import uuid

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import UsageRefused
from capdesk.services.imports.phones import PhoneBook

BOOK = PhoneBook(b"k" * 32)


def sentence(raw: str) -> str:
    with pytest.raises(UsageRefused) as caught:
        BOOK.normalise(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    "raw", ["+13055550123", "(305) 555-0123", "305.555.0123", "1 305 555 0123", " 3055550123 ", "+1-305-555-0123"]
)
def test_that_a_number_is_e164_however_it_is_written(raw: str) -> None:
    assert BOOK.normalise(raw) == "+13055550123"


def test_that_numbers_of_other_countries_need_their_plus_or_their_region() -> None:
    assert BOOK.normalise("+44 20 7946 0018") == "+442079460018"
    assert PhoneBook(b"k", "gb").normalise("020 7946 0018") == "+442079460018"
    assert sentence("020 7946 0018") == "'020 7946 0018' is no valid phone number; check its digits."


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("hello", "'hello' is no phone number; write it like +13055550123."),
        ("", "'' is no phone number; write it like +13055550123."),
        ("555-0123", "'555-0123' is no valid phone number; check its digits."),
        ("+11115550123", "'+11115550123' is no valid phone number; check its digits."),
        ("+1 305 555 0123 x12", "'+1 305 555 0123 x12' has an extension; leave the plain number."),
    ],
)
def test_that_what_is_no_plain_valid_number_is_refused(raw: str, expected: str) -> None:
    assert sentence(raw) == expected


def test_that_an_unknown_region_is_refused() -> None:
    with pytest.raises(UsageRefused, match="'XX' is no region for phone numbers; write a country code like US"):
        PhoneBook(b"k", "XX")


_PARTS = st.sampled_from(["+", "1", "+1", "305", "800", "264", "684", "900", "(", ")", "-", " ", ".", "٣", "٠٥"])
_WRITTEN = st.one_of(
    st.from_regex(r"(\+?1)?[2-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"(\+?1)? ?\([2-9][0-9]{2}\) ?[0-9]{3}[-.]?[0-9]{4}", fullmatch=True),
    st.lists(_PARTS | st.from_regex("[0-9]{1,7}", fullmatch=True), max_size=6).map("".join),
)


@settings(max_examples=400, deadline=None)
@given(_WRITTEN, st.sampled_from(["US", "CA", "GB", "JM"]))
def test_that_the_short_way_agrees_with_the_library(raw: str, region: str) -> None:
    try:
        number = phonenumbers.parse(raw, region)
        valid = phonenumbers.is_valid_number(number)
        expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None
    except phonenumbers.NumberParseException:
        expected = None
    try:
        found: str | None = PhoneBook(b"k", region).normalise(raw)
    except UsageRefused:
        found = None
    assert found == expected


def test_that_a_key_is_the_keyed_hash_of_the_number() -> None:
    digest = hmac.new(b"k" * 32, b"+13055550123", "sha256").digest()
    assert BOOK.key_of("+13055550123") == uuid.UUID(bytes=digest[:16])
    assert PhoneBook(b"other").key_of("+13055550123") != BOOK.key_of("+13055550123")


def test_that_a_number_is_remembered_as_it_was_written() -> None:
    book = PhoneBook(b"k")
    first = book.look_up("(305) 555-0123")
    assert first == ("+13055550123", book.key_of("+13055550123"))
    assert book.known == {"(305) 555-0123": first}
    assert book.look_up("(305) 555-0123") is first
