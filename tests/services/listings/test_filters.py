"""What may be typed into the filter of a list, and how what cannot be understood is answered."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import UsageRefused
from capdesk.services.listings import read
from capdesk.services.listings.filters import Term, terms
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask

EVENTS, COSTS = LISTINGS["events"], LISTINGS["costs"]


def test_that_a_filter_is_split_into_words_and_conditions() -> None:
    typed = '  lena "two words" type:qpc -campaign:"Spring ""sale""" cost>=10 -bob when:2026-11-01..2026-11-15 12:30'
    assert terms(typed) == [
        Term(None, "", "lena", False, False),
        Term(None, "", "two words", False, True),
        Term("type", ":", "qpc", False, False),
        Term("campaign", ":", 'Spring "sale"', True, True),
        Term("cost", ">=", "10", False, False),
        Term(None, "", "bob", True, False),
        Term("when", ":", "2026-11-01..2026-11-15", False, False),
        Term(None, "", "12:30", False, False),
    ]


@pytest.mark.parametrize("typed", ["", "   ", '""', '  "" '])
def test_that_nothing_typed_is_no_condition(typed: str) -> None:
    assert terms(typed) == []


def test_that_a_quote_still_being_typed_ends_with_the_text() -> None:
    assert terms('campaign:"Spring sa') == [Term("campaign", ":", "Spring sa", False, True)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("campain:x", "'campain:x' names no column of Events: write campaign, or put it in quotes to look for these"),
        (
            "http://x",
            "'http://x' names no column of Events: write when, type, campaign, experiment, name, member, counts or"
            " bonus",
        ),
        ("type:dial", "'type:dial' is no word of Event: write dial_attempt, conversation, qpc, "),
        ("type>qpc", "'type>qpc' compares a word by size: write type:dial_attempt."),
        ("type:", "'type:' has no value: write type:dial_attempt."),
        ("name>m", "'name>m' compares a text by size: write name:word, name=word or name:-."),
        ("bonus:ten", "'bonus:ten' names no amount in dollars: write bonus:12.50, bonus>10 or bonus:5..20."),
        ("seconds:1.5", "'seconds:1.5' names no number: write seconds:12, seconds>10 or seconds:5..20."),
        ("seconds:..", "'seconds:..' begins nowhere and ends nowhere: write seconds:12"),
        ("seconds:9..5", "'seconds:9..5' begins after it ends: exchange 9 and 5."),
        ("when:soon", "'when:soon' names no date or minute: write when:2026-11-20, when:2026-W47, when:2026-11"),
        ("when:2026-02-30", "'when:2026-02-30' names no date or minute"),
        ("when:2026-W54", "'when:2026-W54' names no date or minute"),
        ("when:2026-11-01T24:00", "names no date or minute"),
        ("when:0001", "names no date or minute"),
        ("is:empty", "'is:empty' does not say what is empty: write it like when:-."),
        ("has:wings", "'has:wings' names no column of Events"),
        ("a\0b", "holds a character that no text can hold"),
        ("a\ud800b", "holds a character that no text can hold"),
        ("x" * 1001, "longer than 1,000 characters"),
    ],
)
def test_that_what_cannot_be_understood_is_answered_with_the_word_and_what_would_be_right(
    typed: str, sentence: str
) -> None:
    with pytest.raises(UsageRefused) as refused:
        read.check(EVENTS, Ask(typed))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_that_a_flag_is_yes_or_no() -> None:
    for typed in ("provisional:yes", "provisional=FALSE", "is:provisional", "no:provisional", "-is:provisional"):
        read.check(COSTS, Ask(typed))
    with pytest.raises(UsageRefused, match="'provisional:perhaps' is neither yes nor no"):
        read.check(COSTS, Ask("provisional:perhaps"))


def test_that_an_order_or_a_scope_a_list_has_not_is_refused() -> None:
    with pytest.raises(UsageRefused, match="'colour' is no column of Events"):
        read.check(EVENTS, Ask(order="colour"))
    with pytest.raises(UsageRefused, match="cannot be narrowed to one charge"):
        read.check(EVENTS, Ask(scope=("charge", 1)))
    read.check(EVENTS, Ask(order="campaign", scope=("lead", 1)))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.sampled_from(sorted(LISTINGS)))
def test_that_whatever_is_typed_is_understood_or_refused(typed: str, key: str) -> None:
    with contextlib.suppress(UsageRefused):
        read.check(LISTINGS[key], Ask(typed))
